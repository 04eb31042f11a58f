"""The numbers of one head in any rectangle, as its pictures take them in: tile after tile."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from attention_core.captures.given_weights import GivenWeights
from attention_core.grid import BLOCK, aligned_blocks, as_slice
from attention_core.heads import mixed
from attention_core.kernels.pooling import What
from attention_core.maps import AttentionMap
from attention_core.masks import Coverage
from attention_core.normalizers import Exponential, Normalizer, RowState
from attention_core.normalizers.elementwise import Elementwise
from attention_core.shapes import Tile

_TILE_KEYS = 4 * BLOCK
"""Keys of a tile: a megabyte with the queries of a block, so that what is done to it one step
after the other finds it in the cache."""


class HeadTiles(ABC):
    """One head's numbers, tile by tile."""

    @property
    @abstractmethod
    def like(self) -> Tensor:
        """Any tensor of their dtype and device."""

    @abstractmethod
    def tile(self, query: range, key: range) -> Tile | None:
        """Compute a rectangle within one row of blocks; None where a mask leaves nothing of it."""


def tiles_of(whole: AttentionMap | GivenWeights, head: int, what: What) -> HeadTiles:
    """Tell where the numbers of a head come from.

    Raises:
        SpecError: When there are no scores.
    """
    if isinstance(whole, GivenWeights) or whole.source.is_one_block:
        return KeptTiles(whole, head, what)
    if what == "scores":
        return ScoreTiles(whole, whole.spec.heads.first_score_head(head))
    return WeightTiles(whole, head)


def spans_of(query: range, key: range) -> Iterator[tuple[range, range]]:
    """Cut a rectangle into tiles; they end where blocks of the grid do, and so where cells do."""
    for rows in _runs(query, BLOCK):
        for columns in _runs(key, _TILE_KEYS):
            yield rows, columns


@dataclass(frozen=True)
class KeptTiles(HeadTiles):
    """Numbers that are there already: given weights, or a map of one block."""

    whole: AttentionMap | GivenWeights
    head: int
    what: What

    @property
    def like(self) -> Tensor:
        return torch.empty(0, dtype=self.whole.dtype, device=self.whole.device)

    def tile(self, query: range, key: range) -> Tile:
        compute = self.whole.weights if self.what == "weights" else self.whole.scores
        return compute(as_slice(query), as_slice(key), self.head)[0]


class BlockTiles(HeadTiles):
    """Numbers that are computed, in blocks of the grid; each is as in its block, to the bit."""

    def __init__(self, whole: AttentionMap) -> None:
        self._whole = whole

    @property
    def like(self) -> Tensor:
        return self._whole.query[:0]

    @abstractmethod
    def block(self, query: range, key: range) -> Tile:
        """Compute a block."""

    def tile(self, query: range, key: range) -> Tile | None:
        source, n_queries, n_keys = self._whole.source, self._whole.n_queries, self._whole.n_keys
        (rows,) = aligned_blocks(query, n_queries)
        if source.coverage(rows, key) is Coverage.EMPTY:
            return None
        result = self.like.new_empty(len(query), len(key))
        inside = as_slice(query, origin=rows.start)
        for block in aligned_blocks(key, n_keys):
            shared = range(max(block.start, key.start), min(block.stop, key.stop))
            part = self.block(rows, block)[inside, as_slice(shared, origin=block.start)]
            result[:, as_slice(shared, origin=key.start)] = part
        return result


class ScoreTiles(BlockTiles):
    """Scores of one score head."""

    def __init__(self, whole: AttentionMap, head: int) -> None:
        super().__init__(whole)
        self._heads = slice(head, head + 1)

    def block(self, query: range, key: range) -> Tile:
        return self._whole.source.tile(self._heads, query, key)[0]


class WeightTiles(BlockTiles):
    """Weights of one head, from scores and the state of their rows."""

    def __init__(self, whole: AttentionMap, head: int) -> None:
        super().__init__(whole)
        self._heads, self._factors = made_of(whole, head)
        self._known: tuple[range, RowState] | None = None

    def block(self, query: range, key: range) -> Tile:
        normalizer: Normalizer = self._whole.spec.normalizer
        scores = self._whole.source.tile(self._heads, query, key)
        weights = normalizer.head_by_head(scores, self._state(query), key)
        return weights[0] if self._factors is None else mixed(weights, (self._factors,))[0]

    def _state(self, query: range) -> RowState:
        """Look up the rows' states, once for all tiles of a row of blocks."""
        if self._known is None or self._known[0] != query:
            self._known = query, self._found(query)
        return self._known[1]

    def _found(self, query: range) -> RowState:
        normalizer: Normalizer = self._whole.spec.normalizer
        if isinstance(normalizer, Elementwise):
            # Its weights need no state: no pass over the keys is due.
            rows = self._whole.query[self._heads, as_slice(query)]
            state: RowState = normalizer.init(rows, self._heads)
            return state
        return self._whole.states(as_slice(query), self._heads)


def n_cells_of_states(whole: AttentionMap, head: int, rows: range) -> int:
    """Tell how many scores the states of rows take that the map has not found yet, at worst."""
    normalizer: Normalizer = whole.spec.normalizer
    if isinstance(normalizer, Elementwise) or whole.source.is_one_block:
        return 0
    heads, _ = made_of(whole, head)
    blocks = aligned_blocks(rows, whole.n_queries)
    n_rows = sum(len(block) for block in blocks if not whole.knows(as_slice(block), heads))
    n_heads = (
        heads.stop - heads.start if isinstance(normalizer, Exponential) else whole.n_score_heads
    )
    return int(n_rows * whole.n_keys * n_heads * normalizer.times_softmax)


def made_of(whole: AttentionMap, head: int) -> tuple[slice, tuple[float, ...] | None]:
    """Tell which score heads a head is made of, and by which factors; None where it is one."""
    mixing = whole.spec.heads.weight_mixing()
    if mixing is None:
        return slice(head, head + 1), None
    used = [place for place, factor in enumerate(mixing[head]) if factor]
    heads = slice(used[0], used[-1] + 1) if used else slice(0, 1)
    return heads, mixing[head][heads]


def _runs(span: range, side: int) -> Iterator[range]:
    for start in range(span.start // side * side, span.stop, side):
        yield range(max(start, span.start), min(start + side, span.stop))
