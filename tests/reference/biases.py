"""Positions that add to the score of head h, query i and key j, after scale and softcap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from .vectors import Matrix, Vector, inner_product


class Bias(Protocol):
    """A number for each head, query and key; only Shaw's also looks at the query's vector."""

    def __call__(self, head: int, i: int, j: int, query: Sequence[float] = ()) -> float:
        """Return the bias; `query` is the vector that the score reads, rotated if that is."""
        ...


def alibi_slopes(n_heads: int) -> Vector:
    """Return one slope per head by the rule of the paper's code (Press 2022, 2108.12409).

    With p the largest power of two up to the heads: the slopes 2^(-8/p), 2^(-16/p) ... 2^-8;
    then the first, third, fifth ... slope of the rule for 2p, until each head has one.
    """
    power = 1
    while 2 * power <= n_heads:
        power *= 2
    every, finer = _geometric(power), _geometric(2 * power)
    return [*every, *finer[::2]][:n_heads]


def alibi(slopes: Sequence[float], *, bidirectional: bool = True) -> Bias:
    """Make -slope_h * |i - j|, or -slope_h * (i - j) where only the past is meant to be seen.

    In one direction a later key gets a bonus: the formula does not mask.
    """

    def bias(head: int, i: int, j: int, query: Sequence[float] = ()) -> float:
        return -slopes[head] * (abs(i - j) if bidirectional else i - j)

    return bias


def t5_bucket(
    distance: int,
    *,
    num_buckets: int = 32,
    max_distance: int = 128,
    bidirectional: bool = True,
) -> int:
    """Return the bucket of `distance` = j - i (Raffel 2020, 1910.10683, section 2.1, its code).

    In both directions, the upper half of the buckets is for j > i; in one, every later key is
    in bucket 0. Of the n buckets of a direction, the first e = n // 2 hold one distance each;
    bucket e + floor((n - e) * log(x / e) / log(max_distance / e)) holds a larger distance x, and
    the last all that is further. The floor is found in whole numbers: a logarithm that is off
    by its last bit would send x = e * (max_distance / e)^(b / (n - e)) to the bucket below.
    """
    n_buckets = num_buckets // 2 if bidirectional else num_buckets
    first = n_buckets if bidirectional and distance > 0 else 0
    x = abs(distance) if bidirectional else max(-distance, 0)
    exact = n_buckets // 2
    if x < exact:
        return first + x
    steps = n_buckets - exact
    step = 0
    # (x / e)^steps >= (max_distance / e)^(step + 1), multiplied out.
    while step < steps - 1 and (
        x**steps * exact ** (step + 1) >= max_distance ** (step + 1) * exact**steps
    ):
        step += 1
    return first + exact + step


def t5(
    table: Matrix,
    *,
    num_buckets: int = 32,
    max_distance: int = 128,
    bidirectional: bool = True,
) -> Bias:
    """Make table[head][bucket of j - i] (Raffel 2020, 1910.10683, section 2.1)."""

    def bias(head: int, i: int, j: int, query: Sequence[float] = ()) -> float:
        bucket = t5_bucket(
            j - i,
            num_buckets=num_buckets,
            max_distance=max_distance,
            bidirectional=bidirectional,
        )
        return table[head][bucket]

    return bias


def shaw(embeddings: Sequence[Matrix], *, scale: float = 1.0) -> Bias:
    """Make scale * q . a_(j - i) (Shaw 2018, 1803.02155, eq. 4).

    Args:
        embeddings: For each head 2R + 1 rows of the query's size: a_-R first, a_R last.
            Distances beyond R are clipped to it.
        scale: The scale of the score, 1 / sqrt(d) in the paper.
    """

    def bias(head: int, i: int, j: int, query: Sequence[float] = ()) -> float:
        largest = (len(embeddings[head]) - 1) // 2
        distance = min(max(j - i, -largest), largest)
        return scale * inner_product(query, embeddings[head][distance + largest])

    return bias


def adaptive_span(spans: Sequence[float], ramp: float = 4.0, *, bidirectional: bool = True) -> Bias:
    """Make log(clamp((R + z_h - d) / R, 0, 1)) (Sukhbaatar 2019, 1905.07799).

    d is |i - j|, or i - j where only the past is meant to be seen. Zero up to the span z_h,
    minus infinity, as good as masked, from z_h + R on.
    """

    def bias(head: int, i: int, j: int, query: Sequence[float] = ()) -> float:
        distance = abs(i - j) if bidirectional else i - j
        share = min(max((ramp + spans[head] - distance) / ramp, 0.0), 1.0)
        return math.log(share) if share > 0.0 else -math.inf

    return bias


def _geometric(power: int) -> Vector:
    return [2.0 ** (-8.0 * (head + 1) / power) for head in range(power)]
