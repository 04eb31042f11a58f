"""The window with sinks: near keys, and the first few that everyone sees."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.masks.mask import Coverage, Extent, Mask, coverage
from attention_core.masks.sliding_window import Reach, SlidingWindow
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions


class SinksWindow(Mask):
    """A query attends to the first ``num_sink_tokens`` keys and to a sliding window."""

    kind: Literal["sinks_window"] = "sinks_window"
    title: ClassVar[str] = "Sinks and window"
    summary: ClassVar[str] = "A query attends to near keys and to the first few of all."
    formula: ClassVar[str] = "j < n or −right ≤ i − j ≤ left"
    latex: ClassVar[str] = r"j < n \vee -r \le i - j \le l"
    source: ClassVar[Source] = Source("Xiao et al. 2023", "https://arxiv.org/abs/2309.17453")

    num_sink_tokens: int = Field(
        default=4,
        title="Sink tokens",
        description="How many of the first keys every query sees.",
        ge=0,
        lt=2**31,
    )
    window: tuple[Reach, Reach] = Field(
        default=(8, 0),
        strict=False,
        title="Window",
        description="Keys before the query and keys after it, both inclusive, as in "
        "FlashAttention.",
    )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return (key < self.num_sink_tokens) | self._near.allows(query, key, extent)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        beyond = range(max(key.start, self.num_sink_tokens), key.stop)
        if not beyond:
            return Coverage.FULL
        near = self._near.block(query, beyond, extent)
        return coverage(
            is_empty=near is Coverage.EMPTY and beyond == key, is_full=near is Coverage.FULL
        )

    @property
    def _near(self) -> SlidingWindow:
        return SlidingWindow(window=self.window)
