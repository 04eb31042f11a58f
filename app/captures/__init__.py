"""Captures in the service: taken in, made one at a time, kept by the store, told as JSON."""
