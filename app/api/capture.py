"""``/api/v1/captures/{id}``: look at one capture, rename it, pin it, delete it."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import API_PREFIX
from app.bodies import read_model, receive_json
from app.captures.answers import CaptureAnswer
from app.captures.jobs import CaptureJobs
from app.captures.schemas import PATCH_EXAMPLES, CapturePatch, CaptureQuery
from app.captures.shelf import Shelf, no_capture
from app.config import Limits
from app.openapi import json_answer, json_body, parameters, problems
from app.queries import read_query


def capture_router(limits: Limits, shelf: Shelf, jobs: CaptureJobs) -> APIRouter:
    """Make the router of one capture."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures", tags=["captures"])
    store = shelf.store

    @router.head("/{capture_id}", include_in_schema=False)
    @router.get(
        "/{capture_id}",
        summary="Look at a capture",
        response_class=Response,
        responses={200: json_answer(CaptureAnswer), **problems(400, 401, 404, 422, 500, 503)},
        openapi_extra={"parameters": parameters(CaptureQuery)},
    )
    async def get_capture(capture_id: str, request: Request) -> Response:
        """Tell all of a capture but its numbers."""
        asked = read_query(CaptureQuery, request)
        return await shelf.answer(await shelf.find(capture_id), has_tokens=asked.tokens)

    @router.patch(
        "/{capture_id}",
        summary="Rename a capture, or pin it",
        response_class=Response,
        responses={
            200: json_answer(CaptureAnswer),
            **problems(400, 401, 403, 404, 408, 413, 415, 422, 500, 503),
        },
        openapi_extra={"requestBody": json_body(CapturePatch, PATCH_EXAMPLES)},
    )
    async def patch_capture(capture_id: str, request: Request) -> Response:
        """Change what is given, and leave the rest."""
        index = store.writing
        patch = read_model(CapturePatch, await receive_json(request), limits)
        given = patch.model_fields_set
        changes: dict[str, Any] = {"name": patch.name} if "name" in given else {}
        if "pinned" in given:
            changes |= {"is_pinned": patch.pinned}
        if not await store.change(index.edit, capture_id, changes):
            raise no_capture()
        return await shelf.answer(await shelf.find(capture_id))

    @router.delete(
        "/{capture_id}",
        summary="Delete a capture",
        status_code=204,
        responses=problems(400, 401, 403, 404, 500, 503),
    )
    async def delete_capture(capture_id: str) -> None:
        """Delete a capture and its files; one that runs is stopped."""
        if not await store.change(jobs.delete, capture_id):
            raise no_capture()

    return router
