"""In what precision the numbers of a capture are kept."""

from collections.abc import Mapping

import torch

from attention_core.captures.capture import Stack
from attention_core.notes import Note

_HALVES = (torch.bfloat16, torch.float16)


def notes_on_precision(stacks: Mapping[str, Stack]) -> tuple[Note, ...]:
    """Say that numbers are kept in half precision, where some are."""
    kept = {
        x.dtype
        for stack in stacks.values()
        for layer in stack.layers
        for x in (layer.query, layer.key, layer.weights)
        if x is not None
    }
    names = [str(dtype).removeprefix("torch.") for dtype in _HALVES if dtype in kept]
    if not names:
        return ()
    return (
        Note(
            "half_precision",
            f"Numbers are kept in {' and '.join(names)}, as they came, and computed with in "
            "float32: weights may differ a little from the model's own, which round its scores "
            "too.",
        ),
    )
