"""What every endpoint of overviews does: tell how far one is, make it, wait for it, remove it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, NamedTuple

from starlette.requests import Request

from app.captures.as_json import capture_path
from app.captures.looking import Looking, sizes_of_head
from app.captures.progress import Progress
from app.captures.schemas import HeadQuery
from app.config import Limits
from app.errors import Exceeded, ProblemError, problem_body
from app.overviews.estimates import Estimates
from app.overviews.jobs import OverviewJobs
from app.overviews.kept import KeptOverviews
from app.overviews.pace import Pace
from app.overviews.place import Place
from app.overviews.sizes import KnownSizes, Sizes
from app.overviews.waiting import too_long, until_ended
from app.overviews.wish import Wish
from app.readiness import Readiness
from app.store import CaptureRecord, OpenedCapture, OpenedCaptures, Store
from attention_core import (
    Extent,
    GivenWeights,
    Pyramid,
    Survey,
    base_cell,
    is_short_survey,
    needs_pyramid,
)

_EVENT_S = 0.2
"""How often a survey is looked at for its events."""

_SHARE_OF_BUDGET = 8
"""Overviews in memory may take this part of the memory budget."""


class Asked(NamedTuple):
    """A head of a ready capture."""

    record: CaptureRecord
    place: Place


async def head_of(looking: Looking, capture_id: str, asked: HeadQuery) -> Asked:
    """Look up the head that was asked for.

    Raises:
        ProblemError: 404 or 409 where there is no such capture, or it is not ready; 422 where it
            has no such head.
    """
    record = await looking.ready(capture_id)
    sizes_of_head(record, asked)
    return Asked(record, Place.of(record, asked))


class Overviews:
    """Overviews as endpoints see them.

    Args:
        limits: Every limit.
        store: Where captures are kept, and overviews beside them.
        opened: Captures that are open.
        looking: Lets workers look at captures.
        readiness: Tells when the service ends, and nobody is to wait any more.
    """

    def __init__(
        self,
        limits: Limits,
        store: Store,
        *,
        opened: OpenedCaptures,
        looking: Looking,
        readiness: Readiness,
    ) -> None:
        self._limits = limits
        self._store = store
        self._readiness = readiness
        # No more threads than a job has: threads that wait for each other at every step, beside
        # those that answer requests, took a hundred times as long on busy cores.
        n_threads = limits.threads_per_worker
        self._pace = Pace(n_threads)
        self._kept = KeptOverviews(
            store.folder,
            max_bytes=limits.max_overviews_bytes,
            max_open_bytes=limits.memory_budget_bytes // _SHARE_OF_BUDGET,
        )
        store.folder.on_lack(self._kept.make_way)
        self._estimates = Estimates(limits, self._kept, self._pace)
        self._sizes = KnownSizes(looking, self._pace)
        self._n_waiting = 0
        self._jobs = OverviewJobs(
            opened,
            self._kept,
            most_waiting=limits.waiting_overviews,
            n_threads=n_threads,
            learn=self._sizes.learn,
            is_crowded=lambda: looking.is_crowded,
        )

    def start(self) -> None:
        """Begin to make overviews; what a kill left behind is removed first."""
        if self._store.is_saving:
            index = self._store.reading
            self._kept.sweep(lambda capture_id: index.get(capture_id) is not None)
        self._jobs.start()

    def close(self) -> None:
        """Make no more."""
        self._jobs.close()

    def forget(self, capture_id: str) -> None:
        """Let go of all overviews of a capture that is deleted."""
        self._jobs.forget(capture_id)
        self._kept.forget(capture_id)

    def pyramid(self, opened: OpenedCapture, place: Place, *, at_once: bool) -> Pyramid | None:
        """Return what there is of an overview, whole or growing; for a worker thread.

        Args:
            opened: The capture.
            place: Which head of it.
            at_once: Whether one that takes no longer than a picture is made here and now.
        """
        whole = opened.map(place.kind, place.layer)
        extent = Extent(whole.n_queries, whole.n_keys)
        if isinstance(whole, GivenWeights) or not needs_pyramid(extent):
            return None
        wish = self._jobs.look(place)
        growing = None if wish is None else wish.pyramid
        found = self._kept.find(place, extent) or growing
        if found is None and at_once and is_short_survey(whole):
            found = Survey(whole, place.head).run(check=opened.check)
            self._kept.hold(place, found)
        return found

    async def tell(self, request: Request, record: CaptureRecord, place: Place) -> dict[str, Any]:
        """Tell all of an overview but its numbers."""
        sizes = await self.sizes(request, record, place)
        told = await self._store.run(self._told, place, sizes)
        estimate = None
        if sizes.is_needed:
            estimate = asdict(await self._store.run(self._estimates.of, sizes))
        failure = self._jobs.problem(place) if told["state"] == "failed" else None
        path = capture_path(record.id)
        state, progress = told.pop("state"), told
        return {
            "kind": place.kind,
            "layer": place.layer,
            "head": place.head,
            "state": state,
            "needed": sizes.is_needed,
            "cell": base_cell(sizes.extent) if sizes.is_needed else (1, 1),
            "progress": progress,
            "estimate": estimate,
            "problem": None if failure is None else problem_body(failure, path=path),
        }

    async def make(self, request: Request, record: CaptureRecord, place: Place) -> None:
        """See to it that an overview is made, where it is needed and not there.

        Raises:
            ProblemError: 422 or 507 where it cannot be, 429 where too many wait.
        """
        sizes = await self.sizes(request, record, place)
        if not sizes.is_needed or await self._store.run(self._kept.has, place):
            return
        await self._store.run(self._estimates.require_fits, sizes)
        self._jobs.want(record, place, is_asked=True)

    async def remove(self, place: Place) -> None:
        """Stop an overview that is made, and remove it where it is kept.

        Raises:
            ProblemError: 503 where it is on a disk that cannot be written to.
        """
        self._jobs.stop(place)
        if not await self._store.run(self._kept.drop, place):
            raise ProblemError(
                503,
                "The file of this overview must be removed, and the data folder cannot be written "
                "to; an operator makes it so again. What is in the file is right all the same.",
            )

    async def follow(self, place: Place, sizes: Sizes) -> AsyncIterator[dict[str, Any]]:
        """Tell the state and the progress at once and at each change, until it ends."""
        told = None
        while self._readiness.status != "stopping":
            now = await self._store.run(self._told, place, sizes)
            if now != told:
                yield now
                told = now
            if now["state"] not in ("waiting", "running"):
                return
            await asyncio.sleep(_EVENT_S)

    async def wait(self, request: Request, record: CaptureRecord, place: Place) -> None:
        """Wait until an overview is there; it is begun where it is not.

        Raises:
            ProblemError: 409 where that takes too long, 422 or 507 where it cannot be made, 429
                where too many wait; and what the survey itself failed in.
            ClientGoneError: When the client left.
        """
        sizes = await self.sizes(request, record, place)
        if await self._store.run(self._kept.has, place):
            return
        await self._store.run(self._estimates.require_fits, sizes)
        estimate_s = self._pace.seconds(sizes.way, sizes.cells)
        if estimate_s > self._limits.computing_s and self._jobs.look(place) is None:
            raise too_long(record, estimate_s, self._limits.computing_s)
        self._require_place()
        wish = self._jobs.want(record, place, is_asked=False)
        self._n_waiting += 1
        try:
            async with asyncio.timeout(self._limits.computing_s):
                await until_ended(wish, request, self._readiness)
        except TimeoutError:
            # Whoever asks again finds it further on.
            wish.is_asked = True
            left_s = self._left_s(wish, estimate_s)
            raise too_long(record, left_s, self._limits.computing_s) from None
        finally:
            self._n_waiting -= 1
            self._jobs.leave(wish)
        if wish.problem is not None:
            raise wish.problem

    async def sizes(self, request: Request, record: CaptureRecord, place: Place) -> Sizes:
        """Tell what a survey of a head would have to do; a worker looks where nobody knows yet."""
        return await self._sizes.of(request, record, place)

    def _told(self, place: Place, sizes: Sizes) -> dict[str, Any]:
        """Write state and progress, as an event tells it; looks at the disk."""
        n_rows = sizes.extent.n_queries
        state, progress = "none", Progress(0, n_rows)
        wish = self._jobs.look(place)
        if not sizes.is_needed:
            state, progress = "ready", Progress(n_rows, n_rows, 0.0)
        elif wish is not None and wish.is_open:
            state = wish.state
            # Of one that waits there may be that of a survey that was stopped before it.
            found = self._jobs.progress(wish) if state == "running" else None
            if found is not None and found.done:
                progress = found
        elif self._kept.has(place):
            state, progress = "ready", Progress(n_rows, n_rows, 0.0)
        elif self._jobs.problem(place) is not None:
            state = "failed"
        return {"state": state, **asdict(progress)}

    def _require_place(self) -> None:
        maximum = self._limits.waiting_overviews
        if self._n_waiting >= maximum:
            raise ProblemError(
                429,
                f"At most {maximum} looks may wait for an overview, and so many do; ask again "
                "later, or with sampled=true.",
                exceeded=Exceeded("waiting_overviews", self._n_waiting, maximum),
                headers={"Retry-After": "5"},
            )

    def _left_s(self, wish: Wish, estimate_s: float) -> float:
        progress = self._jobs.progress(wish)
        return estimate_s if progress is None or progress.eta_s is None else progress.eta_s
