"""Pictures of some rows of each cell: at once, where all rows would take minutes.

Every key of a row is computed: with fewer, what weights are divided by would be wrong. What is
drawn is true of the rows that were taken, and says nothing of those between.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Int
from torch import Tensor

from attention_core.grid import as_slice
from attention_core.heads import mixed
from attention_core.kernels.overview import Picture, Pooling, pieces
from attention_core.kernels.pooling import Pool, What
from attention_core.maps import AttentionMap
from attention_core.masks import Coverage
from attention_core.normalizers import Normalizer, RowState
from attention_core.pictures.survey_work import times_softmax
from attention_core.pictures.tiles import made_of
from attention_core.prepared import Check
from attention_core.shapes import Matrices, Tile

_CELLS_AT_ONCE = 2**22
"""Scores held at a time: 16 MiB in float32."""

_PORTION = 8192
"""Keys of a portion, so that what is done to it one step after the other finds it in the cache."""

_CELLS_OF_A_PICTURE = 2**26
"""Scores that a sampled picture is made of, about: some tenths of a second on one thread."""


def n_sampled(whole: AttentionMap, rows: range, n_keys: int, cell_queries: int) -> int:
    """Tell how many rows of a cell to take, so that a picture is there at once: one or more."""
    n_cells = -(-rows.stop // cell_queries) - rows.start // cell_queries
    # Only the head's own states are found for a sample.
    per_cell = times_softmax(whole.spec, dim=whole.query.shape[2])
    most = _CELLS_OF_A_PICTURE / (n_cells * n_keys * per_cell)
    return 1 << max(int(most).bit_length() - 1, 0)


def sampled_picture(
    whole: AttentionMap,
    matrix: tuple[int, What],
    place: tuple[range, range],
    pooling: Pooling,
    *,
    n_rows: int,
    check: Check | None = None,
) -> Picture:
    """Draw a rectangle from some rows of each cell, spread evenly, the same ones each time.

    Args:
        whole: The map to draw from.
        matrix: Which head, and whether its weights or its scores.
        place: Queries and keys, from the start of a cell to the end of one, or of the matrix.
        pooling: The size of a cell, and what is kept of it.
        n_rows: Rows to take of each cell.
        check: Called between portions; may raise to end the work.
    """
    head, what = matrix
    rows, columns = place
    thinned = _Thinned(whole, head, what, _spread(rows, pooling.cell_queries, n_rows))
    # Rows are counted anew: those that were taken lie one below another.
    taken = range(len(thinned.rows))
    few = Pooling(n_rows, pooling.cell_keys, pooling.reduce)
    pool = Pool(taken, columns, few, like=whole.query[:0], may_lack=what == "scores")
    portions = list(_portions(columns, pooling.cell_keys, whole.n_keys))
    at_once = max(_CELLS_AT_ONCE // (whole.n_keys * thinned.n_heads), 1)
    for group, *_ in pieces(len(taken), n_rows, at_once):
        for key, tile in thinned.tiles(group, portions, check):
            if tile is None:
                pool.add_nothing(group, key)
            else:
                pool.add(tile, group, key)
    return pool.result()


class _Thinned:
    """A head of which only some rows are left."""

    def __init__(
        self, whole: AttentionMap, head: int, what: What, rows: Int[Tensor, " row"]
    ) -> None:
        self._whole, self._source, self._what = whole, whole.source, what
        self.rows = rows.to(whole.device)
        first = whole.spec.heads.first_score_head(head)
        self._heads, self._factors = slice(first, first + 1), None
        if what == "weights":
            self._heads, self._factors = made_of(whole, head)
        self._prepared = whole.source.prepared.of_rows(self.rows)
        self._rule = whole.source.mask.rule(whole.source.extent, whole.device)

    @property
    def n_heads(self) -> int:
        """Number of score heads that are computed."""
        every = self._whole.n_score_heads
        return every if self._source.mixing is not None else len(range(every)[self._heads])

    def tiles(
        self, group: range, portions: list[range], check: Check | None
    ) -> Iterator[tuple[range, Tile | None]]:
        """Compute some rows, portion by portion; None where a mask leaves nothing."""
        if self._what == "scores":
            for key in portions:
                scores = self._scores(group, key, check)
                yield key, None if scores is None else scores[0]
            return
        normalizer: Normalizer = self._whole.spec.normalizer
        like = self._whole.query[self._heads, :1].expand(-1, len(group), -1)
        state = normalizer.init(like, self._heads)
        kept: list[Matrices | None] = []
        for key in (*portions, *self._others(portions)):
            scores = self._scores(group, key, check)
            if scores is not None:
                state = normalizer.update(state, scores, key)
            if len(kept) < len(portions):
                kept.append(scores)
        state = normalizer.finalize(state)
        for key, scores in zip(portions, kept, strict=True):
            yield key, None if scores is None else self._weights(scores, state, key)

    def _weights(self, scores: Matrices, state: RowState, key: range) -> Tile:
        normalizer: Normalizer = self._whole.spec.normalizer
        weights = normalizer.apply(scores, state, key)
        return weights[0] if self._factors is None else mixed(weights, (self._factors,))[0]

    def _others(self, portions: list[range]) -> Iterator[range]:
        """Yield the keys that are not drawn, but that weights are divided by."""
        n_keys = self._whole.n_keys
        for span in (range(portions[0].start), range(portions[-1].stop, n_keys)):
            for start in span[::_PORTION]:
                yield range(start, min(start + _PORTION, span.stop))

    def _scores(self, group: range, key: range, check: Check | None) -> Matrices | None:
        """Compute some rows' scores: the steps of the source, for rows that lie apart."""
        if check is not None:
            check()
        source, rows = self._source, self.rows[as_slice(group)]
        between = range(int(rows[0]), int(rows[-1]) + 1)
        coverage = source.coverage(between, key)
        if coverage is Coverage.EMPTY:
            return None
        scores = self._unmasked(group, rows[:, None], key)
        if coverage is Coverage.PARTIAL:
            columns = torch.arange(key.start, key.stop, device=rows.device)
            allowed = self._rule(rows[:, None], columns)
            if source.given_mask is not None:
                allowed = allowed & source.given_mask[rows, as_slice(key)]
            scores.masked_fill_(~allowed, -torch.inf)
        return scores

    def _unmasked(self, group: range, rows: Int[Tensor, "row 1"], key: range) -> Matrices:
        mixing = self._source.mixing
        if mixing is None:
            return self._unmixed(self._heads, group, rows, key)
        every = self._unmixed(slice(0, self._whole.n_score_heads), group, rows, key)
        return mixed(every, mixing[self._heads])

    def _unmixed(
        self, heads: slice, group: range, rows: Int[Tensor, "row 1"], key: range
    ) -> Matrices:
        source, every = self._source, range(self._whole.n_score_heads)[heads]
        tiles = [
            self._prepared.tile(head, as_slice(group), as_slice(key), _go_on) for head in every
        ]
        scores = torch.stack(tiles) if len(tiles) > 1 else tiles[0][None]
        if source.softcap is not None:
            scores.div_(source.softcap).tanh_().mul_(source.softcap)
        if source.bias is not None:
            # A row's bias is as a rule a view; looked up cell by cell it would cost ten products.
            for place, row in enumerate(rows[:, 0].tolist()):
                bias = source.bias.tile(heads, range(row, row + 1), key)
                scores[:, place : place + 1].add_(bias)
        return scores


def _go_on() -> None:
    """Ask nothing: it is asked between portions."""


def _spread(rows: range, cell: int, n_rows: int) -> Int[Tensor, " row"]:
    """Spread so many rows evenly over each cell; a short last cell repeats some."""
    starts = torch.arange(rows.start, rows.stop, cell)
    sizes = (rows.stop - starts).clamp(max=cell)
    steps = 2 * torch.arange(n_rows) + 1
    return (starts[:, None] + steps * sizes[:, None] // (2 * n_rows)).flatten()


def _portions(columns: range, cell: int, n_keys: int) -> Iterator[range]:
    """Cut keys into portions, so that none ends inside a cell that it does not lie within."""
    for piece in pieces(n_keys, cell, _PORTION):
        span = range(max(piece.span.start, columns.start), min(piece.span.stop, columns.stop))
        if span:
            yield span
