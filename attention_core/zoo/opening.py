"""Opens a model of the zoo by its name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from torch import nn

from attention_core.devices import Device, device_of
from attention_core.errors import BrokenModelError, UnknownModelError
from attention_core.zoo.card import SHIPPED, Card, read_card
from attention_core.zoo.dates import DateModel
from attention_core.zoo.digits import DigitModel
from attention_core.zoo.induction import InductionModel
from attention_core.zoo.networks import DateNetwork, DigitNetwork, InductionNetwork
from attention_core.zoo.weights import load_weights
from attention_core.zoo.zoo_model import ZooModel


class _Kept(NamedTuple):
    model: type[ZooModel]
    network: type[nn.Module]


_KEPT: Final[Mapping[str, _Kept]] = {
    "dates": _Kept(DateModel, DateNetwork),
    "induction": _Kept(InductionModel, InductionNetwork),
    "digits": _Kept(DigitModel, DigitNetwork),
}

ZOO_NAMES: Final = tuple(_KEPT)
"""The models that ship with the library."""


def open_zoo(name: str, *, device: Device = "auto", folder: Path = SHIPPED) -> ZooModel:
    """Open a model of the zoo: offline, and without any model library.

    Args:
        name: One of ``ZOO_NAMES``.
        device: Where it computes: on the CPU unless ``cuda`` is asked for, for the models are too
            small to gain by a GPU.
        folder: Where weights and card lie.

    Raises:
        UnknownModelError: When there is no such model.
        BrokenModelError: When its card or weights are missing, cut short or changed.
        DeviceError: When the device is not there.
    """
    if name not in _KEPT:
        raise UnknownModelError(
            f"a model of the zoo must be one of {', '.join(ZOO_NAMES)}, got {name!r}.",
            field=("model",),
        )
    card = read_card(name, folder)
    kept = _KEPT[name]
    network = kept.network()
    load_weights(network, card, folder)
    return kept.model(card, network, device_of("cpu" if device == "auto" else device))


def zoo_cards() -> tuple[Card, ...]:
    """Read the cards of all models, none of which is opened.

    Raises:
        BrokenModelError: When one is missing or changed.
    """
    return tuple(read_card(name) for name in ZOO_NAMES)


def example_image(model: str, example: str) -> bytes:
    """Read an example image of a model's card, as PNG.

    Raises:
        UnknownModelError: When the model has no such image.
        BrokenModelError: When its file is missing.
    """
    images = {card.name: card.examples for card in zoo_cards() if "image" in card.accepts}
    if example not in images.get(model, ()):
        raise UnknownModelError(
            f"an example image must be one that a card names, got {example!r} of {model!r}; see "
            "zoo_cards().",
            field=("model",),
        )
    try:
        return (SHIPPED / example).read_bytes()
    except OSError as error:
        raise BrokenModelError(
            f"the example {example!r} must be a file of the package, got none; install "
            "attention-atlas again.",
            field=("model",),
        ) from error
