"""One pass over a head that fills its pyramid, from the top row down."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from attention_core.captures.given_weights import GivenWeights
from attention_core.errors import SpecError
from attention_core.kernels.overview import Picture
from attention_core.kernels.stripes import Stripe
from attention_core.maps import AttentionMap
from attention_core.normalizers import ExponentialState
from attention_core.pictures.filling import Filling, SumStrip
from attention_core.pictures.pyramid import Pyramid
from attention_core.pictures.pyramid_sizes import Sizes
from attention_core.prepared import Check

Progress = Callable[[int, int], None]
"""Told how much is done, of how much in all."""


class Survey:
    """A pass over one head, block of rows by block of rows; what is done can be looked at.

    Args:
        whole: The map to survey.
        head: Which head.
        cell: Queries and keys of a base cell, powers of two; ``base_cell`` says when absent.

    Raises:
        SpecError: When there is no such head, only weights are known, or a side of a cell is no
            power of two.
    """

    def __init__(
        self, whole: AttentionMap | GivenWeights, head: int, *, cell: Sizes | None = None
    ) -> None:
        if isinstance(whole, GivenWeights):
            raise SpecError(
                "a survey must be of queries and keys, and these are weights only; look at their "
                "regions, which need none.",
                field=("pyramid",),
            )
        if not 0 <= head < whole.n_heads:
            raise SpecError(
                f"head must be between 0 and {whole.n_heads - 1}, got {head}; count from zero.",
                field=("head",),
            )
        self._whole, self._head = whole, head
        self.pyramid = Pyramid.empty(whole, head, cell)
        self._filling = Filling(self.pyramid)

    def run(self, *, on_progress: Progress | None = None, check: Check | None = None) -> Pyramid:
        """Survey what is not done yet; what was done before stays when this is ended.

        Args:
            on_progress: Told how many rows of how many are done, after each block of rows.
            check: Called before each block; may raise to end the work. The map's own check is
                called inside of a block too.

        Returns:
            The pyramid, complete.
        """
        pyramid, n_rows = self.pyramid, self.pyramid.extent.n_queries
        rows = range(pyramid.n_rows_done, n_rows)
        stripes = self._whole.stripes(self._head, pyramid.cell, rows) if rows else iter(())
        strip: _Strip | None = None
        while pyramid.n_rows_done < n_rows:
            if check is not None:
                check()
            strip = _taken(strip, next(stripes))
            # A row of cells taller than a block is whole only with the last of its blocks.
            if strip.stop % pyramid.cell[0] == 0 or strip.stop == n_rows:
                self._finish(strip)
                strip = None
            if on_progress is not None:
                on_progress(pyramid.n_rows_done, n_rows)
        return pyramid

    def _finish(self, strip: "_Strip") -> None:
        pyramid = self.pyramid
        if pyramid.row_numbers is not None:
            rows = slice(pyramid.n_rows_done, strip.stop)
            pyramid.row_numbers.maximum[rows] = torch.cat(
                [each.maximum[0] for each in strip.states]
            )
            pyramid.row_numbers.total[rows] = torch.cat([each.total[0] for each in strip.states])
        self._filling.take(strip.largest, strip.total)
        # Last of all: who reads meanwhile trusts the rows above.
        pyramid.n_rows_done = strip.stop


@dataclass(frozen=True)
class _Strip:
    """Whole rows of cells, or what is there of them yet.

    Attributes:
        stop: The query after the last.
        largest: Largest weight of each cell.
        total: Sum of each cell's weights, float64.
        states: States of the rows, block by block, where heads have such.
    """

    stop: int
    largest: Picture
    total: SumStrip
    states: tuple[ExponentialState, ...]


def _taken(strip: _Strip | None, stripe: Stripe) -> _Strip:
    largest, total = stripe.largest.float().cpu(), stripe.total.double().cpu()
    state = stripe.state
    states = (state,) if isinstance(state, ExponentialState) else ()
    if strip is not None:
        largest, total = torch.maximum(strip.largest, largest), strip.total + total
        states = (*strip.states, *states)
    return _Strip(stripe.query.stop, largest, total, states)
