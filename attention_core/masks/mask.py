"""What a mask is: a rule over positions, told for whole blocks, closed under &, | and ~.

And, Or and Not are here because a mask makes them and they are masks; which kinds there are is
told in ``any_mask``.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import partial, reduce
from operator import and_, or_
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, cast

import torch
from pydantic import Field

from attention_core.errors import Field as FieldPath
from attention_core.errors import SpecError
from attention_core.part import Part
from attention_core.shapes import Allowed, Permitted, Positions

if TYPE_CHECKING:
    from attention_core.masks.any_mask import AnyMask

Rule = Callable[[Positions, Positions], Permitted]
"""Positions of queries and of keys, which broadcast, to whether they may attend."""

MaskMod = Callable[[Positions, Positions, Positions, Positions], Permitted]
"""FlexAttention's ``mask_mod(b, h, q_idx, kv_idx)``."""

_CPU = torch.device("cpu")


class Extent(NamedTuple):
    """The sizes of the whole matrix, which some rules need."""

    n_queries: int
    n_keys: int


class Coverage(Enum):
    """How much of a block a mask allows."""

    EMPTY = "empty"
    PARTIAL = "partial"
    FULL = "full"


class Mask(Part):
    """A rule that says which keys a query may attend to: True = may attend.

    Masks are joined by ``a & b`` (both allow), ``a | b`` (either allows) and ``~a`` (the
    opposite).
    """

    def check(self, extent: Extent) -> None:
        """Refuse a matrix that the mask does not fit.

        Raises:
            SpecError: With what must hold and what came.
        """

    @abstractmethod
    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        """Tell for each pair of positions whether it may attend; the two broadcast."""

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        """Bind ``allows`` to its sizes, with every table that it looks up already made."""
        return partial(self.allows, extent=extent)

    def mask_mod(self, extent: Extent, device: torch.device = _CPU) -> MaskMod:
        """Return the mask as FlexAttention's ``mask_mod(b, h, q_idx, kv_idx)``.

        Args:
            extent: Sizes of the whole matrix.
            device: Where the positions will be.
        """
        rule = self.rule(extent, device)

        # A lambda, because FlexAttention counts the parameters and a run-time check of types, which
        # wraps functions, would hide them.
        return lambda b, h, q_idx, kv_idx: rule(q_idx, kv_idx)  # noqa: ARG005

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        """Tell how much of a block is allowed, without looking at its cells.

        PARTIAL is always a right answer; EMPTY and FULL save work.
        """
        return Coverage.PARTIAL

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        """Compute the mask of a rectangle."""
        rows = torch.arange(query.start, query.stop, device=device)[:, None]
        columns = torch.arange(key.start, key.stop, device=device)[None, :]
        return self.allows(rows, columns, extent).expand(len(query), len(key))

    def __and__(self, other: "Mask") -> "And":
        return And(of=_members(self, other, And)) if isinstance(other, Mask) else NotImplemented

    def __or__(self, other: "Mask") -> "Or":
        return Or(of=_members(self, other, Or)) if isinstance(other, Mask) else NotImplemented

    def __invert__(self) -> "Mask":
        return self.of if isinstance(self, Not) else Not(of=cast("AnyMask", self))


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

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        rules = [mask.rule(extent, device) for mask in self.of]
        return lambda query, key: reduce(and_, (rule(query, key) for rule in rules))

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

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        rules = [mask.rule(extent, device) for mask in self.of]
        return lambda query, key: reduce(or_, (rule(query, key) for rule in rules))

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

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        inner = self.of.rule(extent, device)
        return lambda query, key: ~inner(query, key)

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        return ~self.of.tile(query, key, extent, device)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        return _OPPOSITE[self.of.block(query, key, extent)]


def check_all(masks: Sequence[Mask], extent: Extent, *, field: FieldPath) -> None:
    """Refuse a matrix that some mask does not fit, naming the mask by its path.

    Raises:
        SpecError: From the first mask that does not fit.
    """
    for index, mask in enumerate(masks):
        _check(mask, extent, field=(*field, index))


def coverage(*, is_empty: bool, is_full: bool) -> Coverage:
    """Name the coverage of a block from two facts about it."""
    return Coverage.EMPTY if is_empty else Coverage.FULL if is_full else Coverage.PARTIAL


def differences(query: range, key: range) -> tuple[int, int]:
    """Return the least and the greatest i − j of a block; every integer between occurs too."""
    return query[0] - key[-1], query[-1] - key[0]


def looked_up(table: torch.Tensor, *indices: Positions) -> torch.Tensor:
    """Index a table by positions, under ``torch.vmap`` too.

    There ``table[position]`` reads a single position as a Python number and fails.
    """
    found: torch.Tensor = torch.ops.aten.index(table, list(indices))
    return found


def _members(left: Mask, right: Mask, joint: type[And] | type[Or]) -> tuple["AnyMask", ...]:
    members: list[Mask] = []
    for mask in (left, right):
        members += mask.of if isinstance(mask, joint) else (mask,)
    # Whether they are of known kinds is validated where they are taken.
    return cast("tuple[AnyMask, ...]", tuple(members))


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
