"""One thread that surveys: it takes the newest wish first, and steps back behind whoever looks."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

import structlog

from app.captures.progress import Progress, ProgressBoard
from app.errors import Exceeded, ProblemError, problem_of
from app.gate import StoppedError
from app.logs import frames_of
from app.overviews.kept import KeptOverviews
from app.overviews.place import Place
from app.overviews.wish import Wish
from app.store import CaptureRecord, OpenedCaptures
from app.threads import compute_with
from attention_core import Pyramid, Survey

_log: structlog.stdlib.BoundLogger = structlog.get_logger("attention_atlas.overviews")

Learn = Callable[[Place, float], None]
"""Told how many seconds the whole survey of a place took."""

_NICE = 5
"""How much the thread gives way to those that answer requests: a third of their share of a core."""

_PAUSE_S = 0.02
"""How long a survey rests between blocks of rows while looks wait for a worker."""

_MAX_FAILED = 64
"""Failures that are remembered, for those who ask."""

_LAST_S = 5.0
"""How long a survey may take to notice that the service ends; then the process ends it."""


class OverviewJobs:
    """Surveys in a thread of its own, one head at a time.

    Args:
        opened: Where captures are opened.
        kept: Where overviews go.
        most_waiting: How many may wait.
        n_threads: Torch threads of a survey.
        learn: Told how long each one took.
        is_crowded: Tells whether looks wait for a worker.
    """

    def __init__(
        self,
        opened: OpenedCaptures,
        kept: KeptOverviews,
        *,
        most_waiting: int,
        n_threads: int,
        learn: Learn,
        is_crowded: Callable[[], bool],
    ) -> None:
        self._opened = opened
        self._kept = kept
        self._most_waiting = most_waiting
        self._n_threads = n_threads
        self._learn = learn
        self._is_crowded = is_crowded
        self._board = ProgressBoard()
        self._news = threading.Condition()
        self._ends = False
        self._wishes: OrderedDict[Place, Wish] = OrderedDict()
        self._failed: OrderedDict[Place, ProblemError] = OrderedDict()
        self._thread = threading.Thread(target=self._run, name="survey", daemon=True)

    def start(self) -> None:
        """Begin to survey."""
        self._thread.start()

    def want(self, record: CaptureRecord, place: Place, *, is_asked: bool) -> Wish:
        """Wish for an overview; who wishes for one that is wanted already shares it.

        Args:
            record: The capture.
            place: Which head of it.
            is_asked: Whether it shall be made even when no look waits for it; a look that does
                must ``leave`` later.

        Raises:
            ProblemError: 429 when too many wait.
        """
        with self._news:
            wish = self._wishes.get(place)
            if wish is None:
                self._require_place()
                wish = self._wishes[place] = Wish(place, record)
                self._failed.pop(place, None)
            self._wishes.move_to_end(place)
            wish.is_asked |= is_asked
            wish.n_looks += not is_asked
            self._news.notify()
            return wish

    def leave(self, wish: Wish) -> None:
        """Say that a look waits no more; what nobody else wants is not made."""
        with self._news:
            wish.n_looks -= 1
            if wish.n_looks == 0 and not wish.is_asked:
                self._give_up(wish)

    def stop(self, place: Place) -> None:
        """Give an overview up, waiting or running, and forget that it failed."""
        with self._news:
            self._failed.pop(place, None)
            if (wish := self._wishes.get(place)) is not None:
                self._give_up(wish)

    def forget(self, capture_id: str) -> None:
        """Give up all overviews of a capture that is deleted."""
        with self._news:
            for wish in [wish for wish in self._wishes.values() if wish.record.id == capture_id]:
                self._give_up(wish)

    def look(self, place: Place) -> Wish | None:
        """Return the wish for an overview that is not made yet; None where nobody has one."""
        return self._wishes.get(place)

    def progress(self, wish: Wish) -> Progress | None:
        """Tell how far a wish is, in rows; None before it runs."""
        return self._board.look(wish.place.key)

    def problem(self, place: Place) -> ProblemError | None:
        """Tell why the last survey of a place failed."""
        return self._failed.get(place)

    def close(self) -> None:
        """End the thread; what waits is not made."""
        with self._news:
            self._ends = True
            for wish in list(self._wishes.values()):
                self._give_up(wish)
            self._news.notify()
        if self._thread.is_alive():
            self._thread.join(_LAST_S)

    def _require_place(self) -> None:
        n_waiting = sum(wish.state == "waiting" for wish in self._wishes.values())
        if n_waiting >= self._most_waiting:
            raise ProblemError(
                429,
                f"At most {self._most_waiting} overviews may wait to be made, and so many do; ask "
                "again later, or stop one.",
                exceeded=Exceeded("waiting_overviews", n_waiting, self._most_waiting),
                headers={"Retry-After": "5"},
            )

    def _give_up(self, wish: Wish) -> None:
        if wish.is_open:
            wish.state = "stopped"
        wish.stop.set()
        if self._wishes.get(wish.place) is wish:
            del self._wishes[wish.place]

    def _run(self) -> None:
        _step_back()
        compute_with(self._n_threads)
        while (wish := self._next()) is not None:
            self._work(wish)

    def _next(self) -> Wish | None:
        """Wait for the newest wish; None when the service ends."""
        with self._news:
            while not self._ends:
                for wish in reversed(self._wishes.values()):
                    wish.state = "running"
                    return wish
                self._news.wait()
        return None

    def _work(self, wish: Wish) -> None:
        self._board.start(wish.place.key)
        started, problem = time.perf_counter(), None
        try:
            self._kept.keep(wish.place, self._survey(wish))
            outcome = "ready"
        except StoppedError:
            outcome = "stopped"
        except Exception as error:  # noqa: BLE001 - whatever fails, the next survey goes on
            outcome, problem = "failed", _problem_of(error)
        elapsed_s = time.perf_counter() - started
        self._end(wish, problem)
        if outcome == "ready":
            self._learn(wish.place, elapsed_s)
        _log.info("overview", id=wish.record.id, outcome=outcome, elapsed_s=round(elapsed_s, 3))

    def _survey(self, wish: Wish) -> Pyramid:
        def check() -> None:
            # As long as a block of rows takes, so that it goes on at half its pace at least.
            pause_s = _PAUSE_S if self._is_crowded() else 0.0
            if wish.stop.wait(pause_s):
                raise StoppedError

        def check_portion() -> None:
            if wish.stop.is_set():
                raise StoppedError

        def report(done: int, total: int) -> None:
            self._board.report(wish.place.key, done, total)

        opened = self._opened.open(wish.record)
        with opened.stopping(check_portion):
            whole = opened.map(wish.place.kind, wish.place.layer)
            survey = Survey(whole, wish.place.head)
            wish.pyramid = survey.pyramid
            return survey.run(on_progress=report, check=check)

    def _end(self, wish: Wish, problem: ProblemError | None) -> None:
        with self._news:
            self._board.end(wish.place.key)
            is_wanted = self._wishes.get(wish.place) is wish
            # First, as those who look do not wait for their turn.
            if is_wanted and problem is not None:
                self._failed[wish.place] = problem
                while len(self._failed) > _MAX_FAILED:
                    self._failed.popitem(last=False)
            if is_wanted:
                wish.problem, wish.state = problem, "ready" if problem is None else "failed"
                del self._wishes[wish.place]
            # What there was of it is kept elsewhere by now, or is nobody's.
            wish.pyramid = None
        if not is_wanted:
            # Removed, or its capture was, while it was being kept.
            self._kept.drop(wish.place)


def _problem_of(error: Exception) -> ProblemError:
    problem = problem_of(error)
    if problem.status == 500:
        _log.error("failed", error=type(error).__name__, frames=frames_of(error))
    return problem


def _step_back() -> None:
    """Let the threads that answer requests go first, where the system can tell threads apart."""
    with suppress(AttributeError, OSError):
        own, thread = os.getpriority(os.PRIO_PROCESS, 0), threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, own + _NICE)
