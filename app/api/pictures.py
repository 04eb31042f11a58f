"""Looks at a ready capture: all heads at once, one cell, the image."""

from dataclasses import asdict

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import API_PREFIX
from app.captures.answers import GridAnswer
from app.captures.looking import (
    Drawn,
    Looking,
    require_index,
    sizes_of_head,
    sizes_of_kind,
)
from app.captures.schemas import CellQuery, GridQuery
from app.encoding import Pieces
from app.errors import ProblemError
from app.openapi import NOT_MODIFIED, json_answer, parameters, problems
from app.queries import read_query
from app.schemas import CellAnswer
from app.store import OpenedCapture
from attention_core import SpecError, thumbnails

_PROBLEMS = {**NOT_MODIFIED, **problems(400, 401, 404, 409, 422, 424, 429, 500, 503, 504)}


def pictures_router(looking: Looking) -> APIRouter:
    """Make the router of what is drawn of a capture."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures/{{capture_id}}", tags=["captures"])

    @router.head("/grid", include_in_schema=False)
    @router.get(
        "/grid",
        summary="Draw every head of a kind",
        response_class=Response,
        responses={200: json_answer(GridAnswer), **_PROBLEMS},
        openapi_extra={"parameters": parameters(GridQuery)},
    )
    async def get_grid(capture_id: str, request: Request) -> Response:
        """Draw all layers × heads as thumbnails in one array of bytes."""
        asked = read_query(GridQuery, request)
        record = await looking.ready(capture_id)
        sizes = sizes_of_kind(record, asked.kind)
        return await looking.answer(request, record, asked, lambda it: _grid(it, asked, sizes))

    @router.head("/cell", include_in_schema=False)
    @router.get(
        "/cell",
        summary="Explain one cell",
        response_class=Response,
        responses={200: json_answer(CellAnswer), **_PROBLEMS},
        openapi_extra={"parameters": parameters(CellQuery)},
    )
    async def get_cell(capture_id: str, request: Request) -> Response:
        """Take one weight apart into the arithmetic behind it."""
        asked = read_query(CellQuery, request)
        record = await looking.ready(capture_id)
        sizes = sizes_of_head(record, asked)
        require_index("query", asked.query, sizes["n_queries"])
        require_index("key", asked.key, sizes["n_keys"])
        return await looking.answer(request, record, asked, lambda it: _cell(it, asked))

    @router.head("/image", include_in_schema=False)
    @router.get(
        "/image",
        summary="Show the image of a capture",
        response_class=Response,
        responses={
            200: {"description": "Done.", "content": {"image/png": {}}},
            **_PROBLEMS,
        },
    )
    async def get_image(capture_id: str, request: Request) -> Response:
        """Show the image as the model saw it."""
        record = await looking.ready(capture_id)
        if not record.facts.has_image:
            raise ProblemError(404, "The capture must be of an image, and it is of none.")
        answer = await looking.answer(request, record, None, _image)
        if answer.status_code == 200:
            answer.headers["Content-Type"] = "image/png"
        return answer

    return router


def _grid(opened: OpenedCapture, asked: GridQuery, sizes: dict[str, int]) -> Drawn:
    drawn = thumbnails(opened.capture, asked.kind, side=asked.cell, check=opened.check)
    answer = Pieces()
    scale = answer.add_bytes("matrix", drawn.pictures, ("layer", "head", "query", "key"))
    answer.add("scale", scale)
    answer.add("kind", asked.kind)
    answer.add("cell", [-(-sizes[name] // asked.cell) for name in ("n_queries", "n_keys")])
    answer.add("reduce", "max")
    n_sampled = drawn.sampled_queries
    answer.add("sampled", None if n_sampled is None else {"queries": n_sampled})
    return Drawn(answer.close())


def _cell(opened: OpenedCapture, asked: CellQuery) -> Drawn:
    found = opened.map(asked.kind, asked.layer)
    try:
        cell = found.cell(asked.head, asked.query, asked.key)
    except SpecError as error:
        raise ProblemError(422, str(error)) from error
    answer = Pieces()
    for name, value in asdict(cell).items():
        answer.add(name, value)
    return Drawn(answer.close())


def _image(opened: OpenedCapture) -> Drawn:
    return Drawn([opened.capture.image or b""])
