"""Captures that are looked at: few, mapped into memory, the least recently used leaves.

Jobs of several threads share an opened capture and its maps. A map asks, between blocks of its
work, whether the thread that it works in shall stop.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.store.records import CaptureRecord
from attention_core import AttentionMap, Capture, GivenWeights

Load = Callable[[CaptureRecord], Capture]
"""Reads a capture from the disk."""

Stamp = Callable[[CaptureRecord], object]
"""Tells whether a capture's file is the one that was read, without reading it."""

AnyMap = AttentionMap | GivenWeights

_MAX_OPENED = 8
_MAX_MAPS = 6
"""Maps of one capture that are kept; each holds a layer's Q, K and the state of its rows."""


class _Asking(threading.local):
    """What the job of this thread is to ask whether it shall stop."""

    check: Callable[[], None] | None = None

    def ask(self) -> None:
        if self.check is not None:
            self.check()


class OpenedCapture:
    """One capture, and the maps that were looked at last.

    Args:
        capture: The capture.
        max_bytes: What the maps may take beside the file, but for one that is larger alone.
    """

    def __init__(self, capture: Capture, max_bytes: int) -> None:
        self.capture = capture
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._maps: OrderedDict[tuple[str, int], AnyMap] = OrderedDict()
        self._asking = _Asking()

    @contextmanager
    def stopping(self, check: Callable[[], None]) -> Iterator[None]:
        """Stop the work that this thread does inside where a check raises."""
        self._asking.check = check
        try:
            yield
        finally:
            self._asking.check = None

    def map(self, kind: str, layer: int) -> AnyMap:
        """Return the map of one layer, made when it is first looked at."""
        place = (kind, layer)
        with self._lock:
            found = self._maps.get(place)
            if found is not None:
                self._maps.move_to_end(place)
                return found
        # Not a method of this object: a map that held it would keep itself, and what it takes
        # beside the file, until cycles are collected.
        made = self.capture.map(kind, layer, check=self._asking.ask)
        with self._lock:
            # Another thread may have made it meanwhile; one of both is enough.
            kept = self._maps.setdefault(place, made)
            while len(self._maps) > _MAX_MAPS or (
                len(self._maps) > 1 and self._n_map_bytes > self._max_bytes
            ):
                self._maps.popitem(last=False)
        return kept

    @property
    def _n_map_bytes(self) -> int:
        return sum(self.capture.stack(kind).layers[layer].map_bytes for kind, layer in self._maps)

    def check(self) -> None:
        """Stop where the job of this thread shall."""
        self._asking.ask()


class _Place(NamedTuple):
    """An opened capture, the size of its file, and which file that was."""

    opened: OpenedCapture
    n_bytes: int
    stamp: object


class OpenedCaptures:
    """Opens captures, and keeps those that were looked at last.

    Args:
        load: Reads a capture from the disk.
        stamp: Tells a file from another in its place.
        max_bytes: Files that may be mapped at once, but for one that is larger alone; and what
            the maps of one may take beside its file.
    """

    def __init__(self, load: Load, stamp: Stamp, max_bytes: int) -> None:
        self._load = load
        self._stamp = stamp
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._opened: OrderedDict[str, _Place] = OrderedDict()

    def open(self, record: CaptureRecord) -> OpenedCapture:
        """Return a ready capture, read when it is first looked at.

        Raises:
            CaptureError: When its file cannot be read, or has changed.
        """
        stamp = self._stamp(record)
        with self._turn(record.id):
            with self._lock:
                place = self._opened.get(record.id)
                # A file that was cut short while it is mapped would end the process when touched.
                if place is not None and place.stamp == stamp:
                    self._opened.move_to_end(record.id)
                    return place.opened
                self._opened.pop(record.id, None)
            opened = OpenedCapture(self._load(record), self._max_bytes)
            with self._lock:
                self._opened[record.id] = _Place(opened, record.n_bytes, stamp)
                self._let_go()
            return opened

    def close(self, capture_id: str) -> None:
        """Let go of a capture that is deleted."""
        with self._lock:
            self._opened.pop(capture_id, None)

    def _let_go(self) -> None:
        while len(self._opened) > 1 and (
            len(self._opened) > _MAX_OPENED or self._n_bytes > self._max_bytes
        ):
            self._opened.popitem(last=False)

    @property
    def _n_bytes(self) -> int:
        return sum(place.n_bytes for place in self._opened.values())

    @contextmanager
    def _turn(self, capture_id: str) -> Iterator[None]:
        """Let one thread at a time open a capture: reading it whole costs seconds."""
        with self._lock:
            turn = self._loading.setdefault(capture_id, threading.Lock())
        with turn:
            yield
        with self._lock:
            if not turn.locked():
                self._loading.pop(capture_id, None)
