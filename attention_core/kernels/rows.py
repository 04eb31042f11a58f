"""One pass over all keys that leaves the state of every row."""

from attention_core.grid import BLOCK, as_slice
from attention_core.masks import Coverage
from attention_core.normalizers import Normalizer, RowState
from attention_core.shapes import Queries
from attention_core.sources import ScoreSource

_STRIPE_CELLS = 2**20
"""Cells of scores held at a time, over all heads: a few megabytes, near the caches."""


def row_state(
    source: ScoreSource, normalizer: Normalizer, query: Queries, heads: slice
) -> RowState:
    """Stream over the keys of every row, on the grid; what the mask empties is never computed.

    The keys are taken in the same portions for some heads as for all of them, so that sums which
    add up by row are the same to the bit.
    """
    width = max(_STRIPE_CELLS // (BLOCK * source.n_heads) // BLOCK, 1) * BLOCK
    states: list[RowState] = []
    for start in range(0, source.extent.n_queries, BLOCK):
        rows = range(start, min(start + BLOCK, source.extent.n_queries))
        state = normalizer.init(query[heads, as_slice(rows)], heads)
        for first in range(0, source.extent.n_keys, width):
            key = range(first, min(first + width, source.extent.n_keys))
            if source.coverage(rows, key) is not Coverage.EMPTY:
                state = normalizer.update(state, source.stripe(heads, rows, key), key)
        states.append(normalizer.finalize(state))
    return type(states[0]).joined(states)
