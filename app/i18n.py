"""The page's languages: which exist, which one a request asks for, and their messages.

A message's id is its English text. Translations live in Babel catalogues under ``locale/`` and
are read from the ``.po`` files at start-up, so that neither a clone nor a wheel needs a build step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.pofile import read_po

LOCALE_FOLDER = Path(__file__).parent / "locale"
ENGLISH = "en"


@dataclass(frozen=True)
class Language:
    """One language of the page.

    Attributes:
        code: Primary language subtag, as in ``?lang=``.
        name: What the language calls itself.
        messages: Translation of each English text; empty for English itself.
    """

    code: str
    name: str
    messages: Mapping[str, str]

    def text(self, message: str) -> str:
        """Translate one English text; the text itself where no translation exists."""
        return self.messages.get(message) or message

    def plural(self, one: str, many: str, count: int) -> str:
        """Translate the form that fits a count."""
        return self.text(one if count == 1 else many)


def load_languages() -> dict[str, Language]:
    """Read every language from its catalogue."""
    return {
        ENGLISH: Language(ENGLISH, "English", {}),
        "zh": Language("zh", "中文", read_messages("zh")),
    }


def read_messages(code: str) -> dict[str, str]:
    """Read the finished translations of one language, fuzzy ones left out."""
    with (LOCALE_FOLDER / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    return {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.id
        and message.string
        and not message.fuzzy
    }


def choose_language(
    requested: str | None, accept: str | None, known: Mapping[str, Language]
) -> str:
    """Pick a language: the one asked for by name, else the best that the browser accepts.

    Args:
        requested: The ``lang`` of the query string.
        accept: The ``Accept-Language`` header.
        known: The languages that exist.

    Returns:
        The code of a known language; English when nothing fits.
    """
    for tag in [requested or "", *_accepted(accept or "")]:
        code = tag.split("-", 1)[0].strip().lower()
        if code in known:
            return code
    return ENGLISH


def _accepted(header: str) -> list[str]:
    weighted = []
    for item in header.split(",")[:32]:
        tag, _, parameter = item.partition(";")
        quality = _quality(parameter)
        if quality > 0:
            weighted.append((quality, tag.strip()))
    # A stable sort keeps the browser's own order among equals.
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
