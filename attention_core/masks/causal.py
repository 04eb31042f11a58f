"""The causal mask: no query may attend to a later key."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.masks.mask import Coverage, Extent, Mask, coverage
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions


class Causal(Mask):
    """No query may attend to a later key."""

    kind: Literal["causal"] = "causal"
    title: ClassVar[str] = "Causal"
    summary: ClassVar[str] = "No query may attend to a later key."
    formula: ClassVar[str] = "j ≤ i + off"
    latex: ClassVar[str] = r"j \le i + o"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")

    align: Literal["upper_left", "lower_right"] = Field(
        default="upper_left",
        title="Align",
        description="Where the diagonal starts when there are more keys than queries, or fewer: "
        "the first query sees the first key, as in SDPA, or the last query sees every key, as in "
        "FlashAttention.",
    )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return key <= query + self._offset(extent)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        offset = self._offset(extent)
        return coverage(is_empty=key[0] > query[-1] + offset, is_full=key[-1] <= query[0] + offset)

    def _offset(self, extent: Extent) -> int:
        return extent.n_keys - extent.n_queries if self.align == "lower_right" else 0
