"""Softmax."""

from typing import ClassVar, Literal

from attention_core.normalizers.exponential import Exponential
from attention_core.part import Source


class Softmax(Exponential):
    """Exponentials over their sum."""

    kind: Literal["softmax"] = "softmax"
    title: ClassVar[str] = "Softmax"
    summary: ClassVar[str] = "Exponentials over their sum: every row sums to one."
    formula: ClassVar[str] = "exp(s − lse_i)"
    latex: ClassVar[str] = r"\frac{e^{s_{ij}}}{\sum_t e^{s_{it}}}"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": True,
        "signed": False,
        "shift_invariant": True,
    }
