"""The sinusoidal encoding of the first transformer."""

from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from attention_core.part import Source
from attention_core.positions.angles import angles, frequencies
from attention_core.positions.position import Position


class Sinusoidal(Position):
    """Sines and cosines of the position, added to the inputs."""

    kind: Literal["sinusoidal"] = "sinusoidal"
    title: ClassVar[str] = "Sinusoidal"
    summary: ClassVar[str] = "Sines and cosines of the position, added to the inputs."
    formula: ClassVar[str] = "x + PE, PE = sin or cos of m·base^(−2t/d)"
    latex: ClassVar[str] = r"x_m + [\sin(m\,c^{-2t/d}),\; \cos(m\,c^{-2t/d})]"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")

    base: float = Field(
        default=10_000.0, title="Base", description="Longest wavelength over 2π.", gt=1
    )

    def embed(self, inputs: Float[Tensor, "*head token dim"]) -> Float[Tensor, "*head token dim"]:
        n_tokens, dim = inputs.shape[-2:]
        turned = angles(n_tokens, frequencies(dim, self.base), inputs.device)
        waves = torch.stack([turned.sin(), turned.cos()], dim=-1).flatten(-2)
        return inputs + waves[:, :dim].to(inputs.dtype)
