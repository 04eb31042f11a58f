"""The piece of the Triton kernel that divides by a row's divisor and reduces over rows.

Only Triton's own modules import this one.
"""
# Compiled: constants are upper case, as Triton's users write them, and nothing is a global.
# ruff: noqa: N803, N806, PLR0917

from typing import no_type_check

import triton
import triton.language as tl


@triton.jit
@no_type_check
def pool(
    reference,
    divisor,
    is_row,
    from_column,
    to_column,
    head,
    block,
    largest,
    summed,
    tops,
    sums,
    references,
    factor,
    n_groups,
    width,
    COLUMNS: tl.constexpr,
    ROWS: tl.constexpr,
    MAX: tl.constexpr,
    MEAN: tl.constexpr,
    BLOCK_Q: tl.constexpr,
):
    """Divide the cells of a block of rows by their rows' divisors, and reduce over ROWS rows."""
    AT_ONCE: tl.constexpr = 32
    GROUPS: tl.constexpr = BLOCK_Q // ROWS
    local = tl.arange(0, BLOCK_Q)
    groups = block * GROUPS + tl.arange(0, GROUPS)
    for first in tl.range(0, width, AT_ONCE):
        columns = first + tl.arange(0, AT_ONCE)
        # What the mask emptied was never written.
        is_there = ((columns >= from_column) & (columns < to_column))[:, None] & is_row[None, :]
        place = columns[:, None] * BLOCK_Q + local[None, :]
        into = (tl.cast(head, tl.int64) * n_groups + groups[None, :]) * width + columns[:, None]
        is_cell = (columns < width)[:, None] & (groups < n_groups)[None, :]
        if MAX:
            found = tl.load(tops + place, mask=is_there, other=float("-inf"))
            weights = tl.exp2(tl.fma(found, factor, -reference[None, :])) / divisor[None, :]
            reduced = tl.max(tl.reshape(weights, (AT_ONCE, GROUPS, ROWS)), 2)
            tl.store(largest + into, reduced, mask=is_cell)
        if MEAN:
            found = tl.load(sums + place, mask=is_there, other=0.0)
            span = (columns // COLUMNS)[:, None] * BLOCK_Q + local[None, :]
            then = tl.load(references + span, mask=is_there, other=float("-inf"))
            weights = found * tl.exp2(then - reference[None, :]) / divisor[None, :]
            reduced = tl.sum(tl.reshape(weights, (AT_ONCE, GROUPS, ROWS)), 2)
            tl.store(summed + into, reduced, mask=is_cell)
