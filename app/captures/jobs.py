"""One thread that captures: it takes what waits in the index, the oldest first.

The index is the queue, so nothing that was promised is lost: what was running when the service
ended waits again when it starts.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from app.captures.capturing import Capturing, Watch
from app.captures.progress import ProgressBoard
from app.errors import ProblemError, problem_body, problem_of
from app.gate import StoppedError
from app.logs import frames_of
from app.models import PoolClosedError
from app.store import CaptureRecord, Store
from app.store.contents import details_of, facts_of
from attention_core import Capture, save_capture

_log: structlog.stdlib.BoundLogger = structlog.get_logger("attention_atlas.jobs")

_Answer = TypeVar("_Answer")

_LOOK_S = 1.0
"""How often the index is looked at unasked: another process may have added to it."""

_MOST_RUNS = 5
"""How often a capture is begun whose process ended before it did."""

_LAST_S = 5.0
"""How long a capture may take to notice that the service ends; then the process ends it."""

_AGAIN_S = 1.0
"""How long to wait before an index that did not answer is asked again."""


class CaptureJobs:
    """Captures in a thread of its own, one at a time.

    Args:
        store: Where captures wait and are kept.
        let_go: Told of each capture that leaves the store, before its files do.
        capturing: Makes a capture of its source.
        board: Where progress is told.
    """

    def __init__(
        self,
        store: Store,
        let_go: Callable[[str], None],
        capturing: Capturing,
        board: ProgressBoard,
    ) -> None:
        self._store = store
        self._let_go = let_go
        self._capturing = capturing
        self._board = board
        self._wake = threading.Event()
        self._ends = threading.Event()
        self._stops: dict[str, threading.Event] = {}
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something waits."""
        self._wake.set()

    def delete(self, capture_id: str) -> bool:
        """Delete a capture, waiting, running or ready; False where there is none."""
        self._store.folder.ease()
        if not self._store.writing.bury(capture_id):
            return False
        self._let_go(capture_id)
        if (stop := self._stops.get(capture_id)) is not None:
            stop.set()  # What it still writes is removed when it ends.
        else:
            self._store.finish_deleting(capture_id)
        return True

    def close(self) -> None:
        """End the thread; what it captures waits again at the next start."""
        self._ends.set()
        self._wake.set()
        for stop in list(self._stops.values()):
            stop.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_S)

    def _run(self) -> None:
        with suppress(StoppedError):
            while not self._store.folder.lock():
                self._wait(_LOOK_S)
            self._insist(self._recover)
            while not self._ends.is_set():
                try:
                    self._step()
                except StoppedError:
                    raise
                except Exception as error:  # noqa: BLE001 - the thread must outlive whatever fails
                    _log.error("failed", error=type(error).__name__, frames=frames_of(error))
                    self._wait(_AGAIN_S)

    def _step(self) -> None:
        record = self._insist(self._store.writing.take)
        if record is not None:
            self._work(record)
        else:
            self._wake.wait(_LOOK_S)
            self._wake.clear()

    def _recover(self) -> None:
        """Bring back what a kill left behind: half-written folders, runs and deletions."""
        index, folder = self._store.writing, self._store.folder
        waiting = index.requeue(most_runs=_MOST_RUNS, problem=problem_body(_deadly(), path=""))
        for capture_id in waiting:
            folder.remove_saved(capture_id)
        for capture_id in index.buried():
            self._store.finish_deleting(capture_id)
        folder.sweep_uploads(set(waiting))

    def _work(self, record: CaptureRecord) -> None:
        stop = self._stops[record.id] = threading.Event()
        self._board.start(record.id)
        started = time.perf_counter()
        try:
            outcome = self._capture(record, stop)
        except (StoppedError, PoolClosedError):
            outcome = "stopped"
            with suppress(DBAPIError):  # Then it waits again at the next start.
                self._store.writing.put_back(record.id)
        except Exception as error:  # noqa: BLE001 - whatever fails, the next capture goes on
            outcome = self._fail(record, error)
        finally:
            self._stops.pop(record.id, None)
            self._board.end(record.id)
        if self._insist(lambda: self._store.writing.is_buried(record.id)):
            self._insist(lambda: self._store.finish_deleting(record.id))
            outcome = "deleted"
        elapsed_s = round(time.perf_counter() - started, 3)
        _log.info("capture", id=record.id, outcome=outcome, elapsed_s=elapsed_s)

    def _capture(self, record: CaptureRecord, stop: threading.Event) -> str:
        def check() -> None:
            if stop.is_set() or self._ends.is_set():
                raise StoppedError

        def report(done: int, total: int) -> None:
            self._board.report(record.id, done, total)

        upload = self._store.folder.upload(record.id)
        capture = self._capturing.capture(record.source, upload, Watch(report, check))
        check()
        ready = self._save(record, capture)
        facts, details = facts_of(capture), details_of(capture)
        if self._insist(lambda: self._store.writing.finish(ready, facts, details)):
            with suppress(OSError):  # It is swept at the next start; the capture is ready.
                upload.unlink(missing_ok=True)
            return "ready"
        self._store.folder.remove(record.id)
        return "deleted"

    def _save(self, record: CaptureRecord, capture: Capture) -> CaptureRecord:
        folder = self._store.folder
        folder.require_room()
        saved = save_capture(capture, folder.of_capture(record.id))
        folder.require_room()
        self._make_share(saved.n_bytes)
        return replace(record, n_bytes=record.n_bytes + saved.n_bytes, sha256=saved.sha256)

    def _make_share(self, n_bytes: int) -> None:
        for capture_id in self._store.make_share(n_bytes):
            self._let_go(capture_id)

    def _fail(self, record: CaptureRecord, error: Exception) -> str:
        problem = problem_of(error)
        if problem.status == 500:
            frames = frames_of(error)
            _log.error("failed", id=record.id, error=type(error).__name__, frames=frames)
        body = problem_body(problem, path=f"/api/v1/captures/{record.id}")
        self._insist(lambda: self._store.folder.remove(record.id))
        self._insist(lambda: self._store.writing.fail(record.id, body))
        with suppress(ProblemError):  # What is pinned leaves no room; the next capture hears of it.
            self._make_share(0)
        return "failed"

    def _insist(self, write: Callable[[], _Answer]) -> _Answer:
        """Write to the index until it takes it: it may be locked, or its disk full, for a while.

        Raises:
            StoppedError: When the service ends before.
        """
        while True:
            try:
                return write()
            except (DBAPIError, OSError) as error:
                _log.warning("the store did not take it", error=type(error).__name__)
            self._wait(_AGAIN_S)

    def _wait(self, seconds: float) -> None:
        if self._ends.wait(seconds):
            raise StoppedError


def _deadly() -> ProblemError:
    return ProblemError(
        500,
        f"The service ended {_MOST_RUNS} times while it made this capture, so it is not tried "
        "again; its log may tell why: as a rule there was not memory enough.",
    )
