"""Bounds on a request's body: its size and its time, before it is read and while it is."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import API_PREFIX
from app.config import Limits
from app.errors import Exceeded, ProblemError, problem_response

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_UPLOAD_PATH = f"{API_PREFIX}/captures"
_LEAST_SENT_BYTES = 256 * 1024
"""What a client must send of an upload within ``body_s`` to go on: 26 kB a second."""


@dataclass(frozen=True)
class _Bounds:
    """What a body must keep.

    Attributes:
        limit: Name of the limit of its size.
        max_bytes: Most bytes of it.
        seconds: Time for it, or for the next part of an upload.
        is_upload: Whether the time begins anew with each part.
        way_out: What to do about a body that is too large.
    """

    limit: str
    max_bytes: int
    seconds: float
    is_upload: bool
    way_out: str

    def require_size(self, n_bytes: int) -> None:
        """Refuse a body that is too large."""
        if n_bytes > self.max_bytes:
            raise ProblemError(
                413,
                f"The body must take at most {self.max_bytes} bytes, got {n_bytes} or more; "
                f"{self.way_out}.",
                exceeded=Exceeded(self.limit, n_bytes, self.max_bytes),
            )

    def too_slow(self) -> ProblemError:
        """Say that a body came too slowly."""
        what = "The body must arrive within"
        if self.is_upload:
            what = f"Each {_LEAST_SENT_BYTES} bytes of an upload must arrive within"
        return ProblemError(
            408,
            f"{what} {self.seconds:g} s, and did not; send it again.",
            exceeded=Exceeded("body_s", self.seconds, self.seconds),
            headers={"Connection": "close"},
        )


class BodyLimits:
    """Refuses a body that is too large, and one that comes too slowly.

    What is left of a refused body is read and dropped by the server, so that the connection can
    be used again.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._json = _Bounds(
            "max_json_bytes",
            limits.max_json_bytes,
            limits.body_s,
            is_upload=False,
            way_out="send fewer tokens, or fewer numbers",
        )
        self._upload = _Bounds(
            "max_upload_bytes",
            limits.max_upload_bytes,
            limits.body_s,
            is_upload=True,
            way_out="send fewer layers, or half floats, or a smaller image",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            return await self._app(scope, receive, send)
        bounds = self._upload if _is_upload(scope) else self._json
        try:
            _require_length(Headers(scope=scope), bounds)
        except ProblemError as problem:
            response = problem_response(problem, path=scope["path"])
            return await response(scope, receive, send)
        return await self._app(scope, _BoundedBody(receive, bounds), send)


class _BoundedBody:
    """Receives a body and raises a problem when it passes a bound."""

    def __init__(self, receive: Receive, bounds: _Bounds) -> None:
        self._receive = receive
        self._bounds = bounds
        self._n_bytes = 0
        self._n_bytes_due = _LEAST_SENT_BYTES
        self._is_complete = False
        self._set_deadline()

    async def __call__(self) -> Message:
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise self._bounds.too_slow() from None
        if message["type"] == "http.request":
            self._n_bytes += len(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
            self._bounds.require_size(self._n_bytes)
            self._extend_deadline()
        return message

    def _extend_deadline(self) -> None:
        if self._bounds.is_upload and self._n_bytes >= self._n_bytes_due:
            self._n_bytes_due = self._n_bytes + _LEAST_SENT_BYTES
            self._set_deadline()

    def _set_deadline(self) -> None:
        self._deadline = asyncio.get_running_loop().time() + self._bounds.seconds


def _is_upload(scope: Scope) -> bool:
    """Tell whether a request's body is a raw one of a capture, by its head alone."""
    if scope["method"] != "POST" or scope["path"] != scope.get("root_path", "") + _UPLOAD_PATH:
        return False
    return "source" in QueryParams(scope["query_string"])


def _require_length(headers: Headers, bounds: _Bounds) -> None:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        bounds.require_size(int(length))
