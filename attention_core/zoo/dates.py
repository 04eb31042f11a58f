"""The model ``dates``, opened: reads a written date and writes it as ``1979-05-03``."""

import re
from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Int
from torch import Tensor

from attention_core.captures.capture import Capture
from attention_core.captures.token import Token
from attention_core.errors import SpecError
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.notes import Note
from attention_core.zoo.networks.dates import (
    ANSWER_CHARACTERS,
    CHARACTERS,
    MAX_CHARACTERS,
    N_ANSWER,
    START_ID,
)
from attention_core.zoo.recording import Recording
from attention_core.zoo.words import folded, word_of_each
from attention_core.zoo.zoo_model import ZooModel

_N_CALLS: Final = 4
"""How often one pass calls a kernel: two encoder layers, the decoder's own and its cross one."""

_START: Final = Token("<start>", "<start>", kind="special", id=START_ID)

_AMBIGUOUS: Final = re.compile(r"\d{1,2}[/-]\d{1,2}[/-](\d{4}|\d{2})")

_ROWS: Final = Note(
    "written_rows",
    "A row of the cross-attention is named after the character that was written from it; a row of "
    "the decoder after the character that it read, the one before.",
)


class DateModel(ZooModel):
    """The encoder–decoder of dates.

    It writes all ten characters of the answer where no target is given, whatever ``generate`` is.
    """

    @property
    def _takes(self) -> frozenset[str]:
        return self.accepts | {"target"}

    def _capture(self, inputs: ModelInput, options: CaptureOptions) -> Capture:
        source = _source_tokens(inputs.text or "")
        target = None if inputs.target is None else _target_tokens(inputs.target)
        n_passes = 1 if target else 1 + N_ANSWER
        recording = Recording(options, n_passes * _N_CALLS)
        source_ids = self._ids(source)
        answer = target or self._write(source_ids, recording)
        read = (_START, *answer[:-1])
        self.network(source_ids, self._ids(read), kernel=recording)
        stacks = recording.stacks(
            {"encoder": (source, source), "decoder": (read, read), "cross": (answer, source)}
        )
        return Capture(stacks, model=self.name, notes=(_ROWS, *recording.notes))

    def _write(self, source: Int[Tensor, "one character"], recording: Recording) -> list[Token]:
        """Write the answer, the likeliest character each time."""
        characters = ""
        for _ in range(N_ANSWER):
            read = [START_ID, *(ANSWER_CHARACTERS.index(each) for each in characters)]
            written = torch.tensor([read], device=self.device)
            logits = self.network(source, written, kernel=recording.passing)
            characters += ANSWER_CHARACTERS[int(logits[0, -1].argmax())]
        return _answer_tokens(characters, is_generated=True)

    def _ids(self, tokens: Sequence[Token]) -> Int[Tensor, "one token"]:
        return torch.tensor([[token.id for token in tokens]], device=self.device)


def _source_tokens(text: str) -> list[Token]:
    written = text.strip()
    offset = len(text) - len(text.lstrip())
    if not 0 < len(written) <= MAX_CHARACTERS:
        raise SpecError(
            f"text must be a date of 1 to {MAX_CHARACTERS} characters, got {len(written)}; write "
            "one date, such as '3 May 1979'.",
            field=("text",),
        )
    pieces = [folded(character) for character in written]
    _require_known(written, pieces, CHARACTERS, field="text")
    _require_one_reading("".join(pieces))
    words = word_of_each(written)
    return [
        Token(
            character,
            piece,
            id=CHARACTERS.index(piece) + 1,
            joins=_joins(words, i),
            span=(offset + i, offset + i + 1),
            word=words[i],
            sentence=0,
        )
        for i, (character, piece) in enumerate(zip(written, pieces, strict=True))
    ]


def _target_tokens(target: str) -> list[Token]:
    written = target.strip()
    if not 0 < len(written) <= N_ANSWER:
        raise SpecError(
            f"target must be 1 to {N_ANSWER} characters, got {len(written)}; write as the model "
            "does, such as '1979-05-03', or leave it out.",
            field=("target",),
        )
    _require_known(written, list(written), ANSWER_CHARACTERS, field="target")
    return _answer_tokens(written, is_generated=False)


def _answer_tokens(characters: str, *, is_generated: bool) -> list[Token]:
    words = word_of_each(characters)
    return [
        Token(
            character,
            character,
            id=ANSWER_CHARACTERS.index(character),
            joins=_joins(words, i),
            word=words[i],
            sentence=0,
            is_generated=is_generated,
        )
        for i, character in enumerate(characters)
    ]


def _joins(words: Sequence[int | None], i: int) -> bool:
    return i > 0 and words[i] is not None and words[i - 1] == words[i]


def _require_one_reading(text: str) -> None:
    if _AMBIGUOUS.fullmatch(text):
        raise SpecError(
            f"text must have one reading, got {text!r}, whose day is first to some and second to "
            "others; write the year first with slashes (1979/5/3), or the day first with dots "
            "(3.5.1979).",
            field=("text",),
        )


def _require_known(text: str, pieces: Sequence[str], known: str, *, field: str) -> None:
    strange = [each for each, piece in zip(text, pieces, strict=True) if piece not in known]
    if strange:
        raise SpecError(
            f"{field} must be made of characters that the model knows, {known!r}, got "
            f"{strange[0]!r}; leave it out, or write the date in another way.",
            field=(field,),
        )
