"""How large a pyramid is: its base cells, its levels, its bytes."""

LARGEST_EXACT = 2**24
"""Cells of a matrix that is small enough to be pooled anew for every look."""

_BASE_SIDE = 4096
"""Most cells of the base from top to bottom, and from left to right."""

_SMALLEST_CELL = 8
"""Side of a base cell at least: finer ones are computed as fast as they are read."""

_SHORT_CELL = 2
"""Likewise along an axis of no more than 4,096: its pictures are of finer cells, and each of them
may be as long as the other axis is."""

_TOP_SIDE = 512
"""Cells on either side of the last level at most: what a picture shows."""

Sizes = tuple[int, int]
"""Queries and keys: of a matrix, or of a cell."""


def needs_pyramid(extent: Sizes) -> bool:
    """Tell whether a matrix is too large to be pooled anew for every look."""
    return extent[0] * extent[1] > LARGEST_EXACT


def base_cell(extent: Sizes) -> Sizes:
    """Tell the queries and keys of the smallest cells that a pyramid keeps; powers of two."""
    return _base_side(extent[0]), _base_side(extent[1])


def pyramid_bytes(extent: Sizes) -> int:
    """Tell how large a complete pyramid is at most, in memory and on disk; states included."""
    shapes = (shape_of(extent, cell) for cell in level_cells(extent, base_cell(extent)))
    return sum(2 * 4 * height * width for height, width in shapes) + 16 * extent[0]


def level_cells(extent: Sizes, base: Sizes) -> list[Sizes]:
    """List the cells of a pyramid's levels, from the base to one that fits a picture."""
    cells = [base]
    while max(shape_of(extent, cells[-1])) > _TOP_SIDE:
        cells.append((2 * cells[-1][0], 2 * cells[-1][1]))
    return cells


def shape_of(extent: Sizes, cell: Sizes) -> Sizes:
    """Tell how many cells a matrix has, from top to bottom and from left to right."""
    return -(-extent[0] // cell[0]), -(-extent[1] // cell[1])


def _base_side(size: int) -> int:
    if size <= _BASE_SIDE:
        return _SHORT_CELL
    side = _SMALLEST_CELL
    while -(-size // side) > _BASE_SIDE:
        side *= 2
    return side
