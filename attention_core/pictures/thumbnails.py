"""All heads of a kind as thumbnails in one array."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from attention_core.captures.capture import Capture, Stack
from attention_core.captures.layer import Layer
from attention_core.errors import SpecError
from attention_core.kernels.overview import Pooling, Reduce
from attention_core.maps import AttentionMap
from attention_core.masks import Extent
from attention_core.pictures.sampling import sampled_picture
from attention_core.pictures.survey_work import times_softmax
from attention_core.prepared import Check

Progress = Callable[[int, int], None]
"""Told how much is done, of how much in all."""

MAX_SIDE = 128
"""Most cells of a thumbnail from top to bottom, and from left to right."""

_EXACT_CELLS = 2**28
"""Cells of all heads together of which every one is computed; of more, some rows are."""

_SAMPLED_CELLS = 2**26
"""Cells of the rows that are computed then, all heads together: a glance at long sequences takes
no longer than one at short ones, unless there are hundreds of heads."""


@dataclass(frozen=True)
class Thumbnails:
    """Every head of every layer, small.

    Attributes:
        pictures: The weights, pooled; empty ones at the end of a layer that has fewer heads than
            others.
        sampled_queries: Rows that were computed of each row of cells, spread evenly, with all
            their keys; None where all were.
    """

    pictures: Float[Tensor, "layer head height width"]
    sampled_queries: int | None


def thumbnails(
    capture: Capture,
    kind: str = "self",
    *,
    side: int = 32,
    reduce: Reduce = "max",
    on_progress: Progress | None = None,
    check: Check | None = None,
) -> Thumbnails:
    """Draw every head of every layer in at most ``side`` × ``side`` cells.

    Of long sequences some rows of each cell are computed, always the same ones: all would take
    minutes for a glance.

    Args:
        capture: What to draw.
        kind: Which stack of layers.
        side: Most cells of a thumbnail from top to bottom, and from left to right.
        reduce: ``max`` or ``mean`` of the weights of a cell.
        on_progress: Told how many layers of how many are drawn.
        check: Called between blocks; may raise to end the work.

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
    sizes = stack.sizes
    pooling = Pooling.fitting(Extent(sizes.n_queries, sizes.n_keys), side, side, reduce)
    sampled = _n_sampled(stack, pooling)
    pictures: list[Float[Tensor, "head height width"]] = []
    for layer in stack.layers:
        whole = layer.map(check=check)
        if sampled is None or not isinstance(whole, AttentionMap):
            pictures.append(whole.overview(side, side, reduce))
        else:
            pictures.append(_sampled(whole, pooling, sampled, check))
        if on_progress is not None:
            on_progress(len(pictures), len(stack.layers))
    # Layers that lost heads are filled up with empty pictures.
    most = max(len(picture) for picture in pictures)
    whole_pictures = [pad(each, (0, 0, 0, 0, 0, most - len(each))) for each in pictures]
    return Thumbnails(torch.stack(whole_pictures), sampled)


def _n_sampled(stack: Stack, pooling: Pooling) -> int | None:
    """Tell how many rows of each cell to compute; None where all of them are."""
    n_heads = sum(_n_heads_of_softmax(layer) for layer in stack.layers)
    n_queries, n_keys = stack.sizes.n_queries, stack.sizes.n_keys
    if n_heads * n_queries * n_keys <= _EXACT_CELLS:
        return None
    n_cells = pooling.shape(Extent(n_queries, n_keys))[0]
    n_rows = max(int(_SAMPLED_CELLS / (n_heads * n_cells * n_keys)), 1)
    # One row a cell is all that there is of a short sequence.
    return n_rows if n_rows < pooling.cell_queries else None


def _n_heads_of_softmax(layer: Layer) -> float:
    """Tell how many heads of softmax take as long as a layer's; none where weights are kept."""
    if layer.spec is None or layer.query is None:
        return 0.0
    return layer.n_heads * times_softmax(layer.spec, dim=layer.query.shape[2])


def _sampled(
    whole: AttentionMap, pooling: Pooling, n_rows: int, check: Check | None
) -> Float[Tensor, "head height width"]:
    place = range(whole.n_queries), range(whole.n_keys)
    return torch.stack(
        [
            sampled_picture(whole, (head, "weights"), place, pooling, n_rows=n_rows, check=check)
            for head in range(whole.n_heads)
        ]
    )
