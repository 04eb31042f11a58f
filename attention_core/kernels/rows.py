"""One pass over all keys that leaves the state of every row, or of some."""

from attention_core.grid import BLOCK, aligned_blocks, as_slice
from attention_core.masks import Coverage
from attention_core.normalizers import Normalizer, RowState
from attention_core.shapes import Queries
from attention_core.sources import ScoreSource

_STRIPE_CELLS = 2**20
"""Cells of scores held at a time, over all heads: a few megabytes, near the caches."""


def row_state(
    source: ScoreSource,
    normalizer: Normalizer,
    query: Queries,
    heads: slice,
    *,
    rows: range | None = None,
) -> RowState:
    """Stream over the keys of every row, on the grid; what the mask empties is never computed.

    The keys are taken in the same portions for some heads as for all of them, so that sums which
    add up by row are the same to the bit.

    Args:
        source: Where scores come from.
        normalizer: What the state is for.
        query: All queries.
        heads: Heads of scores.
        rows: The blocks of the grid that these touch are told, whole; all when absent.
    """
    n_queries = source.extent.n_queries
    width = max(_STRIPE_CELLS // (BLOCK * source.n_heads) // BLOCK, 1) * BLOCK
    states: list[RowState] = []
    for block in aligned_blocks(range(n_queries) if rows is None else rows, n_queries):
        state = normalizer.init(query[heads, as_slice(block)], heads)
        for first in range(0, source.extent.n_keys, width):
            key = range(first, min(first + width, source.extent.n_keys))
            if source.coverage(block, key) is not Coverage.EMPTY:
                state = normalizer.update(state, source.stripe(heads, block, key), key)
        states.append(normalizer.finalize(state))
    return type(states[0]).joined(states)


class StatesByBlock:
    """States of the rows of single heads: found a block of rows at a time, and kept.

    Args:
        source: Where scores come from.
        normalizer: What the states are for.
        query: All queries.
    """

    def __init__(self, source: ScoreSource, normalizer: Normalizer, query: Queries) -> None:
        self._source, self._normalizer, self._query = source, normalizer, query
        self._known: dict[tuple[int, int], RowState] = {}

    def rows(self, head: slice, query: slice) -> RowState:
        """Look up the state of some rows of one head."""
        span = range(query.start, query.stop)
        blocks = list(aligned_blocks(span, self._source.extent.n_queries))
        states = [self._of_block(head, block) for block in blocks]
        whole = type(states[0]).joined(states)
        return whole.rows(slice(None), as_slice(span, origin=blocks[0].start))

    def _of_block(self, head: slice, block: range) -> RowState:
        place = head.start, block.start
        if place not in self._known:
            state = row_state(self._source, self._normalizer, self._query, head, rows=block)
            self._known[place] = state
        return self._known[place]
