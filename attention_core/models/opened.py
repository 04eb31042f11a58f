"""A model that was opened: what it takes, and captures of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from torch import Tensor, nn

from attention_core.captures.capture import Capture
from attention_core.errors import SpecError
from attention_core.models.capturing import taken
from attention_core.models.generation import can_generate
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.models.preparing import Processors, prepared

Source = Literal["zoo", "folder", "hub", "object"]

N_TRANSLATED = 64
"""How many tokens an encoder–decoder writes at most when it is given no target."""

_DEFAULT = CaptureOptions()


@dataclass(frozen=True)
class OpenedModel:
    """A model with all that it needs to read.

    Attributes:
        name: What it was asked for as.
        source: Where it came from.
        model: The model of transformers itself.
        processors: What makes its inputs.
        max_tokens: The longest text that it takes; None where there is no limit.
        n_bytes: Size of its weights.
    """

    name: str
    source: Source
    model: nn.Module
    processors: Processors = field(default_factory=Processors)
    max_tokens: int | None = None
    n_bytes: int = 0

    @property
    def accepts(self) -> frozenset[str]:
        """What it can be given: ``text``, ``image``, or a ``pair`` of both."""
        return self.processors.accepts

    @property
    def can_generate(self) -> bool:
        """Whether it writes."""
        return can_generate(self.model)

    @property
    def n_parameters(self) -> int:
        """How many numbers it has learned."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def n_layers(self) -> int | None:
        """Layers of its first stack; None where its config does not say."""
        return _told(self.model, "num_hidden_layers")

    @property
    def n_heads(self) -> int | None:
        """Heads of a layer; None where its config does not say."""
        return _told(self.model, "num_attention_heads")

    def capture(self, inputs: ModelInput, *, options: CaptureOptions = _DEFAULT) -> Capture:
        """Run the model once on a text, an image or both.

        Raises:
            SpecError: When the input is not what the model takes, or is too long for it.
        """
        _require_count(options)
        config: Any = self.model.config
        n_written = options.generate
        needs_target = bool(config.is_encoder_decoder) and inputs.target is None
        if needs_target and not self.can_generate:
            raise SpecError(
                "target must be given to an encoder–decoder that does not write, got none; give "
                "what the decoder has written.",
                field=("target",),
            )
        if needs_target and n_written == 0:
            # The last of them is read at the place of that number, counted from zero.
            n_written = min(N_TRANSLATED, max((self.max_tokens or N_TRANSLATED + 1) - 1, 1))
        limit = self.max_tokens
        if limit is not None and n_written and not config.is_encoder_decoder:
            limit -= n_written
            _require_room(n_written, limit)
        reading = prepared(self.model, self.processors, inputs, max_tokens=limit)
        options = replace(options, generate=n_written)
        return taken(self.model, reading, options, name=self.name)

    def capture_tensors(
        self, tensors: Mapping[str, Tensor], *, options: CaptureOptions = _DEFAULT
    ) -> Capture:
        """Run the model once on what a tokenizer or processor made already."""
        _require_count(options)
        device = next(self.model.parameters()).device
        moved = {name: x.to(device) if isinstance(x, Tensor) else x for name, x in tensors.items()}
        reading = self.processors.read(moved, self.model)
        return taken(self.model, reading, options, name=self.name)


def _require_count(options: CaptureOptions) -> None:
    if options.generate < 0:
        raise SpecError(
            f"generate must be zero or more tokens, got {options.generate}.", field=("generate",)
        )


def _require_room(n_written: int, n_left: int) -> None:
    if n_left < 1:
        raise SpecError(
            f"generate must leave room for a text, got {n_written} tokens to write for a model "
            f"that takes {n_written + n_left} in all; write fewer.",
            field=("generate",),
        )


def _told(model: nn.Module, name: str) -> int | None:
    config: Any = model.config
    for part in (
        config,
        getattr(config, "text_config", None),
        getattr(config, "vision_config", None),
    ):
        value = getattr(part, name, None)
        if isinstance(value, int):
            return value
    return None
