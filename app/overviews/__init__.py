"""Overviews: each large head pooled once, by one thread, and kept as long as there is room."""
