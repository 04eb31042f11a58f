"""Tests of whole-matrix passes."""
