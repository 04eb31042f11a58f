"""How much memory one piece of work adds to a process, at its peak."""

import re
from collections.abc import Callable
from pathlib import Path


def resident_bytes(name: str) -> int:
    """Read a size of this process: ``VmRSS`` now, or ``VmHWM``, its high-water mark."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise RuntimeError(f"no {name} in /proc/self/status")
    return int(found[1]) * 1024


def peak_extra_bytes(work: Callable[[], object]) -> int:
    """Measure what a piece of work adds to what this process holds, at its peak."""
    Path("/proc/self/clear_refs").write_text("5")  # The high-water mark starts anew.
    before = resident_bytes("VmRSS")
    work()
    return resident_bytes("VmHWM") - before
