"""Where words and sentences of a text are, so that tokens can be put together into them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import regex

from attention_core.tokens import split_text

_END: Final = regex.compile(
    r"""
      [。！？｡]+ [\p{Pf}\p{Pe}"']*                  # needs no space after it
    | [.!?…؟۔।॥]+ [\p{Pf}\p{Pe}"']* (?= \s | $ )    # a point within 3.14 ends nothing
    | \n\s*
    """,
    regex.VERBOSE | regex.V1,
)


@dataclass(frozen=True)
class Spans:
    """Stretches of a text, in order, none of which overlap.

    Attributes:
        starts: Where each begins, in characters.
        stops: Where each ends.
    """

    starts: Sequence[int]
    stops: Sequence[int]

    def at(self, place: int) -> int | None:
        """Find the stretch that holds a character; None between stretches."""
        index = bisect_right(self.starts, place) - 1
        return index if index >= 0 and place < self.stops[index] else None


def words_of(text: str) -> Spans:
    """Find the words: punctuation apart, Chinese and Japanese by character."""
    starts, stops, place = [], [], 0
    for word in split_text(text):
        start = text.index(word, place)
        place = start + len(word)
        starts.append(start)
        stops.append(place)
    return Spans(starts, stops)


def sentences_of(text: str) -> Spans:
    """Find the sentences.

    A sentence ends after ``. ! ? …`` and their like before white space, after ``。！？``, and at a
    line's end. Abbreviations are not known: ``Dr. Who`` makes two.
    """
    starts, stops, place = [], [], 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        if text[place:end].strip():
            starts.append(place)
            stops.append(end)
        place = end
    return Spans(starts, stops)
