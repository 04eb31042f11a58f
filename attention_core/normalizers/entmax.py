"""Sparsemax, entmax 1.5 and entmax of any alpha: scores far below the top weigh exactly zero."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.normalizers.threshold import Threshold
from attention_core.part import Source

_FLAGS = {"row_stochastic": True, "signed": False, "shift_invariant": True}


class Sparsemax(Threshold):
    """The nearest point of the simplex: entmax with alpha two."""

    kind: Literal["sparsemax"] = "sparsemax"
    title: ClassVar[str] = "Sparsemax"
    summary: ClassVar[str] = "What a score has above the row's threshold; most weights are zero."
    formula: ClassVar[str] = "max(s − τ_i, 0)"
    latex: ClassVar[str] = r"\max(s_{ij} - \tau_i, 0)"
    source: ClassVar[Source] = Source(
        "Martins and Astudillo 2016", "https://arxiv.org/abs/1602.02068"
    )
    flags: ClassVar[dict[str, bool]] = _FLAGS

    @property
    def order(self) -> float:
        return 2.0


class Entmax15(Threshold):
    """Entmax with alpha 1.5, half way between softmax and sparsemax."""

    kind: Literal["entmax15"] = "entmax15"
    title: ClassVar[str] = "Entmax 1.5"
    summary: ClassVar[str] = "Between softmax and sparsemax: low scores weigh exactly zero."
    formula: ClassVar[str] = "max(s/2 − τ_i, 0)²"
    latex: ClassVar[str] = r"\max(\tfrac{s_{ij}}{2} - \tau_i, 0)^2"
    source: ClassVar[Source] = Source(
        "Peters, Niculae and Martins 2019", "https://arxiv.org/abs/1905.05702"
    )
    flags: ClassVar[dict[str, bool]] = _FLAGS

    @property
    def order(self) -> float:
        return 1.5


class Entmax(Threshold):
    """Entmax of any alpha above one, up to two."""

    kind: Literal["entmax"] = "entmax"
    title: ClassVar[str] = "Entmax"
    summary: ClassVar[str] = "From softmax (alpha near 1) to sparsemax (alpha 2)."
    formula: ClassVar[str] = "max((α−1)s − τ_i, 0)^(1/(α−1))"
    latex: ClassVar[str] = r"\max((\alpha - 1) s_{ij} - \tau_i, 0)^{1/(\alpha - 1)}"
    source: ClassVar[Source] = Source(
        "Correia, Niculae and Martins 2019", "https://arxiv.org/abs/1909.00015"
    )
    flags: ClassVar[dict[str, bool]] = _FLAGS

    alpha: float = Field(
        default=1.5,
        title="Alpha",
        description="Above 1, which would be softmax, up to 2, which is sparsemax.",
        gt=1.0,
        le=2.0,
    )

    @property
    def order(self) -> float:
        return self.alpha
