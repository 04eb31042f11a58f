"""Dates as people write them: every form that the model ``dates`` reads, and where its parts are.

Numbers alone are read day first with dots (``3.5.79``) and year first with slashes or hyphens
(``1979/5/3``); ``03/05/1979`` is the third of May to some and the fifth of March to others, so it
is no form of ours. A year of two digits is one of 1930 to 2029.
"""

import datetime
import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

YEARS = range(1000, 3000)
SHORT_YEARS = range(1930, 2030)
"""What years of two digits stand for."""

_CHINESE_DIGITS = "〇一二三四五六七八九"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


class Written(NamedTuple):
    """A date as someone wrote it.

    Attributes:
        text: The text.
        spans: Start and stop of ``day``, ``month`` and ``year`` in it, without their endings
            (``rd``, ``月``).
    """

    text: str
    spans: Mapping[str, tuple[int, int]]


class Form(NamedTuple):
    """A way to write a date.

    Attributes:
        template: The text around the parts; ``{weekday}`` and ``{ending}`` follow the date.
        day: Writes the day.
        month: Writes the month.
        year: Writes the year.
        years: Years that may be written so.
    """

    template: str
    day: Callable[[int], str]
    month: Callable[[int], str]
    year: Callable[[int], str]
    years: range = YEARS


def write(date: datetime.date, form: Form) -> Written:
    """Write a date in a form."""
    parts = {
        "day": form.day(date.day),
        "month": form.month(date.month),
        "year": form.year(date.year),
        "weekday": _WEEKDAYS[date.weekday()],
        "short_weekday": _WEEKDAYS[date.weekday()][:3],
        "ending": _ending(date.day),
    }
    text, spans = "", {}
    for piece in form.template.replace("}", "{").split("{"):
        start, text = len(text), text + parts.get(piece, piece)
        if piece in {"day", "month", "year"}:
            spans[piece] = (start, len(text))
    return Written(text, spans)


def draw(stream: random.Random) -> tuple[datetime.date, Form]:
    """Draw a form, then a date that may be written so."""
    form = stream.choice(FORMS)
    # Half of the dates are of our time, where readers will try theirs.
    years = form.years if stream.random() < 0.5 else SHORT_YEARS
    first, last = datetime.date(years[0], 1, 1), datetime.date(years[-1], 12, 31)
    return datetime.date.fromordinal(stream.randint(first.toordinal(), last.toordinal())), form


def is_held_out(date: datetime.date) -> bool:
    """Whether no training text may stand for this date: one of ten, spread over all years."""
    return date.toordinal() * 2654435761 % 2**32 < 2**32 // 10


def _name(month: int) -> str:
    return _MONTHS[month - 1]


def _short_name(month: int) -> str:
    return _MONTHS[month - 1][:3]


def _two(number: int) -> str:
    return f"{number % 100:02}"


def _ending(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    front = "" if tens == 0 else "十" if tens == 1 else _CHINESE_DIGITS[tens] + "十"
    return front + (_CHINESE_DIGITS[ones] if ones else "")


def _chinese_year(year: int) -> str:
    return "".join(_CHINESE_DIGITS[int(digit)] for digit in str(year))


FORMS = (
    Form("{day} {month} {year}", str, _name, str),
    Form("{day} {month} {year}", str, _short_name, str),
    Form("{day} {month} {year}", _two, _name, str),
    Form("{day} {month}, {year}", str, _name, str),
    Form("{day}{ending} {month} {year}", str, _name, str),
    Form("{day}{ending} of {month} {year}", str, _name, str),
    Form("the {day}{ending} of {month}, {year}", str, _name, str),
    Form("{month} {day}, {year}", str, _name, str),
    Form("{month} {day}, {year}", str, _short_name, str),
    Form("{month} {day} {year}", str, _name, str),
    Form("{month} {day}{ending}, {year}", str, _name, str),
    Form("{weekday}, {day}{ending} of {month} {year}", str, _name, str),
    Form("{weekday}, {day} {month} {year}", str, _name, str),
    Form("{weekday} {day} {month} {year}", str, _name, str),
    Form("{weekday}, {month} {day}, {year}", str, _name, str),
    Form("{short_weekday}, {day} {month} {year}", _two, _short_name, str),
    Form("{short_weekday} {month} {day} {year}", str, _short_name, str),
    Form("{day}-{month}-{year}", _two, _short_name, str),
    Form("{day} {month} {year}", str, _short_name, _two, SHORT_YEARS),
    Form("{day}.{month}.{year}", str, str, str),
    Form("{day}.{month}.{year}", _two, _two, str),
    Form("{day}.{month}.{year}", str, str, _two, SHORT_YEARS),
    Form("{day}.{month}.{year}", _two, _two, _two, SHORT_YEARS),
    Form("{year}/{month}/{day}", str, str, str),
    Form("{year}/{month}/{day}", _two, _two, str),
    Form("{year}-{month}-{day}", _two, _two, str),
    Form("{year}年{month}月{day}日", str, str, str),
    Form("{year}年{month}月{day}日", _two, _two, str),
    Form("{year} 年 {month} 月 {day} 日", str, str, str),
    Form("{year}年{month}月{day}日", _chinese, _chinese, _chinese_year),
)
"""Every form; each is drawn as often as any other."""
