"""Problems (RFC 9457) and the one place that maps what went wrong to a status."""

import errno
import http
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import torch
from asgi_correlation_id import correlation_id
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from app.faults import Fault, Path
from attention_core import (
    AttentionError,
    BrokenModelError,
    BudgetError,
    CaptureError,
    OfflineModelError,
)

PROBLEM_MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 20
"""How many fields at fault a problem lists."""

_MAX_ERRORS_BYTES = 2560
_MAX_DETAIL = 600
_MAX_INSTANCE = 200
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Exceeded:
    """A limit of the service that a request goes past."""

    limit: str
    actual: float
    maximum: float


@dataclass
class ProblemError(Exception):
    """An answer other than success, raised where its cause is known.

    Attributes:
        status: HTTP status.
        detail: What must hold, what came, and the way out.
        faults: The fields at fault.
        exceeded: The limit that was passed, if it was one.
        headers: More headers of the answer.
    """

    status: int
    detail: str
    faults: tuple[Fault, ...] = ()
    exceeded: Exceeded | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def field_problem(loc: Path, message: str, *, exceeded: Exceeded | None = None) -> ProblemError:
    """Say that one field of a well-formed request cannot be met."""
    return ProblemError(422, message, (Fault(loc, message),), exceeded)


def problem_body(problem: ProblemError, *, path: str) -> dict[str, Any]:
    """Write a problem as plain data."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": http.HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail[:_MAX_DETAIL],
        "instance": path[:_MAX_INSTANCE],
        "request_id": correlation_id.get() or "",
    }
    if problem.faults:
        body["errors"] = _fitting(problem.faults)
    if problem.exceeded is not None:
        body["limit"] = problem.exceeded.limit
        body["actual"] = problem.exceeded.actual
        body["max"] = problem.exceeded.maximum
    return body


def problem_response(problem: ProblemError, *, path: str) -> Response:
    """Write a problem as its response."""
    return Response(
        orjson.dumps(problem_body(problem, path=path)),
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def problem_of(error: Exception) -> ProblemError:
    """Map an error to the problem that is its answer."""
    match error:
        case ProblemError():
            return error
        case AttentionError():
            return _of_library(error)
        case HTTPException():
            return ProblemError(error.status_code, _http_detail(error), headers=error.headers or {})
        case _:
            return _of_machine(error)


def unexpected() -> ProblemError:
    """Answer an error that nobody foresaw with its request id only."""
    return ProblemError(500, "The service failed; its log has the cause under this request id.")


def out_of_memory() -> ProblemError:
    """Answer a job that found no memory."""
    detail = "There must be memory for the answer, and none is free now; ask again, or for less."
    return ProblemError(503, detail, headers={"Retry-After": "5"})


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an allocation failed, on the CPU or on a device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def is_disk_full(error: BaseException) -> bool:
    """Tell whether the disk, or the user's share of it, is full."""
    if isinstance(error, DBAPIError):
        return "disk is full" in str(error.orig)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def add_problems(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""

    async def respond(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            error.headers = {"Allow": ", ".join(_methods_of(app, request.scope))}
        return problem_response(problem_of(error), path=request.scope["path"])

    for kind in (ProblemError, AttentionError, HTTPException):
        app.add_exception_handler(kind, respond)


def _methods_of(app: FastAPI, asked: Scope) -> list[str]:
    """List what may be asked of a path: each route of it knows its own method only."""
    scope = {name: asked[name] for name in ("type", "path", "root_path", "headers")}
    return [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.routes)
    ]


def _of_library(error: AttentionError) -> ProblemError:
    match error:
        case BudgetError():
            exceeded = Exceeded("memory_budget_bytes", error.actual, error.maximum)
            return ProblemError(422, str(error), _fault_of(error), exceeded)
        case CaptureError() | BrokenModelError() | OfflineModelError():
            return ProblemError(424, str(error), _fault_of(error) if error.field else ())
        case _:
            return ProblemError(422, str(error), _fault_of(error))


def _of_machine(error: Exception) -> ProblemError:
    if is_out_of_memory(error):
        return out_of_memory()
    if is_disk_full(error):
        return _disk_full()
    return _no_index() if isinstance(error, DBAPIError) else unexpected()


def _disk_full() -> ProblemError:
    return ProblemError(
        507,
        "There must be space on the disk, and it is full; delete captures that nobody needs, or "
        "free space otherwise.",
    )


def _no_index() -> ProblemError:
    # What the database says may hold what a client sent.
    return ProblemError(
        503,
        "The index of captures must answer, and it does not now: it is locked, or cannot be "
        "reached; ask again later.",
        headers={"Retry-After": "2"},
    )


def _fault_of(error: AttentionError) -> tuple[Fault, ...]:
    return (Fault(error.field, str(error)),)


def _fitting(found: Iterable[Fault]) -> list[dict[str, Any]]:
    """List the faults as long as their number and their bytes stay small."""
    listed: list[dict[str, Any]] = []
    size_bytes = 0
    for fault in found:
        entry = fault.as_json()
        size_bytes += len(orjson.dumps(entry))
        if len(listed) == MAX_FAULTS or (listed and size_bytes > _MAX_ERRORS_BYTES):
            break
        listed.append(entry)
    return listed


def _http_detail(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is nothing at this path; /docs lists what there is."
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return f"The method must be one of: {allowed}."
    return str(error.detail)
