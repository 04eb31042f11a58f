"""The few places for loaded models: who gets one, who waits for one, and who must leave."""

import gc
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from attention_core import OpenedModel


class PoolClosedError(Exception):
    """The service ends; no model is opened any more."""


@dataclass(eq=False)
class Place:
    """A place for one model, taken from the moment that its loading begins.

    Attributes:
        n_bytes: What its weights take, by estimate until they are loaded.
        loading: The model, or the error that it ended in.
        n_users: Who holds it now; nobody's model may leave while it is used.
        last_used: Grows with every use of any model.
    """

    n_bytes: int
    loading: Future[OpenedModel] = field(default_factory=Future)
    n_users: int = 1
    last_used: int = 0

    @property
    def model(self) -> OpenedModel | None:
        """The model once it is loaded."""
        has_loaded = self.loading.done() and self.loading.exception() is None
        return self.loading.result() if has_loaded else None

    @property
    def is_idle(self) -> bool:
        """Whether its model may leave."""
        return self.n_users == 0


class Places:
    """Gives places to models by name; safe for threads.

    Args:
        n_places: Models that may have a place at once.
        budget_bytes: What the weights of all of them may take.
    """

    def __init__(self, n_places: int, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self._n_places = n_places
        self._changed = threading.Condition()
        self._places: dict[str, Place] = {}
        self._n_uses = 0
        self._is_closed = False

    def find(self, name: str) -> Place | None:
        """Return the place of a model, if it has one."""
        return self._places.get(name)

    def take(self, name: str, n_bytes: int) -> tuple[Place, bool]:
        """Take part in a model's place, or make it one; wait while all others are used.

        Args:
            name: The model's name.
            n_bytes: What its weights take; within the budget.

        Returns:
            The place, and whether it is new, so that the model is still to be loaded into it.

        Raises:
            PoolClosedError: When no model may be opened any more.
        """
        with self._changed:
            while not self._is_closed:
                place = self._places.get(name)
                if place is not None:
                    place.n_users += 1
                    self._touch(place)
                    return place, False
                if self._make_room(n_bytes):
                    place = self._places[name] = Place(n_bytes)
                    self._touch(place)
                    return place, True
                self._changed.wait()
        raise PoolClosedError

    def resize(self, place: Place, n_bytes: int) -> None:
        """Tell better what a place takes; idle models leave where that is too much."""
        with self._changed:
            place.n_bytes = n_bytes
            while self._overflow_bytes(0) > 0 and self._evict():
                pass

    def fill(self, place: Place, model: OpenedModel) -> None:
        """Put a model into its place."""
        self.resize(place, model.n_bytes)
        place.loading.set_result(model)

    def give_up(self, name: str, error: BaseException) -> None:
        """Free the place of a model that could not be loaded, and tell who waits for it."""
        with self._changed:
            # Freed first: who waits may ask for a new place at once.
            place = self._places.pop(name)
            place.loading.set_exception(error)
            self._changed.notify_all()

    def release(self, place: Place) -> None:
        """Let go of a place that was taken."""
        with self._changed:
            place.n_users -= 1
            self._changed.notify_all()

    def require_open(self) -> None:
        """Raise once models may no longer be opened.

        Raises:
            PoolClosedError: From ``close`` on.
        """
        if self._is_closed:
            raise PoolClosedError

    def close(self) -> None:
        """Give no more places, and wake who waits for one."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _touch(self, place: Place) -> None:
        self._n_uses += 1
        place.last_used = self._n_uses

    def _make_room(self, n_bytes: int) -> bool:
        """Let idle models leave until another fits; tell whether it does."""
        while len(self._places) >= self._n_places or self._overflow_bytes(n_bytes) > 0:
            if not self._evict():
                return False
        return True

    def _overflow_bytes(self, n_bytes: int) -> int:
        taken_bytes = sum(place.n_bytes for place in self._places.values())
        return taken_bytes + n_bytes - self.budget_bytes

    def _evict(self) -> bool:
        """Let the least recently used of the idle models leave; tell whether there was one."""
        idle = [name for name, place in self._places.items() if place.is_idle]
        if not idle:
            return False
        del self._places[min(idle, key=lambda name: self._places[name].last_used)]
        gc.collect()  # Modules refer to each other: else both would be in memory for a while.
        return True
