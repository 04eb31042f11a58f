"""The chunked mask: attention within chunks of one size."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.masks.mask import Coverage, Extent, Mask, coverage
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions


class Chunked(Mask):
    """The sequence is cut into chunks of one size; a query attends to its own chunk."""

    kind: Literal["chunked"] = "chunked"
    title: ClassVar[str] = "Chunked"
    summary: ClassVar[str] = "A query attends to the keys of its own chunk."
    formula: ClassVar[str] = "⌊i/c⌋ = ⌊j/c⌋"
    latex: ClassVar[str] = r"\lfloor i/c \rfloor = \lfloor j/c \rfloor"
    source: ClassVar[Source] = Source("Liu et al. 2018", "https://arxiv.org/abs/1801.10198")

    chunk_size: int = Field(
        default=4, title="Chunk size", description="Tokens of one chunk.", ge=1, lt=2**31
    )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return query // self.chunk_size == key // self.chunk_size

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        first, last = query[0] // self.chunk_size, query[-1] // self.chunk_size
        first_asked, last_asked = key[0] // self.chunk_size, key[-1] // self.chunk_size
        return coverage(
            is_empty=last < first_asked or last_asked < first,
            is_full=first == last == first_asked == last_asked,
        )
