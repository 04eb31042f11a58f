"""How fast a model is here, and what its layers keep of each token: told by a short pass."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from attention_core.captures.capture import Capture
from attention_core.captures.layer import Layer
from attention_core.models.capturing import lean, taken
from attention_core.models.inputs import CaptureOptions
from attention_core.models.reading import Reading
from attention_core.models.switching import alone_with, switchable_configs
from attention_core.prepared import Check

_FIRST: Final = 16
"""Tokens of the first pass, which tells whether a longer one is quick enough."""

_LONGER: Final = 256
_QUICK_S: Final = 0.25
_SIDE: Final = 512
"""Tokens that the attention of one layer is timed for."""

_PER_TOKEN: Final = ("input_ids", "attention_mask", "decoder_input_ids")
_KNOWN: WeakKeyDictionary[nn.Module, "Pace"] = WeakKeyDictionary()
_OF_KNOWN = threading.Lock()


@dataclass(frozen=True)
class Pace:
    """What a short pass tells of a model.

    Attributes:
        sample: The capture of the short pass, values and all.
        token_s: Seconds that a token takes in a long pass, attention apart.
        step_s: Seconds that a short pass takes at least, as each written token does.
        cell_s: Seconds that one cell of one layer takes, all heads together, by kind.
        is_eager: Whether the kernel forms all weights of a layer.
        like: Type and device of the model's numbers then; both may be changed.
    """

    sample: Capture
    token_s: float
    step_s: float
    cell_s: dict[str, float]
    is_eager: bool
    like: tuple[torch.dtype, torch.device]


def pace_of(
    model: nn.Module, reading: Reading, *, longest: int | None, check: Check | None
) -> Pace:
    """Time a model on the beginning of what it reads; known models are not timed again.

    Args:
        model: The model.
        reading: What it reads, a decoder's tokens included.
        longest: The longest text that it takes; None where there is no limit.
        check: Called before each layer; may raise to end the work.
    """
    first = next(model.parameters())
    like = (first.dtype, first.device)
    with _OF_KNOWN:
        known = _KNOWN.get(model)
    if known is not None and known.like == like:
        return known
    found = _measured(model, reading, min(longest or _LONGER, _LONGER), check)
    with _OF_KNOWN:
        _KNOWN[model] = found
    return found


def _measured(model: nn.Module, reading: Reading, longest: int, check: Check | None) -> Pace:
    short = _cut(reading, min(_FIRST, longest))
    sample = taken(model, short, CaptureOptions(values=True, check=check), name="")
    step_s = elapsed_s = _forward_s(model, short)
    if step_s <= _QUICK_S and longest > _FIRST:
        short = _cut(reading, longest)
        elapsed_s = _forward_s(model, short)
    n_tokens = max(len(short.main) + len(short.target), 1)
    kernels = {config._attn_implementation_internal for config in switchable_configs(model)}
    is_eager = not kernels or bool(kernels & {"eager", None})
    cell_s = {
        kind: _cell_s(stack.layers[0], is_eager=is_eager) for kind, stack in sample.stacks.items()
    }
    first = next(model.parameters())
    like = (first.dtype, first.device)
    return Pace(sample, elapsed_s / n_tokens, step_s, cell_s, is_eager, like)


def _forward_s(model: nn.Module, reading: Reading) -> float:
    def forward() -> Tensor:
        made = model(**reading.tensors, **lean(model, reading.tensors))
        return next(x for x in made.values() if isinstance(x, Tensor))

    with alone_with(model), torch.no_grad():
        return _quickest(forward)


def _cut(reading: Reading, n_tokens: int) -> Reading:
    """Make the sequences of a text so long, over and over where they are shorter."""
    if "pixel_values" in reading.tensors:
        return reading  # A text beside an image may name places in it, and is short.
    tensors: dict[str, Any] = dict(reading.tensors)
    for name in _PER_TOKEN:
        if name in tensors:
            x: Tensor = tensors[name]
            tensors[name] = x.repeat(1, -(-n_tokens // x.shape[1]))[:, :n_tokens]
    main, target = (
        (part * (n_tokens // max(len(part), 1) + 1))[:n_tokens]
        for part in (reading.main, reading.target)
    )
    return replace(reading, tensors=tensors, main=main, target=target)


def _cell_s(layer: Layer, *, is_eager: bool) -> float:
    """Time the attention of one layer alone."""
    if layer.query is None or layer.key is None or layer.value is None or layer.spec is None:
        return 0.0
    query, key, value = (
        x.new_empty(1, x.shape[0], _SIDE, x.shape[2]).normal_()
        for x in (layer.query, layer.key, layer.value)
    )
    has_windows = any(mask.kind != "causal" for mask in layer.spec.mask)
    mask = query.new_ones(_SIDE, _SIDE, dtype=torch.bool).tril() if has_windows else None
    is_causal = bool(layer.spec.mask) and mask is None

    def fused() -> Tensor:
        return nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=is_causal, enable_gqa=True
        )

    def eager() -> Tensor:
        n_shared = query.shape[1] // key.shape[1]
        keys, values = (x.repeat_interleave(n_shared, dim=1) for x in (key, value))
        return torch.softmax(query @ keys.mT, -1, dtype=torch.float32).to(query.dtype) @ values

    return _quickest(eager if is_eager else fused) / _SIDE**2


def _quickest(work: Callable[[], Tensor]) -> float:
    laps = []
    for _ in range(3):
        started = time.perf_counter()
        # Reads a number back, so that a GPU has done it.
        float(work().flatten()[-1])
        laps.append(time.perf_counter() - started)
    return min(laps)
