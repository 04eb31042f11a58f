"""The overview and the row state on a GPU, in one pass: what each Triton program computes.

A program takes a block of queries through the keys that its mask leaves, as flash attention does: a
product, the running maximum of each row, the sum of exponentials against it. What it keeps besides
is, for each row and each cell of keys, the largest score and the sum of exponentials, in memory of
its own that the next block uses again. Once a row is through, its cells are divided by its divisor
and reduced over the rows of a cell. The product is computed once, and nothing is query × key.

Exponents are base two. A sum is told against a reference, which is the row's maximum in that base
as it was rounded: what the rounding lost is in every number that is told against it, and cancels.

Only ``launch`` imports this module, and only where Triton is: it may be missing.
"""
# Compiled: constants are upper case, as Triton's users write them, and nothing is a global.
# ruff: noqa: FBT003, N803, N806, PLR0917

from typing import no_type_check

import triton
import triton.language as tl

from attention_core.kernels.gpu.pooling import pool
from attention_core.kernels.gpu.scores import loaded, scores_of, seen_blocks

_UNSPECIALIZED = (
    "n_columns",
    "n_spans",
    "n_heads",
    "group",
    "n_queries",
    "n_places",
    "key_stop",
    "least",
    "greatest",
    "query_cell",
    "query_span",
    "key_cell",
    "key_span",
    "n_groups",
    "width",
)
"""Sizes for which no kernel of their own is compiled."""


@triton.jit(do_not_specialize=_UNSPECIALIZED)
@no_type_check
def survey(
    query,  # [head, query, DIM], features side by side
    key,  # [head // group, key, DIM], likewise
    sink,  # [head], float64, base two; not read without SINK
    peak,  # [head, query]: largest score
    total,  # [head, query], float64: sum of exponentials against it
    largest,  # [head, n_groups, width]: largest weight of ROWS rows; only with MAX
    summed,  # [head, n_groups, width]: their sum; only with MEAN
    tops,  # [program, column, BLOCK_Q]: a program's own memory
    sums,
    references,
    query_head_stride,
    query_stride,
    key_head_stride,
    key_stride,
    n_columns,  # columns of a program's memory
    n_spans,  # columns of its references
    n_heads,
    group,
    n_queries,
    n_places,  # places of queries: query_span for each cell
    key_stop,  # keys from here on are not there
    least,  # query i sees the keys i + least … i + greatest
    greatest,
    query_cell,  # rows of a cell, and the places that it takes
    query_span,
    key_cell,
    key_span,
    n_groups,
    width,
    unit,  # score of a product of one, where there is no softcap
    factor,  # exponent, base two, of a product of one, or of a score under a softcap
    inner,  # score = softcap · tanh(product · inner)
    softcap,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,  # features of one product, a power of two
    SPAN: tl.constexpr,  # the smaller of key_span and the largest BLOCK_K
    EXACT: tl.constexpr,  # whether key_cell is key_span
    ROWS: tl.constexpr,  # rows that are reduced here; they divide query_span
    MAX: tl.constexpr,
    MEAN: tl.constexpr,
    SINK: tl.constexpr,
    SOFTCAP: tl.constexpr,
    BLOCK_Q: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """Take this program's share of the blocks of queries of all heads."""
    COLUMNS: tl.constexpr = BLOCK_K // SPAN if SPAN < BLOCK_K else 1
    program = tl.program_id(0)
    tops += tl.cast(program, tl.int64) * n_columns * BLOCK_Q
    sums += tl.cast(program, tl.int64) * n_columns * BLOCK_Q
    references += tl.cast(program, tl.int64) * n_spans * BLOCK_Q
    per_cell = tl.maximum(key_span // BLOCK_K, 1)
    n_blocks = tl.cdiv(n_places, BLOCK_Q)
    for tile in tl.range(program, n_blocks * n_heads, tl.num_programs(0)):
        head = tile % n_heads
        # The last block first: under a causal mask it has the most keys.
        block = n_blocks - 1 - tile // n_heads
        place = block * BLOCK_Q + tl.arange(0, BLOCK_Q)
        within = place % query_span
        rows = place // query_span * query_cell + tl.minimum(within, query_cell - 1)
        is_row = (within < query_cell) & (rows < n_queries)
        first_row = tl.min(rows, 0)
        last_row = tl.minimum(tl.max(rows, 0), n_queries - 1)

        start, whole_start, whole_stop, stop = seen_blocks(
            first_row, last_row, least, greatest, key_stop, key_cell, key_span, EXACT, BLOCK_K
        )
        queries = query + tl.cast(head, tl.int64) * query_head_stride
        keys = key + tl.cast(head // group, tl.int64) * key_head_stride
        chunk = loaded(queries, query_stride, rows, is_row, True, 0, DIM, CHUNK)

        top = tl.full([BLOCK_Q], float("-inf"), tl.float32)
        reference = tl.zeros([BLOCK_Q], tl.float32)
        row_total = tl.zeros([BLOCK_Q], tl.float64)
        cell_top = tl.full([BLOCK_Q], float("-inf"), tl.float32)
        cell_sum = tl.zeros([BLOCK_Q], tl.float32)
        for part in tl.static_range(3):
            # What lies left of the whole blocks, these, and what lies right of them.
            from_block = start if part == 0 else (whole_start if part == 1 else whole_stop)
            to_block = whole_start if part == 0 else (whole_stop if part == 1 else stop)
            top, reference, row_total, cell_top, cell_sum = _sweep(
                top,
                reference,
                row_total,
                cell_top,
                cell_sum,
                from_block,
                to_block,
                chunk,
                queries,
                keys,
                tops,
                sums,
                references,
                query_stride,
                key_stride,
                rows,
                is_row,
                key_stop,
                least,
                greatest,
                key_cell,
                key_span,
                per_cell,
                factor,
                inner,
                softcap,
                part != 1,
                DIM,
                CHUNK,
                COLUMNS,
                EXACT,
                MAX,
                MEAN,
                SOFTCAP,
                BLOCK_Q,
                BLOCK_K,
            )
            # The next part may give a row to another thread, and it may overwrite a cell.
            tl.debug_barrier()

        into = tl.cast(head, tl.int64) * n_queries + rows
        tl.store(peak + into, top * unit, mask=is_row)
        lost = (reference.to(tl.float64) - top.to(tl.float64) * tl.cast(factor, tl.float64)).to(
            tl.float32
        )
        lost = tl.where(top == float("-inf"), 0.0, lost)
        tl.store(total + into, row_total * tl.exp2(lost).to(tl.float64), mask=is_row)

        divisor = row_total
        if SINK:
            apart = tl.load(sink + head) - reference.to(tl.float64)
            divisor += tl.exp2(apart.to(tl.float32)).to(tl.float64)
        # An empty row has no weight, so any divisor but zero will do.
        divisor = tl.where(divisor == 0.0, 1.0, divisor).to(tl.float32)
        if MAX or MEAN:
            pool(
                reference,
                divisor,
                is_row,
                start * COLUMNS // per_cell,
                tl.cdiv(stop * COLUMNS, per_cell),
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
                COLUMNS,
                ROWS,
                MAX,
                MEAN,
                BLOCK_Q,
            )
            # The next block writes where this one reads.
            tl.debug_barrier()


@triton.jit
@no_type_check
def _sweep(
    top,
    reference,
    row_total,
    cell_top,
    cell_sum,
    from_block,
    to_block,
    chunk,
    queries,
    keys,
    tops,
    sums,
    references,
    query_stride,
    key_stride,
    rows,
    is_row,
    key_stop,
    least,
    greatest,
    key_cell,
    key_span,
    per_cell,
    factor,
    inner,
    softcap,
    MASKED: tl.constexpr,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,
    COLUMNS: tl.constexpr,
    EXACT: tl.constexpr,
    MAX: tl.constexpr,
    MEAN: tl.constexpr,
    SOFTCAP: tl.constexpr,
    BLOCK_Q: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """Take some blocks of keys into the state of the rows and into their cells."""
    local = tl.arange(0, BLOCK_Q)
    for block in tl.range(from_block, to_block):
        scores = scores_of(
            block,
            chunk,
            queries,
            keys,
            query_stride,
            key_stride,
            rows,
            is_row,
            key_stop,
            least,
            greatest,
            key_cell,
            key_span,
            inner,
            softcap,
            MASKED,
            EXACT,
            SOFTCAP,
            DIM,
            CHUNK,
            BLOCK_K,
        )
        by_cell = tl.max(tl.reshape(scores, (BLOCK_Q, COLUMNS, BLOCK_K // COLUMNS)), 2)
        block_top = tl.max(by_cell, 1)
        new_top = tl.maximum(top, block_top)
        new_reference = tl.where(new_top == float("-inf"), 0.0, new_top * factor)
        carried = tl.where(top == float("-inf"), 0.0, tl.exp2(reference - new_reference))
        shares = tl.exp2(tl.fma(scores, factor, -new_reference[:, None]))
        if MEAN:
            sum_by_cell = tl.sum(tl.reshape(shares, (BLOCK_Q, COLUMNS, BLOCK_K // COLUMNS)), 2)
            block_sum = tl.sum(sum_by_cell, 1)
        else:
            block_sum = tl.sum(shares, 1)
        row_total = row_total * carried.to(tl.float64) + block_sum.to(tl.float64)
        top = new_top
        reference = new_reference

        if COLUMNS > 1:
            columns = block * COLUMNS + tl.arange(0, COLUMNS)
            into = columns[None, :] * BLOCK_Q + local[:, None]
            if MAX:
                tl.store(tops + into, by_cell)
            if MEAN:
                tl.store(sums + into, sum_by_cell)
                tl.store(references + block * BLOCK_Q + local, top * factor)
        else:
            # A cell of several blocks is stored after each of them, and the last one stays.
            is_new = block % per_cell == 0
            into = block // per_cell * BLOCK_Q + local
            if MAX:
                cell_top = tl.where(is_new, block_top, tl.maximum(cell_top, block_top))
                tl.store(tops + into, cell_top)
            if MEAN:
                cell_sum = tl.where(is_new, block_sum, cell_sum * carried + block_sum)
                tl.store(sums + into, cell_sum)
                tl.store(references + into, top * factor)
    return top, reference, row_total, cell_top, cell_sum
