"""One overview that somebody wants: who, how far it is, and what became of it."""

import threading
from dataclasses import dataclass, field
from typing import Literal

from app.errors import ProblemError
from app.overviews.place import Place
from app.store import CaptureRecord
from attention_core import Pyramid

State = Literal["waiting", "running", "ready", "failed", "stopped"]


@dataclass(eq=False)
class Wish:
    """One overview that somebody wants.

    Attributes:
        place: Which head.
        record: Its capture.
        state: How far it is.
        is_asked: Whether somebody asked for the overview itself; else it is made for as long as a
            look waits for it.
        n_looks: Looks that wait for it.
        pyramid: What there is of it so far.
        problem: Why it failed.
        stop: Set when nobody wants it any more.
    """

    place: Place
    record: CaptureRecord
    state: State = "waiting"
    is_asked: bool = False
    n_looks: int = 0
    pyramid: Pyramid | None = None
    problem: ProblemError | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def is_open(self) -> bool:
        """Whether it may still become ready."""
        return self.state in ("waiting", "running")
