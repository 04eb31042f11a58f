"""Words of texts that a model of the zoo reads character by character."""

import unicodedata
from itertools import groupby

_CHINESE_NUMERALS = frozenset("〇一二三四五六七八九十")


def folded(character: str) -> str:
    """Write a character as the models know it: small, and of ordinary width."""
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character


def word_of_each(text: str) -> list[int | None]:
    """Tell which word each character is of: numbers, names and other signs apart; spaces none."""
    words: list[int | None] = []
    n_words = 0
    # Each character that is neither number nor name stands alone, told apart by its place.
    for (sort, _), run in groupby(enumerate(text), key=lambda each: _sort(*each)):
        length = len(list(run))
        words += [None if sort == "space" else n_words] * length
        n_words += sort != "space"
    return words


def _sort(place: int, character: str) -> tuple[str, int]:
    if character.isspace():
        return "space", 0
    if character in _CHINESE_NUMERALS:
        return "numeral", 0
    if character.isdigit():
        return "digit", 0
    is_name = character.isalpha() and character.isascii()
    return ("letter", 0) if is_name else ("sign", place)
