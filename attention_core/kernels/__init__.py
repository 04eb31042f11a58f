"""Whole-matrix passes in blocks: bounded memory at any length."""
