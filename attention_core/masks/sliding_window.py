"""The sliding window: a query attends to its neighbours only."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from attention_core.masks.mask import Coverage, Extent, Mask, coverage, differences
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions

Reach = Annotated[int, Field(ge=0, lt=2**31)]


class SlidingWindow(Mask):
    """A query attends to ``left`` keys before it, itself and ``right`` keys after it."""

    kind: Literal["sliding_window"] = "sliding_window"
    title: ClassVar[str] = "Sliding window"
    summary: ClassVar[str] = "A query attends to itself and to near keys only."
    formula: ClassVar[str] = "−right ≤ i − j ≤ left"
    latex: ClassVar[str] = r"-r \le i - j \le l"
    source: ClassVar[Source] = Source(
        "Beltagy, Peters and Cohan 2020", "https://arxiv.org/abs/2004.05150"
    )

    window: tuple[Reach, Reach] = Field(
        default=(2, 2),
        strict=False,
        title="Window",
        description="Keys before the query and keys after it, both inclusive, as in "
        "FlashAttention.",
    )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        left, right = self.window
        distance = query - key
        return (distance <= left) & (distance >= -right)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        left, right = self.window
        nearest, farthest = differences(query, key)
        return coverage(
            is_empty=nearest > left or farthest < -right,
            is_full=farthest <= left and nearest >= -right,
        )
