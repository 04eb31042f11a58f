"""Bounds on a request's body: its size and its time, before it is read and while it is."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import Limits
from app.errors import Exceeded, ProblemError, problem_response

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class BodyLimits:
    """Refuses a body that is too large, and one that comes too slowly.

    What is left of a refused body is read and dropped by the server, so that the connection can
    be used again.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            return await self._app(scope, receive, send)
        try:
            self._require_length(Headers(scope=scope))
        except ProblemError as problem:
            response = problem_response(problem, path=scope["path"])
            return await response(scope, receive, send)
        return await self._app(scope, _BoundedBody(receive, self._limits), send)

    def _require_length(self, headers: Headers) -> None:
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit():
            _require_size(int(length), self._limits.max_json_bytes)


class _BoundedBody:
    """Receives a body and raises a problem when it passes a bound."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._deadline = asyncio.get_running_loop().time() + limits.body_s
        self._n_bytes = 0
        self._is_complete = False

    async def __call__(self) -> Message:
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise self._too_slow() from None
        if message["type"] == "http.request":
            self._n_bytes += len(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
            _require_size(self._n_bytes, self._limits.max_json_bytes)
        return message

    def _too_slow(self) -> ProblemError:
        maximum = self._limits.body_s
        return ProblemError(
            408,
            f"The body must arrive within {maximum:g} s, and it did not; send it again.",
            exceeded=Exceeded("body_s", maximum, maximum),
            headers={"Connection": "close"},
        )


def _require_size(n_bytes: int, maximum: int) -> None:
    if n_bytes > maximum:
        raise ProblemError(
            413,
            f"The body must take at most {maximum} bytes, got {n_bytes} or more; send fewer "
            "tokens, or fewer numbers.",
            exceeded=Exceeded("max_json_bytes", n_bytes, maximum),
        )
