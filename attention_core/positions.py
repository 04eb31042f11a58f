"""How the place of a token enters: added to the inputs, rotated into them, or added to scores."""

from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import BeforeValidator, Field
from torch import Tensor

from attention_core.errors import SpecError
from attention_core.part import Part, Source, from_id
from attention_core.shapes import Matrices, Queries


class Position(Part):
    """A way for the place of a token to enter; by default none."""

    has_bias: ClassVar[bool] = False
    """Whether the position adds to the scores, so that a score is more than a product."""

    def resolve(self, query_dim: int, key_dim: int) -> "Position":
        """Spell out the defaults that depend on the feature sizes of query and key.

        Raises:
            SpecError: When the parameters do not fit those sizes.
        """
        return self

    def embed(self, inputs: Float[Tensor, "*head token dim"]) -> Float[Tensor, "*head token dim"]:
        """Add the positions to the inputs, before any projection."""
        return inputs

    def rotate(self, vectors: Queries) -> Queries:
        """Rotate queries or keys by their positions."""
        return vectors

    def bias(self, head: slice, query: range, key: range) -> Matrices | float:
        """Compute what is added to a tile of scores; zero without a bias."""
        return 0.0


class NoPosition(Position):
    """Tokens are a set: order does not matter."""

    kind: Literal["none"] = "none"
    title: ClassVar[str] = "None"
    summary: ClassVar[str] = "Tokens are a set: their order does not matter."
    formula: ClassVar[str] = "x"
    latex: ClassVar[str] = "x_i"


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
        angles = _angles(n_tokens, dim, self.base, inputs.device)
        waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)
        return inputs + waves[:, :dim].to(inputs.dtype)


class Rope(Position):
    """Rotary position embedding: pairs of features turn with the position."""

    kind: Literal["rope"] = "rope"
    title: ClassVar[str] = "Rotary (RoPE)"
    summary: ClassVar[str] = "Pairs of features of q and k turn with the position."
    formula: ClassVar[str] = "rotate pairs by m·θ^(−2t/d)"
    latex: ClassVar[str] = r"R_{m\,\theta^{-2t/d}}\, q_m"
    source: ClassVar[Source] = Source("Su et al. 2021", "https://arxiv.org/abs/2104.09864")

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

    def resolve(self, query_dim: int, key_dim: int) -> "Position":
        rotary_dim = query_dim if self.rotary_dim is None else self.rotary_dim
        if rotary_dim % 2 or rotary_dim > min(query_dim, key_dim):
            raise SpecError(
                "rotary_dim must be even and at most the feature size of a head's query and key, "
                f"got {rotary_dim} of {query_dim} and {key_dim}; give a smaller even rotary_dim.",
                field=("spec", "position", "rotary_dim"),
            )
        return self.model_copy(update={"rotary_dim": rotary_dim})

    def rotate(self, vectors: Queries) -> Queries:
        n_tokens, dim = vectors.shape[-2:]
        rotary_dim = dim if self.rotary_dim is None else self.rotary_dim
        angles = _angles(n_tokens, rotary_dim, self.rope_theta, vectors.device)
        cos, sin = angles.cos().to(vectors.dtype), angles.sin().to(vectors.dtype)
        turning, fixed = vectors.split([rotary_dim, dim - rotary_dim], dim=-1)
        # Either way the last two axes become (pair, member).
        if self.interleaved:
            first, second = turning.unflatten(-1, (-1, 2)).unbind(-1)
        else:
            first, second = turning.chunk(2, dim=-1)
        turned = (first * cos - second * sin, first * sin + second * cos)
        joined = (
            torch.stack(turned, dim=-1).flatten(-2) if self.interleaved else torch.cat(turned, -1)
        )
        return torch.cat([joined, fixed], dim=-1)


AnyPosition = Annotated[
    NoPosition | Sinusoidal | Rope, Field(discriminator="kind"), BeforeValidator(from_id)
]


def _angles(
    n_tokens: int, dim: int, base: float, device: torch.device
) -> Float[Tensor, "token pair"]:
    # In float64: at position 100,000 a float32 angle is off by 0.004 radians.
    exponents = torch.arange(0, dim, 2, dtype=torch.float64, device=device) / dim
    positions = torch.arange(n_tokens, dtype=torch.float64, device=device)
    return positions[:, None] * base**-exponents
