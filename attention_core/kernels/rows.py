"""One pass over all keys that leaves the state of every row."""

import torch

from attention_core.grid import BLOCK
from attention_core.masks import Coverage
from attention_core.normalizers import Normalizer, RowState
from attention_core.sources import ScoreSource

_STRIPE_CELLS = 2**20
"""Cells of scores computed at a time, over all heads: a few megabytes, near the caches."""


def row_state(source: ScoreSource, normalizer: Normalizer) -> RowState:
    """Stream over the keys of every row.

    Blocks that the mask empties are never computed.
    """
    n_heads = source.prepared.left.shape[0]
    width = max(BLOCK, _STRIPE_CELLS // (BLOCK * n_heads) // BLOCK * BLOCK)
    every_head = slice(0, n_heads)
    states = []
    for start in range(0, source.extent.n_queries, BLOCK):
        query = range(start, min(start + BLOCK, source.extent.n_queries))
        state = normalizer.init(source.prepared.left[:, query.start : query.stop])
        for first in range(0, source.extent.n_keys, width):
            key = range(first, min(first + width, source.extent.n_keys))
            if source.coverage(query, key) is not Coverage.EMPTY:
                state = normalizer.update(state, source.tile(every_head, query, key))
        states.append(state)
    return RowState(
        torch.cat([state.maximum for state in states], dim=1),
        torch.cat([state.total for state in states], dim=1),
    )
