"""Overviews on NVIDIA GPUs, by one kernel in Triton."""
