"""What pydantic found wrong, in our words: what must hold, what came, and the way out."""

import difflib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails, core_schema

from app.fields import Place

Path = tuple[str | int, ...]

_ABSENT: Any = object()
"""What a body has where it has nothing."""

_HEADS = ("spec", "heads")
_FIELD_OF = {"masks": "mask", "dtype": "dtype"}
"""The field at fault, by the errors of ours that are found a level above it."""

_MAX_PART = 64
_MAX_PARTS = 12
_MAX_MESSAGE = 300
_MAX_SHOWN = 40


@dataclass(frozen=True)
class Fault:
    """One field at fault.

    Attributes:
        loc: Path of the field inside the request body.
        message: What must hold, what came, and the way out.
        is_unreadable: Whether the body could not even be read.
    """

    loc: Path
    message: str
    is_unreadable: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write the fault for a problem, with everything that a client sent cut short."""
        loc = [part if isinstance(part, int) else part[:_MAX_PART] for part in self.loc]
        return {"loc": loc[:_MAX_PARTS], "message": _cut(self.message, _MAX_MESSAGE)}


def faults(error: ValidationError, body: Place, written: Any, *, at_most: int) -> list[Fault]:
    """Translate the first errors that pydantic found in a body; there is at least one.

    Args:
        error: What pydantic found.
        body: The place that is the whole body.
        written: The body as plain data.
        at_most: How many errors to translate.
    """
    found = error.errors(include_url=False)[:at_most]
    return [_fault(details, body, written) for details in found]


def as_written(loc: Path, written: Any) -> Path:
    """Leave out of a path what the body does not have, where a short form stands for a part.

    ``spec.heads`` may be a number, ``spec.mask`` one mask and no list, and a part its id alone.
    """
    path: list[str | int] = []
    node = written
    for part in loc:
        if isinstance(node, int | float) or (isinstance(node, str) and part == "kind"):
            break
        if isinstance(part, int) and (node is None or isinstance(node, dict | str)):
            continue
        path.append(part)
        node = _member(node, part)
    return tuple(path)


def _member(node: Any, part: str | int) -> Any:
    """Return what a body has at a step of a path."""
    if isinstance(node, dict):
        return node.get(part, _ABSENT)
    is_there = isinstance(node, list) and isinstance(part, int) and part < len(node)
    return node[part] if is_there else _ABSENT


def _fault(details: ErrorDetails, body: Place, written: Any) -> Fault:
    if details["type"] == "json_invalid":
        return Fault((), _unreadable(details["msg"]), is_unreadable=True)
    place = body.follow(details["loc"])
    path = as_written(place.path, written)
    if details["type"] in _FIELD_OF:
        path = (*path, _FIELD_OF[details["type"]])
    if path[-2:] == _HEADS:
        given = written
        for part in path:
            given = _member(given, part)
        if isinstance(given, bool) or not isinstance(given, int):
            return Fault(path, _no_heads(given))
    return Fault(path, _message(details, place))


def _no_heads(given: object) -> str:
    return f'must be a number, or {{"kind": "mha", "n_heads": …}}, got {_shown(given)}.'


def _unreadable(message: str) -> str:
    reason = message.removeprefix("Invalid JSON: ")
    for theirs in ("unexpected end of hex escape", "lone leading surrogate in hex escape"):
        reason = reason.replace(theirs, "a \\u escape is half a character, a lone surrogate,")
    return f"The body must be JSON in UTF-8: {_cut(reason, 120)}."


def _message(details: ErrorDetails, place: Place) -> str:
    # What is not pydantic's own was raised by a validator, which says all itself.
    fallback = _of_pydantic if details["type"] in _PYDANTIC_TYPES else _of_validator
    return _MESSAGES.get(details["type"], fallback)(details, place)


def _unknown_field(_details: ErrorDetails, place: Place) -> str:
    name, known = str(place.path[-1]), place.parent_fields
    if not known:
        return "is not a field here; leave it out."
    if near := difflib.get_close_matches(name[:_MAX_PART], known, n=3):
        return f"is not a field here; did you mean {_listed(near)}?"
    return f"is not a field here; known are {_listed(known)}."


def _unknown_id(details: ErrorDetails, _place: Place) -> str:
    context = details["ctx"]
    given = details["input"]
    tag = given.get("kind", context["tag"]) if isinstance(given, dict) else context["tag"]
    return f"must be one of {context['expected_tags']}; got {_shown(tag)}."


def _no_id(details: ErrorDetails, place: Place) -> str:
    if not place.ids:
        return f"must be an object, got {_shown(details['input'])}."
    came = _shown(details["input"])
    return f"must be an id such as '{place.ids[0]}', or an object with a 'kind', got {came}."


def _literal(details: ErrorDetails, _place: Place) -> str:
    return f"must be one of {details['ctx']['expected']}; got {_shown(details['input'])}."


def _too_short(details: ErrorDetails, _place: Place) -> str:
    least = details["ctx"]["min_length"]
    return f"must hold at least {least}, got {_shown(details['input'])}."


def _too_long(details: ErrorDetails, _place: Place) -> str:
    most = details["ctx"]["max_length"]
    return f"must hold at most {most}, got {_shown(details['input'])}."


def _too_few_characters(details: ErrorDetails, _place: Place) -> str:
    least = details["ctx"]["min_length"]
    return f"must hold at least {_characters(least)}, got {_shown(details['input'])}."


def _too_many_characters(details: ErrorDetails, _place: Place) -> str:
    most = details["ctx"]["max_length"]
    return f"must hold at most {_characters(most)}, got {len(details['input'])}."


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _of_validator(details: ErrorDetails, _place: Place) -> str:
    return _sentence(str(details.get("ctx", {}).get("error", details["msg"])))


def _of_pydantic(details: ErrorDetails, _place: Place) -> str:
    expected = details["msg"].removeprefix("Input should be ").removeprefix("Input should ")
    return f"must be {expected}, got {_shown(details['input'])}."


_MESSAGES: dict[str, Callable[[ErrorDetails, Place], str]] = {
    "missing": lambda _details, _place: "must be given, and is missing.",
    "extra_forbidden": _unknown_field,
    "union_tag_invalid": _unknown_id,
    "union_tag_not_found": _no_id,
    "model_attributes_type": _no_id,
    "model_type": _no_id,
    "dict_type": _no_id,
    "finite_number": lambda _details, _place: "must be a finite number, got NaN or infinity.",
    "literal_error": _literal,
    "too_short": _too_short,
    "too_long": _too_long,
    "string_too_short": _too_few_characters,
    "string_too_long": _too_many_characters,
    "value_error": _of_validator,
}

_PYDANTIC_TYPES = frozenset(get_args(core_schema.ErrorType))


def _shown(value: object) -> str:
    """Name what came without repeating more than a glimpse of it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    glimpse = value[:_MAX_SHOWN] if isinstance(value, str) else value
    text = json.dumps(glimpse, ensure_ascii=False, default=lambda _: "something else")
    return _cut(text, _MAX_SHOWN)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
