"""Attention worked in plain loops and float64, from the papers alone, to hold the library to."""
