"""``POST /api/v1/attention``: tokens or numbers in, scores, weights and outputs out."""

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response
from torch import Tensor

from app.api import API_PREFIX
from app.bodies import problem_as_written, read_model, receive_json
from app.config import Limits
from app.encoding import Pieces
from app.errors import ProblemError, problem_of
from app.gate import Gate, StoppedError
from app.inputs import Inputs, inputs_of
from app.openapi import json_answer, json_body, problems
from app.reading import Reader
from app.responses import PiecesResponse
from app.schemas import EXAMPLES, AttentionAnswer, AttentionRequest
from app.sizes import require_size
from app.work import require_time
from app.writing import Writer
from attention_core import AttentionError, AttentionMap

_AXES = {
    "scores": ("head", "query", "key"),
    "weights": ("head", "query", "key"),
    "outputs": ("head", "query", "dim"),
}
_MATRICES: dict[str, Callable[[AttentionMap], Tensor]] = {
    "scores": AttentionMap.scores,
    "weights": AttentionMap.weights,
    "outputs": AttentionMap.outputs,
}


def attention_router(limits: Limits, reader: Reader, gate: Gate, writer: Writer) -> APIRouter:
    """Make the router of ``/attention``."""
    router = APIRouter(prefix=API_PREFIX, tags=["attention"])

    @router.post(
        "/attention",
        summary="Compute attention",
        response_class=Response,
        responses={
            200: json_answer(AttentionAnswer),
            **problems(400, 401, 403, 408, 413, 415, 422, 429, 500, 503, 504),
        },
        openapi_extra={"requestBody": json_body(AttentionRequest, EXAMPLES)},
    )
    async def post_attention(request: Request) -> Response:
        """Compute scores, weights and outputs of tokens, of a text, or of given numbers."""
        gate.refuse_when_full()
        body = await receive_json(request)
        try:
            job = await reader.run(read_job, body)
            return PiecesResponse(await gate.run(job.run, request))
        except (ProblemError, AttentionError) as error:
            raise problem_as_written(problem_of(error), body) from error

    def read_job(body: bytes) -> _Job:
        asked = read_model(AttentionRequest, body, limits)
        inputs = inputs_of(asked, limits.max_tokens)
        size = inputs.size
        require_size(size, asked, limits)
        require_time(size, asked, limits)
        return _Job(inputs, limits.budget_bytes_per_worker, writer)

    return router


@dataclasses.dataclass(frozen=True)
class _Job:
    """One request's work, for a worker thread."""

    inputs: Inputs
    budget_bytes: int
    writer: Writer

    def run(self, stop: threading.Event) -> list[bytes]:
        """Compute and encode the answer, step by step until told to stop."""
        with self.writer.writing() as writing:
            return self._answer(Pieces(writing), stop)

    def _answer(self, answer: Pieces, stop: threading.Event) -> list[bytes]:
        clock, asked = _Clock(), self.inputs.asked
        answer.add("tokens", {"query": self.inputs.query, "key": self.inputs.key})
        found = self.inputs.attend(self.budget_bytes, lambda: _go_on(stop))
        for name in dict.fromkeys(asked.include):
            _go_on(stop)
            matrix = _MATRICES[name](found)
            clock.lap("compute")
            answer.add_matrix(
                name,
                matrix,
                _AXES[name],
                encoding=asked.encoding,
                decimals=asked.decimals,
            )
            clock.lap("encode")
        _go_on(stop)
        for member, value in self._remarks(found):
            answer.add(member, value)
        clock.lap("compute")
        answer.finish_matrices()
        clock.lap("encode")
        answer.add("timing_ms", clock.laps_ms)
        return answer.close()

    def _remarks(self, found: AttentionMap) -> list[tuple[str, Any]]:
        place = self.inputs.asked.cell
        cell = None if place is None else found.cell(place.head, place.query, place.key)
        return [
            *([] if cell is None else [("cell", dataclasses.asdict(cell))]),
            ("empty_rows", [{"head": head, "query": query} for head, query in found.empty_rows]),
            ("flags", found.spec.flags),
            ("spec", found.spec.model_dump(mode="json")),
            ("notes", [dataclasses.asdict(note) for note in (*self.inputs.notes, *found.notes)]),
            ("device", str(found.device)),
            ("dtype", str(found.dtype).removeprefix("torch.")),
        ]


class _Clock:
    """Adds up the time of a job's steps."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps_ms = {"compute": 0.0, "encode": 0.0}

    def lap(self, step: str) -> None:
        """Count the time since the last lap for a step."""
        now = time.perf_counter()
        self.laps_ms[step] = round(self.laps_ms[step] + (now - self._last) * 1e3, 3)
        self._last = now


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise StoppedError
