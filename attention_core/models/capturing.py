"""Runs a model once and makes a capture of what its kernels saw."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import nn

from attention_core.captures.capture import Capture, Stack
from attention_core.captures.layer import Layer
from attention_core.captures.precision import notes_on_precision
from attention_core.errors import SpecError
from attention_core.models.calls import Layers, NotDescribedError
from attention_core.models.fallback import EAGER_WEIGHTS, eager_layers
from attention_core.models.generation import Written, written
from attention_core.models.inputs import CaptureOptions
from attention_core.models.kinds import ORDER
from attention_core.models.reading import Reading, fitted, sequences_of
from attention_core.models.recording import Call, Recorder, n_attentions, recording
from attention_core.models.switching import alone_with, outermost, recording_kernels
from attention_core.notes import Note

_LEAN: Final[Mapping[str, Any]] = {"use_cache": False, "logits_to_keep": 1}
"""What nobody looks at: keys and values of every layer, and a number for every word of the
vocabulary at every place, which for a long text are many times what is kept."""

_OWN_WISHES: Final = frozenset({"past_key_values", "labels", *_LEAN})
"""Inputs with which a user decides on these."""


@dataclass
class _Taken:
    layers: dict[str, list[Layer]]
    n_layers: dict[str, int]
    notes: list[Note] = field(default_factory=list)


def taken(model: nn.Module, reading: Reading, options: CaptureOptions, *, name: str) -> Capture:
    """Run the model on what it reads, and keep queries and keys of every layer.

    The model's kernels are put back afterwards, whatever happens.

    Raises:
        SpecError: When there is more than one sequence, a layer that the model has not, or
            nothing that could be kept.
    """
    if reading.batch_size != 1:
        raise SpecError(
            f"a capture must be of one sequence, got {reading.batch_size}; give one at a time.",
            field=("inputs",),
        )
    recorder = Recorder(model, options)
    with alone_with(model):
        with recording_kernels(model) as is_replaced, torch.no_grad():
            result = _run(model, reading, options, recorder)
        made = _layers(recorder, result, model)
    _require_layers(options, made)
    if is_replaced:
        made.notes.append(
            Note(
                "kernel_replaced",
                "The model's own attention kernel cannot be recorded: the capture was taken with "
                "torch's scaled_dot_product_attention, which computes the same as FlashAttention "
                "and its kin, but need not do what a kernel of your own does.",
            )
        )
    kinds = [kind for kind in ORDER if made.layers.get(kind)]
    stacks = {kind: _stack(kind, made.layers[kind], result) for kind in kinds}
    notes = (*made.notes, *_on_layers(options, made, model), *notes_on_precision(stacks))
    return Capture(stacks, model=name, notes=notes, image=reading.image)


def lean(model: nn.Module, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Choose what a model is called with besides its inputs, to make no more than is looked at."""
    if _OWN_WISHES & set(tensors):
        return {}
    known = inspect.signature(outermost(model).forward).parameters
    return {name: value for name, value in _LEAN.items() if name in known}


def _run(
    model: nn.Module, reading: Reading, options: CaptureOptions, recorder: Recorder
) -> Written:
    hook = outermost(model).register_forward_pre_hook(lambda *_: recorder.begin_pass())
    try:
        with recording(recorder):
            if options.generate:
                return written(model, reading, options)
            model(**reading.tensors, **lean(model, reading.tensors))
            return Written(reading, len(reading.main), len(reading.target))
    except IndexError as error:
        raise SpecError(
            "every token and every place, written ones too, must be in the model's tables, got "
            f"one past their end ({error}); give a shorter text, or write fewer tokens.",
            field=("generate",) if options.generate else ("inputs",),
        ) from error
    finally:
        hook.remove()


def _layers(recorder: Recorder, result: Written, model: nn.Module) -> _Taken:
    if recorder.n_layers:
        try:
            return _Taken(_recorded(recorder.steps), recorder.n_layers)
        except NotDescribedError:
            pass
    layers = eager_layers(model, result.reading.tensors)
    kept = recorder.options.layers
    chosen = {
        kind: [layer for i, layer in enumerate(found) if kept is None or i in kept]
        for kind, found in layers.items()
    }
    counts = {kind: len(found) for kind, found in layers.items()}
    return _Taken(chosen, counts, [EAGER_WEIGHTS])


def _recorded(steps: Sequence[Sequence[Call]]) -> dict[str, list[Layer]]:
    maker = Layers()
    calls: dict[str, list[list[Call]]] = {}
    for step in steps:
        seen: dict[str, int] = {}
        for call in step:
            layers = calls.setdefault(call.kind, [])
            layer = seen.get(call.kind, 0)
            seen[call.kind] = layer + 1
            if layer == len(layers):
                layers.append([])
            layers[layer].append(call)
    return {kind: [maker.made(layer) for layer in layers] for kind, layers in calls.items()}


def _stack(kind: str, layers: Sequence[Layer], result: Written) -> Stack:
    sizes = {(layer.n_queries, layer.n_keys) for layer in layers}
    if len(sizes) != 1:
        raise SpecError(
            f"layers of one kind must see the same tokens, got {sorted(sizes)} of '{kind}'; keep "
            "some layers only, with layers=.",
            field=("layers",),
        )
    n_queries, n_keys = sizes.pop()
    asking, asked = sequences_of(kind, result.reading)
    is_same = asking is asked and n_queries == n_keys
    query_tokens = fitted(asking, n_queries)
    key_tokens = query_tokens if is_same else fitted(asked, n_keys)
    n_given = result.n_given(kind)
    return Stack(tuple(layers), query_tokens, key_tokens, min(n_given, n_queries) or n_queries)


def _require_layers(options: CaptureOptions, made: _Taken) -> None:
    most = max(made.n_layers.values(), default=0)
    wrong = [layer for layer in options.layers or () if not 0 <= layer < most]
    if wrong or options.layers == ():
        raise SpecError(
            f"layers must be between 0 and {most - 1}, got {wrong or 'none'}; count from zero, "
            "or leave them out for all.",
            field=("layers",),
        )


def _on_layers(options: CaptureOptions, made: _Taken, model: nn.Module) -> Iterator[Note]:
    n_expected, n_seen = n_attentions(getattr(model, "config", None)), sum(made.n_layers.values())
    if n_seen < n_expected:
        yield Note(
            "layers_missing",
            f"Captured are {n_seen} of {n_expected} layers: the others have no attention, or one "
            "that hands nothing over.",
        )
    if options.layers is not None:
        names = ", ".join(str(layer) for layer in sorted(set(options.layers)))
        most = max(made.n_layers.values())
        yield Note("layers_kept", f"Kept are layers {names} of {most}, counted from 0 here.")
