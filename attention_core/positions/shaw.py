"""Shaw's relative positions: a query agrees with a distance as it does with a key."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from attention_core.grid import as_slice
from attention_core.numbers import HeadMatrices
from attention_core.parameters import Parameter
from attention_core.part import Source
from attention_core.positions.bias import Bias, Cells
from attention_core.positions.position import Position
from attention_core.shapes import Matrices, Positions, Queries


class Shaw(Position):
    """A learned vector for each near distance, added to the key."""

    kind: Literal["shaw"] = "shaw"
    title: ClassVar[str] = "Shaw's relative positions"
    summary: ClassVar[str] = "A learned vector for each near distance, added to the key."
    formula: ClassVar[str] = "q·(k + a_{clip(j − i)})·scale"
    latex: ClassVar[str] = r"\lambda\, q_i \cdot (k_j + a_{\mathrm{clip}(j - i)})"
    source: ClassVar[Source] = Source(
        "Shaw, Uszkoreit and Vaswani 2018", "https://arxiv.org/abs/1803.02155"
    )
    has_bias: ClassVar[bool] = True

    max_relative_position: int = Field(
        default=16,
        title="Longest distance",
        description="R: longer distances count as R, or as −R.",
        ge=1,
        le=1024,
    )
    embeddings: HeadMatrices | None = Field(
        default=None,
        title="Vectors a",
        description="Matrix of 2R + 1 distances, from −R to R, × query features, or one per head; "
        "made from the seed when empty.",
    )
    seed: int = Field(default=0, title="Seed", description="Seed of the vectors.", ge=0, lt=2**53)

    def n_numbers(self, head_dim: int, n_queries: int, n_keys: int) -> int:
        return (2 * self.max_relative_position + 1) * (head_dim + n_queries)

    def prepare(self, query: Queries, n_keys: int, scale: float) -> Bias:
        shape = (query.shape[0], 2 * self.max_relative_position + 1, query.shape[2])
        # A deviation of one, that of a key of unit variance: the key and its place then weigh
        # alike in the score, whatever the scale.
        place = Parameter(("spec", "position", "embeddings"), shape, 1.0)
        vectors = place.value(self.embeddings, seed=self.seed, like=query)
        return ShawBias((query * scale) @ vectors.mT)


@dataclass(frozen=True)
class ShawBias(Bias):
    """The agreement of every query with every distance.

    Attributes:
        terms: From distance −R to R.
    """

    terms: Float[Tensor, "head query distance"]

    def tile(self, head: slice, query: range, key: range) -> Matrices:
        terms = self.terms[head, as_slice(query)]
        # Every row at every distance of the tile, the ends repeated, from the first key seen by
        # the last query on. The tile is a slanted window of that, thirty times faster than
        # looking up each cell.
        spread = self._spread(terms, key.start - query.stop + 1, key.stop - query.start)
        n_heads, n_queries, n_distances = spread.shape
        return spread.as_strided(
            (n_heads, n_queries, len(key)),
            (n_queries * n_distances, n_distances - 1, 1),
            n_queries - 1,
        )

    def at(self, head: Positions, query: Positions, key: Positions) -> Cells:
        longest = self._longest
        return self.terms[head, query, (key - query).clamp(-longest, longest) + longest]

    def bound(self) -> float:
        return float(self.terms.abs().max())

    @property
    def _longest(self) -> int:
        return self.terms.shape[-1] // 2

    def _spread(
        self, terms: Float[Tensor, "head query near"], start: int, stop: int
    ) -> Float[Tensor, "head query distance"]:
        """Lay out the terms of all distances from ``start`` to ``stop``, which is left out."""
        first, last = terms[..., :1], terms[..., -1:]
        n_before = min(max(-self._longest - start, 0), stop - start)
        n_after = min(max(stop - 1 - self._longest, 0), stop - start)
        near = slice(max(start + self._longest, 0), max(stop + self._longest, 0))
        parts = [first.expand(-1, -1, n_before), terms[..., near], last.expand(-1, -1, n_after)]
        return torch.cat(parts, dim=-1)
