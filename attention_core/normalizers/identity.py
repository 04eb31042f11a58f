"""No normaliser: the scores themselves."""

import math
from typing import ClassVar, Literal

import torch

from attention_core.normalizers.elementwise import Elementwise
from attention_core.normalizers.states import RowState
from attention_core.shapes import Matrices


class NoNormalizer(Elementwise):
    """The scores themselves, zero where masked."""

    kind: Literal["none"] = "none"
    title: ClassVar[str] = "None"
    summary: ClassVar[str] = "The scores themselves; zero where masked."
    formula: ClassVar[str] = "s"
    latex: ClassVar[str] = r"s_{ij}"
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": False,
        "signed": True,
        "shift_invariant": False,
    }

    def apply(self, scores: Matrices, state: RowState, key: range) -> Matrices:
        weights = scores.nan_to_num_(nan=math.nan, posinf=math.inf, neginf=0.0)
        if self.temperature == 1.0:
            return weights
        largest = torch.finfo(scores.dtype).max
        return weights.div_(self.temperature).clamp_(-largest, largest)
