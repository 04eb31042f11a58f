"""Tiles pooled into cells that are aligned to the whole matrix, whatever part is asked for."""

from typing import Literal

import torch
from torch import Tensor

from attention_core.kernels.overview import Picture, Pooling
from attention_core.masks import Extent
from attention_core.shapes import Tile

What = Literal["weights", "scores"]


class Pool:
    """Cells that tiles are taken into, one after the other, each tile once.

    A masked score is −inf, and counts for nothing: it is less than any other, and left out of a
    mean. Sums are kept in float64, so that a mean does not depend on the order of the tiles.

    Args:
        query: Queries to pool, from the start of a cell to the end of one, or of the matrix.
        key: Keys to pool, likewise.
        pooling: The size of a cell, and what is kept of it.
        like: Any tensor of the dtype and device of the tiles.
    """

    def __init__(self, query: range, key: range, pooling: Pooling, *, like: Tensor) -> None:
        self._pooling, self._dtype = pooling, like.dtype
        self._top, self._left = _first_cell(query, key, pooling)
        bottom, right = pooling.shape(Extent(query.stop, key.stop))
        shape = (bottom - self._top, right - self._left)
        start, dtype = (0.0, torch.float64) if self._is_mean else (-torch.inf, like.dtype)
        self._numbers = torch.full(shape, start, dtype=dtype, device=like.device)
        self._counts = torch.zeros_like(self._numbers)

    def add(self, tile: Tile, query: range, key: range) -> None:
        """Take a tile into its cells; it starts with a cell, or lies within one."""
        top, left = _first_cell(query, key, self._pooling)
        place = (slice(top - self._top, None), slice(left - self._left, None))
        if not self._is_mean:
            largest = _reduced(tile, query, key, self._pooling)
            numbers = _corner(self._numbers[place], largest)
            torch.maximum(numbers, largest, out=numbers)
            return
        counted = tile.isfinite()
        for whole, cells in (
            (self._numbers, tile.double().masked_fill_(~counted, 0.0)),
            (self._counts, counted.double()),
        ):
            sums = _reduced(cells, query, key, self._pooling)
            _corner(whole[place], sums).add_(sums)

    def result(self) -> Picture:
        """Return what was pooled; −inf where nothing counted."""
        if not self._is_mean:
            return self._numbers
        means = (self._numbers / self._counts).to(self._dtype)
        return means.masked_fill_(self._counts == 0, -torch.inf)

    @property
    def _is_mean(self) -> bool:
        return self._pooling.reduce == "mean"


def _first_cell(query: range, key: range, pooling: Pooling) -> tuple[int, int]:
    return query.start // pooling.cell_queries, key.start // pooling.cell_keys


def _corner(whole: Tensor, part: Tensor) -> Tensor:
    return whole[: part.shape[0], : part.shape[1]]


def _reduced(tile: Tensor, query: range, key: range, pooling: Pooling) -> Picture:
    """Reduce a tile to one number a cell: the largest, or the sum."""
    for dim, span, size in ((1, key, pooling.cell_keys), (0, query, pooling.cell_queries)):
        parts = _cells(tile, dim, span, size)
        if pooling.reduce == "max":
            tile = torch.cat([part.amax(dim + 1) for part in parts], dim)
        else:
            tile = torch.cat([part.sum(dim + 1) for part in parts], dim)
    return tile


def _cells(x: Tensor, dim: int, span: range, size: int) -> list[Tensor]:
    """Cut an axis into whole cells and the rest of the last; members are an axis of their own."""
    if size == 1:
        return [x.unsqueeze(dim + 1)]
    if span.start // size == span[-1] // size:
        return [x.unflatten(dim, (1, len(span)))]
    whole = len(span) // size
    parts = [x.narrow(dim, 0, whole * size).unflatten(dim, (whole, size))]
    if rest := len(span) - whole * size:
        parts.append(x.narrow(dim, whole * size, rest).unflatten(dim, (1, rest)))
    return parts
