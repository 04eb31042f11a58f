"""One thing looked at: stacks of layers by kind, their tokens, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from attention_core.captures.layer import Layer
from attention_core.captures.token import Token
from attention_core.notes import Note


@dataclass(frozen=True)
class Stack:
    """Layers of one kind, which share their tokens.

    Attributes:
        layers: Each layer's Q, K and spec, from the input up.
        query_tokens: The sequence that asks.
        key_tokens: The sequence that is asked; the same object for self-attention.
        n_given: How many queries were given and not generated; all where none were.
    """

    layers: tuple[Layer, ...]
    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    n_given: int


@dataclass(frozen=True)
class Capture:
    """One thing looked at.

    Attributes:
        stacks: By kind: ``self`` where there is one stack; ``encoder``, ``decoder`` and ``cross``;
            ``text`` and ``vision``.
        model: Name of the model; None for tokens and uploaded tensors.
        notes: What a reader may trip over.
        image: The image as the model saw it, as PNG, where there was one.
    """

    stacks: Mapping[str, Stack]
    model: str | None = None
    notes: tuple[Note, ...] = field(default=())
    image: bytes | None = None
