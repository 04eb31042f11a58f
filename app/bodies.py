"""JSON bodies: read within their limits, and refused in milliseconds where they break one."""

from dataclasses import replace
from email.message import Message
from typing import Any, NamedTuple, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.requests import Request

from app.config import Limits
from app.errors import MAX_FAULTS, Exceeded, ProblemError
from app.faults import as_written, faults
from app.fields import Place, body_place

_Model = TypeVar("_Model", bound=BaseModel)

_SIGNS = (
    (b"\x1f\x8b", "it is compressed with gzip; send it plain"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; send it plain"),
    (b"\xef\xbb\xbf", "it begins with a byte order mark; leave the mark out"),
    (b"\xff\xfe", "it looks like UTF-16; write it in UTF-8"),
    (b"\xfe\xff", "it looks like UTF-16; write it in UTF-8"),
)
"""How bodies begin that are no JSON in UTF-8, and the way out."""

_DEPTH_OF_BYTE = np.zeros(256, dtype=np.int8)
_DEPTH_OF_BYTE[[ord("["), ord("{")]] = 1
_DEPTH_OF_BYTE[[ord("]"), ord("}")]] = -1

_FEW_BRACKETS = 8
"""Fewer than any limit of depth may be."""


class Structure(NamedTuple):
    """What a parser would meet in a body: how deep it nests, and how many parts it has."""

    depth: int
    n_parts: int


async def receive_json(request: Request) -> bytes:
    """Receive a body that says it is JSON.

    Raises:
        ProblemError: 415 when it says it is something else.
    """
    _require_json(request.headers)
    return await request.body()


def read_model(model: type[_Model], body: bytes, limits: Limits) -> _Model:
    """Read a JSON body as a model.

    Raises:
        ProblemError: 400 when the body is no JSON or nests too deep; 422 when a field is at fault,
            or there are too many parts.
    """
    _require_plain(body)
    _require_structure(json_structure(body), limits)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error, body_place(model), body) from None


def problem_as_written(problem: ProblemError, body: bytes) -> ProblemError:
    """Name the fields at fault as the body that they come from wrote them."""
    if not problem.faults:
        return problem
    written = _written(body)
    found = tuple(replace(each, loc=as_written(each.loc, written)) for each in problem.faults)
    return replace(problem, faults=found)


def json_structure(body: bytes) -> Structure:
    """Measure how deep brackets nest outside strings, before anything recursive reads them.

    Never less than the depth that a parser would reach. Lists, objects and fields are the parts.
    A body of few brackets and fields is not measured but counted.
    """
    n_parts = body.count(b"[") + body.count(b"{") + body.count(b":")
    if n_parts <= _FEW_BRACKETS:
        return Structure(0, n_parts)
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    characters = np.frombuffer(body, dtype=np.uint8)
    is_outside = np.bitwise_xor.accumulate(characters == ord('"')) == 0
    steps = _DEPTH_OF_BYTE[characters] * is_outside
    depth = int(np.cumsum(steps, dtype=np.int32).max(initial=0))
    n_fields = int(((characters == ord(":")) & is_outside).sum())
    return Structure(depth, int((steps > 0).sum()) + n_fields)


def _require_plain(body: bytes) -> None:
    if not body.strip(b" \t\r\n"):
        raise _unreadable("it is empty; send an object, such as those of /docs")
    for sign, cause in _SIGNS:
        if body.startswith(sign):
            raise _unreadable(cause)
    if b"\0" in body[:4]:
        raise _unreadable("it looks like UTF-16 or UTF-32; write it in UTF-8")


def _unreadable(cause: str) -> ProblemError:
    return ProblemError(400, f"The body must be JSON in UTF-8: {cause}.")


def _require_structure(found: Structure, limits: Limits) -> None:
    maximum = limits.max_json_depth
    if found.depth > maximum:
        detail = f"JSON must nest at most {maximum} deep, got {found.depth}; send a flatter body."
        raise ProblemError(400, detail, exceeded=Exceeded("max_json_depth", found.depth, maximum))
    maximum = limits.max_json_parts
    if found.n_parts > maximum:
        raise ProblemError(
            422,
            f"JSON may hold at most {maximum} lists, objects and fields together, got "
            f"{found.n_parts}; send fewer rows, or fewer fields.",
            exceeded=Exceeded("max_json_parts", found.n_parts, maximum),
        )


def _require_json(headers: Headers) -> None:
    encoding = headers.get("content-encoding", "")
    if encoding.strip().lower() not in ("", "identity"):
        raise ProblemError(
            415,
            f"The body must come without Content-Encoding, got {encoding[:64]!r}; send it plain.",
        )
    content_types = headers.getlist("content-type")
    if len(content_types) == 1 and _is_json(content_types[0]):
        return
    came = " and ".join(repr(each[:64]) for each in content_types[:2]) or "none"
    raise ProblemError(
        415, f"The Content-Type must be application/json in UTF-8, got {came}; set that header."
    )


def _is_json(content_type: str) -> bool:
    """Tell whether a Content-Type is JSON in UTF-8; parameters other than charset say nothing."""
    header = Message()
    header["Content-Type"] = content_type
    charset = header.get_param("charset", "utf-8")
    is_utf_8 = isinstance(charset, str) and charset.lower() in ("utf-8", "utf8")
    return is_utf_8 and content_type.partition(";")[0].strip().lower() == "application/json"


def _written(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return {}


def _problem(error: ValidationError, place: Place, body: bytes) -> ProblemError:
    found = faults(error, place, _written(body), at_most=MAX_FAULTS)
    first = found[0]
    if first.is_unreadable:
        return ProblemError(400, first.message)
    where = ".".join(str(part) for part in first.as_json()["loc"]) or "The body"
    joint = " " if first.message.startswith(("must", "is ")) else ": "
    more = f" ({error.error_count()} errors in all.)" if error.error_count() > 1 else ""
    return ProblemError(422, f"{where}{joint}{first.message}{more}", tuple(found))
