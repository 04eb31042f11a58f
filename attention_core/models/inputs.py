"""What a model is asked to look at, and how its capture is taken."""

from collections.abc import Callable
from dataclasses import dataclass

from attention_core.prepared import Check

Progress = Callable[[int, int], None]
"""Called with how much is done, and of how much."""


@dataclass(frozen=True)
class ModelInput:
    """What a model looks at.

    Attributes:
        text: The text; of an encoder–decoder, what its encoder reads.
        target: What the decoder of an encoder–decoder has written; it writes itself when absent.
        image: An image file's bytes: PNG, JPEG or WebP.
    """

    text: str | None = None
    target: str | None = None
    image: bytes | None = None


@dataclass(frozen=True)
class CaptureOptions:
    """How a capture is taken.

    Attributes:
        generate: How many tokens the model may write, greedily, after those that it was given.
        values: Whether values are kept too; outputs need them.
        layers: Which layers are kept, from zero; all when absent.
        max_tokens: The longest text that is read, where the model itself reads longer ones.
        budget_bytes: Memory that a capture may take by estimate; it is refused before the model
            runs on a text that takes more.
        on_progress: Called after each layer, or each written token.
        check: Called before each layer; may raise to end the work.
    """

    generate: int = 0
    values: bool = False
    layers: tuple[int, ...] | None = None
    max_tokens: int | None = None
    budget_bytes: int | None = None
    on_progress: Progress | None = None
    check: Check | None = None
