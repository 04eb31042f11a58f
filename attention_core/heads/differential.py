"""Differential attention: each head is the difference of two."""

import math
from typing import ClassVar, Literal

from pydantic import Field

from attention_core.errors import ShapeError, SpecError
from attention_core.heads.head import Heads, Mixing
from attention_core.numbers import Vector
from attention_core.part import Source

_VECTORS = ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2")


_LARGEST_EXPONENT = 50.0
"""A λ of e^50 leaves nothing of the first half that float32 could show."""


class Differential(Heads):
    """Each head is A₁ − λ A₂: what both halves attend to alike is noise, and cancels.

    The pair of head h are the score heads 2h and 2h + 1, each with half of the head's features
    of query and key; both weigh the head's values.
    """

    kind: Literal["differential"] = "differential"
    title: ClassVar[str] = "Differential"
    summary: ClassVar[str] = "Each head is the difference of two: what they share cancels."
    formula: ClassVar[str] = "W_h = A_2h − λ A_2h+1, λ = e^(λ_q1·λ_k1) − e^(λ_q2·λ_k2) + λ_init"
    latex: ClassVar[str] = (
        r"W_h = A_{2h} - \lambda A_{2h+1},\; "
        r"\lambda = e^{\lambda_{q1} \cdot \lambda_{k1}} - e^{\lambda_{q2} \cdot \lambda_{k2}}"
        r" + \lambda_0"
    )
    panel: ClassVar[Literal["weights", "outputs"]] = "weights"
    source: ClassVar[Source] = Source("Ye et al. 2024", "https://arxiv.org/abs/2410.05258")
    flags: ClassVar[dict[str, bool]] = {"row_stochastic": False, "signed": True}

    n_heads: int = Field(default=2, title="Heads", description="Number of heads.", ge=1, lt=2**20)
    layer: int = Field(
        default=0,
        title="Layer",
        description="Which layer it is, counted from zero: λ grows with the depth.",
        ge=0,
        le=10_000,
    )
    lambda_init: float | None = Field(
        default=None,
        title="λ at the start",
        description="0.8 − 0.6 e^(−0.3 · layer) when empty.",
        ge=-100,
        le=100,
    )
    lambda_q1: Vector | None = Field(
        default=None, title="λ_q1", description="Learned vector; all four are given, or none."
    )
    lambda_k1: Vector | None = Field(
        default=None, title="λ_k1", description="Learned vector; all four are given, or none."
    )
    lambda_q2: Vector | None = Field(
        default=None, title="λ_q2", description="Learned vector; all four are given, or none."
    )
    lambda_k2: Vector | None = Field(
        default=None, title="λ_k2", description="Learned vector; all four are given, or none."
    )

    @property
    def n_score_heads(self) -> int:
        return 2 * self.n_heads

    @property
    def n_key_heads(self) -> int:
        return 2 * self.n_heads

    @property
    def n_value_heads(self) -> int:
        return self.n_heads

    def first_score_head(self, head: int) -> int:
        return 2 * head

    @property
    def lambda_(self) -> float:
        """The factor of the second half."""
        vectors = [getattr(self, name) for name in _VECTORS]
        if None in vectors:
            return self._start
        q1, k1, q2, k2 = (vector.tolist() for vector in vectors)
        return math.exp(_dot(q1, k1)) - math.exp(_dot(q2, k2)) + self._start

    @property
    def _start(self) -> float:
        if self.lambda_init is not None:
            return self.lambda_init
        return 0.8 - 0.6 * math.exp(-0.3 * self.layer)

    def check(self) -> None:
        given = {name: vector for name in _VECTORS if (vector := getattr(self, name)) is not None}
        if not given:
            return
        if len(given) < len(_VECTORS):
            missing = next(name for name in _VECTORS if name not in given)
            raise SpecError(
                f"lambda_q1, lambda_k1, lambda_q2 and lambda_k2 must be given together, got "
                f"{', '.join(given)}; give all four, or none and lambda_init.",
                field=("spec", "heads", missing),
            )
        for first, second in ((0, 1), (2, 3)):
            names = _VECTORS[first], _VECTORS[second]
            left, right = (given[name] for name in names)
            if left.shape != right.shape:
                raise ShapeError(
                    f"{names[0]} and {names[1]} must be of the same length, got {left.shape[0]} "
                    f"and {right.shape[0]}; their product is one number.",
                    field=("spec", "heads", names[1]),
                )
            if abs(_dot(left.tolist(), right.tolist())) > _LARGEST_EXPONENT:
                raise SpecError(
                    f"the product of {names[0]} and {names[1]} must be at most "
                    f"{_LARGEST_EXPONENT:g} in magnitude, for λ holds its exponential, got "
                    f"{_dot(left.tolist(), right.tolist()):.3g}; scale the vectors down.",
                    field=("spec", "heads", names[0]),
                )

    def resolve(self) -> "Differential":
        return self.model_copy(update={"lambda_init": self._start})

    def weight_mixing(self) -> Mixing:
        factors = (1.0, -self.lambda_)
        return tuple(
            (0.0,) * (2 * head) + factors + (0.0,) * (2 * (self.n_heads - head - 1))
            for head in range(self.n_heads)
        )


def _dot(left: list[float], right: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(left, right, strict=True))
