"""Captures that are looked at: few, shared by threads, and stopped one by one."""

import gc
import threading
import weakref

import pytest

from app.store import CaptureRecord, OpenedCapture, OpenedCaptures
from attention_core import Capture
from tests.api.captures import fake_capture

WORDS = ["one", "two", "three"]


class Stopped(Exception):  # noqa: N818 - what a job raises is no error
    pass


class Shelf:
    """Captures that are made when they are read, and counted."""

    def __init__(self, max_bytes: int = 1000) -> None:
        self.read: list[str] = []
        self.stamp = 0
        self.opened = OpenedCaptures(self.load, lambda _record: self.stamp, max_bytes)

    def load(self, record: CaptureRecord) -> Capture:
        self.read.append(record.name)
        return fake_capture(WORDS)

    def open(self, name: str, n_bytes: int = 10) -> OpenedCapture:
        record = CaptureRecord(name, name, "ready", False, 0, {}, n_bytes=n_bytes)
        return self.opened.open(record)


def test_a_capture_is_read_once_and_its_maps_are_made_once() -> None:
    shelf = Shelf()

    first, again = shelf.open("a"), shelf.open("a")

    assert first is again
    assert first.map("self", 2) is again.map("self", 2)
    assert first.map("self", 1) is not first.map("self", 2)
    assert shelf.read == ["a"]


def test_the_least_recently_used_leaves_when_too_much_is_mapped() -> None:
    shelf = Shelf(max_bytes=25)
    for name in ("a", "b", "a", "c", "a", "b"):
        shelf.open(name)

    assert shelf.read == ["a", "b", "c", "b"]


def test_a_capture_larger_than_the_budget_is_kept_alone() -> None:
    shelf = Shelf(max_bytes=25)
    for _ in range(3):
        shelf.open("a", n_bytes=100)

    assert shelf.read == ["a"]


def test_a_file_that_changed_is_read_again() -> None:
    shelf = Shelf()
    shelf.open("a")
    shelf.stamp += 1

    shelf.open("a")

    assert shelf.read == ["a", "a"]


def test_maps_that_take_much_memory_leave_for_others() -> None:
    # One map of 5 heads × 3 tokens × 7 features takes some hundred bytes.
    small, large = Shelf(max_bytes=10).open("a"), Shelf(max_bytes=10**6).open("a")

    for opened, is_kept in ((small, False), (large, True)):
        first = opened.map("self", 0)
        opened.map("self", 1)
        assert (opened.map("self", 0) is first) is is_kept
        assert opened.map("self", 0) is opened.map("self", 0)


def test_a_deleted_capture_is_let_go() -> None:
    shelf = Shelf()
    shelf.open("a")

    shelf.opened.close("a")
    shelf.opened.close("never there")
    shelf.open("a")

    assert shelf.read == ["a", "a"]


def test_maps_go_with_their_capture_without_waiting_for_the_collector() -> None:
    shelf = Shelf()
    found = weakref.ref(shelf.open("a").map("self", 1))
    gc.disable()
    try:
        shelf.opened.close("a")

        assert found() is None
    finally:
        gc.enable()


def test_threads_that_ask_at_once_read_a_capture_once() -> None:
    shelf = Shelf()
    threads = [threading.Thread(target=shelf.open, args=("a",)) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shelf.read == ["a"]


def test_a_job_that_stops_does_not_stop_the_next_one_on_the_same_map() -> None:
    def stop() -> None:
        raise Stopped

    opened = Shelf().open("a")
    found = opened.map("self", 0)

    with pytest.raises(Stopped), opened.stopping(stop):
        found.weights()
    with opened.stopping(lambda: None):
        assert found.weights().shape == (5, 3, 3)
    assert found.weights().shape == (5, 3, 3)


def test_a_job_stops_its_own_thread_only() -> None:
    def stop() -> None:
        raise Stopped

    opened, seen = Shelf().open("a"), []

    def look() -> None:
        with opened.stopping(lambda: None):
            seen.append(opened.map("self", 0).weights().shape)

    with opened.stopping(stop):
        other = threading.Thread(target=look)
        other.start()
        other.join()

    assert seen == [(5, 3, 3)]
