"""What every part of a spec is: a frozen description that names its formula and its source."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict


class Source(NamedTuple):
    """Where a mechanism was published."""

    title: str
    url: str


class Part(BaseModel):
    """One mechanism of a spec, told by its ``kind``; its fields are its parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    kind: str
    title: ClassVar[str]
    summary: ClassVar[str]
    formula: ClassVar[str]
    latex: ClassVar[str]
    source: ClassVar[Source | None] = None
    score_latex: ClassVar[str | None] = None
    """Formula of the scores where the part puts its own in the score's place."""

    panel: ClassVar[Literal["weights", "outputs"] | None] = None
    """What the formula tells, where that is not plain from the part of the spec."""

    flags: ClassVar[dict[str, bool]] = {}
    aliases: ClassVar[tuple[str, ...]] = ()
    starter: ClassVar[dict[str, Any]] = {}
    """Parameters that a form starts with, where the defaults alone would be refused."""


def from_id(value: Any) -> Any:
    """Let an id alone stand for the part of that kind with its defaults."""
    return {"kind": value} if isinstance(value, str) else value


def from_alias(kinds: Mapping[str, str]) -> Callable[[Any], Any]:
    """Let an id alone stand for its part, as ``from_id``, and another name for the kind's own."""

    def read(value: Any) -> Any:
        part = from_id(value)
        kind = part.get("kind") if isinstance(part, dict) else None
        return {**part, "kind": kinds[kind]} if isinstance(kind, str) and kind in kinds else part

    return read
