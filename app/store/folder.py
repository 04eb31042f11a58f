"""The data folder: captures and their overviews, uploads that wait, and how much room is left."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from app.errors import Exceeded, ProblemError

_PARTIAL = ".part"
_ABANDONED_S = 3600
"""An upload that nobody asked for within this time is nobody's; others may still be under way."""

_INDEX_BYTES = 2**20
"""What the index may take for a while to forget a capture."""


class DataFolder:
    """Files of captures under one folder.

    Args:
        path: The folder.
        min_free_bytes: Space on its disk that nothing may take.
    """

    def __init__(self, path: Path, min_free_bytes: int) -> None:
        self.path = path
        self._min_free_bytes = min_free_bytes
        self._lock: int | None = None
        self._makes_way: Callable[[int], None] | None = None

    def make(self) -> None:
        """Make the folder, and prove that it can be written to.

        Raises:
            OSError: When it cannot.
        """
        for name in ("", "captures", "overviews", "uploads"):
            # What people capture is theirs alone.
            (self.path / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = self.path / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()

    def on_lack(self, makes_way: Callable[[int], None]) -> None:
        """Ask somebody for bytes that are lacking, before anybody is refused."""
        self._makes_way = makes_way

    def lock(self) -> bool:
        """Become the one process that captures into this folder; False while another one is.

        The system ends the lock with its process, however that ends.
        """
        if self._lock is None:
            handle = os.open(self.path / "jobs.lock", os.O_RDWR | os.O_CREAT, 0o600)
            if not _try_lock(handle):
                os.close(handle)
                return False
            self._lock = handle
        return True

    def unlock(self) -> None:
        """Let another process capture."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def of_capture(self, capture_id: str) -> Path:
        """Return the folder of a capture."""
        return self.path / "captures" / capture_id

    @property
    def overviews(self) -> Path:
        """Return the folder of everything that was computed of captures, and may be again."""
        return self.path / "overviews"

    def of_overviews(self, capture_id: str) -> Path:
        """Return the folder of what was computed of a capture."""
        return self.overviews / capture_id

    def stamp(self, capture_id: str) -> tuple[tuple[str, int, int], ...]:
        """Tell the files of a capture from others in their place, without reading them."""
        folder = self.of_capture(capture_id)
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        stats = ((path.name, path.stat()) for path in found)
        return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)

    def upload(self, capture_id: str) -> Path:
        """Return where the raw body of a capture waits."""
        return self.path / "uploads" / capture_id

    def partial_upload(self, capture_id: str) -> Path:
        """Return where the raw body of a capture is written while it comes."""
        return self.path / "uploads" / f"{capture_id}{_PARTIAL}"

    def keep_upload(self, capture_id: str) -> None:
        """Give a whole upload its name, on the disk before this returns."""
        self.partial_upload(capture_id).rename(self.upload(capture_id))
        _sync(self.path / "uploads")

    def remove(self, capture_id: str) -> None:
        """Remove every file of a capture."""
        self.remove_saved(capture_id)
        self.upload(capture_id).unlink(missing_ok=True)

    def remove_saved(self, capture_id: str) -> None:
        """Remove what was saved of a capture, or half saved, but not its upload."""
        # One may be written just now; what stays is swept at the next start.
        shutil.rmtree(self.of_overviews(capture_id), ignore_errors=True)
        folder = self.of_capture(capture_id)
        if folder.exists():
            shutil.rmtree(folder)

    def sweep_uploads(self, waiting: set[str]) -> None:
        """Remove uploads that no capture waits for, once they are old enough to be nobody's."""
        oldest = time.time() - _ABANDONED_S
        for path in (self.path / "uploads").iterdir():
            if path.name not in waiting and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    @property
    def room_bytes(self) -> int:
        """Space on the disk that may be taken."""
        return max(shutil.disk_usage(self.path).free - self._min_free_bytes, 0)

    def ease(self) -> None:
        """Let overviews leave a disk that is full, so that a capture can be deleted on it.

        Whoever deletes something there wants space, and the index takes some to forget it.
        """
        with suppress(OSError):
            self._ask_for(_INDEX_BYTES)

    def require_room(self, n_bytes: int = 0) -> None:
        """Refuse to take space that is not there.

        Raises:
            ProblemError: 507.
        """
        minimum = self._min_free_bytes
        self._ask_for(n_bytes + minimum)
        free_bytes = shutil.disk_usage(self.path).free
        if free_bytes - n_bytes < minimum:
            raise ProblemError(
                507,
                f"The disk must keep {minimum} bytes free, and has {free_bytes} where {n_bytes} "
                "are needed; delete captures that nobody needs, or free space otherwise.",
                exceeded=Exceeded("min_free_bytes", free_bytes, minimum),
            )

    def _ask_for(self, free_bytes: int) -> None:
        """Have overviews leave until so much is free, where that is of use."""
        lacking = free_bytes - shutil.disk_usage(self.path).free
        if lacking > 0 and self._makes_way is not None:
            self._makes_way(lacking)


def _try_lock(handle: int) -> bool:
    with suppress(ImportError):  # Windows has no such lock; one process a folder is enough there.
        fcntl = import_module("fcntl")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
