"""The positive part of each score, over a constant."""

from typing import ClassVar, Literal

import torch
from pydantic import Field

from attention_core.errors import SpecError
from attention_core.normalizers.elementwise import Elementwise
from attention_core.normalizers.states import RowState
from attention_core.part import Source
from attention_core.shapes import Matrices, Rows


class Relu(Elementwise):
    """The positive part of each score, over the number of keys."""

    kind: Literal["relu"] = "relu"
    title: ClassVar[str] = "ReLU"
    summary: ClassVar[str] = "The positive part of each score, over the number of keys."
    formula: ClassVar[str] = "max(s, 0) / n"
    latex: ClassVar[str] = r"\frac{\max(s_{ij}, 0)}{n}"
    source: ClassVar[Source] = Source("Wortsman et al. 2023", "https://arxiv.org/abs/2309.08586")
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": False,
        "signed": False,
        "shift_invariant": False,
    }

    divisor: float | None = Field(
        default=None,
        title="Divisor n",
        description="Divides the positive part; the number of keys when empty.",
        ge=1e-6,
        le=1e12,
    )

    def resolve(self, n_queries: int, n_keys: int, n_heads: int) -> "Relu":
        divisor = float(max(n_keys, 1)) if self.divisor is None else self.divisor
        return self.model_copy(update={"divisor": divisor})

    def apply(self, scores: Matrices, state: RowState, key: range) -> Matrices:
        largest = torch.finfo(scores.dtype).max
        return scores.div_(self.temperature * self._known_divisor()).clamp_(0.0, largest)

    def row_numbers(self, state: RowState) -> dict[str, Rows]:
        divisor = torch.full_like(state.maximum, self._known_divisor(), dtype=torch.float64)
        return {"divisor": divisor}

    def _known_divisor(self) -> float:
        if self.divisor is None:
            raise SpecError(
                "the divisor must be known before scores are weighed, got none; call resolve() "
                "with the sizes first.",
                field=("spec", "normalizer", "divisor"),
            )
        return self.divisor
