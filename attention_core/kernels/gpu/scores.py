"""Pieces of the Triton kernel that tell scores: which keys are seen, and their products.

Only Triton's own modules import this one.
"""
# Compiled: constants are upper case, as Triton's users write them, and nothing is a global.
# ruff: noqa: FBT003, N803, PLR0917

from typing import no_type_check

import triton
import triton.language as tl


@triton.jit
@no_type_check
def seen_blocks(
    first_row,
    last_row,
    least,
    greatest,
    key_stop,
    key_cell,
    key_span,
    EXACT: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """Tell which blocks of keys some rows see: from, to, and between them those wholly seen."""
    first_key = tl.maximum(first_row + least, 0)
    last_key = tl.minimum(last_row + greatest, key_stop - 1)
    if EXACT:
        start = first_key // BLOCK_K
        # No operand below zero: compiled, a quotient is rounded to zero, and in Python down.
        stop = tl.maximum(last_key + BLOCK_K, 0) // BLOCK_K
        stop = tl.where(last_key < first_key, start, stop)
        whole_start = tl.cdiv(tl.maximum(last_row + least, 0), BLOCK_K)
        whole_start = tl.minimum(tl.maximum(whole_start, start), stop)
        whole_stop = tl.minimum(tl.maximum(first_row + greatest + 1, 0), key_stop) // BLOCK_K
        whole_stop = tl.maximum(tl.minimum(whole_stop, stop), whole_start)
    else:
        # Every block may hold places without a key.
        start = (first_key // key_cell * key_span + first_key % key_cell) // BLOCK_K
        last_seen = tl.maximum(last_key, 0)
        stop = (last_seen // key_cell * key_span + last_seen % key_cell) // BLOCK_K + 1
        stop = tl.where(last_key < first_key, start, stop)
        whole_start = stop
        whole_stop = stop
    return start, whole_start, whole_stop, stop


@triton.jit
@no_type_check
def scores_of(
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
    MASKED: tl.constexpr,
    EXACT: tl.constexpr,
    SOFTCAP: tl.constexpr,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """Compute the products of a block, or scores under a softcap; −inf where masked."""
    place = block * BLOCK_K + tl.arange(0, BLOCK_K)
    if EXACT:
        places = place
        is_key = place < key_stop
    else:
        within = place % key_span
        places = place // key_span * key_cell + tl.minimum(within, key_cell - 1)
        is_key = (within < key_cell) & (places < key_stop)
    if DIM <= CHUNK:
        features = loaded(keys, key_stride, places, is_key, MASKED, 0, DIM, CHUNK)
        scores = tl.dot(chunk, tl.trans(features), input_precision="ieee")
    else:
        # Not unrolled: the buffers of all chunks together would not fit a processor.
        scores = tl.zeros([rows.shape[0], BLOCK_K], tl.float32)
        for index in tl.range(0, (DIM + CHUNK - 1) // CHUNK):
            features = loaded(keys, key_stride, places, is_key, MASKED, index, DIM, CHUNK)
            more = loaded(queries, query_stride, rows, is_row, True, index, DIM, CHUNK)
            scores = tl.dot(more, tl.trans(features), scores, input_precision="ieee")
    if SOFTCAP:
        scores = _tanh(scores * inner) * softcap
    if MASKED:
        is_seen = (places[None, :] >= rows[:, None] + least) & is_key[None, :]
        is_seen = is_seen & (places[None, :] <= rows[:, None] + greatest)
        scores = tl.where(is_seen, scores, float("-inf"))
    return scores


@triton.jit
@no_type_check
def loaded(
    vectors,
    stride,
    places,
    is_there,
    MASKED: tl.constexpr,
    index,
    DIM: tl.constexpr,
    CHUNK: tl.constexpr,
):
    """Load some features of a block of queries or keys; zero past the last."""
    features = index * CHUNK + tl.arange(0, CHUNK)
    place = vectors + tl.cast(places, tl.int64)[:, None] * stride + features[None, :]
    if MASKED:
        is_feature = (features < DIM)[None, :]
        loaded = tl.load(place, mask=is_there[:, None] & is_feature, other=0.0)
    elif DIM % CHUNK == 0:
        loaded = tl.load(place)
    else:
        loaded = tl.load(place, mask=(features < DIM)[None, :], other=0.0)
    return loaded


@triton.jit
@no_type_check
def _tanh(x):
    """Compute tanh to the last bits: near zero, 1 − 2/(e²ˣ + 1) would lose them (Cephes, 1989)."""
    square = x * x
    near = -5.70498872745e-3 * square + 2.06390887954e-2
    near = near * square - 5.37397155531e-2
    near = near * square + 1.33314422036e-1
    near = near * square - 3.33332819422e-1
    near = near * square * x + x
    size = tl.abs(x)
    far = 1.0 - 2.0 / (tl.exp2(size * 2.8853900817779268) + 1.0)
    return tl.where(size < 0.625, near, tl.where(x < 0.0, -far, far))
