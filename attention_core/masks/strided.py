"""The strided mask: the keys just around, and every so many keys all the way."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.masks.mask import Coverage, Extent, Mask, coverage, differences
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions


class Strided(Mask):
    """A query attends to the keys less than ``stride`` away, and to every ``stride``-th key."""

    kind: Literal["strided"] = "strided"
    title: ClassVar[str] = "Strided"
    summary: ClassVar[str] = "A query attends to near keys, and to every so many keys all the way."
    formula: ClassVar[str] = "|i − j| < l or (i − j) mod l = 0"
    latex: ClassVar[str] = r"|i - j| < l \vee (i - j) \bmod l = 0"
    source: ClassVar[Source] = Source("Child et al. 2019", "https://arxiv.org/abs/1904.10509")

    stride: int = Field(
        default=4,
        title="Stride",
        description="Distance between two far keys, and how far the near ones reach.",
        ge=1,
        lt=2**31,
    )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        distance = query - key
        return (distance.abs() < self.stride) | (distance % self.stride == 0)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        least, greatest = differences(query, key)
        has_multiple = greatest // self.stride * self.stride >= least
        # Without a multiple between them, all distances lie on one side of zero.
        is_near = least > -self.stride and greatest < self.stride
        is_one = least == greatest and has_multiple
        # A near key's neighbour, at the stride itself, is allowed too.
        is_full = self.stride == 1 or is_one or max(-least, greatest) <= self.stride
        return coverage(is_empty=not has_multiple and not is_near, is_full=is_full)
