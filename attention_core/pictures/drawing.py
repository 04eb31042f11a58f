"""Where the numbers of a picture come from: a pyramid, the grid, or a sample of the rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from attention_core.captures.given_weights import GivenWeights
from attention_core.errors import NotSurveyedError
from attention_core.grid import BLOCK
from attention_core.kernels.overview import Picture, Pooling
from attention_core.kernels.pooling import Pool, What
from attention_core.maps import AttentionMap
from attention_core.pictures.pyramid import Pyramid
from attention_core.pictures.pyramid_sizes import base_cell, needs_pyramid
from attention_core.pictures.sampling import n_sampled, sampled_picture
from attention_core.pictures.survey import Survey
from attention_core.pictures.survey_work import is_short_survey
from attention_core.pictures.tiles import n_cells_of_states, spans_of, tiles_of
from attention_core.prepared import Check

_AT_ONCE_CELLS = 2**25
"""Cells that are computed for a picture at once, though a sample was asked for."""

_UNASKED_CELLS = 2**27
"""Cells that a picture looks through for the states of its rows; more is for a survey."""

_UNASKED_CELLS_UNKEPT = 2**30
"""Likewise where a survey cannot hand states on: it would spare a map made anew nothing."""


@dataclass(frozen=True)
class Sampled:
    """What of a picture is a sample.

    Attributes:
        queries: Rows that were computed of each cell, spread evenly, with all their keys.
        done: First query of the sample: cells above it are exact.
    """

    queries: int
    done: int


@dataclass(frozen=True)
class Asked:
    """A picture to be drawn.

    Attributes:
        whole: The map to draw from.
        head: Which head.
        what: ``weights`` or ``scores``.
        rows: Queries, from the start of a cell to the end of one, or of the matrix.
        columns: Keys, likewise.
        pooling: The size of a cell, and what is kept of it.
        check: Called between tiles; may raise to end the work.
    """

    whole: AttentionMap | GivenWeights
    head: int
    what: What
    rows: range
    columns: range
    pooling: Pooling
    check: Check | None

    @property
    def cell(self) -> tuple[int, int]:
        """Queries and keys of a cell."""
        return self.pooling.cell_queries, self.pooling.cell_keys

    @property
    def n_cells(self) -> int:
        """Pairs of query and key that are drawn."""
        return len(self.rows) * len(self.columns)


def drawn(
    asked: Asked, pyramid: Pyramid | None, *, sampled: bool
) -> tuple[Picture, Sampled | None]:
    """Draw a picture, and tell what of it is a sample.

    Args:
        asked: What to draw.
        pyramid: What a survey of this head has made, or has made yet.
        sampled: Draw some rows of each cell where all would not be there at once.

    Raises:
        NotSurveyedError: When a pass over much of a large matrix is due, and no sample will do.
    """
    whole = asked.whole
    if isinstance(whole, GivenWeights):
        return _on_grid(asked), None
    if pyramid is not None:
        pyramid.require_of(whole, asked.head)
        pyramid.give_states(whole)
    elif not needs_pyramid((whole.n_queries, whole.n_keys)):
        return _on_grid(asked), None
    plan = _plan(asked, whole, pyramid, sampled=sampled)
    if plan.n_known >= asked.rows.stop or (plan.is_bounded and not sampled):
        return plan.exact(asked), None
    if not sampled:
        raise NotSurveyedError(
            f"a picture of {len(asked.rows):,} queries of {whole.n_keys:,} keys must be taken from "
            "a pyramid that has them, got none; hand over the pyramid of a Survey, or ask for a "
            "sample, or for fewer queries.",
            field=("pyramid",),
        )
    return _partly_sampled(asked, whole, plan)


class _Plan(NamedTuple):
    """How a picture is drawn exactly.

    Attributes:
        exact: Draws it, or some of its rows.
        n_known: Queries from the matrix's first for which that is done at once.
        is_bounded: Whether it may be done for all rows, though it takes a while.
        is_on_grid: Whether tiles are computed for it.
    """

    exact: Callable[[Asked], Picture]
    n_known: int
    is_bounded: bool
    is_on_grid: bool = True


def _plan(asked: Asked, whole: AttentionMap, pyramid: Pyramid | None, *, sampled: bool) -> _Plan:
    n_queries = whole.n_queries
    if asked.what == "scores":
        is_small = asked.n_cells <= _AT_ONCE_CELLS
        return _Plan(_on_grid, n_queries if is_small else 0, is_bounded=True)
    base = base_cell((n_queries, whole.n_keys)) if pyramid is None else pyramid.cell
    if asked.cell[0] < base[0] or asked.cell[1] < base[1]:
        return _plan_on_grid(asked, whole, pyramid)
    if pyramid is None and sampled and is_short_survey(whole):
        pyramid = Survey(whole, asked.head).run(check=asked.check)
    if pyramid is None:
        return _Plan(_on_grid, 0, is_bounded=False, is_on_grid=False)
    n_known = pyramid.n_rows_known(asked.cell[0])
    return _Plan(_from(pyramid), n_known, is_bounded=False, is_on_grid=False)


def _plan_on_grid(asked: Asked, whole: AttentionMap, pyramid: Pyramid | None) -> _Plan:
    """Plan cells that are finer than those of a pyramid."""
    is_complete = pyramid is not None and pyramid.is_complete
    n_unknown = n_cells_of_states(whole, asked.head, asked.rows)
    most = _UNASKED_CELLS if whole.can_keep_state else _UNASKED_CELLS_UNKEPT
    is_bounded = is_complete or n_unknown <= most
    if asked.n_cells + n_unknown <= _AT_ONCE_CELLS or (is_complete and not n_unknown):
        return _Plan(_on_grid, whole.n_queries, is_bounded)
    has_states = pyramid is not None and pyramid.row_numbers is not None
    if pyramid is None or not has_states or asked.n_cells > _AT_ONCE_CELLS:
        return _Plan(_on_grid, 0, is_bounded)
    return _Plan(_on_grid, pyramid.n_rows_known(max(asked.cell[0], BLOCK)), is_bounded)


def _from(pyramid: Pyramid) -> Callable[[Asked], Picture]:
    def picture(asked: Asked) -> Picture:
        return pyramid.picture(asked.pooling.reduce, asked.cell, asked.rows, asked.columns)

    return picture


def _partly_sampled(
    asked: Asked, whole: AttentionMap, plan: _Plan
) -> tuple[Picture, Sampled | None]:
    """Draw the rows that are known exactly, and some of the others."""
    side, rows = asked.cell[0], asked.rows
    done = max(plan.n_known // side * side, rows.start)
    below = replace(asked, rows=range(done, rows.stop))
    n_keys = len(asked.columns) if asked.what == "scores" else whole.n_keys
    n_rows = n_sampled(whole, below.rows, n_keys, side)
    if n_rows >= side and plan.is_on_grid:
        return plan.exact(asked), None
    # With all rows it would still not be the pyramid's number, to the last bit.
    n_rows = max(min(n_rows, side // 2), 1)
    place = below.rows, below.columns
    picture = sampled_picture(
        whole, (asked.head, asked.what), place, asked.pooling, n_rows=n_rows, check=asked.check
    )
    if done > rows.start:
        above = plan.exact(replace(asked, rows=range(rows.start, done)))
        picture = torch.cat([above, picture.to(above)])
    return picture, Sampled(n_rows, done)


def _on_grid(asked: Asked) -> Picture:
    """Compute tiles of the fixed grid, and pool them."""
    tiles = tiles_of(asked.whole, asked.head, asked.what)
    place = asked.rows, asked.columns
    pool = Pool(*place, asked.pooling, like=tiles.like, may_lack=asked.what == "scores")
    for query, key in spans_of(*place):
        if asked.check is not None:
            asked.check()
        tile = tiles.tile(query, key)
        if tile is None:
            pool.add_nothing(query, key)
        else:
            pool.add(tile, query, key)
    return pool.result()
