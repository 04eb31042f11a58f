"""No position at all."""

from typing import ClassVar, Literal

from attention_core.positions.position import Position


class NoPosition(Position):
    """Tokens are a set: order does not matter."""

    kind: Literal["none"] = "none"
    title: ClassVar[str] = "None"
    summary: ClassVar[str] = "Tokens are a set: their order does not matter."
    formula: ClassVar[str] = "x"
    latex: ClassVar[str] = "x_i"
