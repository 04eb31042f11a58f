"""Weights times values: through torch's fused kernel where the spec allows it, else in blocks."""

import torch
from torch.nn import functional

from attention_core.grid import BLOCK
from attention_core.masks import Causal, Coverage, Full
from attention_core.normalizers import Normalizer, RowState, Softmax
from attention_core.prepared import Product
from attention_core.shapes import Outputs, Values
from attention_core.sources import ScoreSource

_SMALL_CELLS = 2**20
"""Up to here a dense matrix on the way does no harm."""


def fused(source: ScoreSource, normalizer: Normalizer, value: Values) -> Outputs | None:
    """Let torch's fused kernel do it, or return None where the spec asks for more than it can."""
    product = source.prepared
    if not (
        isinstance(normalizer, Softmax)
        and isinstance(product, Product)
        and source.is_plain_product
        and _is_plain(source, product, value)
    ):
        return None
    return functional.scaled_dot_product_attention(
        product.query[None],
        product.key[None],
        value[None],
        is_causal=isinstance(source.mask, Causal),
        scale=1 / normalizer.temperature,
    )[0]


def blockwise(
    source: ScoreSource, normalizer: Normalizer, state: RowState, value: Values
) -> Outputs:
    """Multiply every row's weights with the values, tile by tile; an empty row gives zero."""
    n_heads, every_head = value.shape[0], slice(0, value.shape[0])
    result = value.new_zeros(n_heads, source.extent.n_queries, value.shape[2])
    for start in range(0, source.extent.n_queries, BLOCK):
        query = range(start, min(start + BLOCK, source.extent.n_queries))
        rows = slice(query.start, query.stop)
        row_state = state.rows(every_head, rows)
        for first in range(0, source.extent.n_keys, BLOCK):
            key = range(first, min(first + BLOCK, source.extent.n_keys))
            if source.coverage(query, key) is Coverage.EMPTY:
                continue
            weights = normalizer.apply(source.tile(every_head, query, key), row_state)
            result[:, rows] = torch.baddbmm(
                result[:, rows], weights, value[:, key.start : key.stop]
            )
    return result


def _is_plain(source: ScoreSource, product: Product, value: Values) -> bool:
    is_plain = isinstance(source.mask, Full) or (
        isinstance(source.mask, Causal) and source.mask.align == "upper_left"
    )
    # The fused kernels take one feature size only; elsewhere torch falls back to a dense matrix.
    is_small = source.extent.n_queries * source.extent.n_keys <= _SMALL_CELLS
    return is_plain and (is_small or product.query.shape[-1] == value.shape[-1])
