"""Picking the few scores of a block that lie above a floor, without sorting the block."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attention_core.shapes import Matrices, Rows

Maxima = Float[Tensor, "head query group"]
"""The largest score of each group of columns."""

_FOLDS = (8, 4, 2)
"""How many columns may share one maximum in the first look at a block."""


class Picked(NamedTuple):
    """Scores picked from a block, row by row.

    Attributes:
        row: Row of each, over all heads, ascending.
        column: Column of each in the block, in no order.
        value: The scores.
    """

    row: Int[Tensor, " picked"]
    column: Int[Tensor, " picked"]
    value: Float[Tensor, " picked"]

    def padded(self, values: Tensor, shape: tuple[int, int], padding: float | int) -> Tensor:
        """Lay a number per score out as ``[head, query, place]``, each row's in the given order.

        Args:
            values: What to lay out, such as ``value`` or ``column``.
            shape: Heads and queries.
            padding: What stands after the last of a row.
        """
        n_rows = shape[0] * shape[1]
        counts = torch.bincount(self.row, minlength=n_rows)
        starts = counts.cumsum(0) - counts
        place = torch.arange(len(self.row), device=self.row.device) - starts[self.row]
        width = int(counts.max()) if n_rows else 0
        buffer = values.new_full((n_rows, width), padding)
        buffer[self.row, place] = values
        return buffer.view(*shape, width)


def folded_maxima(scores: Float[Tensor, "head query member"]) -> Maxima:
    """Take the maximum of columns that lie evenly apart: a smaller block with the same maximum.

    A block whose width is odd is returned as it is.
    """
    fold = next((fold for fold in _FOLDS if scores.shape[2] % fold == 0), 1)
    # Columns far apart rather than neighbours: this reduction runs along memory, ten times faster.
    return scores if fold == 1 else scores.unflatten(2, (fold, -1)).amax(dim=2)


def pick(scores: Matrices, floor: Rows, maxima: Maxima, *, most: float) -> Picked | None:
    """Pick the scores above a floor, or return None where that would not be few.

    Args:
        scores: The block.
        floor: What the scores of a row must exceed.
        maxima: Its ``folded_maxima``.
        most: Largest share of ``maxima`` above the floor that still counts as few.
    """
    hit = maxima > floor[..., None]
    if int(hit.sum(dtype=torch.int32)) > most * hit.numel():
        return None
    row, group = hit.flatten(0, 1).nonzero(as_tuple=True)
    width = maxima.shape[2]
    members = scores.flatten(0, 1).unflatten(1, (-1, width))[row, :, group]
    which, layer = (members > floor.flatten()[row, None]).nonzero(as_tuple=True)
    return Picked(row[which], layer * width + group[which], members[which, layer])
