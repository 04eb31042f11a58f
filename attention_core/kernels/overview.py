"""The whole matrix pooled to a bounded picture, stripe by stripe."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.errors import SpecError
from attention_core.grid import aligned_blocks
from attention_core.kernels.stripes import Stripe
from attention_core.kernels.threads import each
from attention_core.masks import Extent
from attention_core.sources import ScoreSource

Reduce = Literal["max", "mean"]

Picture = Float[Tensor, "height width"]

_CELLS_FOR_THREADS = 2**27
"""A matrix of fewer is pooled within a tenth of a second; threads take a while to warm up."""


@dataclass(frozen=True)
class Pooling:
    """How a matrix is pooled: the cell's size and what is kept of it.

    Attributes:
        cell_queries: Rows of a cell; the last cell may have fewer.
        cell_keys: Columns of a cell; the last cell may have fewer.
        reduce: ``max`` or ``mean`` of the cell's weights.
    """

    cell_queries: int
    cell_keys: int
    reduce: Reduce

    @classmethod
    def fitting(cls, extent: Extent, height: int, width: int, reduce: Reduce) -> "Pooling":
        """Make cells so large that the whole matrix fits a picture.

        Raises:
            SpecError: When the picture has no cell, or there is no such way to pool.
        """
        if height < 1 or width < 1:
            raise SpecError(
                f"a picture must have a cell at least, got {height} × {width}; ask for one or more "
                "rows and columns.",
                field=("height" if height < 1 else "width",),
            )
        if reduce not in get_args(Reduce):
            raise SpecError(f"reduce must be 'max' or 'mean', got {reduce!r}.", field=("reduce",))
        return cls(-(-extent.n_queries // height), -(-extent.n_keys // width), reduce)

    def shape(self, extent: Extent) -> tuple[int, int]:
        """Tell how many cells a matrix has, from top to bottom and from left to right."""
        return -(-extent.n_queries // self.cell_queries), -(-extent.n_keys // self.cell_keys)


def picture(source: ScoreSource, stripe: Callable[[range], Stripe], pooling: Pooling) -> Picture:
    """Put stripes of one head together to a picture of all of its matrix.

    Args:
        source: Where the scores come from.
        stripe: Pools a block of rows over cells of that size; may be called in several threads.
        pooling: The size of a cell, and what is kept of it.
    """
    start = -torch.inf if pooling.reduce == "max" else 0.0
    shape = pooling.shape(source.extent)
    result = torch.full(shape, start, dtype=source.dtype, device=source.device)

    def take(found: Stripe) -> None:
        # Here too: what a check asks may be known in the thread alone that asked for the picture.
        if source.check is not None:
            source.check()
        place = result[found.cells.start : found.cells.stop]
        if pooling.reduce == "max":
            torch.maximum(place, found.largest, out=place)
        else:
            place += found.total

    n_queries, n_keys = source.extent
    is_long = n_queries * n_keys >= _CELLS_FOR_THREADS and source.device.type == "cpu"
    n_threads = torch.get_num_threads() if is_long else 1
    each(stripe, aligned_blocks(range(n_queries), n_queries), take, n_threads=n_threads)
    if pooling.reduce == "mean":
        result /= n_members(range(n_queries), pooling.cell_queries).to(result)[:, None]
        result /= n_members(range(n_keys), pooling.cell_keys).to(result)
    return result


def n_members(span: range, cell: int) -> Float[Tensor, " cell"]:
    """Count what each cell of a span holds, in float64; the last may hold less."""
    sizes = torch.full((-(-span.stop // cell) - span.start // cell,), cell, dtype=torch.float64)
    sizes[-1] = span.stop - (span.stop - 1) // cell * cell
    return sizes


class Piece(NamedTuple):
    """A run of an axis: whole cells of one size, or a part of a single cell."""

    span: range
    first: int
    size: int


def pieces(length: int, cell: int, most: int) -> Iterator[Piece]:
    """Cut an axis into pieces of at most ``most``, so that no piece ends inside another's cell."""
    if cell > most:
        for start in range(0, length, cell):
            stop = min(start + cell, length)
            for first in range(start, stop, most):
                span = range(first, min(first + most, stop))
                yield Piece(span, start // cell, len(span))
        return
    for start in range(0, length, most // cell * cell):
        stop = min(start + most // cell * cell, length)
        whole = start + (stop - start) // cell * cell
        if whole > start:
            yield Piece(range(start, whole), start // cell, cell)
        if stop > whole:
            yield Piece(range(whole, stop), whole // cell, stop - whole)
