"""What the service begins with: the models of its settings, none of them loaded."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from app.config import Settings
from app.models.offered import OFFERED
from app.models.places import Places
from app.models.pool import Describer, ModelPool
from app.models.registry import Entry, Registry
from attention_core import (
    ZOO_NAMES,
    BrokenModelError,
    ModelFacts,
    describe_model,
    open_model,
    zoo_cards,
)


def open_pool(settings: Settings) -> ModelPool:
    """Make the pool of the models that the settings allow.

    Raises:
        RegistryError: When two models have the same name.
    """
    return ModelPool(
        registry_of(settings),
        Places(settings.max_loaded_models, settings.memory_budget_bytes),
        open_location=partial(open_model, allow_download=settings.allow_downloads),
        describe=describe_model,
    )


def registry_of(settings: Settings, *, describe: Describer = describe_model) -> Registry:
    """List the models that the settings allow: the zoo, those given, and well-known ones.

    Raises:
        RegistryError: When two models have the same name.
    """
    own = [*_given(settings), *_in_folders(settings)]
    # A model of the operator's takes the name of one that is only offered.
    names = {entry.name for entry in own}
    offered = [entry for entry in OFFERED if entry.name not in names]
    if not settings.allow_downloads:
        offered = [entry for entry in offered if describe(entry.location).is_here]
    return Registry([*_zoo(), *own, *offered])


def _zoo() -> Iterator[Entry]:
    try:
        cards = {card.name: card for card in zoo_cards()}
    except BrokenModelError:
        cards = {}  # The other models still serve; the list tells that these cannot be opened.
    for name in ZOO_NAMES:
        card = cards.get(name)
        if card is None:
            yield Entry(name, name, "zoo", name)
        else:
            facts = ModelFacts.of(card)
            yield Entry(name, name, "zoo", card.title, card.summary, card.examples, facts)


def _given(settings: Settings) -> Iterator[Entry]:
    for name, location in settings.given_models.items():
        if _is_path(location):
            yield Entry(name, str(Path(location).expanduser().absolute()), "folder", name)
        else:
            yield Entry(name, location, "hub", name, location)


def _in_folders(settings: Settings) -> Iterator[Entry]:
    for name, folder in settings.model_folders.items():
        yield Entry(name, str(folder.absolute()), "folder", name)


def _is_path(location: str) -> bool:
    """Tell a folder from a hub id, which is one or two words with a slash between them."""
    return (
        Path(location).is_dir() or location.startswith((".", "/", "~")) or location.count("/") > 1
    )
