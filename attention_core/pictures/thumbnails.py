"""All heads of a kind as thumbnails in one array."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from attention_core.captures.capture import Capture
from attention_core.errors import SpecError
from attention_core.kernels.overview import Reduce
from attention_core.prepared import Check

Progress = Callable[[int, int], None]
"""Told how much is done, of how much in all."""

MAX_SIDE = 128
"""Most cells of a thumbnail from top to bottom, and from left to right."""


def thumbnails(
    capture: Capture,
    kind: str = "self",
    *,
    side: int = 32,
    reduce: Reduce = "max",
    on_progress: Progress | None = None,
    check: Check | None = None,
) -> Float[Tensor, "layer head height width"]:
    """Draw every head of every layer in at most ``side`` × ``side`` cells.

    Args:
        capture: What to draw.
        kind: Which stack of layers.
        side: Most cells of a thumbnail from top to bottom, and from left to right.
        reduce: ``max`` or ``mean`` of the weights of a cell.
        on_progress: Told how many layers of how many are drawn.
        check: Called between blocks; may raise to end the work.

    Returns:
        The pictures; empty ones at the end of a layer that has fewer heads than others.

    Raises:
        SpecError: When there is no such kind, or the side is out of range.
    """
    if not 1 <= side <= MAX_SIDE:
        raise SpecError(
            f"side must be between 1 and {MAX_SIDE} cells, got {side}; look at one head's region "
            "for more.",
            field=("side",),
        )
    stack = capture.stack(kind)
    pictures: list[Float[Tensor, "head height width"]] = []
    for layer in stack.layers:
        pictures.append(layer.map(check=check).overview(side, side, reduce))
        if on_progress is not None:
            on_progress(len(pictures), len(stack.layers))
    # Layers that lost heads are filled up with empty pictures.
    most = max(len(picture) for picture in pictures)
    return torch.stack([pad(picture, (0, 0, 0, 0, 0, most - len(picture))) for picture in pictures])
