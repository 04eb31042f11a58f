"""The gate: few workers that compute, a short queue before them, and deadlines for both.

A slot is free when its thread really ends, not when somebody stops waiting for it: a job that
outlives its deadline would otherwise share the machine with the next one.
"""

import asyncio
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from traceback import clear_frames
from typing import TypeVar

from starlette.requests import Request

from app.config import Limits
from app.errors import Exceeded, ProblemError
from app.threads import compute_with

_Answer = TypeVar("_Answer")

Job = Callable[[threading.Event], _Answer]
"""Work for a thread; it looks at the event between steps and ends when that is set."""


class StoppedError(Exception):
    """A job ended early because nobody waits for it any more."""


class ClientGoneError(Exception):
    """The client closed its connection before its answer was ready."""


class Gate:
    """Admits jobs to the worker threads; lives on one event loop.

    Args:
        limits: How many compute, how many wait, and how long.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.workers)
        self._n_waiting = 0
        self._pool = ThreadPoolExecutor(
            limits.workers,
            thread_name_prefix="compute",
            initializer=compute_with,
            initargs=(limits.threads_per_worker,),
        )

    @property
    def is_crowded(self) -> bool:
        """Whether somebody waits for a worker; any thread may ask."""
        return self._n_waiting > 0

    def refuse_when_full(self) -> None:
        """Refuse a request before its body is read when its job would find the queue full.

        Raises:
            ProblemError: 429.
        """
        if self._slots.locked() and self._n_waiting >= self._limits.waiting_jobs:
            maximum = self._limits.waiting_jobs
            raise ProblemError(
                429,
                f"At most {maximum} jobs may wait for a worker, and so many do; ask again later.",
                exceeded=Exceeded("waiting_jobs", self._n_waiting, maximum),
                headers=self._retry_after(),
            )

    async def run(self, job: Job[_Answer], request: Request) -> _Answer:
        """Run a job in a worker thread while its client waits for it.

        Raises:
            ProblemError: 429 when the queue is full, 503 when no worker came free in time, 504
                when the job passed its deadline.
            ClientGoneError: When the client left; the job is told to stop.
        """
        stop = threading.Event()
        work = asyncio.ensure_future(self._admit(job, stop))
        gone = asyncio.ensure_future(until_gone(request))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise ClientGoneError
        finally:
            stop.set()
            gone.cancel()
            work.cancel()

    async def start(self, warm_up: Callable[[], object]) -> None:
        """Run a small job once in every thread, so that the first request need not wait."""
        loop = asyncio.get_running_loop()
        barrier = threading.Barrier(self._limits.workers)

        def run_with_others() -> None:
            barrier.wait()  # Holds each thread until all are there, or one would take every job.
            warm_up()

        threads = range(self._limits.workers)
        await asyncio.gather(*(loop.run_in_executor(self._pool, run_with_others) for _ in threads))

    def close(self) -> None:
        """Refuse further jobs and drop those that have not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _admit(self, job: Job[_Answer], stop: threading.Event) -> _Answer:
        await self._take_slot()
        future = asyncio.get_running_loop().run_in_executor(self._pool, job, stop)
        future.add_done_callback(self._free_slot)
        done, _ = await asyncio.wait({future}, timeout=self._limits.computing_s)
        if not done:
            raise self._too_slow()
        if (error := future.exception()) is not None:
            # What a failed job worked on would stay until cycles are collected: the error holds
            # its frames, and is held by this one.
            clear_frames(error.__traceback__)
        return future.result()

    async def _take_slot(self) -> None:
        self.refuse_when_full()
        self._n_waiting += 1
        try:
            async with asyncio.timeout(self._limits.waiting_s):
                await self._slots.acquire()
        except TimeoutError:
            raise self._no_slot() from None
        finally:
            self._n_waiting -= 1

    def _free_slot(self, future: asyncio.Future[_Answer]) -> None:
        self._slots.release()
        if not future.cancelled():
            future.exception()  # A job whose client left has nobody else to look at its error.

    def _no_slot(self) -> ProblemError:
        maximum = self._limits.waiting_s
        return ProblemError(
            503,
            f"A job may wait {maximum:g} s for a worker, and none came free; ask again later.",
            exceeded=Exceeded("waiting_s", maximum, maximum),
            headers=self._retry_after(),
        )

    def _too_slow(self) -> ProblemError:
        maximum = self._limits.computing_s
        return ProblemError(
            504,
            f"An answer must be computed within {maximum:g} s, and this one was not; ask for "
            "fewer tokens, heads or features.",
            exceeded=Exceeded("computing_s", maximum, maximum),
        )

    def _retry_after(self) -> dict[str, str]:
        return {"Retry-After": str(math.ceil(self._limits.waiting_s))}


async def until_gone(request: Request) -> None:
    """Wait until the client of a request has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
