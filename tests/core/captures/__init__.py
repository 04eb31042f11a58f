"""Tests of captures: their maps, pictures, files and uploads."""
