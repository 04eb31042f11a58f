"""What is added to the scores: any rectangle of it, or any cell, as FlexAttention asks for it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attention_core.shapes import Matrices, Positions, Queries

Cells = Float[Tensor, "..."]
"""One number per cell, of the shape that the indices broadcast to."""

Distances = Int[Tensor, " distance"]
"""Key minus query: zero for a token itself, negative for what is before it."""

Rule = Callable[[Distances], Float[Tensor, "head distance"]]
"""The bias of each head at each distance, in float64."""


class Bias(ABC):
    """What a position adds to the scores of one map, made ready for its inputs.

    A cell's number is the same, to the bit, in every tile that holds it and from ``at``.
    """

    @abstractmethod
    def tile(self, head: slice, query: range, key: range) -> Matrices:
        """Compute a rectangle, in the dtype and on the device of the queries.

        The caller only reads it: the answer may be a view of what other tiles show too.
        """

    @abstractmethod
    def at(self, head: Positions, query: Positions, key: Positions) -> Cells:
        """Look up single cells; the three indices broadcast, under ``torch.vmap`` too."""

    @abstractmethod
    def bound(self) -> float:
        """Bound the magnitude of every number, −inf left out; infinite or NaN past float64."""

    def score_mod(
        self, score: Cells, batch: Positions, head: Positions, query: Positions, key: Positions
    ) -> Cells:
        """Add the bias to scores, as FlexAttention's ``score_mod(score, b, h, q_idx, kv_idx)``."""
        return score + self.at(head, query, key)


@dataclass(frozen=True)
class RelativeBias(Bias):
    """A bias that depends on the head and the distance from query to key only.

    Every distance there is has its number in a table, no larger than the queries and keys
    themselves; a tile is a window of the table, each row of it one further along.

    Attributes:
        table: From the first key seen by the last query to the last key seen by the first.
        n_queries: Number of queries.
        largest: Largest finite magnitude, before the cast to the dtype of the scores.
    """

    table: Float[Tensor, "head distance"]
    n_queries: int
    largest: float

    @classmethod
    def tabulate(cls, rule: Rule, query: Queries, n_keys: int) -> "RelativeBias":
        """Work out the number of every distance, in float64 and then cast."""
        n_queries = query.shape[1]
        # On the CPU wherever the queries are, so that every device adds the same numbers.
        numbers = rule(torch.arange(1 - n_queries, n_keys))
        finite = numbers.masked_fill(numbers == -torch.inf, 0.0)
        return cls(numbers.to(query), n_queries, float(finite.abs().max()))

    def tile(self, head: slice, query: range, key: range) -> Matrices:
        start = key.start - query.stop + self.n_queries
        distances = self.table[head, start : start + len(query) + len(key) - 1]
        # The windows go from the last query up, because a tensor's strides are never negative.
        return distances.unfold(-1, len(key), 1).flip(-2)

    def at(self, head: Positions, query: Positions, key: Positions) -> Cells:
        return self.table[head, key - query + (self.n_queries - 1)]

    def bound(self) -> float:
        return self.largest
