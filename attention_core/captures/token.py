"""One token of a captured sequence: what a person reads, and where it was in the source."""

from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["text", "special", "patch"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token, readable in any script.

    Attributes:
        text: What a person reads: the piece of the source that the token stands for, without the
            tokenizer's markers; a special token's own name.
        piece: The tokenizer's own name of it, such as ``##ing``, ``▁the`` or ``Ġthe``.
        kind: ``text``, ``special`` (``[CLS]``, a register, padding), or ``patch`` of an image.
        id: Index in the vocabulary; none for patches.
        joins: Whether it goes on with the word of the token before it, no space between them.
        span: Start and stop in the source text, in characters; none where it stands for none.
        word: Index of its word in the source; none outside words.
        sentence: Index of its sentence in the source; none outside sentences.
        part: Which part of how many, where several tokens share one character: ``(0, 3)``.
        place: Row and column of a patch.
        is_generated: Whether the model wrote it.
    """

    text: str
    piece: str
    kind: TokenKind = "text"
    id: int | None = None
    joins: bool = False
    span: tuple[int, int] | None = None
    word: int | None = None
    sentence: int | None = None
    part: tuple[int, int] | None = None
    place: tuple[int, int] | None = None
    is_generated: bool = False
