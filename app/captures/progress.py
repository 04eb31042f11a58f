"""How far each running capture is: written by the thread that captures, read by who watches."""

import threading
import time
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Progress:
    """How far a capture is.

    Attributes:
        done: How much is done, in steps of its own.
        total: How much there is to do.
        eta_s: Seconds that it may still take; None when unknown.
    """

    done: int = 0
    total: int = 1
    eta_s: float | None = None


WAITING = Progress()
DONE = Progress(1, 1, 0.0)


class _Start(NamedTuple):
    """Where the pace of a capture is measured from.

    Attributes:
        at: When, by the monotonic clock.
        done: How much was done then.
        total: How much there is to do; None before anything is known.
    """

    at: float
    done: int = 0
    total: int | None = None


class ProgressBoard:
    """Progress of the captures that run, by id; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starts: dict[str, _Start] = {}
        self._progress: dict[str, Progress] = {}

    def start(self, capture_id: str) -> None:
        """Note that a capture runs."""
        with self._lock:
            self._starts[capture_id] = _Start(time.monotonic())
            self._progress[capture_id] = WAITING

    def report(self, capture_id: str, done: int, total: int) -> None:
        """Note how far a running capture is."""
        with self._lock:
            start = self._starts.get(capture_id)
            if start is None:
                return
            now = time.monotonic()
            if start.total is None:
                start = start._replace(total=total)
            elif start.total != total:
                # Another kind of step: a model is fetched, then loaded, then asked.
                start = _Start(now, done, total)
            self._starts[capture_id] = start
            n_steps, left = done - start.done, max(total - done, 0)
            eta_s = None if n_steps < 1 else round((now - start.at) / n_steps * left, 1)
            self._progress[capture_id] = Progress(done, max(total, 1), eta_s)

    def end(self, capture_id: str) -> None:
        """Note that a capture runs no more."""
        with self._lock:
            self._starts.pop(capture_id, None)
            self._progress.pop(capture_id, None)

    def look(self, capture_id: str) -> Progress | None:
        """Tell how far a capture is; None where it does not run here."""
        return self._progress.get(capture_id)
