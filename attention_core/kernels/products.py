"""Scores of many keys at once, keys down and queries across, with the numbers that tiles have."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.grid import as_slice
from attention_core.matrix_products import Multiply, fastest
from attention_core.prepared import Product
from attention_core.sources import ScoreSource

KeyMajor = Float[Tensor, "key query"]
"""Scores with keys down: those of a pooled cell lie a row apart, so that reductions vectorise."""


@dataclass(frozen=True)
class WideProduct:
    """Scores of several blocks of keys by one product.

    Attributes:
        source: Where scores come from.
        product: Its score.
        multiply: A product whose numbers are those of tiles.
    """

    source: ScoreSource
    product: Product
    multiply: Multiply

    @classmethod
    def of(cls, source: ScoreSource) -> "WideProduct | None":
        """Choose the fastest product that agrees with tiles; None where tiles must do."""
        product = source.prepared
        if not isinstance(product, Product) or source.mixing is not None:
            return None
        if source.dtype != torch.float32 or source.device.type != "cpu":
            return None
        if product.is_precise:
            return None
        multiply = fastest(product.n_features, torch.get_num_threads())
        return None if multiply is None else cls(source, product, multiply)

    def scores(self, head: int, query: range, key: range) -> KeyMajor:
        """Compute scores before the mask, of whole blocks of the grid."""
        source = self.source
        queries = self.product.queries(head, as_slice(query))
        scores = self.multiply(self.product.keys(head, as_slice(key)), queries)
        if source.softcap is not None:
            scores.div_(source.softcap).tanh_().mul_(source.softcap)
        if source.bias is not None:
            scores.add_(source.bias.tile(slice(head, head + 1), query, key)[0].T)
        return scores
