"""What the zoo's models share: the facts of their card, and a network that answers."""

import time
from abc import ABC, abstractmethod
from typing import ClassVar, Final

import torch
from torch import nn

from attention_core.captures.capture import Capture
from attention_core.errors import SpecError
from attention_core.models.estimate import CaptureEstimate, measured
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.zoo.card import Card

_ALL: Final = CaptureOptions()


class ZooModel(ABC):
    """A model of the zoo, opened.

    Args:
        card: What is known of it.
        network: Its network, weights loaded.
        device: Where it computes.
    """

    source: ClassVar[str] = "zoo"

    def __init__(self, card: Card, network: nn.Module, device: torch.device) -> None:
        self.card, self.device = card, device
        self.network = network.to(device).eval().requires_grad_(requires_grad=False)
        self.name = card.name
        self.accepts = card.accepts
        self.can_generate = card.can_generate
        self.n_parameters, self.n_bytes = card.n_parameters, card.n_bytes
        self.n_layers, self.n_heads = card.n_layers, card.n_heads
        self.max_tokens: int | None = card.max_tokens

    def capture(self, inputs: ModelInput, *, options: CaptureOptions = _ALL) -> Capture:
        """Look at an input, and keep queries, keys and spec of every layer.

        Raises:
            SpecError: When the input is of another sort, empty, too long, or holds characters
                that the model does not know; or an option does not fit the model.
        """
        self._require_sort(inputs)
        self._require_count(options)
        with torch.no_grad():
            return self._capture(inputs, options)

    def estimate(self, inputs: ModelInput, *, options: CaptureOptions = _ALL) -> CaptureEstimate:
        """Tell what a capture costs by taking one: it takes milliseconds.

        Raises:
            SpecError: As ``capture`` does.
        """
        started = time.perf_counter()
        made = self.capture(inputs, options=options)
        return measured(made, time.perf_counter() - started)

    def _require_sort(self, inputs: ModelInput) -> None:
        for name in ("text", "target", "image"):
            is_given, is_taken = getattr(inputs, name) is not None, name in self._takes
            if (is_given and not is_taken) or (not is_given and name in self.accepts):
                (sort,) = self.accepts
                raise SpecError(
                    f"'{self.name}' must be given {_A[sort]} alone, got "
                    f"{f'{_A[name]} too' if is_given else 'none'}; give {_A[sort]}, or open "
                    "another model.",
                    field=(name,),
                )

    def _require_count(self, options: CaptureOptions) -> None:
        if options.generate < 0 or (options.generate and not self.can_generate):
            most = "zero or more tokens" if self.can_generate else "zero, for it writes nothing"
            raise SpecError(
                f"generate of '{self.name}' must be {most}, got {options.generate}; leave it out.",
                field=("generate",),
            )

    @property
    def _takes(self) -> frozenset[str]:
        """What an input may hold."""
        return self.accepts

    @abstractmethod
    def _capture(self, inputs: ModelInput, options: CaptureOptions) -> Capture:
        """Look at an input of the right sort."""


_A: Final = {"text": "a text", "target": "a target", "image": "an image"}
