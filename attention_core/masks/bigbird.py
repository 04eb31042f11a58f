"""BigBird: blocks near, blocks at both ends, and a few blocks at random."""

import math
from functools import lru_cache, reduce
from operator import or_
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from attention_core import seeded
from attention_core.errors import SpecError
from attention_core.masks.mask import Coverage, Extent, Mask, Rule, coverage, looked_up
from attention_core.part import Source
from attention_core.shapes import Allowed, Permitted, Positions


class BigBird(Mask):
    """A block of queries attends to its neighbours, both ends and a few blocks at random.

    The first block and the last attend to all, and all attend to them.
    """

    kind: Literal["bigbird"] = "bigbird"
    title: ClassVar[str] = "BigBird"
    summary: ClassVar[str] = "Blocks that are near, at either end, or drawn at random."
    formula: ClassVar[str] = "|b_i − b_j| ≤ 1 or b_i or b_j at an end or b_j random for b_i"
    latex: ClassVar[str] = r"|b_i - b_j| \le 1 \vee \{b_i, b_j\} \cap \{0, B\} \vee b_j \in R_{b_i}"
    source: ClassVar[Source] = Source("Zaheer et al. 2020", "https://arxiv.org/abs/2007.14062")

    starter: ClassVar[dict[str, Any]] = {"block_size": 2}

    block_size: int = Field(
        default=4, title="Block size", description="Tokens of one block.", ge=1, lt=2**31
    )
    num_random_blocks: int = Field(
        default=1,
        title="Random blocks",
        description="How many blocks each block sees besides, drawn from the seed; fewer where "
        "fewer are left.",
        ge=0,
        le=32,
    )
    seed: int = Field(
        default=0, title="Seed", description="Seed of the random blocks.", ge=0, lt=2**53
    )

    def random_blocks(self, n_tokens: int) -> list[list[int]]:
        """List the blocks of keys drawn for each block of queries, none twice, in order.

        The blocks at both ends see all and so have none.
        """
        return [
            sorted(block for block in row if block >= 0) for row in self._drawn(n_tokens).tolist()
        ]

    def check(self, extent: Extent) -> None:
        if extent.n_queries != extent.n_keys:
            raise SpecError(
                "bigbird must have as many queries as keys, because it is attention of a sequence "
                f"to itself, got {extent.n_queries} and {extent.n_keys}; leave the context out, or "
                "use 'global_window'.",
            )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return self.rule(extent, query.device)(query, key)

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        size, last = self.block_size, self._last(extent)
        draws = torch.tensor(self._drawn(extent.n_queries), device=device).unbind(1)

        def allows(query: Positions, key: Positions) -> Permitted:
            asking, asked = query // size, key // size
            distance = asking - asked
            is_near = (distance <= 1) & (distance >= -1)
            is_end = (asking == 0) | (asking == last) | (asked == 0) | (asked == last)
            return reduce(
                or_, (looked_up(drawn, asking) == asked for drawn in draws), is_near | is_end
            )

        return allows

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        asking, asked = self._blocks(query), self._blocks(key)
        last = self._last(extent)
        rows, columns = np.array(asking)[:, None], np.array(asked)
        allowed = (np.abs(rows - columns) <= 1) | (columns == 0) | (columns == last)
        allowed |= (rows == 0) | (rows == last)
        drawn = self._drawn(extent.n_queries)[asking.start : asking.stop]
        row, draw = np.nonzero((drawn >= asked.start) & (drawn < asked.stop))
        allowed[row, drawn[row, draw] - asked.start] = True
        of_query = np.arange(query.start, query.stop) // self.block_size - asking.start
        of_key = np.arange(key.start, key.stop) // self.block_size - asked.start
        return torch.from_numpy(allowed[np.ix_(of_query, of_key)]).to(device)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        asking, asked = self._blocks(query), self._blocks(key)
        first, last, end = asked[0], asked[-1], self._last(extent)
        rows = np.array(asking)
        drawn = self._drawn(extent.n_queries)[asking.start : asking.stop]
        # What is drawn is neither near nor at an end, so that the counts do not overlap.
        n_drawn = ((drawn >= first) & (drawn <= last)).sum(axis=1)
        n_near = np.minimum(rows + 1, last) - np.maximum(rows - 1, first) + 1
        # As numbers: two booleans of numpy add up to one.
        n_ends = ((first == 0) & (rows > 1)).astype(int) + ((last == end) & (rows < end - 1))
        n_allowed = np.where(
            (rows == 0) | (rows == end), len(asked), np.maximum(n_near, 0) + n_ends + n_drawn
        )
        return coverage(is_empty=not n_allowed.any(), is_full=bool((n_allowed == len(asked)).all()))

    def _blocks(self, span: range) -> range:
        return range(span[0] // self.block_size, span[-1] // self.block_size + 1)

    def _last(self, extent: Extent) -> int:
        return (extent.n_queries - 1) // self.block_size

    def _drawn(self, n_tokens: int) -> npt.NDArray[np.int32]:
        return _drawn_blocks(-(-n_tokens // self.block_size), self.num_random_blocks, self.seed)


@lru_cache(maxsize=4)
def _drawn_blocks(n_blocks: int, n_random: int, seed: int) -> npt.NDArray[np.int32]:
    """Draw blocks for each block, from those neither near nor at an end; −1 where none is left.

    Robert Floyd's sampling without replacement (Bentley and Floyd 1987), all rows at once.
    """
    blocks = np.arange(n_blocks, dtype=np.int64)
    n_before, n_after = np.maximum(blocks - 2, 0), np.maximum(n_blocks - 3 - blocks, 0)
    n_left = n_before + n_after
    n_left[[0, -1]] = 0
    # One row a draw, so that each is contiguous.
    drawn = np.full((n_random, n_blocks), -1, dtype=np.int64)
    for nth, shares in enumerate(_shares(n_blocks, n_random, seed)):
        largest = n_left - n_random + nth
        pick = np.minimum((shares * (largest + 1)).astype(np.int64), largest)
        is_taken = reduce(or_, (earlier == pick for earlier in drawn[:nth]), largest < 0)
        drawn[nth] = np.where(is_taken, largest, pick)
    # The picks are counted among the blocks that are left: those from 1 on, then those after. Where
    # too few are left, the first draws are below zero: none.
    shifted = np.where(drawn < n_before, drawn + 1, drawn - n_before + blocks + 2)
    table = np.where(drawn < 0, -1, shifted).T.astype(np.int32, order="C")
    table.setflags(write=False)
    return table


def _shares(n_blocks: int, n_random: int, seed: int) -> npt.NDArray[np.float64]:
    """Draw numbers between 0 and 1 for each draw of each block."""
    if not n_random:
        return np.empty((0, n_blocks))
    numbers = seeded.uniform(n_blocks, n_random, seed=seed, label="bigbird").numpy()
    return np.ascontiguousarray(numbers.T) / math.sqrt(12) + 0.5
