"""The whole matrix pooled to a bounded picture in one streaming pass.

A pooled cell of softmax weights needs, for each of its rows, the maximum and the sum of
exponentials over the cell's keys, both told before the row's own log-sum-exp is known: once the
row is through, they are divided by its total. So scores are computed once and no key is left out.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.masks import Coverage
from attention_core.sources import ScoreSource

Reduce = Literal["max", "mean"]

_STRIPE_CELLS = 2**19
"""Cells of scores held at a time: 2 MiB in float32, so that the passes over them stay in cache."""

_MIN_STRIPE_ROWS = 64


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


def pooled_softmax(
    source: ScoreSource, head: int, pooling: Pooling, temperature: float
) -> Float[Tensor, "height width"]:
    """Pool one head's softmax weights; an empty row weighs zero."""
    n_queries = source.extent.n_queries
    rows = max(_MIN_STRIPE_ROWS // pooling.cell_queries, 1) * pooling.cell_queries
    pictures = []
    for start in range(0, n_queries, rows):
        query = range(start, min(start + rows, n_queries))
        stripe = _stripe(source, head, query, pooling, temperature)
        row_maximum = stripe.maximum.amax(dim=1)
        shares = (stripe.maximum - _finite(row_maximum)[:, None]).exp_()
        sums = stripe.total.mul_(shares)
        total = sums.sum(dim=1, dtype=torch.float64)
        cells = shares if pooling.reduce == "max" else sums.div_(stripe.n_keys)
        cells.div_(torch.where(total == 0, 1.0, total).to(cells.dtype)[:, None])
        pictures.append(_pool_rows(cells, pooling))
    return torch.cat(pictures)


@dataclass(frozen=True)
class _Stripe:
    """Of some rows, for each cell of keys: largest score, sum of exponentials below it, size."""

    maximum: Float[Tensor, "query width"]
    total: Float[Tensor, "query width"]
    n_keys: Float[Tensor, " width"]


def _stripe(
    source: ScoreSource, head: int, query: range, pooling: Pooling, temperature: float
) -> _Stripe:
    n_keys, cell = source.extent.n_keys, pooling.cell_keys
    width = -(-n_keys // cell)
    like = source.prepared.left
    maximum = like.new_full((len(query), width), -torch.inf)
    total = like.new_zeros(len(query), width)
    columns = max(_STRIPE_CELLS // len(query) // cell, 1) * cell
    for first in range(0, n_keys, columns):
        key = range(first, min(first + columns, n_keys))
        if source.coverage(query, key) is Coverage.EMPTY:
            continue
        scores = source.tile(slice(head, head + 1), query, key)[0]
        if temperature != 1.0:
            scores.div_(temperature)
        whole = len(key) // cell * cell
        place = first // cell
        _summarise(scores[:, :whole], cell, maximum[:, place:], total[:, place:])
        if whole < len(key):
            rest = len(key) - whole
            _summarise(scores[:, whole:], rest, maximum[:, -1:], total[:, -1:])
    sizes = torch.full((width,), cell, dtype=like.dtype, device=like.device)
    sizes[-1] = n_keys - (width - 1) * cell
    return _Stripe(maximum, total, sizes)


def _summarise(scores: Tensor, cell: int, maximum: Tensor, total: Tensor) -> None:
    if not scores.shape[1]:
        return
    cells = scores.unflatten(1, (-1, cell))
    count = cells.shape[1]
    largest = torch.amax(cells, dim=2)
    maximum[:, :count] = largest
    cells.sub_(_finite(largest)[..., None]).exp_()
    total[:, :count] = cells.sum(dim=2)


def _pool_rows(cells: Tensor, pooling: Pooling) -> Tensor:
    size = pooling.cell_queries
    whole = cells.shape[0] // size * size
    groups = [cells[:whole].unflatten(0, (-1, size))] if whole else []
    if whole < cells.shape[0]:
        groups.append(cells[None, whole:])
    pooled = [g.amax(dim=1) if pooling.reduce == "max" else g.mean(dim=1) for g in groups]
    return torch.cat(pooled)


def _finite(maximum: Tensor) -> Tensor:
    # −inf − (−inf) is NaN; where every key is masked any number may be subtracted.
    return maximum.masked_fill(maximum == -torch.inf, 0.0)
