"""The dilated window: every so many keys, up to a reach."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.masks.mask import Coverage, Extent, Mask, coverage, differences
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions


class Dilated(Mask):
    """A query attends to every ``dilation``-th key on both sides, up to ``window`` away."""

    kind: Literal["dilated"] = "dilated"
    title: ClassVar[str] = "Dilated window"
    summary: ClassVar[str] = "A query attends to itself and to near keys, with gaps between them."
    formula: ClassVar[str] = "|i − j| ≤ w and (i − j) mod d = 0"
    latex: ClassVar[str] = r"|i - j| \le w \wedge (i - j) \bmod d = 0"
    source: ClassVar[Source] = Source(
        "Beltagy, Peters and Cohan 2020", "https://arxiv.org/abs/2004.05150"
    )

    window: int = Field(
        default=4,
        title="Window",
        description="How far a key may be on either side, inclusive, gaps counted.",
        ge=0,
        lt=2**31,
    )
    dilation: int = Field(
        default=2,
        title="Dilation",
        description="Distance between two keys that a query attends to; 1 leaves no gaps.",
        ge=1,
        lt=2**31,
    )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        distance = query - key
        is_near = (distance <= self.window) & (distance >= -self.window)
        return is_near & (distance % self.dilation == 0)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        least, greatest = differences(query, key)
        first, last = max(least, -self.window), min(greatest, self.window)
        has_multiple = last // self.dilation * self.dilation >= first
        is_gapless = self.dilation == 1 or least == greatest
        return coverage(
            is_empty=not has_multiple,
            is_full=is_gapless and (first, last) == (least, greatest),
        )
