"""The states of rows: found a block of the grid at a time, by a pass over the keys, and kept."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.grid import BLOCK, aligned_blocks, as_slice
from attention_core.kernels.stripes import Block, exponential_pass, exponential_state
from attention_core.masks import Coverage
from attention_core.normalizers import Exponential, ExponentialState, Normalizer, RowState
from attention_core.shapes import Queries
from attention_core.sources import ScoreSource

_STRIPE_CELLS = 2**20
"""Cells of scores held at a time, over all heads: a few megabytes, near the caches."""

Numbers = Float[Tensor, " query"]
"""One number for each row of one head."""


class States(ABC):
    """States of rows: whichever are asked for are found first, and each block once only."""

    @abstractmethod
    def rows(self, head: slice, query: slice) -> RowState:
        """Look up the state of some rows of some heads."""

    @abstractmethod
    def has(self, head: slice, query: slice) -> bool:
        """Tell whether the states of these rows are known already."""


def states_of(source: ScoreSource, normalizer: Normalizer, query: Queries) -> States:
    """Choose how the states of a map's rows are found and kept."""
    if isinstance(normalizer, Exponential) and not source.is_one_block:
        return ExponentialStates(source, normalizer, query)
    return StatesOfAllHeads(source, normalizer, query)


def require_states(rows: range, n_queries: int, **numbers: Numbers) -> None:
    """Refuse states that are not of whole blocks of the grid, or of other rows than they say.

    Args:
        rows: The rows.
        n_queries: Rows that there are.
        numbers: What states are made of, by name.

    Raises:
        ShapeError: When these are not whole blocks, or not one number for each of their rows.
    """
    blocks = list(aligned_blocks(rows, n_queries))
    if not blocks or (rows.start, rows.stop) != (blocks[0].start, blocks[-1].stop):
        raise ShapeError(
            f"rows must be whole blocks of {BLOCK} of {n_queries}, got {rows.start} to "
            f"{rows.stop}; hand in all of a block.",
            field=("rows",),
        )
    for name, x in numbers.items():
        if x.shape != (len(rows),):
            raise ShapeError(
                f"{name} must be one number for each of {len(rows)} rows, got {tuple(x.shape)}; "
                "hand in the rows that it is of.",
                field=(name,),
            )


class StatesOfAllHeads(States):
    """States of any normaliser: a block of rows of every head at a time.

    All heads together, because what some normalisers make of a row may depend, in the last bits,
    on how many candidates the rows beside it have.

    Args:
        source: Where scores come from.
        normalizer: What the states are for.
        query: All queries.
    """

    def __init__(self, source: ScoreSource, normalizer: Normalizer, query: Queries) -> None:
        self._source, self._normalizer, self._query = source, normalizer, query
        self._known: dict[int, RowState] = {}

    def rows(self, head: slice, query: slice) -> RowState:
        span = range(query.start, query.stop)
        blocks = list(aligned_blocks(span, self._source.extent.n_queries))
        states = [self._of_block(block) for block in blocks]
        whole = states[0] if len(states) == 1 else type(states[0]).joined(states)
        return whole.rows(head, as_slice(span, origin=blocks[0].start))

    def has(self, head: slice, query: slice) -> bool:
        blocks = aligned_blocks(range(query.start, query.stop), self._query.shape[1])
        return all(block.start in self._known for block in blocks)

    def _of_block(self, block: range) -> RowState:
        if block.start not in self._known:
            self._known[block.start] = self._found(block)
        return self._known[block.start]

    def _found(self, block: range) -> RowState:
        source, every_head = self._source, slice(0, self._source.n_heads)
        width = max(_STRIPE_CELLS // (BLOCK * source.n_heads) // BLOCK, 1) * BLOCK
        state = self._normalizer.init(self._query[:, as_slice(block)], every_head)
        for first in range(0, source.extent.n_keys, width):
            key = range(first, min(first + width, source.extent.n_keys))
            if source.coverage(block, key) is not Coverage.EMPTY:
                scores = source.stripe(every_head, block, key)
                state = self._normalizer.update(state, scores, key)
        final: RowState = self._normalizer.finalize(state)
        return final


class ExponentialStates(States):
    """States under softmax and its kin: each head by itself, and of a row two numbers only.

    Args:
        source: Where scores come from; of more than one block.
        normalizer: What the states are for.
        query: All queries.
    """

    def __init__(self, source: ScoreSource, normalizer: Exponential, query: Queries) -> None:
        self._source, self._normalizer, self._query = source, normalizer, query
        self._numbers: dict[int, tuple[Numbers, Numbers]] = {}
        self._known: set[tuple[int, int]] = set()

    def rows(self, head: slice, query: slice) -> ExponentialState:
        heads = range(self._source.n_heads)[head]
        for index, block in self._blocks(head, query):
            if (index, block.start) not in self._known:
                self._find(index, block)
        pairs = [self._of_head(index) for index in heads]
        maximum, total = (torch.stack([pair[i][query] for pair in pairs]) for i in (0, 1))
        rows = self._query[head, query]
        return exponential_state(self._normalizer, rows, as_slice(heads), maximum, total)

    def has(self, head: slice, query: slice) -> bool:
        return all((index, x.start) in self._known for index, x in self._blocks(head, query))

    def keep(self, head: int, query: range, maximum: Numbers, total: Numbers) -> None:
        """Take in what a pass has found, or what was stored of it.

        Args:
            head: Which head of scores.
            query: Whole blocks of the grid.
            maximum: Largest score of each row.
            total: Sum of ``exp((score − maximum) / temperature)`` over the keys, float64.
        """
        for whole, part in zip(self._of_head(head), (maximum, total), strict=True):
            whole[as_slice(query)] = part
        blocks = aligned_blocks(query, self._query.shape[1])
        self._known.update((head, block.start) for block in blocks)

    def _blocks(self, head: slice, query: slice) -> Iterator[tuple[int, range]]:
        for index in range(self._source.n_heads)[head]:
            for block in aligned_blocks(range(query.start, query.stop), self._query.shape[1]):
                yield index, block

    def _find(self, head: int, block: range) -> None:
        temperature = self._normalizer.temperature
        found = exponential_pass(self._source, Block(head, block), temperature)
        self.keep(head, block, found.maximum, found.total)

    def _of_head(self, head: int) -> tuple[Numbers, Numbers]:
        if head not in self._numbers:
            maximum = self._query.new_full(self._query.shape[1:2], -torch.inf)
            total = torch.zeros_like(maximum, dtype=torch.float64)
            # Blocks may be found side by side: the first to come here decides where they are kept.
            self._numbers.setdefault(head, (maximum, total))
        return self._numbers[head]
