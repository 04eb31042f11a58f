"""The thread that surveys: who is next, who waits in vain, and what becomes of failures."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from app.errors import ProblemError
from app.overviews.jobs import OverviewJobs
from app.overviews.kept import KeptOverviews
from app.overviews.place import Place
from app.overviews.wish import Wish
from app.store import CaptureRecord, OpenedCaptures
from app.store.folder import DataFolder
from attention_core import AttentionSpec, Capture, CaptureError, Layer, Stack, Token

N_HEADS, N_TOKENS, DIM = 5, 23, 3
RECORD = CaptureRecord("a", "a", "ready", False, 0, {}, n_bytes=10, sha256="0" * 64)


class Service:
    """Jobs over one capture, which is read when it is let through."""

    def __init__(self, folder: Path, most_waiting: int = 16) -> None:
        self.data = DataFolder(folder, 0)
        self.data.make()
        self.data.of_capture(RECORD.id).mkdir()
        self.let_through = threading.Event()
        self.reading = threading.Event()
        self.error: Exception | None = None
        self.niceness = 0
        self.is_crowded = False
        self.learned: list[Place] = []
        self.kept = KeptOverviews(self.data, max_bytes=2**30, max_open_bytes=2**30)
        self.jobs = OverviewJobs(
            OpenedCaptures(self.load, lambda _record: time.monotonic(), 1000),
            self.kept,
            most_waiting=most_waiting,
            n_threads=1,
            learn=lambda place, _seconds: self.learned.append(place),
            is_crowded=lambda: self.is_crowded,
        )

    def load(self, _record: CaptureRecord) -> Capture:
        self.niceness = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        self.reading.set()
        assert self.let_through.wait(10)
        if self.error is not None:
            raise self.error
        made = torch.Generator().manual_seed(5)
        query, key = (torch.randn(N_HEADS, N_TOKENS, DIM, generator=made) for _ in range(2))
        tokens = tuple(Token(text="x", piece="x") for _ in range(N_TOKENS))
        layer = Layer(AttentionSpec(), query, key)
        return Capture({"self": Stack((layer,), tokens, tokens, n_given=N_TOKENS)})

    def want(self, head: int, *, is_asked: bool = True) -> Wish:
        return self.jobs.want(RECORD, place(head), is_asked=is_asked)

    def busy(self) -> Wish:
        """Begin a survey that goes no further."""
        wish = self.want(0)
        self.jobs.start()
        assert self.reading.wait(5)
        return wish


def place(head: int) -> Place:
    return Place(RECORD.id, RECORD.sha256 or "", "self", 0, head)


def settle(*wishes: Wish) -> None:
    deadline = time.monotonic() + 10
    while any(wish.is_open for wish in wishes):
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def service(tmp_path: Path) -> Any:
    service = Service(tmp_path)
    yield service
    service.let_through.set()
    service.jobs.close()


def test_the_newest_wish_is_surveyed_first(service: Service) -> None:
    wishes = [service.busy(), *(service.want(head) for head in (1, 2, 3))]
    service.want(1)
    service.let_through.set()
    settle(*wishes)

    assert [each.head for each in service.learned] == [0, 1, 3, 2]
    assert {wish.state for wish in wishes} == {"ready"}


def test_who_wishes_for_the_same_shares_the_wish(service: Service) -> None:
    assert service.busy() is service.want(0, is_asked=False)
    assert service.want(1) is service.want(1)


def test_no_more_wait_than_may(tmp_path: Path) -> None:
    service = Service(tmp_path, most_waiting=2)
    service.busy()
    service.want(1), service.want(2)

    with pytest.raises(ProblemError, match="At most 2 overviews") as caught:
        service.want(3)
    service.want(2)
    service.let_through.set()
    service.jobs.close()

    assert caught.value.status == 429
    assert caught.value.exceeded is not None
    assert caught.value.exceeded.limit == "waiting_overviews"
    assert caught.value.headers["Retry-After"]


def test_what_only_looks_waited_for_is_given_up_when_the_last_one_goes(service: Service) -> None:
    service.busy()
    for_looks = service.want(1, is_asked=False)
    service.want(1, is_asked=False)
    asked = service.want(2, is_asked=False)
    service.want(2)

    service.jobs.leave(for_looks)
    assert for_looks.state == "waiting"
    service.jobs.leave(for_looks)
    service.jobs.leave(asked)
    service.let_through.set()
    settle(asked)

    assert (for_looks.state, asked.state) == ("stopped", "ready")
    assert service.jobs.look(place(1)) is None
    assert not service.kept.has(place(1))


def test_a_wish_that_is_stopped_while_it_runs_is_not_kept(service: Service) -> None:
    wish = service.busy()

    service.jobs.stop(place(0))
    after = service.want(1)
    service.let_through.set()
    settle(after)

    assert wish.state == "stopped"
    assert service.jobs.look(place(0)) is None
    assert not service.kept.has(place(0))


def test_a_deleted_capture_takes_its_wishes_along(service: Service) -> None:
    wishes = [service.busy(), service.want(1), service.want(2)]

    service.jobs.forget(RECORD.id)

    assert {wish.state for wish in wishes} == {"stopped"}


def test_a_survey_that_ends_after_its_capture_was_deleted_leaves_no_file(service: Service) -> None:
    service.busy()
    service.jobs.forget(RECORD.id)
    service.data.remove(RECORD.id)
    service.let_through.set()
    service.jobs.close()

    assert not any(service.data.overviews.iterdir())


def test_a_failed_survey_is_told_and_tried_again_when_it_is_asked_for(service: Service) -> None:
    service.error = CaptureError("the file must be whole, and it is cut short.")
    service.let_through.set()
    wish = service.busy()
    settle(wish)
    problem = service.jobs.problem(place(0))
    service.error = None
    again = service.want(0)
    settle(again)

    assert (wish.state, again.state) == ("failed", "ready")
    assert problem is not None
    assert (problem.status, problem.detail) == (424, str(CaptureError(problem.detail)))
    assert service.jobs.problem(place(0)) is None


def test_whatever_fails_the_next_survey_goes_on(service: Service) -> None:
    service.let_through.set()
    # There is no such head, which nobody but the survey itself finds out.
    wishes = [service.busy(), service.want(N_HEADS), service.want(1)]
    settle(*wishes)

    assert [wish.state for wish in wishes] == ["ready", "failed", "ready"]


def test_the_thread_ends_when_the_service_does(service: Service) -> None:
    before = set(threading.enumerate())
    wishes = [service.busy(), service.want(1)]
    closing = threading.Thread(target=service.jobs.close)
    closing.start()
    settle(*wishes)
    service.let_through.set()
    closing.join(5)

    assert not closing.is_alive()
    assert [wish.state for wish in wishes] == ["stopped", "stopped"]
    assert set(threading.enumerate()) <= before


def test_the_thread_gives_way_to_others(service: Service) -> None:
    service.let_through.set()
    settle(service.busy())

    assert service.niceness > os.getpriority(os.PRIO_PROCESS, 0)


def test_a_survey_goes_on_while_looks_wait(service: Service) -> None:
    service.let_through.set()
    service.is_crowded = True
    settle(service.busy())

    assert service.kept.has(place(0))
