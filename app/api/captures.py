"""``/api/v1/captures``: promise a capture, and list what was captured."""

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import API_PREFIX
from app.captures.answers import CaptureAnswer, CaptureList
from app.captures.as_json import summary_of
from app.captures.intake import Intake
from app.captures.schemas import CAPTURE_EXAMPLES, CaptureRequest, ListQuery, UploadQuery
from app.captures.shelf import Shelf
from app.captures.uploads import IMAGE_TYPES, TENSOR_TYPES
from app.errors import field_problem
from app.openapi import json_answer, json_body, parameters, problems
from app.queries import read_query
from app.responses import PiecesResponse
from app.store import Cursor


def captures_router(shelf: Shelf, intake: Intake) -> APIRouter:
    """Make the router of all captures."""
    router = APIRouter(prefix=API_PREFIX, tags=["captures"])
    store = shelf.store

    @router.post(
        "/captures",
        summary="Capture tokens, a model's attention, or tensors",
        status_code=202,
        response_class=Response,
        responses={
            202: json_answer(CaptureAnswer, "It waits for its turn; `Location` is where it is."),
            **problems(400, 401, 403, 408, 413, 415, 422, 429, 500, 503, 507),
        },
        openapi_extra={
            "parameters": parameters(UploadQuery, optional=True),
            "requestBody": json_body(
                CaptureRequest, CAPTURE_EXAMPLES, or_raw=(*TENSOR_TYPES, *IMAGE_TYPES)
            ),
        },
    )
    async def post_capture(request: Request) -> Response:
        """Promise a capture: of a JSON source, or of a raw body with `source=` in the query."""
        record = await intake.take_in(request)
        return await shelf.answer(record, 202)

    @router.head("/captures", include_in_schema=False)
    @router.get(
        "/captures",
        summary="List captures",
        response_class=Response,
        responses={200: json_answer(CaptureList), **problems(400, 401, 422, 500, 503)},
        openapi_extra={"parameters": parameters(ListQuery)},
    )
    async def get_captures(request: Request) -> Response:
        """List captures, a page at a time: pinned ones first, the newest first."""
        asked = read_query(ListQuery, request)
        found = await store.run(store.reading.page, asked.limit + 1, _cursor(asked.cursor))
        page = found[: asked.limit]
        goes_on = len(found) > len(page)
        answer = {
            "captures": [summary_of(record, shelf.board) for record in page],
            "next": Cursor.of(page[-1]).write() if goes_on else None,
        }
        return PiecesResponse([orjson.dumps(answer)])

    return router


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        return Cursor.read(text)
    except ValueError as error:
        raise field_problem(
            ("cursor",),
            f"cursor must be 'next' of a page of captures: {error}; leave it out to begin anew.",
        ) from None
