"""A rectangle of one head at bounded resolution: what a map of a map shows, and how coarsely.

A cell's side is a power of two, and cells start at multiples of it, so that a number depends on
its cell only, and never on the part of the matrix that is looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import get_args

import torch

from attention_core.captures.given_weights import GivenWeights
from attention_core.captures.pooling import Pool, What
from attention_core.errors import SpecError
from attention_core.grid import BLOCK, as_slice, span_of
from attention_core.kernels.overview import Picture, Pooling, Reduce
from attention_core.maps import AttentionMap
from attention_core.prepared import Check

Span = range | slice | None
"""Some of an axis; all of it when absent."""

_TILE_KEYS = 16 * BLOCK
"""Keys of a tile: some megabytes with the queries of a block."""


@dataclass(frozen=True)
class Region:
    """A rectangle of one head, pooled.

    Attributes:
        matrix: One number for each cell; scores are −inf where every pair is masked.
        query: First query that is drawn, and the one after the last.
        key: First key that is drawn, and the one after the last.
        cell: Queries and keys of a cell; the last cells of the matrix may hold fewer.
        reduce: ``max`` or ``mean`` of a cell's numbers; masked scores count for nothing.
        what: ``weights`` or ``scores``.
        exact: Whether each cell is one pair of query and key.
    """

    matrix: Picture
    query: tuple[int, int]
    key: tuple[int, int]
    cell: tuple[int, int]
    reduce: Reduce
    what: What
    exact: bool


def region(
    whole: AttentionMap | GivenWeights,
    *,
    head: int,
    query: Span = None,
    key: Span = None,
    height: int = 512,
    width: int = 512,
    reduce: Reduce = "max",
    what: What = "weights",
    check: Check | None = None,
) -> Region:
    """Draw a rectangle of one head in at most ``height`` × ``width`` cells.

    Args:
        whole: The map to draw from.
        head: Which head; of heads that are made of several scores, the first is drawn.
        query: Queries asked for; what is drawn is grown to whole cells.
        key: Keys asked for, likewise.
        height: Most cells from top to bottom.
        width: Most cells from left to right.
        reduce: ``max`` or ``mean`` of a cell's numbers.
        what: ``weights`` or ``scores``.
        check: Called between tiles; may raise to end the work.

    Raises:
        SpecError: When there is no such head or rectangle, or there are no scores.
    """
    _require_known("reduce", reduce, get_args(Reduce))
    _require_known("what", what, get_args(What))
    if not 0 <= head < whole.n_heads:
        raise SpecError(
            f"head must be between 0 and {whole.n_heads - 1}, got {head}; count from zero.",
            field=("head",),
        )
    rows, cell_queries = _grown("query", query, whole.n_queries, _most("height", height))
    columns, cell_keys = _grown("key", key, whole.n_keys, _most("width", width))
    pooling = Pooling(cell_queries, cell_keys, reduce)
    matrix = _pooled(whole, (head, what), (rows, columns), pooling, check=check)
    return Region(
        matrix,
        (rows.start, rows.stop),
        (columns.start, columns.stop),
        (cell_queries, cell_keys),
        reduce,
        what,
        exact=cell_queries == cell_keys == 1,
    )


def _require_known(name: str, came: str, known: tuple[str, ...]) -> None:
    if came not in known:
        wanted = " or ".join(f"'{each}'" for each in known)
        raise SpecError(f"{name} must be {wanted}, got {came!r}; use either.", field=(name,))


def _most(name: str, count: int) -> int:
    if count < 1:
        raise SpecError(
            f"{name} must be one cell or more, got {count}; ask for more.", field=(name,)
        )
    return count


def _grown(name: str, wanted: Span, size: int, most: int) -> tuple[range, int]:
    """Grow a span to whole cells, as small as fit; return it, and the side of a cell."""
    if wanted is not None and wanted.step not in (None, 1):
        raise SpecError(
            f"{name} must have step one, got {wanted}; ask for all of it in fewer cells.",
            field=(name,),
        )
    span = span_of(as_slice(wanted) if isinstance(wanted, range) else wanted, size)
    if not span:
        raise SpecError(
            f"{name} must hold one place at least of the {size} there are, got {wanted}; ask for "
            "more, counted from zero.",
            field=(name,),
        )
    cell = 1
    while -(-span.stop // cell) - span.start // cell > most:
        cell *= 2
    start, stop = span.start // cell * cell, -(-span.stop // cell) * cell
    return range(start, min(stop, size)), cell


def _pooled(
    whole: AttentionMap | GivenWeights,
    matrix: tuple[int, What],
    place: tuple[range, range],
    pooling: Pooling,
    *,
    check: Check | None,
) -> Picture:
    head, what = matrix
    compute = whole.weights if what == "weights" else whole.scores
    if what == "scores" and whole.spec is not None:
        head = whole.spec.heads.first_score_head(head)
    pool = Pool(*place, pooling, like=torch.empty(0, dtype=whole.dtype, device=whole.device))
    # Tiles end where blocks of the grid do, and so where cells do: both sides are powers of two.
    for query, key in product(_tiles(place[0], BLOCK), _tiles(place[1], _TILE_KEYS)):
        if check is not None:
            check()
        pool.add(compute(as_slice(query), as_slice(key), head)[0], query, key)
    return pool.result()


def _tiles(span: range, side: int) -> Iterator[range]:
    for start in range(span.start // side * side, span.stop, side):
        yield range(max(start, span.start), min(start + side, span.stop))
