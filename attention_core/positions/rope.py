"""Rotary position embedding."""

from typing import ClassVar, Literal

import torch
from pydantic import Field

from attention_core.errors import SpecError
from attention_core.part import Source
from attention_core.positions.angles import angles, frequencies
from attention_core.positions.position import Position
from attention_core.positions.rope_scaling import AnyRopeScaling, Turning
from attention_core.shapes import Queries


class Rope(Position):
    """Rotary position embedding: pairs of features turn with the position."""

    kind: Literal["rope"] = "rope"
    title: ClassVar[str] = "Rotary (RoPE)"
    summary: ClassVar[str] = "Pairs of features of q and k turn with the position."
    formula: ClassVar[str] = "rotate pairs by m·θ^(−2t/d)"
    latex: ClassVar[str] = r"R_{m\,\theta^{-2t/d}}\, q_m"
    source: ClassVar[Source] = Source("Su et al. 2021", "https://arxiv.org/abs/2104.09864")
    has_rotation: ClassVar[bool] = True

    rope_theta: float = Field(
        default=10_000.0, title="θ", description="Base of the wavelengths.", gt=1
    )
    rotary_dim: int | None = Field(
        default=None,
        title="Rotary size",
        description="How many leading features turn, an even number; all when empty.",
        ge=2,
        multiple_of=2,
    )
    interleaved: bool = Field(
        default=False,
        title="Interleaved",
        description="Pairs are neighbours (2t, 2t+1), as in the paper, instead of halves "
        "(t, t + d/2), as in Llama.",
    )
    rope_scaling: AnyRopeScaling | None = Field(
        default=None,
        title="Scaling",
        description="Slower turning for sequences longer than those of training, as in a "
        "model's config.json; none when empty.",
    )

    def resolve(self, query_dim: int, key_dim: int, n_heads: int) -> "Position":
        rotary_dim = query_dim if self.rotary_dim is None else self.rotary_dim
        if rotary_dim % 2 or rotary_dim > min(query_dim, key_dim):
            raise SpecError(
                "rotary_dim must be even and at most the feature size of a head's query and key, "
                f"got {rotary_dim} of {query_dim} and {key_dim}; give a smaller even rotary_dim.",
                field=("spec", "position", "rotary_dim"),
            )
        if self.rope_scaling is not None:
            self.rope_scaling.check(rotary_dim, field=("spec", "position", "rope_scaling"))
        return self.model_copy(update={"rotary_dim": rotary_dim})

    def rotate(self, vectors: Queries, n_positions: int) -> Queries:
        n_tokens, dim = vectors.shape[-2:]
        rotary_dim = dim if self.rotary_dim is None else self.rotary_dim
        turning = self._turning(rotary_dim, n_positions)
        turned = angles(n_tokens, turning.frequencies, vectors.device)
        cos = (turned.cos() * turning.attention_factor).to(vectors.dtype)
        sin = (turned.sin() * turning.attention_factor).to(vectors.dtype)
        rotary, fixed = vectors.split([rotary_dim, dim - rotary_dim], dim=-1)
        # Either way the last two axes become (pair, member).
        if self.interleaved:
            first, second = rotary.unflatten(-1, (-1, 2)).unbind(-1)
        else:
            first, second = rotary.chunk(2, dim=-1)
        rotated = (first * cos - second * sin, first * sin + second * cos)
        joined = (
            torch.stack(rotated, dim=-1).flatten(-2)
            if self.interleaved
            else torch.cat(rotated, dim=-1)
        )
        return torch.cat([joined, fixed], dim=-1)

    def _turning(self, rotary_dim: int, n_positions: int) -> Turning:
        if self.rope_scaling is None:
            return Turning(frequencies(rotary_dim, self.rope_theta))
        return self.rope_scaling.turning(rotary_dim, self.rope_theta, n_positions)
