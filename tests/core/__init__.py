"""Tests of the library, through its front door where that can be."""
