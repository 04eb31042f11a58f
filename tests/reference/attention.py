"""Attention of several heads together, or of one, in the fixed order of operations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .biases import Bias
from .heads import difference, mixed
from .masks import Allowed
from .normalizers import Normalizer, softmax
from .positions import Position, unchanged
from .scores import Score
from .vectors import Matrix, product


class Result(NamedTuple):
    """One head: scores before the normaliser (masked: minus infinity), weights, outputs."""

    scores: Matrix
    weights: Matrix
    outputs: Matrix


class HeadsResult(NamedTuple):
    """Several heads: scores of each score head, weights and outputs of each head of values."""

    scores: list[Matrix]
    weights: list[Matrix]
    outputs: list[Matrix]


Head = Callable[[Matrix, Matrix, Matrix], Result]


def attention_heads(
    queries: Sequence[Matrix],
    keys: Sequence[Matrix],
    values: Sequence[Matrix],
    *,
    score: Score,
    position: Position = unchanged,
    softcap: float | None = None,
    bias: Bias | None = None,
    premix: Matrix | None = None,
    allowed: Allowed | None = None,
    normalizer: Normalizer | Sequence[Normalizer] | None = None,
    postmix: Matrix | None = None,
    subtracted_share: float | None = None,
) -> HeadsResult:
    """Rotate, score, cap, bias, premix, mask, normalise, combine, then weigh the values.

    Args:
        queries: One matrix per score head.
        keys: One matrix per score head; see `for_each_query_head` for those that are shared.
        values: One matrix per head of weights: half as many where a share is subtracted.
        score: Of one query and one key, the same in every head.
        position: What rotates queries and keys; values are what the caller gives.
        softcap: c of c * tanh(s / c).
        bias: What is added to the capped score.
        premix: Heads mixed before the mask, a row per new head.
        allowed: The mask, the same in every head.
        normalizer: One for all heads, or one per head; softmax when not given.
        postmix: Heads mixed after the normaliser, a row per new head.
        subtracted_share: lambda of differential attention.
    """
    turned = zip(map(position, queries), map(position, keys), strict=True)
    scores = [_scored(head, q, k, score, softcap, bias) for head, (q, k) in enumerate(turned)]
    if premix is not None:
        scores = mixed(premix, scores)
    if allowed is not None:
        scores = [_masked(matrix, allowed) for matrix in scores]
    weights = [
        [normalize(row) for row in matrix]
        for normalize, matrix in zip(_per_head(normalizer, len(scores)), scores, strict=True)
    ]
    if postmix is not None:
        weights = mixed(postmix, weights)
    if subtracted_share is not None:
        weights = difference(weights, subtracted_share)
    outputs = [product(w, v) for w, v in zip(weights, values, strict=True)]
    return HeadsResult(scores, weights, outputs)


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
    """Work one head with softmax: position, score, softcap, mask, softmax, weights times values.

    The position acts on query and key only; a value is what the caller gives. A query with
    every key masked has weights and output zero.
    """
    together = attention_heads(
        [query],
        [key],
        [value],
        score=score,
        position=position,
        softcap=softcap,
        allowed=allowed,
        normalizer=softmax(temperature),
    )
    return Result(together.scores[0], together.weights[0], together.outputs[0])


def softcapped(score: float, softcap: float | None) -> float:
    """Return c * tanh(s / c), or s itself without a cap (Gemma 2, 2408.00118, section 2)."""
    return score if softcap is None else softcap * math.tanh(score / softcap)


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


def _scored(
    head: int,
    queries: Matrix,
    keys: Matrix,
    score: Score,
    softcap: float | None,
    bias: Bias | None,
) -> Matrix:
    return [
        [
            softcapped(score(q, k), softcap) + (bias(head, i, j, q) if bias else 0.0)
            for j, k in enumerate(keys)
        ]
        for i, q in enumerate(queries)
    ]


def _masked(scores: Matrix, allowed: Allowed) -> Matrix:
    return [
        [score if allowed(i, j) else -math.inf for j, score in enumerate(row)]
        for i, row in enumerate(scores)
    ]


def _per_head(
    normalizer: Normalizer | Sequence[Normalizer] | None, n_heads: int
) -> Sequence[Normalizer]:
    if normalizer is None:
        return [softmax()] * n_heads
    return [normalizer] * n_heads if callable(normalizer) else normalizer
