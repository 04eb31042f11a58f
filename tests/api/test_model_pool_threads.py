"""The pool of models, asked by several at once: who waits, for what, and what they are told."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from app.models import PoolClosedError
from app.models.places import Places
from attention_core import BrokenModelError
from tests.api.fake_models import WAIT_S, Hub, pool_of, states, use


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as executor:
        yield executor


def n_users(places: Places, name: str) -> int:
    place = places.find(name)
    return 0 if place is None else place.n_users


def until(holds: Callable[[], Any]) -> None:
    """Wait for another thread."""
    done = threading.Event()
    for _ in range(100 * WAIT_S):
        if holds():
            return
        done.wait(0.01)
    raise AssertionError("what a test waits for did not come")


def test_who_finds_every_place_in_use_waits_for_one(hub: Hub, threads: ThreadPoolExecutor) -> None:
    pool = pool_of(hub)

    with ExitStack() as held:
        held.enter_context(pool.opened("one"))
        with pool.opened("two"):
            waiting = threads.submit(use, pool, "three")
            assert not waiting.done()
            assert hub.opened == ["one", "two"]
        waiting.result(WAIT_S)
        assert states(pool)["one"] == "loaded"

    assert hub.opened == ["one", "two", "three"]


def test_two_who_ask_for_one_model_at_once_load_it_once(
    hub: Hub, threads: ThreadPoolExecutor
) -> None:
    pool = pool_of(hub)
    hub.gates["one"] = threading.Event()

    users = [threads.submit(use, pool, "one") for _ in range(3)]
    assert hub.reached.wait(WAIT_S)
    assert states(pool)["one"] == "loading"
    hub.gates["one"].set()
    for user in users:
        user.result(WAIT_S)

    assert hub.opened == ["one"]


def test_one_model_serves_while_another_is_loaded(hub: Hub, threads: ThreadPoolExecutor) -> None:
    pool = pool_of(hub)
    use(pool, "two")
    hub.gates["one"] = threading.Event()

    loading = threads.submit(use, pool, "one")
    until(lambda: states(pool)["one"] == "loading")
    use(pool, "two")
    hub.gates["one"].set()

    loading.result(WAIT_S)


def test_everybody_who_waits_for_a_model_is_told_why_it_failed(
    hub: Hub, threads: ThreadPoolExecutor
) -> None:
    places = Places(2, 100)
    pool = pool_of(hub, places=places)
    hub.gates["one"] = threading.Event()
    hub.faults["one"] = BrokenModelError("cut short")

    loading = threads.submit(use, pool, "one")
    assert hub.reached.wait(WAIT_S)
    waiting = threads.submit(use, pool, "one")
    until(lambda: n_users(places, "one") == 2)
    hub.gates["one"].set()

    for user in (loading, waiting):
        with pytest.raises(BrokenModelError):
            user.result(WAIT_S)
    assert hub.opened == ["one"]


def test_who_gives_up_loading_a_model_does_not_end_it_for_others(
    hub: Hub, threads: ThreadPoolExecutor
) -> None:
    places = Places(2, 100)
    pool = pool_of(hub, places=places)
    hub.gates["one"] = threading.Event()

    def give_up(done: int, total: int) -> None:
        if done > 0:
            raise InterruptedError

    def load() -> None:
        with pool.opened("one", give_up):
            pass

    loading = threads.submit(load)
    assert hub.reached.wait(WAIT_S)
    waiting = threads.submit(use, pool, "one")
    until(lambda: n_users(places, "one") == 2)
    hub.gates["one"].set()

    with pytest.raises(InterruptedError):
        loading.result(WAIT_S)
    waiting.result(WAIT_S)
    assert hub.opened == ["one", "one"]
    assert states(pool)["one"] == "loaded"


def test_closing_wakes_who_waits_and_ends_loading(hub: Hub, threads: ThreadPoolExecutor) -> None:
    pool = pool_of(hub, n_places=1)
    hub.gates["one"] = threading.Event()
    loading = threads.submit(use, pool, "one")
    assert hub.reached.wait(WAIT_S)
    waiting = threads.submit(use, pool, "two")

    pool.close()
    with pytest.raises(PoolClosedError):
        waiting.result(WAIT_S)
    hub.gates["one"].set()
    with pytest.raises(PoolClosedError):
        loading.result(WAIT_S)

    assert hub.opened == ["one"]
    assert states(pool)["one"] == "here"
