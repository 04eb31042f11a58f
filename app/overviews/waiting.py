"""Waiting for an overview: as long as the client stays, and what it is told when it is in vain."""

import asyncio
import math

from starlette.requests import Request

from app.captures.as_json import capture_path
from app.errors import Exceeded, ProblemError
from app.gate import ClientGoneError, until_gone
from app.overviews.wish import Wish
from app.readiness import Readiness
from app.store import CaptureRecord

_LOOK_S = 0.01
"""How soon a survey that is waited for is looked at first, then less and less."""

_SLOWEST_LOOK_S = 0.1
_SLOWER = 1.25


async def until_ended(wish: Wish, request: Request, readiness: Readiness) -> None:
    """Wait until a survey has ended, however it does.

    Raises:
        ClientGoneError: When the client left.
        ProblemError: 503 when the service ends.
    """
    gone, pause_s = asyncio.ensure_future(until_gone(request)), _LOOK_S
    try:
        while wish.is_open:
            if readiness.status == "stopping":
                raise ProblemError(503, "The service ends; ask again when it is back.")
            if gone.done():
                raise ClientGoneError
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * _SLOWER, _SLOWEST_LOOK_S)
    finally:
        gone.cancel()


def too_long(record: CaptureRecord, left_s: float, most_s: float) -> ProblemError:
    """Say that an overview takes longer than a client may wait for it.

    Args:
        record: The capture.
        left_s: How long it may still take.
        most_s: How long a client may wait.
    """
    path = f"{capture_path(record.id)}/overview"
    return ProblemError(
        409,
        "This rectangle is drawn of the overview of its head, which is not there yet and takes "
        f"about {left_s:.0f} s more: POST {path} makes it, {path}/events tells how far it is, "
        "and a region with sampled=true is drawn at once.",
        exceeded=Exceeded("computing_s", round(left_s, 1), most_s),
        headers={"Retry-After": str(max(1, math.ceil(min(left_s, most_s))))},
    )


def removed(record: CaptureRecord) -> ProblemError:
    """Say that an overview that was there, or was being made, has been removed."""
    return ProblemError(
        409,
        "This rectangle is drawn of the overview of its head, which was removed just now; POST "
        f"{capture_path(record.id)}/overview makes it again.",
        headers={"Retry-After": "1"},
    )
