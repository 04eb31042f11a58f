"""Independent heads, each with its own queries, keys and values."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.heads.head import Heads
from attention_core.part import Source


class Mha(Heads):
    """Independent heads, each with its own queries, keys and values."""

    kind: Literal["mha"] = "mha"
    title: ClassVar[str] = "Multi-head"
    summary: ClassVar[str] = "Independent heads, each over its own share of the features."
    formula: ClassVar[str] = "head_h = N(Q_h K_hᵀ) V_h"
    latex: ClassVar[str] = r"O_h = W_h V_h"
    panel: ClassVar[Literal["weights", "outputs"]] = "outputs"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")

    n_heads: int = Field(default=1, title="Heads", description="Number of heads.", ge=1, lt=2**20)
