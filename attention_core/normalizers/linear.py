"""Linear attention: products of positive features over their sum."""

from dataclasses import replace
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from attention_core.normalizers.normalizer import Normalizer
from attention_core.normalizers.states import SumState
from attention_core.part import Source
from attention_core.shapes import Matrices, Rows


class Linear(Normalizer[SumState]):
    """Scores of positive features over their sum; the score's factors go through ``features``.

    A row whose scores sum to zero has no share to tell: its weights are zero and it counts as
    empty.
    """

    kind: Literal["linear"] = "linear"
    title: ClassVar[str] = "Linear"
    summary: ClassVar[str] = (
        "Products of positive features over their sum, which attention can use without the matrix."
    )
    formula: ClassVar[str] = "φ(q)·φ(k) / Σ_t φ(q)·φ(k_t)"
    latex: ClassVar[str] = r"\frac{\phi(q_i) \cdot \phi(k_j)}{\sum_t \phi(q_i) \cdot \phi(k_t)}"
    score_latex: ClassVar[str] = r"s_{ij} = \phi(q_i) \cdot \phi(k_j)"
    source: ClassVar[Source] = Source(
        "Katharopoulos et al. 2020", "https://arxiv.org/abs/2006.16236"
    )
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": True,
        "signed": False,
        "shift_invariant": False,
    }

    feature_map: Literal["elu1", "relu"] = Field(
        default="elu1",
        title="Feature map φ",
        description="Makes every feature positive: elu + 1, or relu.",
    )
    temperature: float = Field(
        default=1.0,
        title="Temperature",
        description="Has no effect: it divides a score and its row's sum alike.",
        ge=1e-6,
        le=1e6,
    )

    def features(self, x: Float[Tensor, "head token dim"]) -> Float[Tensor, "head token dim"]:
        """Map the factors of a score to features that are never negative."""
        if self.feature_map == "relu":
            return x.relu()
        # elu(x) + 1, without the exp(x) − 1 + 1 that would lose small features.
        return torch.where(x > 0, x + 1, x.clamp(max=0).exp())

    def init(self, scores: Matrices, heads: slice) -> SumState:
        maximum = scores.new_full(scores.shape[:2], -torch.inf)
        return SumState(maximum, torch.zeros_like(maximum, dtype=torch.float64))

    def update(self, state: SumState, scores: Matrices, key: range) -> SumState:
        total = scores.sum(dim=-1, dtype=torch.float64)
        if (total == -torch.inf).any():
            total = scores.nan_to_num(neginf=0.0).sum(dim=-1, dtype=torch.float64)
        return self.merge(state, SumState(scores.amax(dim=-1), total))

    def merge(self, first: SumState, second: SumState) -> SumState:
        maximum = torch.maximum(first.maximum, second.maximum)
        return replace(first, maximum=maximum, total=first.total + second.total)

    def apply(self, scores: Matrices, state: SumState, key: range) -> Matrices:
        # Dividing by an infinite sum makes every weight of an empty row zero.
        divisor = torch.where(state.is_empty, torch.inf, state.total)[..., None]
        scores.nan_to_num_(neginf=0.0)
        if bool((state.total.abs() > torch.finfo(scores.dtype).max).any()):
            return (scores.double() / divisor).to(scores.dtype)
        return scores.div_(divisor.to(scores.dtype))

    def row_numbers(self, state: SumState) -> dict[str, Rows]:
        return {"total": state.total}
