"""The whole matrix pooled to a bounded picture, stripe by stripe.

A pooled cell of softmax weights, or of its kin, needs for each of its rows the maximum and the sum
of exponentials over the cell's keys, both told before the row's own divisor is known: once the row
is through, they are divided by it. So scores are computed once and no key is left out. Any other
weights are computed from the state of their rows, which was found in a pass before, and pooled.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.errors import SpecError
from attention_core.masks import Coverage, Extent
from attention_core.normalizers import Exponential, finite
from attention_core.shapes import Tile
from attention_core.sources import ScoreSource

Reduce = Literal["max", "mean"]
Weights = Callable[[range, range], Tile]
"""One head's weights in a rectangle."""

Picture = Float[Tensor, "height width"]
Strip = Float[Tensor, "query width"]
"""Of some rows, one number for each cell of keys."""

_STRIPE_ROWS = 256
_STRIPE_CELLS = 2**19
"""Cells of scores held at a time: 2 MiB in float32, so that the passes over them stay in cache."""


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


def pooled_exponentials(
    source: ScoreSource, head: int, pooling: Pooling, normalizer: Exponential
) -> Picture:
    """Pool one head's weights under softmax or its kin; an empty row weighs zero."""

    def strip(query: range) -> Strip:
        return _exponentials_by_cell(source, head, query, pooling, normalizer)

    return _pooled(source, strip, pooling)


def pooled(source: ScoreSource, weights: Weights, pooling: Pooling) -> Picture:
    """Pool any weights of one head, told by rectangle; what the mask forbids weighs zero."""

    def strip(query: range) -> Strip:
        return _weights_by_cell(source, weights, query, pooling)

    return _pooled(source, strip, pooling)


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


def _pooled(source: ScoreSource, strip: Callable[[range], Strip], pooling: Pooling) -> Picture:
    n_queries, n_keys = source.extent
    picture = _start(source, pooling.shape(source.extent), pooling.reduce)
    for rows in pieces(n_queries, pooling.cell_queries, _STRIPE_ROWS):
        by_cell = strip(rows.span).unflatten(0, (-1, rows.size))
        place = picture[rows.first : rows.first + by_cell.shape[0]]
        if pooling.reduce == "max":
            torch.maximum(place, by_cell.amax(dim=1), out=place)
        else:
            place += by_cell.sum(dim=1)
    if pooling.reduce == "mean":
        for size, cell, dim in (
            (n_queries, pooling.cell_queries, 0),
            (n_keys, pooling.cell_keys, 1),
        ):
            counts = torch.full((picture.shape[dim],), cell, dtype=source.dtype)
            counts[-1] = size - cell * (picture.shape[dim] - 1)
            picture /= counts.to(source.device).unsqueeze(1 - dim)
    return picture


def _start(source: ScoreSource, shape: tuple[int, int], reduce: Reduce) -> Strip:
    """Make what nothing was reduced into yet: −inf for a maximum, zero for a sum."""
    start = -torch.inf if reduce == "max" else 0.0
    return torch.full(shape, start, dtype=source.dtype, device=source.device)


def _weights_by_cell(
    source: ScoreSource, weights: Weights, query: range, pooling: Pooling
) -> Strip:
    """Reduce some rows' weights over the keys of each cell: their maximum or their sum."""
    n_keys, reduce = source.extent.n_keys, pooling.reduce
    strip = _start(source, (len(query), -(-n_keys // pooling.cell_keys)), reduce)
    for keys in pieces(n_keys, pooling.cell_keys, _STRIPE_CELLS // len(query)):
        place = strip[:, keys.first : keys.first + -(-len(keys.span) // keys.size)]
        if source.coverage(query, keys.span) is Coverage.EMPTY:
            place.clamp_(min=0.0)
            continue
        cells = weights(query, keys.span).unflatten(1, (-1, keys.size))
        if reduce == "max":
            torch.maximum(place, cells.amax(dim=2), out=place)
        else:
            place += cells.sum(dim=2)
    return strip


def _exponentials_by_cell(
    source: ScoreSource, head: int, query: range, pooling: Pooling, normalizer: Exponential
) -> Strip:
    """Reduce some rows' weights over the keys of each cell: their maximum or their sum."""
    n_keys, temperature = source.extent.n_keys, normalizer.temperature
    width = -(-n_keys // pooling.cell_keys)
    maximum = torch.full((len(query), width), -torch.inf, dtype=source.dtype, device=source.device)
    total = torch.zeros_like(maximum)
    for keys in pieces(n_keys, pooling.cell_keys, _STRIPE_CELLS // len(query)):
        if source.coverage(query, keys.span) is Coverage.EMPTY:
            continue
        scores = source.tile(slice(head, head + 1), query, keys.span)[0]
        cells = scores.unflatten(1, (-1, keys.size))
        place = slice(keys.first, keys.first + cells.shape[1])
        _add(cells, maximum[:, place], total[:, place], temperature)
    top = maximum.amax(dim=1)
    shares = (maximum - finite(top)[:, None]).div_(temperature).exp_()
    sums = total.mul_(shares)
    all_of_row = sums.sum(dim=1, dtype=torch.float64)
    divisor = normalizer.divisor(top[None], all_of_row[None], slice(head, head + 1))[0]
    divisor = torch.where(divisor == 0, 1.0, divisor).to(sums.dtype)[:, None]
    return (shares if pooling.reduce == "max" else sums).div_(divisor)


def _add(
    cells: Float[Tensor, "query width member"], maximum: Strip, total: Strip, temperature: float
) -> None:
    """Take scores into the maximum and the sum of exponentials of their cells."""
    largest = torch.maximum(maximum, cells.amax(dim=2))
    top = finite(largest)
    # exp(−inf) is zero: a cell that saw nothing yet has nothing to carry over.
    total.mul_((maximum - top).div_(temperature).exp_())
    cells.sub_(top[..., None])
    if temperature != 1.0:
        cells.div_(temperature)
    total += cells.exp_().sum(dim=2)
    maximum.copy_(largest)
