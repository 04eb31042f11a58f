"""Adaptive attention span: each head sees as far as its span, and fades out after it."""

from typing import Annotated, ClassVar, Literal

from jaxtyping import Float
from pydantic import AfterValidator, Field
from torch import Tensor

from attention_core.head_numbers import HeadNumbers, per_head, within
from attention_core.part import Source
from attention_core.positions.bias import Bias, Distances, RelativeBias
from attention_core.positions.position import Position
from attention_core.shapes import Queries

_LONGEST = 2.0**31


class AdaptiveSpan(Position):
    """A soft window: whole weight up to the span, none past span and ramp.

    The paper multiplies exp(score) with the ramp; that is its logarithm added to the score.
    """

    kind: Literal["adaptive_span"] = "adaptive_span"
    title: ClassVar[str] = "Adaptive span"
    summary: ClassVar[str] = "Each head sees as far as its span, then fades out over a ramp."
    formula: ClassVar[str] = "s + log clamp((R + z − d)/R, 0, 1)"
    latex: ClassVar[str] = (
        r"s_{ij} + \log \min\left(\max\left(\frac{R + z_h - d_{ij}}{R}, 0\right), 1\right)"
    )
    source: ClassVar[Source] = Source("Sukhbaatar et al. 2019", "https://arxiv.org/abs/1905.07799")
    has_bias: ClassVar[bool] = True

    span: Annotated[HeadNumbers, AfterValidator(within(0.0, _LONGEST))] = Field(
        default=8.0,
        title="Span z",
        description="How far a head sees in full, in tokens: one number, or one per head of "
        "scores.",
    )
    ramp: float = Field(
        default=4.0,
        title="Ramp R",
        description="Over how many tokens past the span a key fades out.",
        ge=1e-3,
        le=_LONGEST,
    )
    bidirectional: bool = Field(
        default=True,
        title="Bidirectional",
        description="Keys on both sides fade with d = |i − j|; else with d = i − j, so that keys "
        "after the query never do: meant for a causal mask.",
    )

    def prepare(self, query: Queries, n_keys: int, scale: float) -> Bias:
        spans = per_head(self.span, query.shape[0], field=("spec", "position", "span"))

        def fade(distance: Distances) -> Float[Tensor, "head distance"]:
            away = distance.abs() if self.bidirectional else -distance
            # The logarithm of zero is −inf: such a key is as good as masked.
            return ((self.ramp + spans[:, None] - away) / self.ramp).clamp(0, 1).log()

        return RelativeBias.tabulate(fade, query, n_keys)
