"""Where a map's scores come from: prepared inputs and the steps up to the mask, by tile."""

from dataclasses import dataclass

import torch
from torch import Tensor

from attention_core.masks import Coverage, Extent, Mask
from attention_core.prepared import PreparedScore, Product
from attention_core.shapes import Matrices


@dataclass(frozen=True)
class ScoreSource:
    """Scores of any rectangle: score, softcap, mask (steps 2 to 6 of the fixed order).

    Attributes:
        prepared: The score, made ready for these inputs.
        mask: All masks as one.
        extent: Sizes of the whole matrix.
        softcap: Bound of the score; none when absent.
        device: Where tiles are computed.
    """

    prepared: PreparedScore
    mask: Mask
    extent: Extent
    softcap: float | None
    device: torch.device

    @property
    def is_plain_product(self) -> bool:
        """Whether a score is a product and nothing else, so that fused kernels apply."""
        return isinstance(self.prepared, Product) and self.softcap is None

    def coverage(self, query: range, key: range) -> Coverage:
        """Tell how much of a block the mask allows."""
        return self.mask.block(query, key, self.extent)

    def unmasked(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a tile of scores up to the bias, before the mask."""
        scores = self.prepared.tile(
            head, slice(query.start, query.stop), slice(key.start, key.stop)
        )
        if self.softcap is None:
            return scores
        return scores.div_(self.softcap).tanh_().mul_(self.softcap)

    def tile(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a tile of scores, −inf where the mask forbids."""
        coverage = self.coverage(query, key)
        if coverage is Coverage.EMPTY:
            return self._forbidden(head, query, key)
        scores = self.unmasked(head, query, key)
        if coverage is Coverage.PARTIAL:
            scores.masked_fill_(~self.allowed(query, key), -torch.inf)
        return scores

    def allowed(self, query: range, key: range) -> Tensor:
        """Compute the mask of a rectangle: True = may attend."""
        return self.mask.tile(query, key, self.extent, self.device)

    def _forbidden(self, head: slice, query: range, key: range) -> Matrices:
        queries = self.prepared.left[head]
        return queries.new_full((queries.shape[0], len(query), len(key)), -torch.inf)
