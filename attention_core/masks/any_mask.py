"""Every kind of mask as one type, told apart by ``kind``."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from attention_core.masks.bigbird import BigBird
from attention_core.masks.causal import Causal
from attention_core.masks.chunked import Chunked
from attention_core.masks.custom import Custom
from attention_core.masks.dilated import Dilated
from attention_core.masks.document import Document
from attention_core.masks.full import Full
from attention_core.masks.global_window import GlobalWindow
from attention_core.masks.mask import And, Not, Or
from attention_core.masks.neighborhood_2d import Neighborhood2D
from attention_core.masks.padding import Padding
from attention_core.masks.prefix_lm import PrefixLm
from attention_core.masks.sinks_window import SinksWindow
from attention_core.masks.sliding_window import SlidingWindow
from attention_core.masks.strided import Strided
from attention_core.part import from_id

AnyMask = Annotated[
    Full
    | Causal
    | Padding
    | SlidingWindow
    | Dilated
    | PrefixLm
    | Chunked
    | Document
    | GlobalWindow
    | BigBird
    | SinksWindow
    | Strided
    | Neighborhood2D
    | Custom
    | And
    | Or
    | Not,
    Field(discriminator="kind"),
    BeforeValidator(from_id),
]

for _composite in (And, Or, Not):
    _composite.model_rebuild(_types_namespace={"AnyMask": AnyMask})
