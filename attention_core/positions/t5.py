"""T5's relative bias: one learned number per head for each bucket of distances."""

import math
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from attention_core.numbers import HeadVectors
from attention_core.parameters import Parameter
from attention_core.part import Source
from attention_core.positions.bias import Bias, Distances, RelativeBias
from attention_core.positions.position import Position
from attention_core.shapes import Queries


class T5(Position):
    """A learned number for each bucket of distances: exact near by, ever coarser far away."""

    kind: Literal["t5"] = "t5"
    title: ClassVar[str] = "T5 relative bias"
    summary: ClassVar[str] = "A learned number for each bucket of distances, wider far away."
    formula: ClassVar[str] = "s + b_h[bucket(j − i)]"
    latex: ClassVar[str] = r"s_{ij} + b_{h,\,\mathrm{bucket}(j - i)}"
    source: ClassVar[Source] = Source("Raffel et al. 2020", "https://arxiv.org/abs/1910.10683")
    has_bias: ClassVar[bool] = True

    num_buckets: int = Field(
        default=32, title="Buckets", description="How many buckets there are.", ge=2, le=1024
    )
    max_distance: int = Field(
        default=128,
        title="Longest distance",
        description="All distances from here on share the last bucket.",
        ge=2,
        lt=2**31,
    )
    bidirectional: bool = Field(
        default=True,
        title="Bidirectional",
        description="Half of the buckets are for keys after the query, as in an encoder; else "
        "those keys share bucket 0, as in a decoder.",
    )
    bias: HeadVectors | None = Field(
        default=None,
        title="Bias b",
        description="One number per bucket, or one such list per head; made from the seed when "
        "empty.",
    )
    seed: int = Field(default=0, title="Seed", description="Seed of b.", ge=0, lt=2**53)

    @model_validator(mode="after")
    def _require_room(self) -> "T5":
        least = 4 if self.bidirectional else 2
        if self.num_buckets < least:
            raise ValueError(
                f"num_buckets must be {least} or more, got {self.num_buckets}; give more buckets"
            )
        if self.max_distance <= self._n_exact:
            raise ValueError(
                f"max_distance must be past the {self._n_exact} distances that have a bucket of "
                f"their own, got {self.max_distance}; give a longer distance or fewer buckets"
            )
        return self

    def prepare(self, query: Queries, n_keys: int, scale: float) -> Bias:
        # A deviation of one: that of a scaled score of vectors of unit variance, to which it is
        # added. T5 itself starts near zero and learns numbers of several units.
        place = Parameter(("spec", "position", "bias"), (query.shape[0], self.num_buckets), 1.0)
        like = torch.empty(0, dtype=torch.float64)
        table = place.value(self.bias, seed=self.seed, like=like)

        def learned(distance: Distances) -> Float[Tensor, "head distance"]:
            return table[:, self.bucket(distance)]

        return RelativeBias.tabulate(learned, query, n_keys)

    def bucket(self, distance: Int[Tensor, "..."]) -> Int[Tensor, "..."]:
        """Number the bucket of each distance, key minus query.

        Half of the buckets hold one distance each; bucket ``half + k`` of the others starts at
        ``half · (max_distance / half)^(k / others)``.
        """
        edges = torch.tensor(self._edges(), device=distance.device)
        if not self.bidirectional:
            return torch.bucketize(-distance.clamp(max=0), edges, right=True)
        return torch.bucketize(distance.abs(), edges, right=True) + self._n_side * (distance > 0)

    @property
    def _n_side(self) -> int:
        """How many buckets one side has."""
        return self.num_buckets // 2 if self.bidirectional else self.num_buckets

    @property
    def _n_exact(self) -> int:
        return self._n_side // 2

    def _edges(self) -> list[int]:
        """List the first distance of every bucket of a side but its bucket 0."""
        n_coarse = self._n_side - self._n_exact
        coarse = [self._coarse_edge(k, n_coarse) for k in range(1, n_coarse)]
        return [*range(1, self._n_exact + 1), *coarse]

    def _coarse_edge(self, k: int, n_coarse: int) -> int:
        """Find the least whole d with d ≥ half · (max_distance / half)^(k / n_coarse)."""

        # Compared as whole numbers: where the edge is whole itself, such as 16 of 8 · 16^(2/8),
        # a rounded logarithm may fall short of it.
        def is_past(distance: int) -> bool:
            left: int = distance**n_coarse * self._n_exact**k
            right: int = self._n_exact**n_coarse * self.max_distance**k
            return left >= right

        ratio = self.max_distance / self._n_exact
        edge: int = math.ceil(self._n_exact * ratio ** (k / n_coarse))
        while is_past(edge - 1):
            edge -= 1
        while not is_past(edge):
            edge += 1
        return edge
