"""The fixed grid on which tiles are computed, so that no number depends on the viewport."""

from collections.abc import Iterator

BLOCK = 256
"""Side of a tile. Products of unaligned or tiny slices differ by up to 1e-5 from aligned ones."""


def aligned_blocks(span: range, size: int) -> Iterator[range]:
    """Yield the blocks of the grid that a span touches, each whole but for the matrix's end.

    Args:
        span: What is asked for; an empty span touches no block.
        size: Length of the axis.
    """
    if not span:
        return
    for start in range(span.start // BLOCK * BLOCK, span.stop, BLOCK):
        yield range(start, min(start + BLOCK, size))


def span_of(wanted: slice | None, size: int) -> range:
    """Read a slice of an axis as Python does: clamped, negative from the end, step one.

    Raises:
        ValueError: When the slice has a step.
    """
    span = range(*(wanted or slice(None)).indices(size))
    if span.step != 1:
        raise ValueError(f"a slice must have step one, got {wanted}; take every cell and thin out")
    return span


def as_slice(span: range, *, origin: int = 0) -> slice:
    """Return the slice of a span, counted from an origin."""
    return slice(span.start - origin, span.stop - origin)
