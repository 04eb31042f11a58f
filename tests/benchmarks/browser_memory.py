"""A watch over the memory of a browser, so that a page cannot take the machine's."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def available_bytes() -> int:
    """Read how much memory the machine could give without writing any to disk."""
    found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    if found is None:
        raise RuntimeError("no MemAvailable in /proc/meminfo")
    return int(found[1]) * 1024


class Watch:
    """What the processes below this one hold together.

    Attributes:
        peak_bytes: The most that was seen.
        was_over: Whether the largest of them was ended for what it held.
    """

    def __init__(self, max_bytes: int) -> None:
        self.peak_bytes, self.was_over = 0, False
        self._max_bytes = max_bytes

    def look(self) -> None:
        """Count, and end the largest process where it is too much."""
        held = {process: _held_bytes(process) for process in _below(os.getpid())}
        total = sum(held.values())
        self.peak_bytes = max(self.peak_bytes, total)
        if total > self._max_bytes:
            self.was_over = True
            os.kill(max(held, key=lambda process: held[process]), signal.SIGKILL)


@contextmanager
def watched(max_bytes: int) -> Iterator[Watch]:
    """Watch until the block ends."""
    watch, is_over = Watch(max_bytes), threading.Event()

    def keep_looking() -> None:
        while not is_over.wait(0.2):
            watch.look()

    thread = threading.Thread(target=keep_looking)
    thread.start()
    try:
        yield watch
    finally:
        is_over.set()
        thread.join()


def _below(process: int) -> Iterator[int]:
    """Walk over all processes that a process has started, and theirs."""
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # It has ended meanwhile.
            continue
        for child in found:
            yield int(child)
            yield from _below(int(child))


def _held_bytes(process: int) -> int:
    """Read what a process alone holds: what it shares with others would count many times."""
    try:
        _, resident, shared = Path(f"/proc/{process}/statm").read_text().split()[:3]
    except OSError:
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
