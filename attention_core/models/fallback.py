"""Weights that a model computes itself, for models whose kernels cannot be recorded."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from attention_core.captures.layer import Layer
from attention_core.errors import SpecError
from attention_core.models.switching import eager_kernels
from attention_core.notes import Note

EAGER_WEIGHTS = Note(
    "eager_weights",
    "Only the weights of this model are known, as its own slow kernel computed them in a second "
    "pass: they cannot be taken apart into scores.",
)


def eager_layers(model: nn.Module, tensors: Mapping[str, Any]) -> dict[str, list[Layer]]:
    """Run the model once more and keep the weights that it returns.

    Raises:
        SpecError: When it returns none.
    """
    with eager_kernels(model), torch.no_grad():
        outputs = model(**{**tensors, "output_attentions": True, "return_dict": True})
    layers = {
        kind: [Layer(spec=None, weights=_of_one(kind, x)) for x in weights]
        for kind, weights in _weights_of(outputs)
    }
    if not layers:
        raise SpecError(
            f"the model must hand over its queries and keys or its weights, got neither of "
            f"{type(model).__name__}; open one whose attention goes through transformers' "
            "AttentionInterface, or one that knows output_attentions.",
            field=("model",),
        )
    return layers


def _weights_of(outputs: Any) -> Iterator[tuple[str, list[Tensor]]]:
    is_encoder_decoder = "decoder_attentions" in outputs or "encoder_attentions" in outputs
    names = {
        "self": outputs.get("attentions"),
        "encoder": outputs.get("encoder_attentions"),
        "decoder": outputs.get("decoder_attentions"),
        "cross": outputs.get("cross_attentions"),
    }
    if is_encoder_decoder:
        names.pop("self")
    for kind in ("text", "vision"):
        part = outputs.get(f"{kind}_model_output")
        names[kind] = None if part is None else part.get("attentions")
    for kind, weights in names.items():
        # A layer without attention, as hybrids have, gives none.
        found = [x for x in weights or () if isinstance(x, Tensor) and x.ndim == 4]
        if found:
            yield kind, found


def _of_one(kind: str, weights: Tensor) -> Tensor:
    n_sequences, _, n_queries, n_keys = weights.shape
    if n_sequences != 1:
        raise SpecError(
            f"a capture must be of one sequence, got weights of {n_sequences}; give one sequence "
            "at a time, to a model that does not cut it into windows.",
            field=("inputs",),
        )
    if kind != "cross" and n_queries != n_keys:
        # Longformer's are by distance, with the global keys before them.
        raise SpecError(
            f"weights must be of every token to every token, got {n_queries} × {n_keys}; open a "
            "model that does not leave out what it does not compute.",
            field=("model",),
        )
    return weights[0]
