"""How the place of a token enters: added to the inputs, rotated into them, or added to scores."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from attention_core.part import from_id
from attention_core.positions.adaptive_span import AdaptiveSpan
from attention_core.positions.alibi import Alibi
from attention_core.positions.bias import Bias, RelativeBias
from attention_core.positions.none import NoPosition
from attention_core.positions.position import Position
from attention_core.positions.rope import Rope
from attention_core.positions.rope_scaling import (
    AnyRopeScaling,
    DynamicScaling,
    LinearScaling,
    Llama3Scaling,
    LongRopeScaling,
    YarnScaling,
)
from attention_core.positions.shaw import Shaw
from attention_core.positions.sinusoidal import Sinusoidal
from attention_core.positions.t5 import T5

AnyPosition = Annotated[
    NoPosition | Sinusoidal | Rope | Alibi | T5 | Shaw | AdaptiveSpan,
    Field(discriminator="kind"),
    BeforeValidator(from_id),
]

__all__ = [
    "T5",
    "AdaptiveSpan",
    "Alibi",
    "AnyPosition",
    "AnyRopeScaling",
    "Bias",
    "DynamicScaling",
    "LinearScaling",
    "Llama3Scaling",
    "LongRopeScaling",
    "NoPosition",
    "Position",
    "RelativeBias",
    "Rope",
    "Shaw",
    "Sinusoidal",
    "YarnScaling",
]
