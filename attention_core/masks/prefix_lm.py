"""The prefix mask: a prefix that everyone sees, and no later key after it."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.errors import SpecError
from attention_core.masks.mask import Coverage, Extent, Mask, coverage
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions


class PrefixLm(Mask):
    """Every query attends to the prefix; after it no query may attend to a later key."""

    kind: Literal["prefix_lm"] = "prefix_lm"
    title: ClassVar[str] = "Prefix LM"
    summary: ClassVar[str] = "Every query sees the prefix; after it no later key."
    formula: ClassVar[str] = "j < p or j ≤ i"
    latex: ClassVar[str] = r"j < p \vee j \le i"
    source: ClassVar[Source] = Source("Raffel et al. 2020", "https://arxiv.org/abs/1910.10683")

    prefix_length: int = Field(
        title="Prefix length",
        description="How many keys every query sees.",
        ge=0,
        lt=2**31,
        json_schema_extra={"fit": "half"},
    )

    def check(self, extent: Extent) -> None:
        if self.prefix_length > extent.n_keys:
            raise SpecError(
                f"prefix_length must be at most the number of keys, got {self.prefix_length} of "
                f"{extent.n_keys}; give a smaller prefix_length or more keys.",
                field=("prefix_length",),
            )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return (key < self.prefix_length) | (key <= query)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        return coverage(
            is_empty=key[0] >= self.prefix_length and key[0] > query[-1],
            is_full=key[-1] < self.prefix_length or key[-1] <= query[0],
        )
