"""Models that are none: a hub that opens them, and a pool of them."""

import threading
from dataclasses import dataclass, field
from typing import cast

from app.models import Entry, ModelPool, Registry
from app.models.places import Places
from attention_core import ModelFacts, OpenedModel, Progress

NAMES = ("one", "two", "three", "five")
SIZES = {"one": 2, "two": 3, "three": 5, "five": 7}
WAIT_S = 20


@dataclass
class FakeModel:
    """Stands for an opened model."""

    name: str
    n_bytes: int
    accepts: frozenset[str] = frozenset({"text"})
    can_generate: bool = True
    n_layers: int = 3
    n_heads: int = 5
    max_tokens: int = 11


@dataclass
class Hub:
    """Opens fakes, counts them, and fails or waits where a test says so."""

    opened: list[str] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)
    gates: dict[str, threading.Event] = field(default_factory=dict)
    reached: threading.Event = field(default_factory=threading.Event)
    grown: dict[str, int] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def open(self, location: str, *, on_progress: Progress) -> OpenedModel:
        self.opened.append(location)
        self.reached.set()
        on_progress(0, SIZES[location])
        if location in self.gates:
            assert self.gates[location].wait(WAIT_S)
            on_progress(1, SIZES[location])
        if location in self.faults:
            raise self.faults[location]
        n_bytes = self.grown.get(location, SIZES[location])
        return cast("OpenedModel", FakeModel(location, n_bytes))

    def describe(self, location: str) -> ModelFacts:
        if location in self.unknown:
            return ModelFacts(is_here=False)
        return ModelFacts(is_here=location != "five", n_bytes=SIZES[location], n_layers=3)


def pool_of(
    hub: Hub, *, n_places: int = 2, budget_bytes: int = 100, places: Places | None = None
) -> ModelPool:
    entries = [Entry(name, name, "hub", name.title()) for name in NAMES]
    places = places or Places(n_places, budget_bytes)
    return ModelPool(Registry(entries), places, open_location=hub.open, describe=hub.describe)


def use(pool: ModelPool, *names: str) -> None:
    for name in names:
        with pool.opened(name) as model:
            assert model.name == name


def states(pool: ModelPool) -> dict[str, str]:
    return {row.entry.name: row.state for row in pool.rows()}
