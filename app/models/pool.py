"""The models as they stand: opened when they are asked for, and what became of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from app.errors import ProblemError, problem_of
from app.models.places import Place, Places
from app.models.registry import Entry, Registry
from attention_core import (
    BrokenModelError,
    BudgetError,
    ModelError,
    ModelFacts,
    OpenedModel,
    Progress,
)

State = Literal["loaded", "loading", "here", "not_downloaded", "failed"]
Opener = Callable[..., OpenedModel]
"""Opens a location, as the library's ``open_model`` does; told progress as ``on_progress``."""
Describer = Callable[[str], ModelFacts]
"""Tells what is known of a location without opening it, as the library's ``describe_model``."""


@dataclass(frozen=True)
class ModelRow:
    """One model as it stands.

    Attributes:
        entry: Which model it is.
        state: Whether it is loaded, here, still to be fetched, or failed.
        facts: What is known of it.
        problem: Why it could not be opened, the last time that it was tried.
    """

    entry: Entry
    state: State
    facts: ModelFacts
    problem: ProblemError | None = None


class ModelPool:
    """Keeps few models loaded; the least recently used leaves for another.

    Safe for threads: who asks for a model that is being loaded waits for it.

    Args:
        registry: The models that may be opened.
        places: How many may be loaded at once.
        open_location: Opens a location of the registry.
        describe: Tells what is known of a location.
    """

    def __init__(
        self, registry: Registry, places: Places, *, open_location: Opener, describe: Describer
    ) -> None:
        self._registry = registry
        self._places = places
        self._open_location = open_location
        self._describe = describe
        self._problems: dict[str, ProblemError] = {}

    def require(self, name: str) -> Entry:
        """Find a model that may be opened, without opening it.

        Raises:
            UnknownModelError: When there is none of that name.
            RefusedModelError: When its small files tell that it may not be opened.
        """
        entry = self._registry.require(name)
        with suppress(BrokenModelError):  # Its user is told when it is opened; it may be mended.
            self._facts(entry)
        return entry

    @contextmanager
    def opened(self, name: str, on_progress: Progress | None = None) -> Iterator[OpenedModel]:
        """Hold a model as long as the context lasts, loaded first where it is not.

        Args:
            name: The model's name.
            on_progress: Told how much of the model has been fetched or loaded; what it raises
                ends the loading.

        Raises:
            UnknownModelError: When there is no model of that name.
            ModelError: When it cannot be opened.
            BudgetError: When it alone is larger than all loaded models may be.
            PoolClosedError: When the service ends meanwhile.
        """
        place = self._take(self.require(name), on_progress)
        try:
            yield place.loading.result()
        finally:
            self._places.release(place)

    def rows(self) -> list[ModelRow]:
        """Tell how every model stands; opens none."""
        return [self._row(entry) for entry in self._registry]

    def close(self) -> None:
        """Open no further model, and wake who waits for one."""
        self._places.close()

    def _take(self, entry: Entry, on_progress: Progress | None) -> Place:
        n_bytes = self._estimate(entry)
        while True:
            place, is_new = self._places.take(entry.name, n_bytes)
            if is_new:
                self._load(place, entry, on_progress)
            try:
                place.loading.result()
            except _GivenUpError:
                continue  # Whoever loaded it wants it no more; others may.
            return place

    def _estimate(self, entry: Entry) -> int:
        """Tell what a model takes by the sizes of its files; zero when nobody knows."""
        n_bytes = self._facts(entry).n_bytes or 0
        try:
            self._require_budget(entry, n_bytes)
        except BudgetError as error:
            self._problems[entry.name] = problem_of(error)
            raise
        return n_bytes

    def _require_budget(self, entry: Entry, n_bytes: int) -> None:
        maximum = self._places.budget_bytes
        if n_bytes > maximum:
            raise BudgetError(
                f"the weights of all loaded models must fit {maximum} bytes, and {entry.name!r} "
                f"alone takes {n_bytes}; use a smaller model, or raise memory_budget_bytes.",
                actual=n_bytes,
                maximum=maximum,
            )

    def _load(self, place: Place, entry: Entry, on_progress: Progress | None) -> None:
        def expect(n_bytes: int) -> None:
            self._require_budget(entry, n_bytes)
            self._places.resize(place, max(n_bytes, place.n_bytes))

        report = _Report(self._places, expect, on_progress)
        try:
            model = self._open_location(entry.location, on_progress=report)
        except BaseException as error:
            if report.stopped_by is not None:
                self._places.give_up(entry.name, _GivenUpError())
                raise report.stopped_by from None
            if isinstance(error, Exception):
                self._problems[entry.name] = problem_of(error)
            self._places.give_up(entry.name, error)
            raise
        self._problems.pop(entry.name, None)
        self._places.fill(place, model)

    def _row(self, entry: Entry) -> ModelRow:
        place = self._places.find(entry.name)
        if place is not None and place.model is not None:
            return ModelRow(entry, "loaded", ModelFacts.of(place.model))
        try:
            facts, problem = self._facts(entry), self._problems.get(entry.name)
        except ModelError as error:
            facts, problem = ModelFacts(is_here=False), problem_of(error)
        if place is not None:
            return ModelRow(entry, "loading", facts)
        if problem is not None:
            return ModelRow(entry, "failed", facts, problem)
        return ModelRow(entry, "here" if facts.is_here else "not_downloaded", facts)

    def _facts(self, entry: Entry) -> ModelFacts:
        """Tell what is known of a model; the registry knows what is not here yet."""
        if entry.source == "zoo" and entry.facts is not None:
            return entry.facts
        found = self._describe(entry.location)
        if entry.source != "hub" and not found.is_here:
            raise BrokenModelError(
                f"the files of {entry.name!r} must be there, got none; bring them back, or start "
                "the service without this model."
            )
        return found if found.is_here or entry.facts is None else entry.facts


class _GivenUpError(Exception):
    """Who loaded a model wants it no more."""


class _Report:
    """Passes progress on, and remembers when its hearer wants no more of it.

    Args:
        places: Ends the loading when they are closed.
        expect: Told how many bytes will come; refuses too many before they do.
        on_progress: Who hears of it.
    """

    def __init__(
        self, places: Places, expect: Callable[[int], None], on_progress: Progress | None
    ) -> None:
        self.stopped_by: Exception | None = None
        self._places = places
        self._expect = expect
        self._on_progress = on_progress

    def __call__(self, done: int, total: int) -> None:
        self._expect(total)
        try:
            self._places.require_open()
            if self._on_progress is not None:
                self._on_progress(done, total)
        except Exception as error:
            self.stopped_by = error
            raise
