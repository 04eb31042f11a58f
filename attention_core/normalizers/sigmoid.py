"""The logistic function of each score."""

import math
from typing import ClassVar, Literal

import torch
from pydantic import Field

from attention_core.errors import SpecError
from attention_core.normalizers.elementwise import Elementwise
from attention_core.normalizers.states import RowState
from attention_core.part import Source
from attention_core.shapes import Matrices, Rows


class Sigmoid(Elementwise):
    """The logistic function of each score, on its own."""

    kind: Literal["sigmoid"] = "sigmoid"
    title: ClassVar[str] = "Sigmoid"
    summary: ClassVar[str] = "Each score alone becomes a weight between zero and one."
    formula: ClassVar[str] = "σ(s + b)"
    latex: ClassVar[str] = r"\sigma(s_{ij} + b)"
    source: ClassVar[Source] = Source("Ramapuram et al. 2024", "https://arxiv.org/abs/2409.04431")
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": False,
        "signed": False,
        "shift_invariant": False,
    }

    bias: float | None = Field(
        default=None,
        title="Bias b",
        description="Added to the scores after the temperature; −log of the number of keys when "
        "empty.",
        ge=-1e6,
        le=1e6,
    )

    def resolve(self, n_queries: int, n_keys: int, n_heads: int) -> "Sigmoid":
        bias = -math.log(max(n_keys, 1)) if self.bias is None else self.bias
        return self.model_copy(update={"bias": bias})

    def apply(self, scores: Matrices, state: RowState, key: range) -> Matrices:
        if self.temperature != 1.0:
            scores.div_(self.temperature)
        return scores.add_(self._known_bias()).sigmoid_()

    def row_numbers(self, state: RowState) -> dict[str, Rows]:
        bias = torch.full_like(state.maximum, self._known_bias(), dtype=torch.float64)
        return {"bias": bias}

    def _known_bias(self) -> float:
        if self.bias is None:
            raise SpecError(
                "the bias must be known before scores are weighed, got none; call resolve() with "
                "the sizes first.",
                field=("spec", "normalizer", "bias"),
            )
        return self.bias
