"""The HTTP server: uvicorn on h11, which closes connections that only keep it waiting."""

import asyncio
import math
import sys
from uuid import uuid4

import h11
import structlog
import uvicorn
from asgi_correlation_id import correlation_id
from starlette.datastructures import MutableHeaders
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.config import Limits, Settings
from app.errors import ProblemError, problem_response
from app.main import create_app
from app.models import ModelPool
from app.readiness import Readiness
from app.security import add_security_headers

_log: structlog.stdlib.BoundLogger = structlog.get_logger("attention_atlas.server")

_KEEP_ALIVE_S = 5
_HEADERS_TOO_LARGE = 431
_LEAST_TAKEN_BYTES = 64 * 1024
"""What a client must take of its answer within ``send_s`` to go on: 2 kB a second."""


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 with a deadline for headers, for the rest of a refused body, and for answers.

    uvicorn alone waits for ever for a client to send the first two and to take the third.
    """

    limits: Limits
    readiness: Readiness
    _deadline: asyncio.TimerHandle | None = None
    _send_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # Every byte that waits counts: the writer is paused until the last one is taken.
        transport.set_write_buffer_limits(high=0)
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._disarm_send()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._disarm()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._disarm_send()
        self._arm_send()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._disarm_send()

    def shutdown(self) -> None:
        # What goes on for ever, such as the events of a capture, ends itself when it sees this;
        # uvicorn would wait for it, and tell the application only afterwards.
        self.readiness.status = "stopping"
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP with a problem, and close."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        request_id = uuid4().hex
        correlation_id.set(request_id)
        response = problem_response(self._problem_of_head(sys.exc_info()[1]), path="")
        correlation_id.set(None)
        response.headers["Connection"] = "close"
        response.headers["X-Request-ID"] = request_id
        _log.info("refused", request_id=request_id, status=400)
        add_security_headers(MutableHeaders(raw=response.raw_headers))
        head = h11.Response(status_code=400, headers=response.raw_headers, reason=b"Bad Request")
        for event in (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _problem_of_head(self, error: BaseException | None) -> ProblemError:
        """Tell why h11 could not read a request."""
        maximum = self.limits.max_header_bytes
        if not isinstance(error, h11.RemoteProtocolError):
            return ProblemError(400, "A request must be HTTP/1.1, and this is none; send one.")
        if error.error_status_hint == _HEADERS_TOO_LARGE:
            return ProblemError(
                400,
                f"The request line and the headers must take at most {maximum} bytes, got more; "
                "send shorter ones.",
            )
        cause = str(error)[:120]
        return ProblemError(400, f"A request must be HTTP/1.1, and this one is not: {cause}.")

    def _arm_send(self) -> None:
        waiting_bytes = self.transport.get_write_buffer_size()
        self._send_deadline = self.loop.call_later(
            self.limits.send_s, self._require_progress, waiting_bytes
        )

    def _require_progress(self, before_bytes: int) -> None:
        if before_bytes - self.transport.get_write_buffer_size() < _LEAST_TAKEN_BYTES:
            self.transport.abort()
        else:
            self._arm_send()

    def _disarm_send(self) -> None:
        if self._send_deadline is not None:
            self._send_deadline.cancel()
            self._send_deadline = None

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


def make_server(settings: Settings, pool: ModelPool | None = None) -> uvicorn.Server:
    """Make the server of the service; ``run()`` serves until a signal ends it.

    Args:
        settings: What an operator decided.
        pool: The models that captures may ask; those of the settings when absent.
    """
    app = create_app(settings, pool)
    given = {"limits": settings, "readiness": app.state.readiness}
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=type("Protocol", (DeadlineProtocol,), given),
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
