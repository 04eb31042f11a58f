"""The full mask: every query may attend to every key."""

from typing import ClassVar, Literal

import torch

from attention_core.masks.mask import Coverage, Extent, Mask
from attention_core.shapes import Permitted, Positions


class Full(Mask):
    """Every query may attend to every key."""

    kind: Literal["full"] = "full"
    title: ClassVar[str] = "Full"
    summary: ClassVar[str] = "Every query may attend to every key."
    formula: ClassVar[str] = "true"
    latex: ClassVar[str] = r"\top"

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return torch.ones_like(query + key, dtype=torch.bool)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        return Coverage.FULL
