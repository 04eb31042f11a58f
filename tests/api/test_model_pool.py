"""The pool of models: few are loaded, each once, and what fails is told and tried again."""

import pytest

from app.models import Entry, ModelPool, Registry, RegistryError
from app.models.places import Places
from attention_core import (
    BrokenModelError,
    BudgetError,
    ModelFacts,
    OfflineModelError,
    UnknownModelError,
)
from tests.api.fake_models import NAMES, Hub, pool_of, states, use


@pytest.fixture
def hub() -> Hub:
    return Hub()


def test_a_model_is_loaded_once_however_often_it_is_used(hub: Hub) -> None:
    use(pool_of(hub), "one", "one", "one")

    assert hub.opened == ["one"]


def test_the_least_recently_used_model_leaves_for_another(hub: Hub) -> None:
    pool = pool_of(hub)

    use(pool, "one", "two", "one", "three")

    assert states(pool) == {
        "one": "loaded",
        "two": "here",
        "three": "loaded",
        "five": "not_downloaded",
    }
    use(pool, "one", "two")
    assert hub.opened == ["one", "two", "three", "two"]


def test_a_model_in_use_does_not_leave(hub: Hub) -> None:
    pool = pool_of(hub)

    with pool.opened("one"):
        use(pool, "two", "three", "two")
        assert states(pool)["one"] == "loaded"
    use(pool, "one")

    assert hub.opened == ["one", "two", "three", "two"]


def test_models_leave_until_the_weights_of_another_fit(hub: Hub) -> None:
    pool = pool_of(hub, n_places=3, budget_bytes=9)

    use(pool, "one", "two", "three")

    assert [name for name, state in states(pool).items() if state == "loaded"] == ["two", "three"]


def test_a_model_that_takes_more_than_its_files_makes_idle_ones_leave(hub: Hub) -> None:
    pool = pool_of(hub, n_places=3, budget_bytes=13)
    hub.grown["three"] = 11

    use(pool, "one", "two", "three")

    assert [name for name, state in states(pool).items() if state == "loaded"] == ["three"]


def test_a_model_larger_than_the_budget_is_refused_before_it_is_loaded(hub: Hub) -> None:
    pool = pool_of(hub, budget_bytes=6)

    with pytest.raises(BudgetError, match="memory_budget_bytes") as caught, pool.opened("five"):
        pass

    assert (caught.value.actual, caught.value.maximum) == (7, 6)
    assert hub.opened == []
    assert states(pool)["five"] == "failed"


def test_a_download_larger_than_the_budget_ends_when_its_size_is_known(hub: Hub) -> None:
    pool = pool_of(hub, budget_bytes=6)
    hub.unknown.add("five")
    told: list[int] = []

    with (
        pytest.raises(BudgetError, match="'five' alone takes 7"),
        pool.opened("five", lambda done, total: told.append(done)),
    ):
        pass

    assert told == []
    assert states(pool)["five"] == "failed"


def test_idle_models_leave_when_the_size_of_a_download_is_known(hub: Hub) -> None:
    pool = pool_of(hub, budget_bytes=9)
    hub.unknown.add("five")
    loaded: list[str] = []
    use(pool, "three")

    with pool.opened("five", lambda done, total: loaded.append(states(pool)["three"])):
        pass

    assert loaded == ["here"]


def test_a_name_that_is_not_registered_is_never_opened(hub: Hub) -> None:
    with (
        pytest.raises(UnknownModelError, match=r"one, two, three, five; got 'org/any'.*--model"),
        pool_of(hub).opened("org/any"),
    ):
        pass

    assert hub.opened == []


def test_a_failure_is_shown_and_the_next_use_tries_again(hub: Hub) -> None:
    pool = pool_of(hub)
    hub.faults["one"] = OfflineModelError("'one' must be fetched, and there is no network.")

    with pytest.raises(OfflineModelError), pool.opened("one"):
        pass
    failed = next(row for row in pool.rows() if row.entry.name == "one")
    del hub.faults["one"]
    use(pool, "one")

    assert failed.state == "failed"
    assert failed.problem is not None
    assert (failed.problem.status, failed.problem.detail) == (
        424,
        "'one' must be fetched, and there is no network.",
    )
    assert next(row for row in pool.rows() if row.entry.name == "one").problem is None


def test_a_model_that_fails_leaves_its_place_to_others(hub: Hub) -> None:
    pool = pool_of(hub, n_places=1)
    hub.faults["one"] = BrokenModelError("cut short")

    for _ in range(3):
        with pytest.raises(BrokenModelError), pool.opened("one"):
            pass
    use(pool, "two")

    assert hub.opened == ["one", "one", "one", "two"]


def test_progress_of_loading_reaches_who_asked(hub: Hub) -> None:
    told: list[tuple[int, int]] = []

    with pool_of(hub).opened("three", lambda done, total: told.append((done, total))):
        pass

    assert told == [(0, 5)]


def test_an_error_of_who_uses_a_model_is_not_the_models(hub: Hub) -> None:
    pool = pool_of(hub, n_places=1)

    with pytest.raises(ZeroDivisionError), pool.opened("one"):
        raise ZeroDivisionError

    assert states(pool)["one"] == "loaded"
    use(pool, "two")


def test_a_loaded_model_tells_of_itself(hub: Hub) -> None:
    pool = pool_of(hub)
    hub.grown["one"] = 13

    use(pool, "one")

    loaded = next(row for row in pool.rows() if row.entry.name == "one")
    assert loaded.facts == ModelFacts(
        is_here=True,
        accepts=frozenset({"text"}),
        can_generate=True,
        n_layers=3,
        n_heads=5,
        max_tokens=11,
        n_bytes=13,
    )


def test_two_models_of_one_name_are_refused() -> None:
    entries = [Entry("one", "a/b", "hub", "One"), Entry("one", "/c", "folder", "One")]

    with pytest.raises(RegistryError, match=r"'one' for 'a/b' and for '/c'"):
        Registry(entries)


def test_a_model_whose_files_cannot_be_read_is_listed_as_failed(hub: Hub) -> None:
    def describe(location: str) -> ModelFacts:
        if location == "two":
            raise BrokenModelError("config.json of a model must be readable JSON, got none.")
        return hub.describe(location)

    entries = [Entry(name, name, "folder", name) for name in NAMES]
    pool = ModelPool(Registry(entries), Places(2, 100), open_location=hub.open, describe=describe)

    rows = {row.entry.name: row for row in pool.rows()}

    assert rows["two"].state == "failed"
    assert rows["two"].problem is not None
    assert rows["one"].state == "here"
    with pytest.raises(BrokenModelError), pool.opened("two"):
        pass
    assert hub.opened == []
