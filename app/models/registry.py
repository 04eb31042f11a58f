"""The allow-list: every model that may be opened, by its name, and where it comes from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from attention_core import ModelFacts, UnknownModelError

Source = Literal["zoo", "folder", "hub"]


class RegistryError(ValueError):
    """The models that were given cannot all be offered; told at start-up."""


@dataclass(frozen=True)
class Entry:
    """One model that may be opened.

    Attributes:
        name: What a request calls it.
        location: What the library is asked to open: a name in the zoo, a folder, or a hub id.
        source: Which of the three that is.
        title: What the page calls it.
        summary: One line on what it is.
        examples: Texts to try it with.
        facts: What is known of it before it is here.
    """

    name: str
    location: str
    source: Source
    title: str
    summary: str = ""
    examples: tuple[str, ...] = ()
    facts: ModelFacts | None = None


class Registry:
    """Finds the models that may be opened, and no others.

    Args:
        entries: Every model, in the order in which the page lists them.

    Raises:
        RegistryError: When two have the same name.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            other = self._entries.setdefault(entry.name, entry)
            if other is not entry:
                raise RegistryError(
                    f"each model must have a name of its own, got {entry.name!r} for "
                    f"{other.location!r} and for {entry.location!r}; give the latter another NAME."
                )

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def require(self, name: str) -> Entry:
        """Find a model by its name.

        Raises:
            UnknownModelError: When there is none of that name.
        """
        entry = self._entries.get(name)
        if entry is None:
            names = ", ".join(self._entries)
            raise UnknownModelError(
                f"model must be one of: {names}; got {name[:64]!r}. Whoever runs the service adds "
                "others with --model NAME=PATH_OR_HUB_ID.",
                field=("source", "model"),
            )
        return entry
