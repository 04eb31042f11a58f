"""``/api/v1/captures/{id}/overview``: the pooled whole of one head, made once and kept."""

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import API_PREFIX
from app.bodies import read_model, receive_json
from app.captures.as_json import capture_path
from app.captures.looking import Looking
from app.captures.schemas import HeadQuery
from app.config import Limits
from app.openapi import json_answer, json_body, parameters, problems
from app.overviews.answers import OverviewAnswer
from app.overviews.asking import Asked, Overviews, head_of
from app.overviews.schemas import OVERVIEW_EXAMPLES, OverviewRequest
from app.queries import read_query, refuse_query
from app.responses import PiecesResponse

_PROBLEMS = problems(400, 401, 404, 409, 422, 424, 429, 500, 503, 504)
_PATH = "/{capture_id}/overview"


def overviews_router(limits: Limits, looking: Looking, overviews: Overviews) -> APIRouter:
    """Make the router of overviews."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures", tags=["overviews"])

    async def answer(request: Request, asked: Asked, *, is_promised: bool = False) -> Response:
        told = await overviews.tell(request, *asked)
        status = 202 if is_promised and told["state"] != "ready" else 200
        place = asked.place
        query = f"?kind={place.kind}&layer={place.layer}&head={place.head}"
        location = {"Location": f"{capture_path(place.capture_id)}/overview{query}"}
        headers = location if status == 202 else None
        return PiecesResponse([orjson.dumps(told)], status=status, headers=headers)

    @router.head(_PATH, include_in_schema=False)
    @router.get(
        _PATH,
        summary="Look at the overview of a head",
        response_class=Response,
        responses={200: json_answer(OverviewAnswer), **_PROBLEMS},
        openapi_extra={"parameters": parameters(HeadQuery)},
    )
    async def get_overview(capture_id: str, request: Request) -> Response:
        """Tell how far the overview of a head is, and what it takes to make it."""
        asked = await head_of(looking, capture_id, read_query(HeadQuery, request))
        return await answer(request, asked)

    @router.post(
        _PATH,
        summary="Make the overview of a head",
        status_code=202,
        response_class=Response,
        responses={
            200: json_answer(OverviewAnswer, "It is there, or none is needed."),
            202: json_answer(OverviewAnswer, "It is made, the newest wish first."),
            **_PROBLEMS,
            **problems(403, 408, 413, 415, 507),
        },
        openapi_extra={"requestBody": json_body(OverviewRequest, OVERVIEW_EXAMPLES)},
    )
    async def post_overview(capture_id: str, request: Request) -> Response:
        """See to it that the overview of a head is made; asking again changes nothing."""
        refuse_query(request)
        body = read_model(OverviewRequest, await receive_json(request), limits)
        asked = await head_of(looking, capture_id, HeadQuery.model_construct(**body.model_dump()))
        await overviews.make(request, *asked)
        return await answer(request, asked, is_promised=True)

    @router.delete(
        _PATH,
        summary="Stop or remove the overview of a head",
        status_code=204,
        responses=problems(400, 401, 403, 404, 409, 422, 500, 503),
        openapi_extra={"parameters": parameters(HeadQuery)},
    )
    async def delete_overview(capture_id: str, request: Request) -> None:
        """Stop making an overview, or remove one that is kept; nothing is wrong where none is."""
        asked = await head_of(looking, capture_id, read_query(HeadQuery, request))
        await overviews.remove(asked.place)

    return router
