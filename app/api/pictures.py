"""Looks at a ready capture: a rectangle of a head, all heads at once, one cell, the image.

The numbers of a capture never change, so each answer has an ETag that needs no computing.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from app.api import API_PREFIX
from app.api.info import service_version
from app.captures.answers import GridAnswer, RegionAnswer
from app.captures.schemas import CellQuery, GridQuery, HeadQuery, RegionQuery
from app.captures.shelf import Shelf
from app.encoding import Pieces, finite_range
from app.errors import ProblemError, field_problem
from app.gate import Gate, StoppedError
from app.openapi import json_answer, parameters, problems
from app.queries import read_query
from app.responses import PiecesResponse
from app.schemas import CellAnswer
from app.store import CaptureRecord, OpenedCapture, OpenedCaptures
from attention_core import SpecError, region, thumbnails

_PROBLEMS = problems(400, 401, 404, 409, 422, 424, 429, 500, 503, 504)
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What the client has is what there is."}
}

Look = Callable[[OpenedCapture], list[bytes]]
"""Computes and encodes an answer from an opened capture, in a worker thread."""


def pictures_router(shelf: Shelf, opened: OpenedCaptures, gate: Gate) -> APIRouter:
    """Make the router of what is drawn of a capture."""
    router = APIRouter(prefix=f"{API_PREFIX}/captures/{{capture_id}}", tags=["captures"])
    looking = _Looking(shelf, opened, gate)

    @router.head("/region", include_in_schema=False)
    @router.get(
        "/region",
        summary="Draw a rectangle of one head",
        response_class=Response,
        responses={200: json_answer(RegionAnswer), **_NOT_MODIFIED, **_PROBLEMS},
        openapi_extra={"parameters": parameters(RegionQuery)},
    )
    async def get_region(capture_id: str, request: Request) -> Response:
        """Draw any rectangle at bounded resolution; tells the rectangle that was really drawn."""
        asked = read_query(RegionQuery, request)
        record = await looking.ready(capture_id)
        sizes = _sizes_of_head(record, asked)
        spans = {
            "query": _span("query", asked.query, sizes["n_queries"]),
            "key": _span("key", asked.key, sizes["n_keys"]),
        }
        return await looking.answer(request, record, asked, lambda it: _region(it, asked, spans))

    @router.head("/grid", include_in_schema=False)
    @router.get(
        "/grid",
        summary="Draw every head of a kind",
        response_class=Response,
        responses={200: json_answer(GridAnswer), **_NOT_MODIFIED, **_PROBLEMS},
        openapi_extra={"parameters": parameters(GridQuery)},
    )
    async def get_grid(capture_id: str, request: Request) -> Response:
        """Draw all layers × heads as thumbnails in one array of bytes."""
        asked = read_query(GridQuery, request)
        record = await looking.ready(capture_id)
        sizes = _sizes(record, asked.kind)
        return await looking.answer(request, record, asked, lambda it: _grid(it, asked, sizes))

    @router.head("/cell", include_in_schema=False)
    @router.get(
        "/cell",
        summary="Explain one cell",
        response_class=Response,
        responses={200: json_answer(CellAnswer), **_NOT_MODIFIED, **_PROBLEMS},
        openapi_extra={"parameters": parameters(CellQuery)},
    )
    async def get_cell(capture_id: str, request: Request) -> Response:
        """Take one weight apart into the arithmetic behind it."""
        asked = read_query(CellQuery, request)
        record = await looking.ready(capture_id)
        sizes = _sizes_of_head(record, asked)
        _require_index("query", asked.query, sizes["n_queries"])
        _require_index("key", asked.key, sizes["n_keys"])
        return await looking.answer(request, record, asked, lambda it: _cell(it, asked))

    @router.head("/image", include_in_schema=False)
    @router.get(
        "/image",
        summary="Show the image of a capture",
        response_class=Response,
        responses={
            200: {"description": "Done.", "content": {"image/png": {}}},
            **_NOT_MODIFIED,
            **_PROBLEMS,
        },
    )
    async def get_image(capture_id: str, request: Request) -> Response:
        """Show the image as the model saw it."""
        record = await looking.ready(capture_id)
        if not record.facts.has_image:
            raise ProblemError(404, "The capture must be of an image, and it is of none.")
        answer = await looking.answer(request, record, None, lambda it: [it.capture.image or b""])
        if answer.status_code == 200:
            answer.headers["Content-Type"] = "image/png"
        return answer

    return router


class _Looking:
    """What every look at a capture does."""

    def __init__(self, shelf: Shelf, opened: OpenedCaptures, gate: Gate) -> None:
        self._shelf = shelf
        self._opened = opened
        self._gate = gate

    async def ready(self, capture_id: str) -> CaptureRecord:
        """Look a capture up that is to be looked into.

        Raises:
            ProblemError: 404 where there is none, 409 where it is not ready.
        """
        record = await self._shelf.find(capture_id)
        if record.state == "ready":
            return record
        if record.state == "failed":
            raise ProblemError(
                409, "The capture must be ready, and it failed; its 'problem' tells why."
            )
        raise ProblemError(
            409,
            f"The capture must be ready, and it is {record.state}; ask again, or follow its "
            "events.",
            headers={"Retry-After": "1"},
        )

    async def answer(
        self, request: Request, record: CaptureRecord, asked: BaseModel | None, look: Look
    ) -> Response:
        """Answer with what a worker computes, or with nothing where the client has it."""
        etag = _etag(request, record, asked)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if _is_among(etag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        self._gate.refuse_when_full()

        def job(stop: threading.Event) -> list[bytes]:
            opened = self._opened.open(record)
            with opened.stopping(lambda: _go_on(stop)):
                opened.check()
                return look(opened)

        return PiecesResponse(await self._gate.run(job, request), headers=headers)


def _region(opened: OpenedCapture, asked: RegionQuery, spans: dict[str, slice]) -> list[bytes]:
    drawn = region(
        opened.map(asked.kind, asked.layer),
        head=asked.head,
        height=asked.height,
        width=asked.width,
        reduce=asked.reduce,
        what=asked.what,
        check=opened.check,
        **spans,
    )
    answer = Pieces()
    answer.add_matrix(
        "matrix",
        drawn.matrix,
        ("query", "key"),
        encoding=asked.encoding,
        dtype=asked.dtype or "f4",
    )
    for name in ("query", "key", "cell", "reduce", "what", "exact"):
        answer.add(name, getattr(drawn, name))
    answer.add("range", finite_range(drawn.matrix))
    return answer.close()


def _grid(opened: OpenedCapture, asked: GridQuery, sizes: dict[str, int]) -> list[bytes]:
    drawn = thumbnails(opened.capture, asked.kind, side=asked.cell, check=opened.check)
    answer = Pieces()
    scale = answer.add_bytes("matrix", drawn, ("layer", "head", "query", "key"))
    answer.add("scale", scale)
    answer.add("kind", asked.kind)
    answer.add("cell", [-(-sizes[name] // asked.cell) for name in ("n_queries", "n_keys")])
    answer.add("reduce", "max")
    return answer.close()


def _cell(opened: OpenedCapture, asked: CellQuery) -> list[bytes]:
    found = opened.map(asked.kind, asked.layer)
    try:
        cell = found.cell(asked.head, asked.query, asked.key)
    except SpecError as error:
        raise ProblemError(422, str(error)) from error
    answer = Pieces()
    for name, value in asdict(cell).items():
        answer.add(name, value)
    return answer.close()


def _sizes(record: CaptureRecord, kind: str) -> dict[str, Any]:
    kinds = record.facts.kinds
    if kind not in kinds:
        known = ", ".join(repr(name) for name in kinds)
        raise field_problem(("kind",), f"kind must be one of {known} here, got {kind[:40]!r}.")
    return kinds[kind]


def _sizes_of_head(record: CaptureRecord, asked: HeadQuery) -> dict[str, Any]:
    sizes = _sizes(record, asked.kind)
    _require_index("layer", asked.layer, sizes["n_layers"])
    _require_index("head", asked.head, sizes["n_heads"])
    return sizes


def _require_index(name: str, index: int, size: int) -> None:
    if index >= size:
        raise field_problem(
            (name,), f"{name} must be between 0 and {size - 1}, got {index}; count from zero."
        )


def _span(name: str, wanted: tuple[int, int | None], size: int) -> slice:
    start, stop = wanted
    if start >= size or (stop is not None and stop > size):
        came = f"{start}:{'' if stop is None else stop}"
        raise field_problem(
            (name,), f"{name} must lie within 0:{size}, got {came}; leave the stop out for the end."
        )
    return slice(start, size if stop is None else stop)


def _etag(request: Request, record: CaptureRecord, asked: BaseModel | None) -> str:
    path = request.scope["route"].path
    told = "" if asked is None else asked.model_dump_json()
    text = f"{service_version()} {record.sha256} {path} {told}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _is_among(etag: str, known: str) -> bool:
    """Tell whether a client's list of what it has holds an ETag."""
    tags = (tag.strip().removeprefix("W/") for tag in known.split(","))
    return any(tag in (etag, "*") for tag in tags)


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise StoppedError
