"""One log line for every request, and the answer to an error that nobody foresaw.

A line holds the request id, the route's template, times and sizes: never a token, a key, a query
string, or the message of an error, which could repeat what a client sent.
"""

import time

import structlog
from asgi_correlation_id import correlation_id
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import problem_of, problem_response
from app.gate import ClientGoneError
from app.logs import frames_of

_log: structlog.stdlib.BoundLogger = structlog.get_logger("attention_atlas.access")

_CLIENT_GONE = 499
"""What a log shows for a client that left; nginx's number for it."""


class AccessLog:
    """Logs requests, and turns what is left of errors into problems."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        line = _Line(scope)
        try:
            await self._app(scope, receive, line.watch(send))
        except (ClientGoneError, ClientDisconnect):
            line.status = _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the last resort of every request
            _log.error(
                "failed",
                request_id=correlation_id.get(),
                error=type(error).__name__,
                frames=frames_of(error),
            )
            # An answer that has begun can only be cut off, which the server does.
            if not line.status:
                response = problem_response(problem_of(error), path=scope["path"])
                await response(scope, receive, line.watch(send))
        finally:
            line.write()
        return None


class _Line:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._started = time.perf_counter()
        self._n_bytes = 0
        self.status = 0

    def watch(self, send: Send) -> Send:
        """Note the status and the size of what is sent."""

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            elif message["type"] == "http.response.body":
                self._n_bytes += len(message.get("body", b""))
            await send(message)

        return send_and_note

    def write(self) -> None:
        """Write the line."""
        _log.info(
            "request",
            request_id=correlation_id.get(),
            method=self._scope["method"],
            route=getattr(self._scope.get("route"), "path", None),
            status=self.status,
            sent_bytes=self._n_bytes,
            duration_ms=round((time.perf_counter() - self._started) * 1e3, 2),
        )
