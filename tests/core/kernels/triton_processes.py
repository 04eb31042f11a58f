"""What processes with a Triton of their own begin with."""

import os


def interprets() -> None:
    """Let Triton interpret kernels; before it is imported, for it reads this once."""
    os.environ["TRITON_INTERPRET"] = "1"


def compiles(folder: str) -> None:
    """Let Triton compile kernels, and keep them in a folder."""
    os.environ["TRITON_INTERPRET"] = "0"
    os.environ["TRITON_CACHE_DIR"] = folder
