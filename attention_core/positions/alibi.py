"""Attention with linear biases: what is far away scores less."""

import math
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import AfterValidator, Field
from torch import Tensor

from attention_core.head_numbers import per_head, within
from attention_core.numbers import Numbers, Vector
from attention_core.part import Source
from attention_core.positions.bias import Bias, Distances, RelativeBias
from attention_core.positions.position import Position
from attention_core.shapes import Queries

_STEEPEST = 1e6


class Alibi(Position):
    """A penalty that grows with the distance, at each head's own slope."""

    kind: Literal["alibi"] = "alibi"
    title: ClassVar[str] = "ALiBi"
    summary: ClassVar[str] = "A score falls with the distance, at each head's own slope."
    formula: ClassVar[str] = "s − slope_h·|i − j|"
    latex: ClassVar[str] = r"s_{ij} - m_h\,|i - j|"
    source: ClassVar[Source] = Source(
        "Press, Smith and Lewis 2022", "https://arxiv.org/abs/2108.12409"
    )
    has_bias: ClassVar[bool] = True

    alibi_slopes: Annotated[Vector, AfterValidator(within(-_STEEPEST, _STEEPEST))] | None = Field(
        default=None,
        title="Slopes",
        description="One number per head of scores; the paper's powers of two when empty.",
    )
    bidirectional: bool = Field(
        default=True,
        title="Bidirectional",
        description="Keys on both sides lose with the distance |i − j|; else by i − j, so that "
        "keys after the query gain: meant for a causal mask.",
    )

    def resolve(self, query_dim: int, key_dim: int, n_heads: int) -> "Alibi":
        if self.alibi_slopes is not None:
            return self
        return self.model_copy(update={"alibi_slopes": Numbers(paper_slopes(n_heads))})

    def prepare(self, query: Queries, n_keys: int, scale: float) -> Bias:
        slopes = self._slopes(query.shape[0])

        def fall(distance: Distances) -> Float[Tensor, "head distance"]:
            signed = -distance.abs() if self.bidirectional else distance
            return slopes[:, None] * signed

        return RelativeBias.tabulate(fall, query, n_keys)

    def _slopes(self, n_heads: int) -> Float[Tensor, " head"]:
        if self.alibi_slopes is None:
            return torch.tensor(paper_slopes(n_heads), dtype=torch.float64)
        return per_head(self.alibi_slopes, n_heads, field=("spec", "position", "alibi_slopes"))


def paper_slopes(n_heads: int) -> list[float]:
    """Make the paper's slopes, for any number of heads.

    A power of two of heads gets the geometric sequence that ends at 2^−8. Other numbers get the
    sequence of the power below, and then every other slope, from the first, of the power above:
    the rule of the authors' code.
    """
    power = 1 << (n_heads.bit_length() - 1)
    added = _sequence(2 * power)[::2]
    return _sequence(power) + added[: n_heads - power]


def _sequence(n_heads: int) -> list[float]:
    return [math.pow(2, -8 * (head + 1) / n_heads) for head in range(n_heads)]
