"""A response that is written piece by piece, so that its pieces are never joined."""

from collections.abc import Mapping, Sequence

from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class PiecesResponse(Response):
    """A JSON answer in pieces, with its length.

    Args:
        pieces: The body, in order.
        status: HTTP status.
        headers: More headers; nobody keeps the answer unless they say so.
    """

    media_type = "application/json"

    def __init__(
        self,
        pieces: Sequence[bytes],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._pieces = pieces
        self.status_code = status
        self.background: BackgroundTask | None = None
        self.body = b""
        n_bytes = sum(map(len, self._pieces))
        self.init_headers(
            {"Content-Length": str(n_bytes), "Cache-Control": "no-store", **(headers or {})}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        last = len(self._pieces) - 1
        for i, piece in enumerate(self._pieces):
            await send({"type": "http.response.body", "body": piece, "more_body": i < last})
