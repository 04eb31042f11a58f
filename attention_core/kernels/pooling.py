"""Tiles pooled into cells that are aligned to the whole matrix, whatever part is asked for."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from attention_core.kernels.overview import Picture, Pooling, n_members
from attention_core.masks import Extent
from attention_core.shapes import Tile

What = Literal["weights", "scores"]

_FLOAT32_SUMMANDS = 16
"""Numbers that are added as float32, in pairs, which costs a mean two roundings of the last bit at
most; what is more is added in float64."""


class Pool:
    """Cells that tiles are taken into, one after the other, each tile once.

    A masked score is −inf, and counts for nothing: it is less than any other, and left out of a
    mean. Numbers are added in pairs, always the same ones, and what tiles give in float64, so that
    a mean depends neither on the tiles nor on the part that is asked for.

    Args:
        query: Queries to pool, from the start of a cell to the end of one, or of the matrix.
        key: Keys to pool, likewise.
        pooling: The size of a cell, and what is kept of it.
        like: Any tensor of the dtype and device of the tiles.
        may_lack: Whether some numbers may be −inf, and so not be there.
    """

    def __init__(
        self, query: range, key: range, pooling: Pooling, *, like: Tensor, may_lack: bool = False
    ) -> None:
        self._query, self._key, self._pooling = query, key, pooling
        self._dtype, self._may_lack = like.dtype, may_lack
        self._top, self._left = _first_cell(query, key, pooling)
        bottom, right = pooling.shape(Extent(query.stop, key.stop))
        shape = (bottom - self._top, right - self._left)
        start, dtype = (0.0, torch.float64) if self._is_mean else (-torch.inf, like.dtype)
        self._numbers = torch.full(shape, start, dtype=dtype, device=like.device)
        self._n_lacking: Tensor | None = None

    def add(self, tile: Tile, query: range, key: range) -> None:
        """Take a tile into its cells; it starts with a cell, or lies within one."""
        place = self._place(query, key)
        if not self._is_mean:
            largest = _reduced(tile, query, key, self._pooling)
            numbers = _corner(self._numbers[place], largest)
            torch.maximum(numbers, largest, out=numbers)
            return
        sums = _reduced(tile, query, key, self._pooling)
        # One number that lacks is enough for its cell's sum to tell.
        if self._may_lack and bool((sums == -torch.inf).any()):
            lacks = tile == -torch.inf
            self._take_lacking(lacks.to(torch.int32), query, key)
            sums = _reduced(tile.masked_fill(lacks, 0.0), query, key, self._pooling)
        _corner(self._numbers[place], sums).add_(sums)

    def add_nothing(self, query: range, key: range) -> None:
        """Take a tile of which a mask leaves nothing: weights of zero, and no scores at all."""
        shape = self._pooling.shape(Extent(query.stop, key.stop))
        place = self._place(query, key)
        part = self._numbers[place][: shape[0] - self._top - place[0].start]
        numbers = part[:, : shape[1] - self._left - place[1].start]
        if not self._may_lack:
            if not self._is_mean:
                numbers.clamp_(min=0.0)
        elif self._is_mean:
            ones = torch.ones(len(query), len(key), dtype=torch.int32, device=numbers.device)
            self._take_lacking(ones, query, key)

    def result(self) -> Picture:
        """Return what was pooled; −inf where nothing counted."""
        if not self._is_mean:
            return self._numbers
        counts = self._counts()
        means = (self._numbers / counts).to(self._dtype)
        return means if self._n_lacking is None else means.masked_fill_(counts == 0, -torch.inf)

    @property
    def _is_mean(self) -> bool:
        return self._pooling.reduce == "mean"

    def _place(self, query: range, key: range) -> tuple[slice, slice]:
        top, left = _first_cell(query, key, self._pooling)
        return slice(top - self._top, None), slice(left - self._left, None)

    def _take_lacking(self, lacks: Tensor, query: range, key: range) -> None:
        if self._n_lacking is None:
            self._n_lacking = torch.zeros_like(self._numbers, dtype=torch.int64)
        counts = _reduced(lacks, query, key, self._pooling)
        _corner(self._n_lacking[self._place(query, key)], counts).add_(counts)

    def _counts(self) -> Tensor:
        sizes = [
            n_members(span, cell).to(self._numbers.device)
            for span, cell in (
                (self._query, self._pooling.cell_queries),
                (self._key, self._pooling.cell_keys),
            )
        ]
        counts = sizes[0][:, None] * sizes[1]
        return counts if self._n_lacking is None else counts - self._n_lacking


def _first_cell(query: range, key: range, pooling: Pooling) -> tuple[int, int]:
    return query.start // pooling.cell_queries, key.start // pooling.cell_keys


def _corner(whole: Tensor, part: Tensor) -> Tensor:
    return whole[: part.shape[0], : part.shape[1]]


def _reduced(tile: Tensor, query: range, key: range, pooling: Pooling) -> Tensor:
    """Reduce a tile to one number a cell: the largest, or the sum."""
    fold, nothing = (largest_of, -torch.inf) if pooling.reduce == "max" else (sum_of, 0.0)
    # Queries first: rows lie one below another, so that whole rows meet.
    for dim, span, cell in ((0, query, pooling.cell_queries), (1, key, pooling.cell_keys)):
        size = len(span) if span.start // cell == span[-1] // cell else cell
        tile = fold(filled_up(tile, dim, size, nothing), dim, size)
    return tile


def filled_up(x: Tensor, dim: int, size: int, nothing: float) -> Tensor:
    """Lengthen an axis to whole cells by what changes nothing."""
    lacking = -x.shape[dim] % size
    if not lacking:
        return x
    return pad(x, (0, lacking) if dim == 1 else (0, 0, 0, lacking), value=nothing)


def largest_of(x: Tensor, dim: int, size: int) -> Tensor:
    """Take the largest of every ``size`` neighbours along an axis."""
    # Pairs of neighbours in turn along a row: twice as fast as a reduction of so few.
    while dim == 1 and size > 1 and size % 2 == 0:
        x, size = torch.maximum(x[:, 0::2], x[:, 1::2]), size // 2
    if size == 1:
        return x
    largest: Tensor = x.unflatten(dim, (-1, size)).amax(dim=dim + 1)
    return largest


def sum_of(x: Tensor, dim: int, size: int) -> Tensor:
    """Add every ``size`` neighbours along an axis: in pairs, and in float64 where they are many."""
    n_added = 1
    while size > 1 and size % 2 == 0:
        if n_added >= _FLOAT32_SUMMANDS and x.dtype is torch.float32:
            x = x.double()
        pairs = x.unflatten(dim, (-1, 2))
        x = pairs.select(dim + 1, 0) + pairs.select(dim + 1, 1)
        size, n_added = size // 2, 2 * n_added
    if size == 1:
        return x
    exact = x.double() if x.is_floating_point() else x
    total: Tensor = exact.unflatten(dim, (-1, size)).sum(dim=dim + 1)
    return total
