"""JSON bodies: read within their limits, and refused in milliseconds where they break one."""

from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request

from app.errors import MAX_FAULTS, Exceeded, ProblemError
from app.faults import faults
from app.fields import Place, body_place

_Model = TypeVar("_Model", bound=BaseModel)

_DEPTH_OF_BYTE = np.zeros(256, dtype=np.int8)
_DEPTH_OF_BYTE[[ord("["), ord("{")]] = 1
_DEPTH_OF_BYTE[[ord("]"), ord("}")]] = -1

_FEW_BRACKETS = 8
"""Fewer than any limit of depth may be."""


async def receive_json(request: Request) -> bytes:
    """Receive a body that says it is JSON.

    Raises:
        ProblemError: 415 when it says it is something else.
    """
    _require_json(request.headers)
    return await request.body()


def read_model(model: type[_Model], body: bytes, *, max_depth: int) -> _Model:
    """Read a JSON body as a model.

    Raises:
        ProblemError: 400 when the body is no JSON or nests too deep; 422 when a field is at fault.
    """
    if (depth := json_depth(body)) > max_depth:
        detail = f"JSON must nest at most {max_depth} deep, got {depth}; send a flatter body."
        raise ProblemError(400, detail, exceeded=Exceeded("max_json_depth", depth, max_depth))
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error, body_place(model)) from None


def json_depth(body: bytes) -> int:
    """Measure how deep brackets nest outside strings, before anything recursive reads them.

    Never less than the depth that a parser would reach; a body of few brackets is not measured
    but counted.
    """
    n_brackets = body.count(b"[") + body.count(b"{")
    if n_brackets <= _FEW_BRACKETS:
        return 0
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    characters = np.frombuffer(body, dtype=np.uint8)
    is_outside = np.bitwise_xor.accumulate(characters == ord('"')) == 0
    steps = _DEPTH_OF_BYTE[characters] * is_outside
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))


def _require_json(headers: Headers) -> None:
    if encoding := headers.get("content-encoding"):
        raise ProblemError(
            415,
            f"The body must come without Content-Encoding, got {encoding[:64]!r}; send it plain.",
        )
    content_type = headers.get("content-type")
    media_type, _, parameters = (content_type or "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() == "application/json" and charset in ("", "utf-8", "utf8"):
        return
    came = "none" if content_type is None else repr(content_type[:64])
    raise ProblemError(
        415, f"The Content-Type must be application/json in UTF-8, got {came}; set that header."
    )


def _problem(error: ValidationError, body: Place) -> ProblemError:
    found = faults(error, body, at_most=MAX_FAULTS)
    first = found[0]
    if first.is_unreadable:
        return ProblemError(400, first.message)
    where = ".".join(str(part) for part in first.as_json()["loc"]) or "The body"
    joint = " " if first.message.startswith(("must", "is ")) else ": "
    more = f" ({error.error_count()} errors in all.)" if error.error_count() > 1 else ""
    return ProblemError(422, f"{where}{joint}{first.message}{more}", tuple(found))
