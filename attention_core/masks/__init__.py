"""Which keys a query may attend to: one rule a file, closed under and, or, not."""

from attention_core.masks.algebra import And, AnyMask, Not, Or, check_all
from attention_core.masks.causal import Causal
from attention_core.masks.custom import Custom
from attention_core.masks.full import Full
from attention_core.masks.mask import Coverage, Extent, Mask
from attention_core.masks.padding import Padding
from attention_core.masks.sliding_window import SlidingWindow

__all__ = [
    "And",
    "AnyMask",
    "Causal",
    "Coverage",
    "Custom",
    "Extent",
    "Full",
    "Mask",
    "Not",
    "Or",
    "Padding",
    "SlidingWindow",
    "check_all",
]
