"""Where a map's scores come from: prepared inputs and the steps up to the mask, by tile."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch

from attention_core.grid import BLOCK, aligned_blocks, as_slice
from attention_core.heads import Mixing, growth, mixed
from attention_core.masks import Coverage, Extent, Full, Mask
from attention_core.positions import Bias
from attention_core.prepared import Check, PreparedScore, Product
from attention_core.shapes import Allowed, Matrices, Tile


class Bounds(NamedTuple):
    """Largest magnitude of any score that is not masked, step by step; NaN for bad inputs.

    Attributes:
        score: Of the score alone.
        position: With what the position adds.
        heads: After heads exchanged them.
    """

    score: float
    position: float
    heads: float


@dataclass(frozen=True)
class ScoreSource:
    """Scores of any rectangle: score, softcap, bias, mix, mask (steps 2 to 6 of the fixed order).

    Attributes:
        prepared: The score, made ready for these inputs.
        bias: What the position adds, and what was given to be added; none when absent.
        mixing: How heads exchange scores before the mask; not at all when absent.
        mask: All masks as one.
        extent: Sizes of the whole matrix.
        softcap: Bound of the score; none when absent.
        n_heads: Number of score heads.
        dtype: What scores are computed in.
        device: Where they are.
        check: Called before every tile of a head; may raise to end the work.
        given_mask: A mask given as a matrix, which must allow too; none when absent.
    """

    prepared: PreparedScore
    bias: Bias | None
    mixing: Mixing | None
    mask: Mask
    extent: Extent
    softcap: float | None
    n_heads: int
    dtype: torch.dtype
    device: torch.device
    check: Check | None = None
    given_mask: Allowed | None = None

    @property
    def product(self) -> Product | None:
        """The score, where it is a product and nothing else, so that fused kernels may apply."""
        is_plain = self.softcap is None and self.bias is None and self.mixing is None
        return self.prepared if is_plain and isinstance(self.prepared, Product) else None

    def bounds(self) -> Bounds:
        """Bound the scores after each step that can make them larger."""
        score = self.prepared.bound()
        position = score + (0.0 if self.bias is None else self.bias.bound())
        return Bounds(score, position, position * growth(self.mixing))

    def coverage(self, query: range, key: range) -> Coverage:
        """Tell how much of a block the masks allow."""
        described = self.mask.block(query, key, self.extent)
        if self.given_mask is None or described is Coverage.EMPTY:
            return described
        cells = self.given_mask[as_slice(query), as_slice(key)]
        if not cells.any():
            return Coverage.EMPTY
        return described if cells.all() else Coverage.PARTIAL

    def allowed(self, query: range, key: range) -> Allowed:
        """Compute the masks of a rectangle as one: True = may attend."""
        described = self.mask.tile(query, key, self.extent, self.device)
        if self.given_mask is None:
            return described
        return described & self.given_mask[as_slice(query), as_slice(key)]

    @property
    def is_masked(self) -> bool:
        """Whether any mask was asked for."""
        return self.given_mask is not None or not isinstance(self.mask, Full)

    def tile(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a rectangle of scores in one go, −inf where the mask forbids.

        Rectangles that are not blocks of the grid differ from those in the last bits.
        """
        if self.is_one_block:
            return self._block[head, as_slice(query), as_slice(key)].clone()
        return self._tile(head, query, key)

    def stripe(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a row of blocks of the grid, side by side; their numbers are those of tiles."""
        tiles = [self.tile(head, query, x) for x in aligned_blocks(key, self.extent.n_keys)]
        return tiles[0] if len(tiles) == 1 else torch.cat(tiles, dim=-1)

    @property
    def is_one_block(self) -> bool:
        """Whether the grid has one block only."""
        return max(self.extent) <= BLOCK

    @cached_property
    def _block(self) -> Matrices:
        """The one block: kept, because scores, row state and weights all start from it."""
        every_query, every_key = range(self.extent.n_queries), range(self.extent.n_keys)
        return self._tile(slice(0, self.n_heads), every_query, every_key)

    def _tile(self, head: slice, query: range, key: range) -> Matrices:
        coverage = self.coverage(query, key)
        if coverage is Coverage.EMPTY:
            n_heads = len(range(self.n_heads)[head])
            shape = (n_heads, len(query), len(key))
            return torch.full(shape, -torch.inf, dtype=self.dtype, device=self.device)
        scores = self._unmasked(head, query, key)
        if coverage is Coverage.PARTIAL:
            scores.masked_fill_(~self.allowed(query, key), -torch.inf)
        return scores

    def unmixed(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a rectangle of scores before heads exchange them, and before the mask."""
        # Head by head: a batched product takes another path for one head than for several, and a
        # number may not depend on what else was asked for.
        tiles = [self._scores(h, query, key) for h in range(self.n_heads)[head]]
        if self.softcap is not None:
            for tile in tiles:
                tile.div_(self.softcap).tanh_().mul_(self.softcap)
        scores = tiles[0][None] if len(tiles) == 1 else torch.stack(tiles)
        return scores if self.bias is None else scores.add_(self.bias.tile(head, query, key))

    def _unmasked(self, head: slice, query: range, key: range) -> Matrices:
        if self.mixing is None:
            return self.unmixed(head, query, key)
        every_head = self.unmixed(slice(0, self.n_heads), query, key)
        return mixed(every_head, self.mixing[head])

    def _scores(self, head: int, query: range, key: range) -> Tile:
        return self.prepared.tile(head, as_slice(query), as_slice(key), self._go_on)

    def _go_on(self) -> None:
        if self.check is not None:
            self.check()
