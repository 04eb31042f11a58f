"""``GET /api/v1/captures/{id}/overview/events``: how far an overview is, told as it goes on."""

from collections.abc import AsyncIterable
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.api import API_PREFIX
from app.captures.looking import Looking
from app.captures.schemas import HeadQuery
from app.openapi import event_stream, parameters, problems
from app.overviews.asking import Overviews, head_of
from app.overviews.place import Place
from app.overviews.sizes import Sizes
from app.queries import read_query
from app.streams import Streams


class _Followed(NamedTuple):
    """A head, and how long its survey is."""

    place: Place
    sizes: Sizes


def overview_events_router(looking: Looking, overviews: Overviews, streams: Streams) -> APIRouter:
    """Make the router of the events of overviews."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures", tags=["overviews"])

    async def followed(capture_id: str, request: Request) -> _Followed:
        asked = await head_of(looking, capture_id, read_query(HeadQuery, request))
        return _Followed(asked.place, await overviews.sizes(request, *asked))

    @router.get(
        "/{capture_id}/overview/events",
        summary="Follow the overview of a head",
        response_class=EventSourceResponse,
        responses={
            200: event_stream("OverviewProgress"),
            **problems(400, 401, 404, 409, 422, 424, 429, 500, 503, 504),
        },
        dependencies=[Depends(streams.one)],
        openapi_extra={"parameters": parameters(HeadQuery)},
    )
    async def get_events(
        asked: Annotated[_Followed, Depends(followed)],
    ) -> AsyncIterable[ServerSentEvent]:
        """Tell the state and the progress at once and at each change, until it is made or not.

        Close the stream then: a browser would ask again, and be told the same.
        """
        async for told in overviews.follow(*asked):
            yield ServerSentEvent(event="progress", data=told)

    return router
