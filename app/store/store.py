"""Where captures are kept, and what becomes of the service where they cannot be."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog
from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings
from app.errors import Exceeded, ProblemError
from app.store.engine import is_current, open_engine, upgrade
from app.store.folder import DataFolder
from app.store.index import CaptureIndex
from app.store.records import CaptureRecord
from attention_core import Capture, load_capture

_log: structlog.stdlib.BoundLogger = structlog.get_logger("attention_atlas.store")

_Args = ParamSpec("_Args")
_Answer = TypeVar("_Answer")

_THREADS = 4


class Store:
    """The index and the files of captures; opened at start-up, and off where that fails.

    Args:
        settings: Where they are, and how much space they may take.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = DataFolder(settings.data_dir, settings.min_free_bytes)
        self._index: CaptureIndex | None = None
        self._why_off = "the service is starting"
        self._removing = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")
        # Writes wait for each other, and for other processes; who only reads shall not.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")

    @property
    def is_saving(self) -> bool:
        """Whether captures can be kept."""
        return not self._why_off

    @property
    def reading(self) -> CaptureIndex:
        """The index, to look at.

        Raises:
            ProblemError: 503 where there is none.
        """
        if self._index is None:
            raise _off(self._why_off)
        return self._index

    @property
    def writing(self) -> CaptureIndex:
        """The index, to change.

        Raises:
            ProblemError: 503 where saving is off.
        """
        if self._why_off:
            raise _off(self._why_off)
        return self.reading

    async def run(
        self, function: Callable[_Args, _Answer], *args: _Args.args, **kwargs: _Args.kwargs
    ) -> _Answer:
        """Call what reads the index, or touches files, so that the event loop turns."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))

    async def change(
        self, function: Callable[_Args, _Answer], *args: _Args.args, **kwargs: _Args.kwargs
    ) -> _Answer:
        """Call what writes to the index, one call after the other."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, lambda: function(*args, **kwargs))

    def open(self) -> None:
        """Open the index and the folder; where that fails, say why and go on without."""
        self._why_off = self._make()
        if not self._why_off:
            return
        _log.warning("saving is off", why=self._why_off)
        try:
            self._index = self._read_only()
        except (ImportError, OSError, SQLAlchemyError):
            self._index = None

    def close(self) -> None:
        """Close the index; the service ends."""
        for threads in (self._threads, self._writer):
            threads.shutdown(wait=True, cancel_futures=True)
        if self._index is not None:
            self._index.close()
        self.folder.unlock()

    def load(self, record: CaptureRecord) -> Capture:
        """Read a ready capture, and prove that it is the one that was saved.

        Raises:
            CaptureError: When its file is missing, cut short or changed.
        """
        return load_capture(self.folder.of_capture(record.id), sha256=record.sha256)

    def require_share(self, n_bytes: int) -> None:
        """Refuse a capture that would not fit beside those that are pinned.

        Raises:
            ProblemError: 507.
        """
        maximum = self._settings.max_captures_bytes
        pinned_bytes = self.writing.n_bytes(pinned_only=True)
        if pinned_bytes + n_bytes > maximum:
            raise ProblemError(
                507,
                f"All captures together may take {maximum} bytes; those that are pinned take "
                f"{pinned_bytes}, and this one {n_bytes}; unpin or delete some.",
                exceeded=Exceeded("max_captures_bytes", pinned_bytes + n_bytes, maximum),
            )

    def room_bytes(self) -> int:
        """Tell how large one more capture may be; what is not pinned would leave for it."""
        share = self._settings.max_captures_bytes - self.writing.n_bytes(pinned_only=True)
        return max(min(share, self.folder.room_bytes), 0)

    def make_share(self, n_bytes: int) -> list[str]:
        """Let the oldest captures that are not pinned leave, until another one fits.

        Returns:
            The ids of those that left.

        Raises:
            ProblemError: 507 where those that are pinned leave too little.
        """
        self.require_share(n_bytes)
        index, left = self.writing, list[str]()
        while index.n_bytes() + n_bytes > self._settings.max_captures_bytes:
            oldest = index.leaving()
            if oldest is None:
                break
            if index.bury(oldest.id):
                self.finish_deleting(oldest.id)
                left.append(oldest.id)
        return left

    def finish_deleting(self, capture_id: str) -> None:
        """Remove the files of a capture that is buried, then its record."""
        with self._removing:
            self.folder.remove(capture_id)
            self.writing.forget(capture_id)

    def _make(self) -> str:
        """Open everything to be written to; returns why that failed, or nothing."""
        try:
            self.folder.make()
        except OSError as error:
            return f"the data folder cannot be written to: {error.strerror}"
        try:
            engine = open_engine(self._settings.index_url)
            upgrade(engine)
        except ImportError:
            return "the database needs a driver: pip install 'attention-atlas[postgres]'"
        except CommandError:
            return "the index was made by a newer version"
        except SQLAlchemyError as error:
            # Its text may hold the database's URL, and with it a password.
            return f"the index cannot be opened: {type(error).__name__}"
        self._index = CaptureIndex(engine)
        return ""

    def _read_only(self) -> CaptureIndex | None:
        """Open an index that is there already; None where it is none that this version reads."""
        url = make_url(self._settings.index_url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            return None
        engine = open_engine(self._settings.index_url, read_only=True)
        return CaptureIndex(engine) if is_current(engine) else None


def _off(why: str) -> ProblemError:
    return ProblemError(
        503,
        f"Captures must be kept in a data folder, and saving is off: {why}. Everything else goes "
        "on; an operator sets ATTENTION_ATLAS_DATA_DIR to a folder that can be written to.",
    )
