"""Text to tokens: words, with punctuation apart, and Chinese and Japanese by character."""

from itertools import islice
from typing import Final

import regex

# U+30FC, the long-vowel mark, belongs to no single script.
_BY_CHARACTER: Final = r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc"
_LETTER: Final = rf"[\p{{L}}\p{{N}}_--{_BY_CHARACTER}][\p{{M}}\p{{Cf}}]*"
_TOKEN: Final = regex.compile(
    rf"[{_BY_CHARACTER}]\p{{M}}* | {_LETTER} (?: ['’]? {_LETTER} )* | \X",
    regex.VERBOSE | regex.V1,
)


def split_text(text: str, at_most: int | None = None) -> list[str]:
    """Split a text into words, punctuation apart; Chinese and Japanese by character.

    An emoji with its joiners, a letter with its marks, and a word with its apostrophe stay
    whole. White space separates and is not kept.

    Args:
        text: What to split.
        at_most: Stop after so many tokens; never when absent.

    Returns:
        The tokens in order; none for white space alone.
    """
    found = (match[0] for match in _TOKEN.finditer(text))
    return list(islice((token for token in found if not token.isspace()), at_most))
