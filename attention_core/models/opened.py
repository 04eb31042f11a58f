"""A model that was opened: what it takes, and captures of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from attention_core.captures.capture import Capture
from attention_core.errors import BudgetError, SpecError
from attention_core.models.capturing import taken
from attention_core.models.estimate import CaptureEstimate
from attention_core.models.estimating import estimated
from attention_core.models.generation import can_generate
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.models.pace import pace_of
from attention_core.models.preparing import Processors, prepared
from attention_core.models.reading import Reading

Source = Literal["zoo", "folder", "hub", "object"]

N_TRANSLATED = 64
"""How many tokens an encoder–decoder writes at most when it is given no target."""

_SHORT = 1024
"""Tokens up to which a capture is never too large, and not worth an estimate."""

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
            BudgetError: When it would take more memory than ``options.budget_bytes``.
        """
        reading, options = self._read(inputs, options)
        n_tokens = len(reading.main) + len(reading.target) + options.generate
        if options.budget_bytes is not None and n_tokens > _SHORT:
            _require_budget(self._estimated(reading, options), options.budget_bytes)
        return taken(self.model, reading, options, name=self.name)

    def estimate(
        self, inputs: ModelInput, *, options: CaptureOptions = _DEFAULT
    ) -> CaptureEstimate:
        """Tell what a capture would cost, without running the model on the input.

        The first estimate of a model runs it on a few tokens, to see how fast it is here.

        Raises:
            SpecError: When the input is not what the model takes, or is too long for it.
        """
        started = time.perf_counter()
        reading, options = self._read(inputs, options)
        reading_s = time.perf_counter() - started
        found = self._estimated(reading, options)
        return replace(found, seconds=found.seconds + reading_s)

    def _estimated(self, reading: Reading, options: CaptureOptions) -> CaptureEstimate:
        sample = reading
        if self.model.config.is_encoder_decoder and not reading.target:  # type: ignore[union-attr]
            # A decoder that writes by itself is timed as if it were given what it begins with.
            start = getattr(self.model.config, "decoder_start_token_id", None)
            ids = reading.tensors[next(iter(reading.tensors))].new_full(
                (1, 1), start or 0, dtype=torch.int64
            )
            sample = replace(reading, tensors={**reading.tensors, "decoder_input_ids": ids})
        pace = pace_of(self.model, sample, longest=self.max_tokens, check=options.check)
        return estimated(self.model, reading, options, pace)

    def _read(self, inputs: ModelInput, options: CaptureOptions) -> tuple[Reading, CaptureOptions]:
        """Make what the model is called with; the options tell how much it writes besides."""
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
        limits = [n for n in (self.max_tokens, options.max_tokens) if n is not None]
        limit = min(limits, default=None)
        if limit is not None and n_written and not config.is_encoder_decoder:
            limit -= n_written
            _require_room(n_written, limit)
        reading = prepared(self.model, self.processors, inputs, max_tokens=limit)
        return reading, replace(options, generate=n_written)

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


def _require_budget(found: CaptureEstimate, maximum: int) -> None:
    if found.n_bytes <= maximum:
        return
    layers = found.layers_within(maximum)
    way_out = "give a shorter text"
    if layers is not None:
        way_out = f"keep fewer layers, such as {', '.join(str(layer) for layer in layers)}"
    raise BudgetError(
        f"a capture may take about {maximum:,} bytes of memory, got one of {found.n_key_tokens:,} "
        f"tokens and {found.n_kept} layers that needs about {found.n_bytes:,}; {way_out}.",
        actual=found.n_bytes,
        maximum=maximum,
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
