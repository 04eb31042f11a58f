"""The gate: who computes, who waits, and who is sent away."""

import asyncio
import gc
import threading
import weakref
from typing import Any

import pytest
import torch
from starlette.requests import Request
from starlette.types import Message

from app.config import Limits
from app.errors import ProblemError
from app.gate import ClientGoneError, Gate

pytestmark = pytest.mark.anyio


def limits(**given: Any) -> Limits:
    return Limits(**{"workers": 1, "waiting_jobs": 1, "waiting_s": 5, "computing_s": 5} | given)


def request_of(gone: asyncio.Event | None = None) -> Request:
    """Make a request whose client stays until the event is set."""
    event = gone or asyncio.Event()

    async def receive() -> Message:
        await event.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


class Work:
    """A job that lasts until it is let go."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.let_go = threading.Event()
        self.was_stopped = False

    def __call__(self, stop: threading.Event) -> str:
        self.started.set()
        while not self.let_go.wait(0.005):
            if stop.is_set():
                self.was_stopped = True
        return "done"

    async def has_started(self) -> None:
        await asyncio.to_thread(self.started.wait, 5)


async def test_a_job_runs_off_the_event_loop_with_its_share_of_threads() -> None:
    gate = Gate(limits(threads_per_worker=1))

    def job(_stop: threading.Event) -> tuple[int, int]:
        return threading.get_ident(), torch.get_num_threads()

    thread, n_threads = await gate.run(job, request_of())
    gate.close()

    assert thread != threading.get_ident()
    assert n_threads == 1


async def test_an_error_of_a_job_is_the_callers() -> None:
    gate = Gate(limits())

    def job(_stop: threading.Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await gate.run(job, request_of())
    assert await gate.run(lambda _stop: "next", request_of()) == "next"
    gate.close()


async def test_a_failed_job_leaves_nothing_that_it_worked_on() -> None:
    class Large:
        """What would take much memory."""

    gate = Gate(limits())
    found: list[weakref.ref[Large]] = []

    def job(_stop: threading.Event) -> None:
        large = Large()
        found.append(weakref.ref(large))
        raise ValueError("no")

    gc.disable()
    try:
        with pytest.raises(ValueError, match="no"):
            await gate.run(job, request_of())

        assert found[0]() is None
    finally:
        gc.enable()
        gate.close()


async def test_a_full_queue_sends_the_next_job_away() -> None:
    gate, first, second = Gate(limits()), Work(), Work()
    computing = asyncio.create_task(gate.run(first, request_of()))
    await first.has_started()
    gate.refuse_when_full()
    waiting = asyncio.create_task(gate.run(second, request_of()))
    await asyncio.sleep(0.02)

    with pytest.raises(ProblemError) as raised:
        gate.refuse_when_full()
    with pytest.raises(ProblemError):
        await gate.run(Work(), request_of())
    first.let_go.set()
    second.let_go.set()

    assert raised.value.status == 429
    assert int(raised.value.headers["Retry-After"]) >= 1
    assert (await computing, await waiting) == ("done", "done")
    gate.close()


async def test_a_job_that_finds_no_worker_in_time_is_sent_away() -> None:
    gate, first = Gate(limits(waiting_s=0.05)), Work()
    computing = asyncio.create_task(gate.run(first, request_of()))
    await first.has_started()

    with pytest.raises(ProblemError) as raised:
        await gate.run(Work(), request_of())
    first.let_go.set()

    assert raised.value.status == 503
    assert raised.value.headers["Retry-After"] == "1"
    assert await computing == "done"
    gate.close()


async def test_a_slot_is_free_only_when_the_thread_of_a_late_job_ends() -> None:
    gate, late = Gate(limits(computing_s=0.05, waiting_s=0.1)), Work()

    with pytest.raises(ProblemError) as too_slow:
        await gate.run(late, request_of())
    with pytest.raises(ProblemError) as no_slot:
        await gate.run(lambda _stop: "next", request_of())
    late.let_go.set()

    assert (too_slow.value.status, no_slot.value.status) == (504, 503)
    assert late.was_stopped
    assert await gate.run(lambda _stop: "next", request_of()) == "next"
    gate.close()


async def test_a_client_that_leaves_stops_its_job() -> None:
    gate, work, gone = Gate(limits()), Work(), asyncio.Event()
    computing = asyncio.create_task(gate.run(work, request_of(gone)))
    await work.has_started()

    gone.set()
    with pytest.raises(ClientGoneError):
        await computing
    await asyncio.sleep(0.05)
    work.let_go.set()

    assert work.was_stopped
    gate.close()


async def test_a_client_that_leaves_the_queue_leaves_its_place() -> None:
    gate, work, gone = Gate(limits()), Work(), asyncio.Event()
    computing = asyncio.create_task(gate.run(work, request_of()))
    await work.has_started()
    waiting = asyncio.create_task(gate.run(Work(), request_of(gone)))
    await asyncio.sleep(0.02)

    gone.set()
    with pytest.raises(ClientGoneError):
        await waiting
    gate.refuse_when_full()
    work.let_go.set()

    assert await computing == "done"
    gate.close()
