"""``GET /api/v1/captures/{id}/events``: how far a capture is, told as it goes on."""

import asyncio
from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.api import API_PREFIX
from app.captures.as_json import event_of
from app.captures.shelf import Shelf
from app.openapi import event_stream, problems
from app.readiness import Readiness
from app.store import CaptureRecord
from app.streams import Streams

_LOOK_S = 0.05
"""How often a capture that runs is looked at, which costs nothing; others less and less."""

_SLOWEST_LOOK_S = 0.5
_SLOWER = 1.25


def events_router(shelf: Shelf, readiness: Readiness, streams: Streams) -> APIRouter:
    """Make the router of events."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures", tags=["captures"])

    async def found(capture_id: str) -> CaptureRecord:
        return await shelf.find(capture_id)

    @router.get(
        "/{capture_id}/events",
        summary="Follow a capture",
        response_class=EventSourceResponse,
        responses={200: event_stream(), **problems(400, 401, 404, 429, 500, 503)},
        dependencies=[Depends(streams.one)],
    )
    async def get_events(
        record: Annotated[CaptureRecord, Depends(found)],
    ) -> AsyncIterable[ServerSentEvent]:
        """Tell the state and the progress at once and at each change, until it is ready or failed.

        Close the stream then: a browser would ask again, and be told the same.
        """
        now: CaptureRecord | None = record
        told, pause_s = None, _LOOK_S
        while now is not None and readiness.status != "stopping":
            event = event_of(now, shelf.board)
            if event != told:
                yield ServerSentEvent(event="progress", data=event)
                told, pause_s = event, _LOOK_S
            if now.state in ("ready", "failed"):
                return
            await asyncio.sleep(pause_s)
            # Progress is told here until the capture ends; then, and before, the index knows.
            if now.state == "queued" or shelf.board.look(now.id) is None:
                now = await shelf.store.run(shelf.store.reading.get, now.id)
                pause_s = min(pause_s * _SLOWER, _SLOWEST_LOOK_S)

    return router
