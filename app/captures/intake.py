"""From a request to the promise of a capture: what is posted is checked, kept, and waits."""

from typing import Any

import orjson
from starlette.requests import Request

from app.bodies import problem_as_written, read_model, receive_json
from app.captures.as_json import made_name
from app.captures.capturing import Capturing
from app.captures.jobs import CaptureJobs
from app.captures.schemas import CaptureRequest, UploadQuery
from app.captures.uploads import Uploads, require_upload_fields, require_upload_type
from app.config import Limits
from app.errors import Exceeded, ProblemError, problem_of
from app.faults import Fault
from app.queries import read_query
from app.reading import Reader
from app.store import CaptureRecord, QueueFullError, Store, new_record
from attention_core import AttentionError


class Intake:
    """Takes in what is to be captured, and promises it.

    Args:
        limits: Every limit.
        store: Where captures wait.
        jobs: What captures them.
        capturing: Knows what can be captured.
        reader: Reads large bodies.
    """

    def __init__(
        self,
        limits: Limits,
        store: Store,
        *,
        jobs: CaptureJobs,
        capturing: Capturing,
        reader: Reader,
    ) -> None:
        self._limits = limits
        self._store = store
        self._jobs = jobs
        self._capturing = capturing
        self._reader = reader
        self._uploads = Uploads(store)

    async def take_in(self, request: Request) -> CaptureRecord:
        """Keep the source of a capture; on the disk when this returns its record.

        Raises:
            ProblemError: Why it cannot be captured.
        """
        store = self._store
        if await store.run(store.writing.n_waiting) >= self._limits.waiting_captures:
            raise self._queue_full()
        await store.run(store.folder.require_room)
        await store.run(store.require_share, 0)
        if "source" in request.query_params:
            return await self._take_upload(request)
        if request.query_params:
            read_query(UploadQuery, request)
        return await self._take_json(request)

    async def read(self, request: Request) -> CaptureRequest:
        """Read a JSON body that asks for a capture, and promise nothing.

        Raises:
            ProblemError: Why it cannot be captured.
        """
        return await self._checked(await receive_json(request))

    async def _take_json(self, request: Request) -> CaptureRecord:
        body = await receive_json(request)
        asked = await self._checked(body)
        source: dict[str, Any] = orjson.loads(body)["source"]
        record = new_record(asked.name or made_name(source), source)
        await self._promise(record)
        return record

    async def _checked(self, body: bytes) -> CaptureRequest:
        try:
            return await self._reader.run(self._read, body)
        except (ProblemError, AttentionError) as error:
            raise problem_as_written(problem_of(error), body) from error

    def _read(self, body: bytes) -> CaptureRequest:
        asked = read_model(CaptureRequest, body, self._limits)
        self._capturing.require_possible(asked.source)
        return asked

    async def _take_upload(self, request: Request) -> CaptureRecord:
        asked = read_query(UploadQuery, request)
        require_upload_fields(asked)
        if asked.model is not None:
            self._require_model(asked.model)
        require_upload_type(asked, request.headers)
        given = asked.model_dump(exclude={"source", "name"}, exclude_none=True)
        source = {"kind": asked.source, **given}
        if asked.source == "model":
            source["is_image"] = True
        record = new_record(asked.name or made_name(source), source)
        await self._uploads.receive(request, record.id)
        try:
            await self._promise(record)
        except Exception:
            # Not where the client has gone: the record may be there, and waits for its file.
            folder = self._store.folder
            await self._store.run(folder.remove, record.id)
            raise
        return record

    def _require_model(self, name: str) -> None:
        try:
            self._capturing.require_model(name)
        except AttentionError as error:
            problem = problem_of(error)
            problem.faults = (Fault(("model",), problem.detail),)
            raise problem from error

    async def _promise(self, record: CaptureRecord) -> None:
        store, most = self._store, self._limits.waiting_captures
        try:
            await store.change(store.writing.create, record, most_waiting=most)
        except QueueFullError:
            raise self._queue_full() from None
        self._jobs.wake()

    def _queue_full(self) -> ProblemError:
        maximum = self._limits.waiting_captures
        return ProblemError(
            429,
            f"At most {maximum} captures may wait to be made, and so many do; ask again later.",
            exceeded=Exceeded("waiting_captures", maximum, maximum),
            headers={"Retry-After": "5"},
        )
