"""One head of attention, and several side by side, in the fixed order of operations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from .masks import Allowed, full
from .positions import Position, unchanged
from .scores import Score
from .softmax import softcapped, softmax
from .vectors import Matrix, inner_product


class Result(NamedTuple):
    """One head: scores before softmax (masked ones minus infinity), weights after, outputs."""

    scores: Matrix
    weights: Matrix
    outputs: Matrix


Head = Callable[[Matrix, Matrix, Matrix], Result]


def attention(
    query: Matrix,
    key: Matrix,
    value: Matrix,
    *,
    score: Score,
    position: Position = unchanged,
    allowed: Allowed | None = None,
    softcap: float | None = None,
    temperature: float = 1.0,
) -> Result:
    """Work one head: position, score, softcap, mask, softmax, then weights times values.

    The position acts on query and key only; a value is what the caller gives. A query with
    every key masked has weights and output zero.
    """
    may_attend = full() if allowed is None else allowed
    queries, keys = position(query), position(key)
    scores = [
        [
            softcapped(score(q, k), softcap) if may_attend(i, j) else -math.inf
            for j, k in enumerate(keys)
        ]
        for i, q in enumerate(queries)
    ]
    weights = [softmax(row, temperature) for row in scores]
    features = [list(column) for column in zip(*value, strict=True)]
    outputs = [[inner_product(row, feature) for feature in features] for row in weights]
    return Result(scores, weights, outputs)


def split_heads(rows: Matrix, n_heads: int) -> list[Matrix]:
    """Cut the features into equal runs, head 0 first (Vaswani 2017, section 3.2.2)."""
    if len(rows[0]) % n_heads:
        raise ValueError(f"{len(rows[0])} features do not split into {n_heads} equal heads.")
    dim = len(rows[0]) // n_heads
    return [[row[head * dim : (head + 1) * dim] for row in rows] for head in range(n_heads)]


def multi_head(query: Matrix, key: Matrix, value: Matrix, n_heads: int, head: Head) -> list[Result]:
    """Work each head alone by ``head(query, key, value)``, such as a partial of `attention`."""
    split = [split_heads(rows, n_heads) for rows in (query, key, value)]
    return [head(q, k, v) for q, k, v in zip(*split, strict=True)]
