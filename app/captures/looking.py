"""What every look at a ready capture does: the question is checked, a worker answers it.

The numbers of a capture never change, so each answer has an ETag that needs no computing. What was
sampled is no such answer: the next one may be nearer the truth.
"""

import hashlib
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.api.info import service_version
from app.captures.schemas import HeadQuery
from app.captures.shelf import Shelf
from app.errors import ProblemError, field_problem
from app.gate import Gate, StoppedError
from app.responses import PiecesResponse
from app.store import CaptureRecord, OpenedCapture, OpenedCaptures

_Answer = TypeVar("_Answer")


class Drawn(NamedTuple):
    """An answer as bytes.

    Attributes:
        pieces: The body, in order.
        is_final: Whether it will be the same whenever it is asked for.
    """

    pieces: list[bytes]
    is_final: bool = True


Look = Callable[[OpenedCapture], Drawn]
"""Computes and encodes an answer from an opened capture, in a worker thread."""


class Looking:
    """Answers questions about ready captures.

    Args:
        shelf: Where captures are looked up.
        opened: Those that are open.
        gate: Admits the work.
    """

    def __init__(self, shelf: Shelf, opened: OpenedCaptures, gate: Gate) -> None:
        self._shelf = shelf
        self._opened = opened
        self._gate = gate

    @property
    def is_crowded(self) -> bool:
        """Whether looks wait for a worker; any thread may ask."""
        return self._gate.is_crowded

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
        drawn = await self.compute(request, record, look)
        return PiecesResponse(drawn.pieces, headers=headers if drawn.is_final else None)

    async def compute(
        self, request: Request, record: CaptureRecord, look: Callable[[OpenedCapture], _Answer]
    ) -> _Answer:
        """Let a worker look at a capture while its client waits."""
        self._gate.refuse_when_full()

        def job(stop: threading.Event) -> _Answer:
            opened = self._opened.open(record)
            with opened.stopping(lambda: _go_on(stop)):
                opened.check()
                return look(opened)

        return await self._gate.run(job, request)


def sizes_of_kind(record: CaptureRecord, kind: str) -> dict[str, Any]:
    """Look up how much there is of a kind.

    Raises:
        ProblemError: 422 where there is no such kind.
    """
    kinds = record.facts.kinds
    if kind not in kinds:
        known = ", ".join(repr(name) for name in kinds)
        raise field_problem(("kind",), f"kind must be one of {known} here, got {kind[:40]!r}.")
    return kinds[kind]


def sizes_of_head(record: CaptureRecord, asked: HeadQuery) -> dict[str, Any]:
    """Look up how much there is of a head's kind.

    Raises:
        ProblemError: 422 where there is no such kind, layer or head.
    """
    sizes = sizes_of_kind(record, asked.kind)
    require_index("layer", asked.layer, sizes["n_layers"])
    require_index("head", asked.head, sizes["n_heads"])
    return sizes


def require_index(name: str, index: int, size: int) -> None:
    """Refuse an index beyond the end.

    Raises:
        ProblemError: 422.
    """
    if index >= size:
        raise field_problem(
            (name,), f"{name} must be between 0 and {size - 1}, got {index}; count from zero."
        )


def span_within(name: str, wanted: tuple[int, int | None], size: int) -> slice:
    """Find the span of an axis that was asked for.

    Raises:
        ProblemError: 422 where it goes beyond the end.
    """
    start, stop = wanted
    if start >= size or (stop is not None and stop > size):
        came = f"{start}:{'' if stop is None else stop}"
        raise field_problem(
            (name,), f"{name} must lie within 0:{size}, got {came}; leave the stop out for the end."
        )
    return slice(start, size if stop is None else stop)


def _etag(request: Request, record: CaptureRecord, asked: BaseModel | None) -> str:
    path = request.scope["route"].path
    # Whether a sample would do changes nothing of an answer that is none.
    told = "" if asked is None else asked.model_dump_json(exclude={"sampled"})
    text = f"{service_version()} {record.sha256} {path} {told}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _is_among(etag: str, known: str) -> bool:
    """Tell whether a client's list of what it has holds an ETag."""
    tags = (tag.strip().removeprefix("W/") for tag in known.split(","))
    return any(tag in (etag, "*") for tag in tags)


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise StoppedError
