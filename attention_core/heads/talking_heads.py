"""Talking heads: scores are mixed across heads before the mask, weights after the normaliser."""

import math
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from attention_core import seeded
from attention_core.errors import ShapeError
from attention_core.head_numbers import within
from attention_core.heads.head import Heads, Mixing
from attention_core.numbers import Matrix, Numbers
from attention_core.part import Source

_Mix = Annotated[Matrix, AfterValidator(within(-1e6, 1e6))]


class TalkingHeads(Heads):
    """Heads that exchange scores before the mask, and weights after the normaliser."""

    kind: Literal["talking_heads"] = "talking_heads"
    title: ClassVar[str] = "Talking heads"
    summary: ClassVar[str] = (
        "Heads exchange scores before the mask, and weights after the normaliser."
    )
    formula: ClassVar[str] = "W_g = Σ_h P'_gh N(Σ_t P_ht s_t)"
    latex: ClassVar[str] = r"W_g = \sum_h P'_{gh}\, N\big(\sum_t P_{ht}\, s_t\big)"
    panel: ClassVar[Literal["weights", "outputs"]] = "weights"
    source: ClassVar[Source] = Source("Shazeer et al. 2020", "https://arxiv.org/abs/2003.02436")
    flags: ClassVar[dict[str, bool]] = {"row_stochastic": False, "signed": True}

    premix: _Mix | None = Field(
        default=None,
        title="Mix of scores P",
        description="Matrix of heads × heads; made from the seed when empty.",
    )
    postmix: _Mix | None = Field(
        default=None,
        title="Mix of weights P'",
        description="Matrix of heads × heads; made from the seed when empty.",
    )
    seed: int = Field(default=0, title="Seed", description="Seed of the mixes.", ge=0, lt=2**53)

    def check(self) -> None:
        size = (self.n_heads, self.n_heads)
        for name in ("premix", "postmix"):
            given = getattr(self, name)
            if given is not None and given.shape != size:
                raise ShapeError(
                    f"{name} must be {size[0]} × {size[1]}, a row for each head that comes out, "
                    f"got {given.shape[0]} × {given.shape[1]}; give it in that size, or leave it "
                    "out.",
                    field=("spec", "heads", name),
                )

    def n_parameters(self, dim: int) -> int:
        return 2 * self.n_heads**2

    def score_mixing(self) -> Mixing:
        return self._mixing("premix")

    def weight_mixing(self) -> Mixing:
        return self._mixing("postmix")

    def _mixing(self, name: str) -> Mixing:
        given: Numbers | None = getattr(self, name)
        if given is not None:
            return tuple(tuple(map(float, row)) for row in given.tolist())
        # Each head keeps its own voice and hears the others at half its strength in all.
        size = (self.n_heads, self.n_heads)
        noise = seeded.uniform(*size, seed=self.seed, label=f"spec.heads.{name}")
        spread = 1 / (2 * math.sqrt(self.n_heads))
        return tuple(
            tuple(float(i == j) + spread * factor for j, factor in enumerate(row))
            for i, row in enumerate(noise.tolist())
        )
