"""One block of rows of one head against all keys: the state of its rows, and it pooled, at once.

Scores come with keys down, so that the keys of a group, and of a cell, lie a row apart and every
reduction runs along memory. For softmax and its kin each portion of keys is passed over five
times while it is near the caches: the maximum of every group of keys; the row's maximum in the
portion subtracted; the factor that makes exponentials powers of two, which torch computes
faster; the powers; their sum over groups. What belongs to cells and rows is made from the groups.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from attention_core.kernels.portions import GROUP, portion_scores, portions
from attention_core.kernels.products import KeyMajor, WideProduct
from attention_core.masks import Coverage
from attention_core.matrix_products import PORTION
from attention_core.normalizers import Exponential, ExponentialState, RowState, finite
from attention_core.shapes import Queries, Tile
from attention_core.sources import ScoreSource

Weights = Callable[[range, range], Tile]
"""One head's weights in a rectangle."""

Pooled = Float[Tensor, "cell_query width"]
"""Of some rows of cells, one number for each cell of keys."""

Groups = Float[Tensor, "group query"]
"""For each group of keys, one number for every row of a block."""

Cells = Float[Tensor, "width query"]
"""For each cell of keys, one number for every row of a block."""

Numbers = Float[Tensor, " query"]
"""One number for every row of a block."""

_Way = Literal["max", "sum"]


@dataclass(frozen=True)
class Stripe:
    """One head's weights in one block of the fixed grid's rows, pooled over cells.

    Cells start at multiples of their size. A block may begin or end inside a cell; then its first
    or last row of cells holds this block's part only, and whoever wants the cell takes the maximum
    or the sum of the stripes that have a part in it.

    Attributes:
        query: The rows: a block of the grid, of which the matrix's last may be shorter.
        cell: Queries and keys of a cell; the last cells of the matrix may hold fewer.
        state: The state of these rows, of one head; None where heads are mixed, for then no head
            has a state of its own.
        largest: Largest weight of each cell; zero where all are masked.
        total: Sum of the weights of each cell; over the pairs of a cell it is their mean.
    """

    query: range
    cell: tuple[int, int]
    state: RowState | None
    largest: Pooled
    total: Pooled

    @property
    def cells(self) -> range:
        """Which rows of cells these are, counted from the matrix's first."""
        first = self.query.start // self.cell[0]
        return range(first, first + self.largest.shape[0])


class Block(NamedTuple):
    """One block of rows of one head."""

    head: int
    query: range


@dataclass(frozen=True)
class Found:
    """What one pass over the keys of a block of rows has found.

    Attributes:
        maximum: Largest score of each row; −inf where every key is masked.
        total: Sum of ``exp((score − maximum) / temperature)`` over the keys, float64.
        cells: The same by cells of keys; None where no cell was told.
    """

    maximum: Numbers
    total: Numbers
    cells: "_CellsOfKeys | None"


def exponential_pass(
    source: ScoreSource, block: Block, temperature: float, cell_keys: int | None = None
) -> Found:
    """Pass once over the keys of a block of rows, for softmax and its kin.

    Exponentials are added up in groups of keys that depend on the grid only, so that maximum and
    total are the same to the bit whatever the cell, and without one.

    Args:
        source: Where scores come from.
        block: The rows, and a head of scores.
        temperature: What divides the scores.
        cell_keys: Keys of a cell; None where only the rows' state is wanted.
    """
    wide = WideProduct.of(source)
    cells = None
    if cell_keys is not None:
        cells = _CellsOfKeys(cell_keys, -(-source.extent.n_keys // cell_keys), [])
    like = torch.empty(0, dtype=source.dtype, device=source.device)
    # Of no key at all, so that a row of which nothing is allowed has a maximum too.
    maxima = [like.new_full((len(block.query),), -torch.inf)]
    totals = [torch.zeros_like(maxima[0], dtype=torch.float64)]
    for key in portions(source, block.query):
        # The scores go at once to a function that lets go of them, and so the next portion's lie
        # where these did, which is in the caches.
        maximum, total = _add(
            portion_scores(source, wide, block.head, block.query, key), key, temperature, cells
        )
        maxima.append(maximum)
        totals.append(total)
    each = torch.stack(maxima)
    maximum = each.amax(dim=0)
    total = (torch.stack(totals) * _shares(each, maximum, temperature)).sum(dim=0)
    return Found(maximum, total, cells)


def exponential_state(
    normalizer: Exponential, query: Queries, heads: slice, maximum: Tensor, total: Tensor
) -> ExponentialState:
    """Make the state of rows from what of it is kept; all else comes from the normaliser.

    Args:
        normalizer: What the state is for.
        query: The queries of these rows.
        heads: Which heads of scores they are of.
        maximum: Largest score of each row.
        total: Sum of ``exp((score − maximum) / temperature)`` over the keys, float64.
    """
    state = normalizer.init(query, heads)
    return normalizer.finalize(replace(state, maximum=maximum, total=total))


def pooled_exponentials(
    found: Found, state: ExponentialState, query: range, cell: tuple[int, int]
) -> tuple[Pooled, Pooled]:
    """Turn what a pass has found into the largest weight and the sum of weights of each cell."""
    cells, divisor, temperature = found.cells, state.divisor, state.temperature
    if cells is None or divisor is None:
        raise ValueError("a pass must be told the cell, and its state be final")
    used, tops, total = _joined(cells, found.maximum, divisor[0], temperature)
    # exp(x) / divisor = exp(x − log divisor): so the maximum over queries is taken first, of which
    # there are fewer exponentials.
    tops.sub_(finite(found.maximum)).sub_((divisor[0].log() * temperature).to(tops.dtype))
    largest = _reduced(tops.T.contiguous(), query.start, cell[0], "max")
    largest.mul_(1 / (math.log(2) * temperature)).exp2_()
    pooled = [largest, _reduced(total.T.contiguous(), query.start, cell[0], "sum")]
    # What the mask has left out on either side weighs nothing.
    sides = used.start, cells.width - used.stop
    largest, total = (functional.pad(x, sides) for x in pooled)
    return largest, total


def pooled_weights(
    source: ScoreSource, weights: Weights, query: range, cell: tuple[int, int]
) -> tuple[Pooled, Pooled]:
    """Pool any weights of one head over a block of rows; what the mask forbids weighs zero.

    Args:
        source: Where scores come from.
        weights: Computes the weights of a rectangle.
        query: A block of the grid.
        cell: Queries and keys of a cell.

    Returns:
        The largest weight of each cell, and the sum of its weights.
    """
    n_keys = source.extent.n_keys
    shape = (-(-n_keys // cell[1]), len(query))
    like = torch.empty(0, dtype=source.dtype, device=source.device)
    largest, total = like.new_full(shape, -torch.inf), like.new_zeros(shape)
    for start in range(0, n_keys, PORTION):
        key = range(start, min(start + PORTION, n_keys))
        place = slice(start // cell[1], (key.stop - 1) // cell[1] + 1)
        if source.coverage(query, key) is Coverage.EMPTY:
            largest[place].clamp_(min=0.0)
            continue
        members = weights(query, key).T.contiguous()
        tops = _reduced(members, start, cell[1], "max")
        torch.maximum(largest[place], tops, out=largest[place])
        total[place] += _reduced(members, start, cell[1], "sum")
    return (
        _reduced(largest.T.contiguous(), query.start, cell[0], "max"),
        _reduced(total.T.contiguous(), query.start, cell[0], "sum"),
    )


class _Part(NamedTuple):
    """What a portion has for the cells of keys that it has a part in.

    Attributes:
        cells: Which cells.
        tops: Largest score of each, for every row.
        sums: Sum of exponentials of each, relative to the maximum of its row in the portion.
        maximum: That maximum of each row.
    """

    cells: range
    tops: Cells
    sums: Cells
    maximum: Numbers


class _CellsOfKeys(NamedTuple):
    """What a pass has found by cells of keys, portion by portion.

    Attributes:
        size: Keys of a cell.
        width: Cells in all.
        parts: Those of each portion.
    """

    size: int
    width: int
    parts: list[_Part]

    def reduced(self, members: KeyMajor, groups: Groups, key: range, way: _Way) -> Cells:
        """Reduce a portion over the keys of each cell, from groups where cells hold whole ones."""
        if self.size % GROUP == 0:
            return _reduced(groups, key.start // GROUP, self.size // GROUP, way)
        reduced = _reduced(members[: len(key)], key.start, self.size, way)
        # Cells of one key are the members themselves, which the pass goes on to change.
        return reduced.clone() if self.size == 1 else reduced


def _add(
    scores: KeyMajor, key: range, temperature: float, cells: _CellsOfKeys | None
) -> tuple[Numbers, Numbers]:
    """Take a portion into its cells; return the maximum and the sum of each row. Uses it up."""
    groups = scores.unflatten(0, (-1, GROUP))
    tops = groups.amax(dim=1)
    maximum = tops.amax(dim=0)
    if cells is not None:
        largest = cells.reduced(scores, tops, key, "max")
    # Divided only now: a large score over a small temperature would be rounded.
    scores.sub_(finite(maximum)).mul_(1 / (math.log(2) * temperature)).exp2_()
    sums = groups.sum(dim=1)
    if cells is not None:
        first = key.start // cells.size
        place = range(first, first + largest.shape[0])
        cells.parts.append(_Part(place, largest, cells.reduced(scores, sums, key, "sum"), maximum))
    return maximum, sums.sum(dim=0, dtype=torch.float64)


def _joined(
    cells: _CellsOfKeys, maximum: Numbers, divisor: Numbers, temperature: float
) -> tuple[range, Cells, Cells]:
    """Join portions: the cells with anything in them, their largest scores, and sums of weights."""
    if not cells.parts:
        nothing = maximum.new_zeros(0, len(maximum))
        return range(0), nothing, nothing
    used = range(cells.parts[0].cells.start, cells.parts[-1].cells.stop)
    tops = maximum.new_full((len(used), len(maximum)), -torch.inf)
    total = torch.zeros_like(tops)
    for part in cells.parts:
        place = slice(part.cells.start - used.start, part.cells.stop - used.start)
        torch.maximum(tops[place], part.tops, out=tops[place])
        factor = _shares(part.maximum, maximum, temperature) / divisor
        total[place].addcmul_(part.sums, factor.to(total.dtype))
    return used, tops, total


def _shares(part: Tensor, whole: Tensor, temperature: float) -> Tensor:
    """Tell what a sum relative to one maximum is worth relative to a larger one, float64."""
    return ((part.double() - finite(whole).double()) / temperature).exp_()


def _reduced(x: Tensor, start: int, cell: int, way: _Way) -> Tensor:
    """Reduce the first axis over cells that begin at multiples of their size.

    Args:
        x: Anything, of which the first axis is cut.
        start: Place of its first member on the whole axis.
        cell: Members of a cell; the first and the last may hold fewer.
        way: ``max`` or ``sum``.
    """
    if cell == 1:
        return x
    lead = min(-start % cell, x.shape[0])
    whole = (x.shape[0] - lead) // cell
    stop = lead + whole * cell
    pieces = [(x[:lead], 1), (x[lead:stop], whole), (x[stop:], 1)]
    cut = [part.unflatten(0, (count, -1)) for part, count in pieces if part.shape[0]]
    reduced = [part.amax(dim=1) if way == "max" else part.sum(dim=1) for part in cut]
    return reduced[0] if len(reduced) == 1 else torch.cat(reduced)
