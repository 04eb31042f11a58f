"""What a model is handed, and what a person reads of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from attention_core.captures.token import Token

Writer = Callable[[Sequence[int], int], tuple[Token, ...]]
"""Makes tokens of ids that were given and, from a count on, written."""


@dataclass(frozen=True)
class Reading:
    """Inputs of one forward pass, and their tokens.

    Attributes:
        tensors: What the model is called with.
        main: Tokens of what it reads, or of the patches that it sees.
        target: Tokens of the decoder of an encoder–decoder.
        vision: Tokens of the image, where the model reads a text as well.
        image: The image as the model sees it, as PNG.
        writer: Makes tokens of what it writes.
    """

    tensors: Mapping[str, Any]
    main: tuple[Token, ...] = ()
    target: tuple[Token, ...] = ()
    vision: tuple[Token, ...] = ()
    image: bytes | None = None
    writer: Writer | None = field(default=None)

    @property
    def batch_size(self) -> int:
        """How many sequences there are: of the first tensor."""
        sizes = [x.shape[0] for x in self.tensors.values() if isinstance(x, Tensor) and x.ndim]
        return sizes[0] if sizes else 1


def sequences_of(kind: str, reading: Reading) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """Choose the tokens that ask and those that are asked, by kind of attention."""
    if kind == "cross":
        # A text that looks at an image, where there is no decoder.
        is_of_image = bool(reading.vision) and not reading.target
        return (reading.main, reading.vision) if is_of_image else (reading.target, reading.main)
    if kind == "decoder":
        return reading.target, reading.target
    if kind == "vision":
        return reading.vision, reading.vision
    return reading.main, reading.main


def fitted(tokens: tuple[Token, ...], n_tokens: int) -> tuple[Token, ...]:
    """Number the tokens of a sequence that nothing is known of, such as a prompt of vectors."""
    if len(tokens) == n_tokens:
        return tokens
    return tuple(Token(text=f"{i}", piece=f"{i}", kind="special") for i in range(n_tokens))
