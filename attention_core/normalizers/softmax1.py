"""Softmax with one added to the sum."""

from typing import ClassVar, Literal

import torch

from attention_core.normalizers.exponential import Exponential
from attention_core.part import Source
from attention_core.shapes import Matrices, Rows


class Softmax1(Exponential):
    """Exponentials over one plus their sum, as if a key of score zero were there."""

    kind: Literal["softmax1"] = "softmax1"
    title: ClassVar[str] = "Softmax off by one"
    summary: ClassVar[str] = "One is added to the sum, so a query may attend to nothing."
    formula: ClassVar[str] = "exp(s) / (1 + Σ exp s)"
    latex: ClassVar[str] = r"\frac{e^{s_{ij}}}{1 + \sum_t e^{s_{it}}}"
    source: ClassVar[Source] = Source(
        "Miller 2023", "https://www.evanmiller.org/attention-is-off-by-one.html"
    )
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": False,
        "signed": False,
        "shift_invariant": False,
    }

    def sinks(self, scores: Matrices, heads: slice) -> Rows:
        return scores.new_zeros(scores.shape[:2], dtype=torch.float64)
