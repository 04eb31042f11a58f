"""The padding mask: only the first keys are real."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.errors import SpecError
from attention_core.masks.mask import Coverage, Extent, Mask, coverage
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions


class Padding(Mask):
    """Only the first ``key_length`` keys are real; the rest is padding."""

    kind: Literal["padding"] = "padding"
    title: ClassVar[str] = "Padding"
    summary: ClassVar[str] = "Only the first keys are real; the rest is padding."
    formula: ClassVar[str] = "j < key_length"
    latex: ClassVar[str] = r"j < n"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")

    key_length: int = Field(
        title="Key length", description="How many keys are real.", ge=0, lt=2**31
    )

    def check(self, extent: Extent) -> None:
        if self.key_length > extent.n_keys:
            raise SpecError(
                f"key_length must be at most the number of keys, got {self.key_length} of "
                f"{extent.n_keys}; give a smaller key_length or more keys.",
                field=("key_length",),
            )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return (key < self.key_length) & (query >= 0)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        return coverage(is_empty=key[0] >= self.key_length, is_full=key[-1] < self.key_length)
