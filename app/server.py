"""The HTTP server: uvicorn on h11, which closes connections that only keep it waiting."""

import asyncio
import math

import h11
import uvicorn
from starlette.datastructures import MutableHeaders
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.config import Limits, Settings
from app.errors import ProblemError, problem_response
from app.main import create_app
from app.security import add_security_headers

_KEEP_ALIVE_S = 5


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 with a deadline for a request's headers, and for the rest of a refused body.

    uvicorn alone waits for ever for both.
    """

    limits: Limits
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._disarm()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP with a problem, and close."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        detail = (
            "A request must be HTTP/1.1 with headers of at most "
            f"{self.limits.max_header_bytes} bytes, and this one is not; send a shorter one."
        )
        response = problem_response(ProblemError(400, detail), path="")
        response.headers["Connection"] = "close"
        add_security_headers(MutableHeaders(raw=response.raw_headers))
        head = h11.Response(status_code=400, headers=response.raw_headers, reason=b"Bad Request")
        for event in (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        """Arm the deadline of what the client still owes, or disarm it."""
        has_answered = self.cycle is not None and self.cycle.response_complete
        if self.transport.is_closing():
            self._disarm()
        elif self.conn.their_state is h11.IDLE:
            # Between requests the keep-alive timer watches, until the first byte disarms it.
            if self.timeout_keep_alive_task is None:
                self._arm(self.limits.header_s)
        elif self.conn.their_state is h11.SEND_BODY and has_answered:
            self._arm(self.limits.body_s)
        else:
            self._disarm()

    def _arm(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self.transport.close)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def make_server(settings: Settings) -> uvicorn.Server:
    """Make the server of the service; ``run()`` serves until a signal ends it."""
    protocol = type("Protocol", (DeadlineProtocol,), {"limits": settings})
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=settings.max_header_bytes,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_s),
    )
    return uvicorn.Server(config)
