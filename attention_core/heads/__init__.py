"""How several heads share their inputs and mix what they find: one rule a file."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from attention_core.heads.differential import Differential
from attention_core.heads.gqa import Gqa, Mqa
from attention_core.heads.head import Heads, Mixing, growth, mixed, repeated
from attention_core.heads.mha import Mha
from attention_core.heads.mla import Mla
from attention_core.heads.talking_heads import TalkingHeads
from attention_core.part import from_id

__all__ = [
    "AnyHeads",
    "Differential",
    "Gqa",
    "Heads",
    "Mha",
    "Mixing",
    "Mla",
    "Mqa",
    "TalkingHeads",
    "growth",
    "mixed",
    "repeated",
]


def _from_number(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"kind": "mha", "n_heads": value}
    if isinstance(value, dict) and "kind" not in value:
        return {"kind": "mha", **value}
    return from_id(value)


AnyHeads = Annotated[
    Mha | Gqa | Mqa | Mla | TalkingHeads | Differential,
    Field(discriminator="kind"),
    BeforeValidator(_from_number),
]
