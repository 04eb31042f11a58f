"""Which keys a query may attend to: one rule a file, closed under and, or, not."""

from attention_core.masks.any_mask import AnyMask
from attention_core.masks.bigbird import BigBird
from attention_core.masks.causal import Causal
from attention_core.masks.chunked import Chunked
from attention_core.masks.custom import Custom
from attention_core.masks.dilated import Dilated
from attention_core.masks.document import Document
from attention_core.masks.full import Full
from attention_core.masks.global_window import GlobalWindow
from attention_core.masks.mask import And, Coverage, Extent, Mask, Not, Or, check_all
from attention_core.masks.neighborhood_2d import Neighborhood2D
from attention_core.masks.padding import Padding
from attention_core.masks.prefix_lm import PrefixLm
from attention_core.masks.sinks_window import SinksWindow
from attention_core.masks.sliding_window import SlidingWindow

__all__ = [
    "And",
    "AnyMask",
    "BigBird",
    "Causal",
    "Chunked",
    "Coverage",
    "Custom",
    "Dilated",
    "Document",
    "Extent",
    "Full",
    "GlobalWindow",
    "Mask",
    "Neighborhood2D",
    "Not",
    "Or",
    "Padding",
    "PrefixLm",
    "SinksWindow",
    "SlidingWindow",
    "check_all",
]
