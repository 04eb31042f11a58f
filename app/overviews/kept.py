"""Overviews that were made: few in memory, more on the disk; those looked at longest ago leave.

What is here can be made again, so whatever goes wrong with a file costs time and nothing else.
"""

import os
import shutil
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from app.overviews.place import Place
from app.store.folder import DataFolder
from attention_core import CaptureError, Pyramid, load_pyramid, save_pyramid

_log: structlog.stdlib.BoundLogger = structlog.get_logger("attention_atlas.overviews")

_PARTIAL = ".part"
_ABANDONED_S = 60.0
"""A file that nobody has written to for so long is of a process that ended."""

Stamp = tuple[int, int]
"""Tells a file from another in its place: its number and its size."""


class _Open(NamedTuple):
    """An overview in memory, and which file it is mapped from; None where it is in no file."""

    pyramid: Pyramid
    stamp: Stamp | None


class _File(NamedTuple):
    """A kept overview: when it was looked at last, its size and its path."""

    used: float
    n_bytes: int
    path: Path


class KeptOverviews:
    """Overviews in memory and on the disk; safe for threads.

    Args:
        folder: Where their files are.
        max_bytes: What all files may take.
        max_open_bytes: What those in memory may take, but for one that is larger alone.
    """

    def __init__(self, folder: DataFolder, *, max_bytes: int, max_open_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_open_bytes = max_open_bytes
        self._lock = threading.Lock()
        self._open: OrderedDict[Place, _Open] = OrderedDict()
        # Damaged files that stay where they are, as on a read-only disk.
        self._broken: dict[Place, Stamp] = {}

    def has(self, place: Place) -> bool:
        """Tell whether an overview is kept, without reading it."""
        with self._lock:
            found = self._open.get(place)
        if found is not None and found.stamp is None:
            return True
        stamp = _stamp(self._path(place))
        return stamp is not None and stamp != self._broken.get(place)

    def find(self, place: Place, extent: tuple[int, int]) -> Pyramid | None:
        """Return a kept overview; None where there is none that can be read."""
        path = self._path(place)
        stamp = _stamp(path)
        with self._lock:
            found = self._open.get(place)
            # A file that was cut short while it is mapped would end the process when touched.
            if found is not None and found.stamp in (None, stamp):
                self._open.move_to_end(place)
                return found.pyramid
            self._open.pop(place, None)
        if stamp is None or stamp == self._broken.get(place):
            return None
        return self._read(place, path, extent)

    def keep(self, place: Place, pyramid: Pyramid) -> None:
        """Keep an overview, in memory alone where the disk does not take it."""
        self.hold(place, pyramid)
        try:
            if self._write(place, pyramid):
                # Mapped from its file it takes no memory that the system cannot have back.
                self._read(place, self._path(place), pyramid.extent)
        except OSError as error:
            _log.warning("an overview was not kept on the disk", why=error.strerror)

    def hold(self, place: Place, pyramid: Pyramid) -> None:
        """Keep an overview in memory, as long as no others need its space."""
        self._remember(place, _Open(pyramid, None))

    def drop(self, place: Place) -> bool:
        """Remove an overview wherever it is kept; False where the disk does not let it go."""
        path = self._path(place)
        with self._lock:
            self._open.pop(place, None)
        _remove(path)
        return _stamp(path) in (None, self._broken.get(place))

    def forget(self, capture_id: str) -> None:
        """Let go of a capture that is deleted; its files go with it."""
        with self._lock:
            for place in [place for place in self._open if place.capture_id == capture_id]:
                del self._open[place]

    def sweep(self, is_there: Callable[[str], bool]) -> None:
        """Remove what a kill left behind: half-written files, and those of captures that left."""
        with suppress(OSError):
            for folder in list(self._folder.overviews.iterdir()):
                if is_there(folder.name):
                    _sweep_partial(folder)
                else:
                    shutil.rmtree(folder, ignore_errors=True)

    def make_way(self, n_bytes: int) -> None:
        """Let overviews leave for what cannot be made again, where that is of use."""
        with suppress(OSError):
            files = sorted(self._files())
            if sum(each.n_bytes for each in files) < n_bytes:
                return
            for each in files:
                if n_bytes <= 0:
                    break
                n_bytes -= each.n_bytes
                self._remove(each.path)

    def has_room(self, n_bytes: int) -> bool:
        """Tell whether an overview could be kept, on the disk or in memory."""
        if n_bytes <= self._max_open_bytes:
            return True
        with suppress(OSError):
            in_reach = self._folder.room_bytes + sum(each.n_bytes for each in self._files())
            return n_bytes <= min(self._max_bytes, in_reach)
        return False

    def _read(self, place: Place, path: Path, extent: tuple[int, int]) -> Pyramid | None:
        stamp = _stamp(path)
        try:
            pyramid = load_pyramid(path, of=place.whole, extent=extent, head=place.head)
        except CaptureError as error:
            _log.warning("a kept overview was damaged, and is made again", why=str(error))
            try:
                path.unlink(missing_ok=True)
            except OSError:
                if stamp is not None:
                    self._broken[place] = stamp
            return None
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)
        self._remember(place, _Open(pyramid, stamp))
        return pyramid

    def _remember(self, place: Place, found: _Open) -> None:
        with self._lock:
            self._open[place] = found
            self._open.move_to_end(place)
            while len(self._open) > 1 and self._n_open_bytes > self._max_open_bytes:
                self._open.popitem(last=False)

    def _write(self, place: Place, pyramid: Pyramid) -> bool:
        """Write an overview to the disk; False where there is no room, or its capture has left."""
        path = self._path(place)
        if not self._folder.of_capture(place.capture_id).is_dir():
            return False
        if not self._make_room(pyramid.n_bytes):
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        save_pyramid(pyramid, path, of=place.whole)
        return True

    def _make_room(self, n_bytes: int) -> bool:
        """Let overviews leave, those looked at longest ago first, until another one fits."""
        files = sorted(self._files())
        kept_bytes, room_bytes = sum(each.n_bytes for each in files), self._folder.room_bytes
        if n_bytes > self._max_bytes or n_bytes > room_bytes + kept_bytes:
            return False
        for each in files:
            if n_bytes <= room_bytes and kept_bytes + n_bytes <= self._max_bytes:
                break
            self._remove(each.path)
            kept_bytes -= each.n_bytes
            room_bytes += each.n_bytes
        return n_bytes <= room_bytes and kept_bytes + n_bytes <= self._max_bytes

    def _remove(self, path: Path) -> None:
        """Remove a file, and let go of it: one that is mapped takes its space all the same."""
        with self._lock:
            for place, found in list(self._open.items()):
                if found.stamp is not None and self._path(place) == path:
                    del self._open[place]
        _remove(path)

    def _files(self) -> Iterator[_File]:
        for path in self._folder.overviews.glob("*/*"):
            if path.suffix == _PARTIAL:
                _sweep_partial(path.parent)
                continue
            with suppress(FileNotFoundError):  # Another thread has removed it.
                found = path.stat()
                yield _File(found.st_mtime, found.st_size, path)

    def _path(self, place: Place) -> Path:
        return self._folder.of_overviews(place.capture_id) / place.file_name

    @property
    def _n_open_bytes(self) -> int:
        return sum(each.pyramid.n_bytes for each in self._open.values())


def _stamp(path: Path) -> Stamp | None:
    """Tell a file from another; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size) if stat.S_ISREG(found.st_mode) else None


def _remove(path: Path) -> None:
    """Remove a file, and its folder when it was the last."""
    with suppress(OSError):  # On a read-only disk it stays: it is right all the same.
        path.unlink(missing_ok=True)
        path.parent.rmdir()


def _sweep_partial(folder: Path) -> None:
    oldest = time.time() - _ABANDONED_S
    with suppress(OSError):
        for path in list(folder.glob(f"*{_PARTIAL}")):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
