"""Text to tokens that a person can read, in any script and with any tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from attention_core.captures.token import Token, TokenKind
from attention_core.errors import SpecError
from attention_core.models.sentences import sentences_of, words_of

_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
_MARKERS = frozenset({"▁", "Ġ"})
"""Pieces that stand for a space alone; some tokenizers give them the next character's place."""


@dataclass(frozen=True)
class Encoded:
    """A text as a model reads it.

    Attributes:
        ids: Index of each token in the vocabulary.
        tokens: The same, readable.
    """

    ids: tuple[int, ...]
    tokens: tuple[Token, ...]


def encoded(
    tokenizer: Any,
    text: str,
    *,
    max_tokens: int | None,
    field: str = "text",
    as_target: bool = False,
) -> Encoded:
    """Split a text with a model's own tokenizer; nothing is ever cut off.

    Args:
        tokenizer: Of transformers, fast or slow.
        text: The text.
        max_tokens: How many tokens the model takes.
        field: What the text is called in errors.
        as_target: Whether it is what a decoder has written, which may be another language.

    Raises:
        SpecError: When the text is empty, or longer than the model takes.
    """
    if not text.strip():
        raise SpecError(f"{field} must not be empty, got {text!r}; give a word.", field=(field,))
    if any("\ud800" <= character <= "\udfff" for character in text):
        # Half a character, as a cut JSON escape leaves it: tokenizers know of no such text.
        raise SpecError(
            f"{field} must be Unicode, got a lone surrogate in it; leave it out.", field=(field,)
        )
    is_fast = bool(getattr(tokenizer, "is_fast", False))
    options: dict[str, Any] = {
        "return_offsets_mapping": is_fast,
        "return_special_tokens_mask": True,
        "truncation": False,
        "verbose": False,
    }
    made = tokenizer(text_target=text, **options) if as_target else tokenizer(text, **options)
    ids = tuple(made["input_ids"])
    if max_tokens is not None and len(ids) > max_tokens:
        raise SpecError(
            f"{field} must have at most {max_tokens} tokens for this model, got {len(ids)}; "
            "shorten it, or open a model for longer texts.",
            field=(field,),
        )
    is_special = [bool(flag) for flag in made["special_tokens_mask"]]
    spans: list[tuple[int, int] | None]
    if is_fast:
        spans = [tuple(span) for span in made["offset_mapping"]]
    else:
        spans = _found(text, _decoded(tokenizer, ids, is_special))
    spans = [None if flag else span for flag, span in zip(is_special, spans, strict=True)]
    return Encoded(ids, _tokens(tokenizer, text, ids, _Places(spans, is_special)))


def readable(tokenizer: Any, ids: Sequence[int]) -> tuple[Token, ...]:
    """Read ids whose text is not known, by decoding them."""
    return TextWriter(tokenizer)(ids, len(ids))


@dataclass(frozen=True)
class TextWriter:
    """Makes tokens of what a model wrote.

    Attributes:
        tokenizer: The model's own.
        given: Tokens that it was given, whose words and sentences are counted on from.
    """

    tokenizer: Any
    given: tuple[Token, ...] = ()

    def __call__(self, ids: Sequence[int], n_given: int) -> tuple[Token, ...]:
        """Read all ids, of which the first were given."""
        special = set(self.tokenizer.all_special_ids)
        pieces = _decoded(self.tokenizer, ids, [i in special for i in ids])
        given = "".join(piece for piece in pieces[:n_given] if piece)
        text = "".join(piece for piece in pieces if piece)
        spans: list[tuple[int, int] | None] = []
        place = 0
        for piece in pieces:
            # What is not complete yet shares the character with the token that completes it.
            spans.append(None if piece is None else (place, place + len(piece)))
            place += len(piece or "")
        places = _Places(_shared(spans), [piece is None for piece in pieces])
        tokens = _tokens(self.tokenizer, text, ids, places)
        before = tokens[:n_given] if not self.given else self.given
        moved = (
            _first_after("word", before, len(words_of(given).starts)),
            _first_after("sentence", before, len(sentences_of(given).starts)),
        )
        return tuple(
            _numbered_on(token, moved) if place >= n_given else token
            for place, token in enumerate(tokens)
        )


def _first_after(name: str, before: Sequence[Token], already: int) -> int:
    """Tell how far on words or sentences of written tokens count from those of the given text."""
    last = max((n for token in before if (n := getattr(token, name)) is not None), default=None)
    return 0 if last is None else last + 1 - already


def _numbered_on(token: Token, moved: tuple[int, int]) -> Token:
    """Count words and sentences on from the given text; a written token is nowhere in it."""
    return replace(
        token,
        span=None,
        word=None if token.word is None else token.word + moved[0],
        sentence=None if token.sentence is None else token.sentence + moved[1],
        is_generated=True,
    )


@dataclass(frozen=True)
class _Places:
    spans: Sequence[tuple[int, int] | None]
    is_special: Sequence[bool]


def _tokens(tokenizer: Any, text: str, ids: Sequence[int], places: _Places) -> tuple[Token, ...]:
    pieces = tokenizer.convert_ids_to_tokens(list(ids))
    # An unknown word is still the text that it stands for.
    named = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    words, sentences = words_of(text), sentences_of(text)
    tokens: list[Token] = []
    for piece, i, span, is_special in zip(
        pieces, ids, places.spans, places.is_special, strict=True
    ):
        is_named = is_special or i in named
        read = piece if is_named else piece.removeprefix("##").strip("▁Ġ") or " "
        found = None if piece in _MARKERS else _trimmed(text, span)
        if found is None or found[0] == found[1]:
            found, word, sentence = None, None, None
        else:
            start, stop = found
            word, sentence = words.at(start), sentences.at(start)
            read = piece if is_named else text[start:stop]
        joins = found is not None and word is not None and _joins(found, word, tokens)
        kind: TokenKind = "special" if is_named else "text"
        # Made at once: there may be a hundred thousand.
        tokens.append(Token(read, piece, kind, i, joins, found, word, sentence))
    return _parted(tokens)


def _trimmed(text: str, span: tuple[int, int] | None) -> tuple[int, int] | None:
    """Leave out the space before a word, which some tokenizers count to the word."""
    if span is None:
        return None
    start, stop = span
    piece = text[start:stop]
    if not piece.strip():
        return span
    return start + len(piece) - len(piece.lstrip()), stop - len(piece) + len(piece.rstrip())


def _joins(span: tuple[int, int], word: int, before: Sequence[Token]) -> bool:
    if not before or before[-1].span is None:
        return False
    return word == before[-1].word and span[0] <= before[-1].span[1]


def _parted(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Number tokens that share one character, as bytes of an emoji do."""
    parted: list[Token] = []
    for span, group in groupby(tokens, key=lambda token: token.span):
        members = list(group)
        if span is not None and len(members) > 1:
            n = len(members)
            members = [replace(token, part=(k, n)) for k, token in enumerate(members)]
        parted += members
    return tuple(parted)


def _decoded(tokenizer: Any, ids: Sequence[int], is_special: Sequence[bool]) -> list[str | None]:
    """Decode token by token what only decodes together; None for special tokens.

    A token that leaves a character incomplete reads as nothing, and the one that completes it
    as the character.
    """
    pieces: list[str | None] = []
    first, read = 0, 0
    plain = [i for i, flag in zip(ids, is_special, strict=True) if not flag]
    done = 0
    for flag in is_special:
        if flag:
            pieces.append(None)
            continue
        done += 1
        before = _text_of(tokenizer, plain[first:read])
        now = _text_of(tokenizer, plain[first:done])
        if now.endswith(_INCOMPLETE) or len(now) < len(before):
            pieces.append("")
            continue
        pieces.append(now[len(before) :])
        first, read = read, done
    return pieces


def _text_of(tokenizer: Any, ids: Sequence[int]) -> str:
    decoded: str = tokenizer.decode(
        list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
    )
    return decoded


def _shared(spans: Sequence[tuple[int, int] | None]) -> list[tuple[int, int] | None]:
    """Give a token that completes no character the span of the one that does."""
    shared: list[tuple[int, int] | None] = []
    following: tuple[int, int] | None = None
    for span in reversed(spans):
        is_empty = span is not None and span[0] == span[1]
        following = None if span is None else following if is_empty else span
        shared.append(following if is_empty else span)
    return shared[::-1]


def _found(text: str, pieces: Sequence[str | None]) -> list[tuple[int, int] | None]:
    """Look for the pieces of a tokenizer without offsets in the text, one after another."""
    spans: list[tuple[int, int] | None] = []
    place, lower = 0, text.casefold()
    # Folding may change a length, as of "ß"; then only exact pieces are found.
    source = lower if len(lower) == len(text) else text
    for piece in pieces:
        wanted = (piece or "").strip()
        wanted = wanted.casefold() if source is lower else wanted
        start = source.find(wanted, place)
        if piece is None or start < 0 or source[place:start].strip():
            spans.append(None)
            continue
        place = start + len(wanted)
        spans.append((start, place))
    return _shared(spans)
