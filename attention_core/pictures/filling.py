"""Fills a pyramid from the top row down: each level from the one below it."""

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.kernels.overview import Picture, n_members
from attention_core.kernels.pooling import filled_up, largest_of, sum_of
from attention_core.pictures.pyramid import Level, Pyramid

SumStrip = Float[Tensor, "height width"]
"""Sums of the weights of some rows of cells, float64."""


class Filling:
    """Fills a pyramid with strips of base cells, each level from the one below.

    Sums go up in float64 and are rounded for each level only, so that a mean of any level is that
    of its weights.

    Args:
        pyramid: What to fill; from its first row that is not done.
    """

    def __init__(self, pyramid: Pyramid) -> None:
        self._pyramid = pyramid
        # What of each level waits for the row of cells below it: a row of the level under it.
        self._waiting: list[tuple[Tensor, Tensor] | None] = [None] * pyramid.n_levels
        self._filled = [0] * pyramid.n_levels

    def take(self, largest: Picture, total: SumStrip) -> None:
        """Take whole rows of base cells, the next ones: largest weights, and sums in float64."""
        self._take(0, largest.float(), total)

    def _take(self, index: int, largest: Tensor, total: SumStrip) -> None:
        level, n_rows = self._pyramid.levels[index], self._pyramid.extent.n_queries
        first = self._filled[index]
        place = slice(first, first + largest.shape[0])
        rows = range(first * level.cell[0], min(place.stop * level.cell[0], n_rows))
        level.largest[place] = largest
        sizes = n_members(rows, level.cell[0]), self._key_sizes(level)
        level.mean[place] = total / (sizes[0][:, None] * sizes[1])
        self._filled[index] = place.stop
        if index + 1 < self._pyramid.n_levels:
            self._hand_on(index + 1, largest, total, is_last=rows.stop == n_rows)

    def _hand_on(self, index: int, largest: Tensor, total: SumStrip, *, is_last: bool) -> None:
        waiting = self._waiting[index]
        if waiting is not None:
            largest, total = torch.cat([waiting[0], largest]), torch.cat([waiting[1], total])
        n_ready = largest.shape[0] if is_last else largest.shape[0] // 2 * 2
        rest = largest[n_ready:].clone(), total[n_ready:].clone()
        self._waiting[index] = rest if len(rest[0]) else None
        if n_ready:
            largest, total = largest[:n_ready], total[:n_ready]
            for dim in (0, 1):
                largest = largest_of(filled_up(largest, dim, 2, -torch.inf), dim, 2)
                total = sum_of(filled_up(total, dim, 2, 0.0), dim, 2)
            self._take(index, largest, total)

    def _key_sizes(self, level: Level) -> Tensor:
        return n_members(range(self._pyramid.extent.n_keys), level.cell[1])
