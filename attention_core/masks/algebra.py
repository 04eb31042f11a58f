"""Masks made of masks: and, or, not."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import BeforeValidator, Field

from attention_core.errors import Field as FieldPath
from attention_core.errors import SpecError
from attention_core.masks.causal import Causal
from attention_core.masks.custom import Custom
from attention_core.masks.full import Full
from attention_core.masks.mask import Coverage, Extent, Mask
from attention_core.masks.padding import Padding
from attention_core.masks.sliding_window import SlidingWindow
from attention_core.part import from_id
from attention_core.shapes import Allowed, Permitted, Positions


class _Several(Mask):
    """A mask made of several; an empty block or a full one is told from its members'."""

    of: tuple["AnyMask", ...] = Field(
        title="Of", description="The masks to join.", min_length=1, strict=False
    )

    def check(self, extent: Extent) -> None:
        check_all(self.of, extent, field=("of",))


class And(_Several):
    """Allowed where every member allows."""

    kind: Literal["and"] = "and"
    title: ClassVar[str] = "All of"
    summary: ClassVar[str] = "Allowed where every member allows."
    formula: ClassVar[str] = "a ∧ b"
    latex: ClassVar[str] = r"a \wedge b"

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return reduce(and_, (mask.allows(query, key, extent) for mask in self.of))

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        return reduce(and_, (mask.tile(query, key, extent, device) for mask in self.of))

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        return _joined(
            (mask.block(query, key, extent) for mask in self.of), decisive=Coverage.EMPTY
        )


class Or(_Several):
    """Allowed where any member allows."""

    kind: Literal["or"] = "or"
    title: ClassVar[str] = "Any of"
    summary: ClassVar[str] = "Allowed where any member allows."
    formula: ClassVar[str] = "a ∨ b"
    latex: ClassVar[str] = r"a \vee b"

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return reduce(or_, (mask.allows(query, key, extent) for mask in self.of))

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        return reduce(or_, (mask.tile(query, key, extent, device) for mask in self.of))

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        return _joined((mask.block(query, key, extent) for mask in self.of), decisive=Coverage.FULL)


class Not(Mask):
    """Allowed where the member forbids."""

    kind: Literal["not"] = "not"
    title: ClassVar[str] = "Not"
    summary: ClassVar[str] = "Allowed where the member forbids."
    formula: ClassVar[str] = "¬a"
    latex: ClassVar[str] = r"\neg a"

    of: "AnyMask" = Field(title="Of", description="The mask to turn round.")

    def check(self, extent: Extent) -> None:
        _check(self.of, extent, field=("of",))

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return ~self.of.allows(query, key, extent)

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        return ~self.of.tile(query, key, extent, device)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        return _OPPOSITE[self.of.block(query, key, extent)]


AnyMask = Annotated[
    Full | Causal | Padding | SlidingWindow | Custom | And | Or | Not,
    Field(discriminator="kind"),
    BeforeValidator(from_id),
]

for _composite in (And, Or, Not):
    _composite.model_rebuild()


def check_all(masks: Sequence[Mask], extent: Extent, *, field: FieldPath) -> None:
    """Refuse a matrix that some mask does not fit, naming the mask by its path.

    Raises:
        SpecError: From the first mask that does not fit.
    """
    for index, mask in enumerate(masks):
        _check(mask, extent, field=(*field, index))


def _check(mask: Mask, extent: Extent, *, field: FieldPath) -> None:
    try:
        mask.check(extent)
    except SpecError as error:
        raise SpecError(str(error), field=(*field, *error.field)) from error


def _joined(members: Iterable[Coverage], *, decisive: Coverage) -> Coverage:
    # One empty member empties a conjunction and one full member fills a disjunction; only
    # unanimity gives the other extreme.
    found = set(members)
    if decisive in found:
        return decisive
    return found.pop() if len(found) == 1 else Coverage.PARTIAL


_OPPOSITE = {
    Coverage.EMPTY: Coverage.FULL,
    Coverage.FULL: Coverage.EMPTY,
    Coverage.PARTIAL: Coverage.PARTIAL,
}
