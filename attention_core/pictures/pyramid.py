"""A pyramid of overviews: the whole of one head in cells of a base size, and of twice that, on up.

A matrix of 100,000 tokens can be pooled once, and not for every look. Its pyramid keeps the largest
weight and the mean of each cell as float32, so that it is the same after it was saved.
"""

import weakref
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.errors import ShapeError, SpecError
from attention_core.kernels.overview import Picture, Pooling, Reduce, n_members
from attention_core.kernels.pooling import Pool, filled_up, sum_of
from attention_core.maps import AttentionMap
from attention_core.masks import Extent
from attention_core.pictures.pyramid_sizes import Sizes, base_cell, level_cells, shape_of

Fine = Float[Tensor, "fine_height fine_width"]
"""Cells of a level that larger ones are made of."""


class RowNumbers(NamedTuple):
    """What the rows of a head remember, so that any weight of theirs needs no pass.

    Attributes:
        maximum: Largest score of each row, in the dtype of the map.
        total: Sum of the exponentials of each row, float64.
    """

    maximum: Float[Tensor, " query"]
    total: Float[Tensor, " query"]


class Level(NamedTuple):
    """The whole matrix in cells of one size.

    Attributes:
        cell: Queries and keys of a cell.
        largest: Largest weight of each cell, float32.
        mean: Mean weight of each cell, float32.
    """

    cell: Sizes
    largest: Picture
    mean: Picture


class Pyramid:
    """One head's weights, pooled to cells of growing size; filled from the top row down.

    One thread may fill it while others read: what is above ``n_rows_done`` is final.

    Args:
        extent: Queries and keys of the matrix.
        head: Which head it is of.
        levels: From the smallest cells to the largest.
        rows: States of the rows, where the mechanism has such; none else.
        n_rows_done: Queries from the top that are final.
    """

    def __init__(
        self,
        extent: Sizes,
        head: int,
        levels: Sequence[Level],
        *,
        rows: RowNumbers | None,
        n_rows_done: int,
    ) -> None:
        self.extent, self.head = Extent(*extent), head
        self.levels, self.row_numbers = tuple(levels), rows
        self.n_rows_done = n_rows_done
        self._given: tuple[weakref.ref[AttentionMap], int] | None = None

    @classmethod
    def empty(cls, whole: AttentionMap, head: int, cell: Sizes | None = None) -> "Pyramid":
        """Make one that is yet to be filled.

        Args:
            whole: The map that it is to be of.
            head: Which head.
            cell: Queries and keys of a base cell, powers of two; ``base_cell`` says when absent.

        Raises:
            SpecError: When a side of a cell is no power of two.
        """
        extent = Extent(whole.n_queries, whole.n_keys)
        for side in cell or ():
            if side < 1 or side & (side - 1):
                raise SpecError(
                    f"sides of a cell must be powers of two, got {cell}; give such as (8, 16).",
                    field=("cell",),
                )
        levels = []
        for each in level_cells(extent, cell or base_cell(extent)):
            shape = shape_of(extent, each)
            levels.append(Level(each, torch.zeros(shape), torch.zeros(shape)))
        rows = None
        if whole.can_keep_state:
            maximum = torch.zeros(extent.n_queries, dtype=whole.dtype)
            rows = RowNumbers(maximum, torch.zeros(extent.n_queries, dtype=torch.float64))
        return cls(extent, head, levels, rows=rows, n_rows_done=0)

    @property
    def cell(self) -> Sizes:
        """Queries and keys of a base cell."""
        return self.levels[0].cell

    @property
    def n_levels(self) -> int:
        """Number of sizes of cells."""
        return len(self.levels)

    @property
    def is_complete(self) -> bool:
        """Whether every row is final."""
        return self.n_rows_done == self.extent.n_queries

    @property
    def n_bytes(self) -> int:
        """How large it is, from the start."""
        tensors = [x for level in self.levels for x in (level.largest, level.mean)]
        return sum(x.nbytes for x in (*tensors, *(self.row_numbers or ())))

    def has(self, cell: Sizes) -> bool:
        """Tell whether a cell is no finer than those that are kept, on either side."""
        return cell[0] >= self.cell[0] and cell[1] >= self.cell[1]

    def n_rows_known(self, cell_queries: int) -> int:
        """Count the queries from the top that whole cells of a size are final for."""
        if self.is_complete:
            return self.n_rows_done
        return self.n_rows_done // cell_queries * cell_queries

    def picture(self, reduce: Reduce, cell: Sizes, rows: range, columns: range) -> Picture:
        """Cut a rectangle out; where cells are longer one way, they are pooled that way.

        Args:
            reduce: ``max`` or ``mean``.
            cell: Queries and keys of a cell, powers of two and no finer than those of the base.
            rows: Queries, from the start of a cell to the end of one, or of the matrix.
            columns: Keys, likewise.

        Raises:
            SpecError: When cells are finer than those of the base, or rows are not final.
        """
        if not self.has(cell) or rows.stop > self.n_rows_known(cell[0]):
            raise SpecError(
                f"a picture must be of the {self.n_rows_done} rows that are done, in cells of "
                f"{self.cell} at least, got rows to {rows.stop} in cells of {cell}; ask for less.",
                field=("pyramid",),
            )
        # The largest kept cells that fit into those asked for: which ones, the cell alone says.
        level = next(each for each in reversed(self.levels) if _fits(each.cell, cell))
        (top, bottom), (left, right) = (
            (span.start // side, -(-span.stop // side))
            for span, side in zip((rows, columns), level.cell, strict=True)
        )
        kept = level.largest if reduce == "max" else level.mean
        part = kept[top:bottom, left:right]
        if level.cell == cell:
            return part.clone()
        return self._pooled(part, level.cell, Pooling(*cell, reduce), rows, columns)

    def give_states(self, whole: AttentionMap) -> None:
        """Hand the states of the finished rows to a map that has not found them itself."""
        known, n_rows = self.row_numbers, self.n_rows_done
        if known is None or not n_rows:
            return
        if self._given is not None and self._given[0]() is whole and self._given[1] == n_rows:
            return
        whole.keep_state(self.head, range(n_rows), known.maximum[:n_rows], known.total[:n_rows])
        self._given = weakref.ref(whole), n_rows

    def require_of(self, whole: AttentionMap, head: int) -> None:
        """Refuse a map or a head that this is not of.

        Raises:
            ShapeError: When sizes differ.
            SpecError: When it is of another head.
        """
        if self.extent != (whole.n_queries, whole.n_keys):
            raise ShapeError(
                f"a pyramid must be of the map's {whole.n_queries} × {whole.n_keys} cells, got one "
                f"of {self.extent.n_queries} × {self.extent.n_keys}; survey this map.",
                field=("pyramid",),
            )
        if self.head != head:
            raise SpecError(
                f"a pyramid must be of head {head}, got one of head {self.head}; survey this head.",
                field=("pyramid",),
            )

    def _pooled(
        self, part: Fine, cell: Sizes, pooling: Pooling, rows: range, columns: range
    ) -> Picture:
        factors = pooling.cell_queries // cell[0], pooling.cell_keys // cell[1]
        if pooling.reduce == "max":
            pool = Pool(*_counted((rows, columns), cell), Pooling(*factors, "max"), like=part)
            pool.add(part, *_counted((rows, columns), cell))
            return pool.result()
        # Exact, but where the matrix ends: elsewhere cells hold a power of two.
        sizes = [n_members(span, side) for span, side in zip((rows, columns), cell, strict=True)]
        sums = part * (sizes[0][:, None] * sizes[1]).float()
        for dim, factor in enumerate(factors):
            sums = sum_of(filled_up(sums, dim, factor, 0.0), dim, factor)
        sizes = [n_members(rows, pooling.cell_queries), n_members(columns, pooling.cell_keys)]
        return (sums / (sizes[0][:, None] * sizes[1])).float()


def _counted(place: tuple[range, range], cell: Sizes) -> tuple[range, range]:
    """Tell a rectangle in cells."""
    rows, columns = (
        range(span.start // side, -(-span.stop // side))
        for span, side in zip(place, cell, strict=True)
    )
    return rows, columns


def _fits(inner: Sizes, outer: Sizes) -> bool:
    return inner[0] <= outer[0] and inner[1] <= outer[1]
