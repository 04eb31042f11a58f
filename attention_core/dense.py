"""Rectangles put together from blocks of the fixed grid, within a budget of bytes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from attention_core.errors import BudgetError, SpecError
from attention_core.grid import aligned_blocks, as_slice, span_of
from attention_core.masks import Extent
from attention_core.shapes import Matrices

Tile = Callable[[slice, range, range], Matrices]
"""Computes a rectangle of some heads in one go."""


@dataclass(frozen=True)
class Dense:
    """Computes rectangles of a matrix.

    Attributes:
        extent: Sizes of the whole matrix.
        like: Any tensor of its dtype and device.
        budget_bytes: How large an answer may be.
    """

    extent: Extent
    like: Tensor
    budget_bytes: int

    def compute(self, tile: Tile, query: slice | None, key: slice | None, heads: slice) -> Matrices:
        """Compute a rectangle, each number as in the block of the grid that it belongs to.

        Raises:
            BudgetError: When the rectangle is larger than the budget.
        """
        n_queries, n_keys = self.extent
        rows, columns = span_of(query, n_queries), span_of(key, n_keys)
        shape = (heads.stop - heads.start, len(rows), len(columns))
        self.refuse_over_budget(shape)
        result = self.like.new_empty(shape)
        if 0 in shape:
            return result
        for row_block in aligned_blocks(rows, n_queries):
            for column_block in aligned_blocks(columns, n_keys):
                cells = tile(heads, row_block, column_block)
                if (row_block, column_block) == (rows, columns):
                    return cells
                _paste(cells, (row_block, column_block), result, (rows, columns))
        return result

    def refuse_over_budget(self, shape: tuple[int, int, int]) -> None:
        """Refuse an answer of that shape when it is larger than the budget.

        Raises:
            BudgetError: With the sizes and the way out.
        """
        actual = math.prod(shape) * self.like.element_size()
        if actual > self.budget_bytes:
            n_heads, n_queries, n_keys = shape
            raise BudgetError(
                f"a dense answer must fit {self.budget_bytes:,} bytes, got {n_heads} × "
                f"{n_queries:,} × {n_keys:,} cells of {actual:,} bytes in all; ask for a "
                "rectangle with query= and key=, for one head=, or for a smaller overview().",
                actual=actual,
                maximum=self.budget_bytes,
            )


def heads_of(head: int | slice | None, n_heads: int) -> slice:
    """Read one head, some, or all as a slice.

    Raises:
        SpecError: When there is no such head.
    """
    if head is None:
        return slice(0, n_heads)
    if isinstance(head, slice):
        return as_slice(span_of(head, n_heads))
    if not -n_heads <= head < n_heads:
        raise SpecError(
            f"head must be one of {n_heads}, got {head}; count from zero.", field=("head",)
        )
    return slice(head % n_heads, head % n_heads + 1)


def _paste(
    cells: Tensor, block: tuple[range, range], result: Tensor, wanted: tuple[range, range]
) -> None:
    source, target = [], []
    for part, whole in zip(block, wanted, strict=True):
        shared = range(max(part.start, whole.start), min(part.stop, whole.stop))
        source.append(as_slice(shared, origin=part.start))
        target.append(as_slice(shared, origin=whole.start))
    result[:, target[0], target[1]] = cells[:, source[0], source[1]]
