"""What every part of a spec is: a frozen description that names its formula and its source."""

from typing import Any, ClassVar, NamedTuple

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
    flags: ClassVar[dict[str, bool]] = {}


def from_id(value: Any) -> Any:
    """Let an id alone stand for the part of that kind with its defaults."""
    return {"kind": value} if isinstance(value, str) else value
