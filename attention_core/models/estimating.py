"""Works out what a capture would cost from a short pass, the tokens, and what is to be kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from attention_core.captures.capture import Capture, Stack
from attention_core.captures.layer import Layer
from attention_core.captures.storage import text_bytes
from attention_core.captures.token import Token
from attention_core.models.capturing import lean
from attention_core.models.estimate import CaptureEstimate
from attention_core.models.inputs import CaptureOptions
from attention_core.models.long_masks import LONG_CELLS
from attention_core.models.pace import Pace
from attention_core.models.reading import Reading, sequences_of

_TOKEN_BYTES = 400
"""A token as an object, with its texts."""

_MASK_BYTES = 6
"""A cell of a mask: one byte as truth, four as a number in the kernel, one to describe it."""

_BIAS_BYTES = 18
"""A cell of one head's bias: what the model adds, and copies of it to tell its distances."""

_WIDTHS = 4
"""Vectors of a token that a layer holds at once beside the widest, such as its residual."""

_WRITTEN = Token("……", "▁……", id=10**5, word=10**5, sentence=10**4, is_generated=True)


def estimated(
    model: nn.Module, reading: Reading, options: CaptureOptions, pace: Pace
) -> CaptureEstimate:
    """Tell what a capture of a reading would cost.

    Args:
        model: The model that would read.
        reading: What it would read, as ``prepared`` made it.
        options: How the capture would be taken.
        pace: What a short pass of the model told.
    """
    whole = _Whole(model, reading, options, pace)
    last = whole.stacks["cross" if "cross" in whole.stacks else next(iter(whole.stacks))]
    layer_bytes = whole.layer_bytes
    tensor_bytes = sum(layer_bytes) + whole.shared_bytes
    return CaptureEstimate(
        n_query_tokens=len(last.query_tokens),
        n_key_tokens=len(last.key_tokens),
        seconds=whole.seconds,
        n_bytes=tensor_bytes + whole.passing_bytes,
        disk_bytes=tensor_bytes + text_bytes(Capture(whole.stacks, image=reading.image)),
        n_layers=whole.n_layers,
        n_kept=len(layer_bytes),
        layer_bytes=max(layer_bytes, default=0),
    )


class _Whole:
    """A capture that was not taken: the sample's layers with the tokens of the whole reading."""

    def __init__(
        self, model: nn.Module, reading: Reading, options: CaptureOptions, pace: Pace
    ) -> None:
        self._model, self._options, self._pace = model, options, pace
        self._written = options.generate
        self._reading = reading
        sampled = pace.sample.stacks
        self.n_layers = max((len(stack.layers) for stack in sampled.values()), default=0)
        self.stacks = {kind: self._stack(kind, stack) for kind, stack in sampled.items()}

    @property
    def layer_bytes(self) -> list[int]:
        """What each layer that is kept takes, those of all kinds that have its index together."""
        most = max((len(stack.layers) for stack in self.stacks.values()), default=0)
        return [
            sum(
                _n_bytes(stack.layers[index], stack)
                for stack in self.stacks.values()
                if index < len(stack.layers)
            )
            for index in range(most)
        ]

    @property
    def shared_bytes(self) -> int:
        """What masks and biases take, which layers share."""
        found: dict[int, int] = {}
        for stack in self.stacks.values():
            for layer in stack.layers:
                found.update(_shared(layer, stack))
        return sum(found.values())

    @property
    def seconds(self) -> float:
        """How long the model would run."""
        pace, n_tokens = self._pace, len(self._reading.main) + len(self._reading.target)
        seconds = max(n_tokens * pace.token_s, pace.step_s) + self._written * pace.step_s
        for kind, stack in self.stacks.items():
            n_cells = len(stack.query_tokens) * len(stack.key_tokens)
            seconds += n_cells * len(pace.sample.stacks[kind].layers) * pace.cell_s[kind]
        return seconds

    @property
    def passing_bytes(self) -> int:
        """What is held while the model runs, and let go of."""
        n_tokens = max((len(stack.query_tokens) for stack in self.stacks.values()), default=0)
        hidden, widest = _widths(self._model)
        itemsize = next(self._model.parameters()).element_size()
        n_numbers = n_tokens * (_WIDTHS * hidden + 2 * widest)
        config: Any = self._model.config
        if "logits_to_keep" not in lean(self._model, {}) and _has_words(self._model):
            n_numbers += n_tokens * int(config.get_text_config().vocab_size)
        if self._options.generate:
            # The cache keeps what is kept here once more, values too, of every layer.
            n_numbers += sum(
                _numbers(layer, stack, ("key", "value"))
                for kind, stack in self.stacks.items()
                for layer in self._pace.sample.stacks[kind].layers
            )
        n_all = len(self._reading.main) + len(self._reading.target) + self._written
        return n_numbers * itemsize + n_all * _TOKEN_BYTES + max(self._dense_bytes(), default=0)

    def _stack(self, kind: str, sampled: Stack) -> Stack:
        asking, asked = (self._tokens(kind, part) for part in sequences_of(kind, self._reading))
        if not asking or not asked:
            return replace(sampled, layers=self._kept(sampled.layers))
        is_same = sampled.key_tokens is sampled.query_tokens
        # Of an image as many as there were: a text is what grows.
        asking = asking if kind != "vision" else sampled.query_tokens
        asked = asking if is_same else asked
        return Stack(self._kept(sampled.layers), asking, asked, len(asking))

    def _tokens(self, kind: str, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        is_encoder_decoder = bool(getattr(self._model.config, "is_encoder_decoder", False))
        if not is_encoder_decoder:
            return (*tokens, *(_WRITTEN,) * self._written) if kind == "self" else tokens
        if tokens is not self._reading.target:
            return tokens
        # Without a target, it goes on from the one token that decoders begin with.
        return (*(tokens or (_WRITTEN,)), *(_WRITTEN,) * self._written)

    def _kept(self, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        chosen = self._options.layers
        kept = [layer for i, layer in enumerate(layers) if chosen is None or i in chosen]
        return tuple(
            layer if self._options.values else replace(layer, value=None) for layer in kept
        )

    def _dense_bytes(self) -> Iterator[int]:
        """Tell what is held of every pair of tokens by one layer at a time, or by all."""
        for kind, stack in self.stacks.items():
            n_cells = len(stack.query_tokens) * len(stack.key_tokens)
            for layer in self._pace.sample.stacks[kind].layers:
                n_heads = layer.n_heads
                if layer.spec is None or layer.query is None:
                    # Handed over by the model after its last layer, all of them.
                    n_layers = len(self._pace.sample.stacks[kind].layers)
                    yield n_cells * n_heads * 4 * (n_layers + 3)
                    continue
                n_bytes = 0
                if layer.bias is not None or layer.distances is not None:
                    n_bytes += n_cells * (n_heads * _BIAS_BYTES + 2 * _MASK_BYTES)
                elif _has_dense_mask(layer, len(stack.key_tokens)):
                    # A longer one is a matrix only where rows of several steps are laid into it.
                    n_most = n_cells if self._written else min(n_cells, LONG_CELLS)
                    n_bytes += n_most * _MASK_BYTES
                if self._pace.is_eager:
                    size = layer.query.element_size()
                    n_bytes += n_cells * (n_heads * (3 * size + 4) + size)
                yield n_bytes


def _has_dense_mask(layer: Layer, n_keys: int) -> bool:
    """Tell whether transformers hands a mask as a matrix: of anything but causal, or a window."""
    if layer.allowed is not None:
        return True
    for mask in layer.spec.mask if layer.spec is not None else ():
        if mask.kind == "sliding_window":
            left = mask.window[0]
            if left is not None and n_keys > left + 1:
                return True
        elif mask.kind != "causal":
            return True
    return False


def _n_bytes(layer: Layer, stack: Stack) -> int:
    return sum(
        _numbers(layer, stack, (name,)) * x.element_size()
        for name in ("query", "key", "value", "weights")
        if (x := getattr(layer, name)) is not None
    )


def _numbers(layer: Layer, stack: Stack, names: Sequence[str]) -> int:
    """Count the numbers of parts of a layer once they are of all tokens."""
    n_queries, n_keys = len(stack.query_tokens), len(stack.key_tokens)
    count = 0
    for name in names:
        x: Tensor | None = getattr(layer, name)
        if x is not None:
            per_head = {"query": n_queries * x.shape[-1], "weights": n_queries * n_keys}
            count += x.shape[0] * per_head.get(name, n_keys * x.shape[-1])
    return count


def _shared(layer: Layer, stack: Stack) -> dict[int, int]:
    n_queries, n_keys = len(stack.query_tokens), len(stack.key_tokens)
    sizes = (
        (layer.bias, n_queries * n_keys),
        (layer.distances, n_queries + n_keys - 1),
        (layer.allowed, n_queries * n_keys),
    )
    return {
        x.data_ptr(): count * x.element_size() * (x.shape[0] if x.dtype != torch.bool else 1)
        for x, count in sizes
        if x is not None
    }


def _widths(model: nn.Module) -> tuple[int, int]:
    """Measure the vectors of a token: between layers, and where they are widest, words apart."""
    config: Any = model.config
    text = config.get_text_config()
    n_words = getattr(text, "vocab_size", None)
    widths = [
        int(module.weight.shape[0])
        for module in model.modules()
        if isinstance(module, nn.Linear) and module.weight.shape[0] != n_words
    ]
    widest = max(widths, default=0)
    hidden = getattr(text, "hidden_size", None)
    return (hidden if isinstance(hidden, int) else widest), widest


def _has_words(model: nn.Module) -> bool:
    own = getattr(model, "get_output_embeddings", None)
    return own is not None and own() is not None
