"""The weights of a model of the zoo: safetensors whose hash its card knows."""

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from attention_core.errors import BrokenModelError
from attention_core.zoo.card import SHIPPED, Card


def load_weights(network: nn.Module, card: Card, folder: Path = SHIPPED) -> None:
    """Read a network's weights, and put them into it.

    Raises:
        BrokenModelError: When the file is missing, cut short or changed.
    """
    path = folder / f"{card.name}.safetensors"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _broken(card, f"none that can be read at {path}") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != card.sha256:
        raise _broken(card, f"{len(content)} bytes with {sha256} at {path}")
    try:
        network.load_state_dict(load(content))
    except (SafetensorError, RuntimeError) as error:
        raise _broken(card, f"tensors of another network at {path}") from error


def save_weights(network: nn.Module, name: str, folder: Path = SHIPPED) -> tuple[int, str]:
    """Write a network's weights; returns the size of the file and its hash."""
    content = save({key: value.contiguous() for key, value in network.state_dict().items()})
    (folder / f"{name}.safetensors").write_bytes(content)
    return len(content), hashlib.sha256(content).hexdigest()


def _broken(card: Card, came: str) -> BrokenModelError:
    return BrokenModelError(
        f"the weights of '{card.name}' must be the {card.n_bytes} bytes with SHA-256 "
        f"{card.sha256}, got {came}; install attention-atlas again.",
        field=("model",),
    )
