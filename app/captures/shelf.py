"""What every endpoint of captures does: look one up, and answer with it."""

from dataclasses import dataclass

from starlette.responses import Response

from app.api import API_PREFIX
from app.captures.as_json import capture_path, whole
from app.captures.progress import ProgressBoard
from app.errors import ProblemError
from app.responses import PiecesResponse
from app.store import CaptureRecord, Store


@dataclass(frozen=True)
class Shelf:
    """Captures as endpoints see them.

    Attributes:
        store: Where they are kept.
        board: How far those are that run.
    """

    store: Store
    board: ProgressBoard

    async def find(self, capture_id: str) -> CaptureRecord:
        """Look a capture up.

        Raises:
            ProblemError: 404 where there is none, 503 where the index is not there.
        """
        record = await self.store.run(self.store.reading.get, capture_id)
        if record is None:
            raise no_capture()
        return record

    async def answer(
        self, record: CaptureRecord, status: int = 200, *, has_tokens: bool = True
    ) -> Response:
        """Answer with a whole capture, or with all but its tokens."""
        details = None
        if record.state == "ready":
            index = self.store.reading
            read = index.details if has_tokens else index.specs
            details = await self.store.run(read, record.id)
        pieces = whole(record, details, self.board)
        location = {"Location": capture_path(record.id)} if status == 202 else None
        return PiecesResponse(pieces, status=status, headers=location)


def no_capture() -> ProblemError:
    """Say that there is no capture of an id."""
    return ProblemError(
        404,
        f"There must be a capture of this id, and there is none; GET {API_PREFIX}/captures lists "
        "those that are there.",
    )
