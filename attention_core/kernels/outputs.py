"""Weights times values: through torch's fused kernel where the spec allows it, else in blocks."""

from collections.abc import Callable

from torch.nn import functional

from attention_core.grid import BLOCK, as_slice
from attention_core.masks import Causal, Coverage, Full, Mask
from attention_core.normalizers import Normalizer, Softmax
from attention_core.shapes import Matrices, Outputs, Values
from attention_core.sources import ScoreSource

Weights = Callable[[slice, range, range], Matrices]
"""Weights of some heads in a rectangle."""

_MIN_FUSED_TEMPERATURE = 0.1
"""Below it the fused kernel, which scales before it subtracts the maximum, rounds too much."""


def fused(source: ScoreSource, normalizer: Normalizer, value: Values) -> Outputs | None:
    """Let torch's fused kernel do it, or return None where the spec asks for more than it can."""
    product = source.product
    if (
        product is None
        or not isinstance(normalizer, Softmax)
        or normalizer.temperature < _MIN_FUSED_TEMPERATURE
        or source.given_mask is not None
        or not _is_plain(source.mask)
        # The fused kernels take one feature size only; else torch makes a dense matrix.
        or product.query.shape[-1] != value.shape[-1]
    ):
        return None
    return functional.scaled_dot_product_attention(
        product.query[None],
        product.key[None],
        value[None],
        is_causal=isinstance(source.mask, Causal),
        scale=1 / normalizer.temperature,
    )[0]


def blockwise(source: ScoreSource, weights: Weights, value: Values) -> Outputs:
    """Multiply every row's weights with the values, tile by tile; an empty row gives zero."""
    every_head = slice(0, value.shape[0])
    result = value.new_zeros(value.shape[0], source.extent.n_queries, value.shape[2])
    for start in range(0, source.extent.n_queries, BLOCK):
        query = range(start, min(start + BLOCK, source.extent.n_queries))
        rows = result[:, as_slice(query)]
        for first in range(0, source.extent.n_keys, BLOCK):
            key = range(first, min(first + BLOCK, source.extent.n_keys))
            if source.coverage(query, key) is not Coverage.EMPTY:
                rows += weights(every_head, query, key) @ value[:, as_slice(key)]
    return result


def _is_plain(mask: Mask) -> bool:
    return isinstance(mask, Full) or (isinstance(mask, Causal) and mask.align == "upper_left")
