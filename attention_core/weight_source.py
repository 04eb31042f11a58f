"""Where a map's weights come from: scores, the states of their rows, and heads combined, by tile.

Where scores come from is told by ``ScoreSource``.
"""

from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.grid import aligned_blocks, as_slice
from attention_core.heads import Mixing, mixed
from attention_core.kernels.rows import ExponentialStates, require_states, states_of
from attention_core.kernels.stripes import (
    Block,
    Stripe,
    exponential_pass,
    pooled_exponentials,
    pooled_weights,
)
from attention_core.normalizers import Exponential, Normalizer, RowState
from attention_core.shapes import Matrices, Queries, Tile
from attention_core.sources import ScoreSource


class WeightSource:
    """Weights of any rectangle: normaliser, then the mix of heads (the last steps of the order).

    Args:
        scores: Where scores come from.
        normalizer: How scores become weights.
        mixing: How heads are combined after that; not at all when absent.
        query: All queries, as scores are made of them.
    """

    def __init__(
        self, scores: ScoreSource, normalizer: Normalizer, mixing: Mixing | None, query: Queries
    ) -> None:
        self.mixing = mixing
        self._scores, self._normalizer = scores, normalizer
        self._states = states_of(scores, normalizer, query)

    def tile(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a rectangle of weights, of whole blocks of the grid; an empty row is zero."""
        if self._scores.is_one_block:
            return self._block[head, as_slice(query), as_slice(key)].clone()
        return self._tile(head, query, key)

    def normalized(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a rectangle of what the normaliser makes, before heads are combined."""
        if self._scores.is_one_block:
            return self._normalized_block[head, as_slice(query), as_slice(key)].clone()
        # By blocks of the grid, as states are: another sum of a large score might pass the maximum.
        state, n_keys = self.state(head, as_slice(query)), self._scores.extent.n_keys
        tiles = [
            self._normalizer.head_by_head(self._scores.tile(head, query, block), state, block)
            for block in aligned_blocks(key, n_keys)
        ]
        return tiles[0] if len(tiles) == 1 else torch.cat(tiles, dim=-1)

    def stripe(self, head: int, cell: tuple[int, int], query: range) -> Stripe:
        """Pool a block of one head's rows over cells; states that are found on the way are kept.

        Args:
            head: Which head.
            cell: Queries and keys of a cell.
            query: A block of the grid.
        """
        this_head = slice(head, head + 1)
        if self.mixing is None and isinstance(self._states, ExponentialStates):
            temperature = self._normalizer.temperature
            found = exponential_pass(self._scores, Block(head, query), temperature, cell[1])
            self._states.keep(head, query, found.maximum, found.total)
            state = self._states.rows(this_head, as_slice(query))
            return Stripe(query, cell, state, *pooled_exponentials(found, state, query, cell))

        def tile(query: range, key: range) -> Tile:
            return self.tile(this_head, query, key)[0]

        pooled = pooled_weights(self._scores, tile, query, cell)
        own_state = None if self.mixing is not None else self.state(this_head, as_slice(query))
        return Stripe(query, cell, own_state, *pooled)

    def state(self, head: slice, query: slice) -> RowState:
        """Look up the state of some rows of scores; what is not known of them is found first."""
        return self._states.rows(head, query)

    def knows(self, head: slice, query: slice) -> bool:
        """Tell whether the states of these rows are known already."""
        return self._states.has(head, query)

    @property
    def can_keep(self) -> bool:
        """Whether states can be handed in: a maximum and a sum of exponentials, heads unmixed."""
        return self.mixing is None and isinstance(self._normalizer, Exponential)

    def keep(
        self,
        head: int,
        rows: range,
        maximum: Float[Tensor, " query"],
        total: Float[Tensor, " query"],
    ) -> None:
        """Take in the states of rows that were found elsewhere; only where they can be kept.

        Args:
            head: Which head.
            rows: Whole blocks of the grid.
            maximum: Largest score of each row.
            total: Its sum of exponentials, float64.

        Raises:
            ShapeError: When these are not whole blocks, or not one number for each of their rows.
        """
        require_states(rows, self._scores.extent.n_queries, maximum=maximum, total=total)
        # A matrix of one block keeps its numbers, and needs none.
        if isinstance(self._states, ExponentialStates):
            self._states.keep(head, rows, maximum, total)

    @cached_property
    def _block(self) -> Matrices:
        """The weights of a matrix of one block: kept, for the outputs start from them too."""
        every = self._normalized_block
        return every if self.mixing is None else mixed(every, self.mixing)

    @cached_property
    def _normalized_block(self) -> Matrices:
        n_queries, n_keys = self._scores.extent
        every = slice(0, self._scores.n_heads), range(n_queries), range(n_keys)
        state = self.state(every[0], slice(0, n_queries))
        return self._normalizer.apply(self._scores.tile(*every), state, every[2])

    def _tile(self, head: slice, query: range, key: range) -> Matrices:
        if self.mixing is None:
            return self.normalized(head, query, key)
        factors = self.mixing[head]
        # Only the score heads that these heads are made of.
        every = range(self._scores.n_heads)
        used = [place for place in every if any(row[place] for row in factors)]
        first, stop = (used[0], used[-1] + 1) if used else (0, 1)
        tiles = self.normalized(slice(first, stop), query, key)
        return mixed(tiles, tuple(row[first:stop] for row in factors))
