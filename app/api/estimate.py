"""``POST /api/v1/captures/estimate``: what a capture would take, told before it is promised."""

import threading
from dataclasses import asdict

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import API_PREFIX
from app.captures.answers import CaptureEstimate
from app.captures.capturing import Capturing
from app.captures.estimates import Estimate
from app.captures.intake import Intake
from app.captures.schemas import CAPTURE_EXAMPLES, CaptureRequest
from app.gate import Gate, StoppedError
from app.openapi import json_answer, json_body, problems
from app.queries import refuse_query
from app.responses import PiecesResponse
from app.store import Store


def estimate_router(store: Store, intake: Intake, capturing: Capturing, gate: Gate) -> APIRouter:
    """Make the router of estimates."""
    router = APIRouter(prefix=API_PREFIX, tags=["captures"])

    @router.post(
        "/captures/estimate",
        summary="Tell what a capture would take",
        response_class=Response,
        responses={
            200: json_answer(CaptureEstimate),
            **problems(400, 401, 403, 408, 413, 415, 422, 424, 429, 500, 503, 504),
        },
        openapi_extra={"requestBody": json_body(CaptureRequest, CAPTURE_EXAMPLES)},
    )
    async def post_estimate(request: Request) -> Response:
        """Tell how long a capture would take, and how much memory and space; promise nothing."""
        refuse_query(request)
        gate.refuse_when_full()
        asked = await intake.read(request)
        room_bytes = await store.run(store.room_bytes)

        def job(stop: threading.Event) -> Estimate:
            def check() -> None:
                if stop.is_set():
                    raise StoppedError

            return capturing.estimate(asked.source, room_bytes=room_bytes, check=check)

        return PiecesResponse([orjson.dumps(asdict(await gate.run(job, request)))])

    return router
