"""The six scores of one query and one key; scale belongs here, softcap does not."""

from __future__ import annotations

import math
from collections.abc import Callable

from .vectors import Matrix, Vector, inner_product, transformed, unit

Score = Callable[[Vector, Vector], float]


def dot(query: Vector, key: Vector) -> float:
    """Return q . k (Luong 2015, 1508.04025, section 3.1)."""
    return inner_product(query, key)


def scaled_dot(scale: float | None = None) -> Score:
    """Make q . k * scale, with 1 / sqrt(d) when not given (Vaswani 2017, 1706.03762, eq. 1)."""

    def score(query: Vector, key: Vector) -> float:
        factor = 1.0 / math.sqrt(len(query)) if scale is None else scale
        return inner_product(query, key) * factor

    return score


def general(weight: Matrix, bias: Vector | None = None) -> Score:
    """Make q . (W k + b) (Luong 2015, 1508.04025, section 3.1; b as in a linear layer).

    Args:
        weight: W, one row per query feature and one column per key feature.
        bias: b, one number per query feature; zero when not given.
    """

    def score(query: Vector, key: Vector) -> float:
        mapped = transformed(weight, key)
        if bias is not None:
            mapped = [m + b for m, b in zip(mapped, bias, strict=True)]
        return inner_product(query, mapped)

    return score


def additive(
    v: Vector, weight_query: Matrix, weight_key: Matrix, bias: Vector | None = None
) -> Score:
    """Make v . tanh(Wq q + Wk k + b) (Bahdanau 2015, 1409.0473, A.1.2; there b is 0).

    Args:
        v: One number per attention feature.
        weight_query: Wq, one row per attention feature and one column per query feature.
        weight_key: Wk, one row per attention feature and one column per key feature.
        bias: b, one number per attention feature; zero when not given.
    """
    offset = [0.0] * len(v) if bias is None else bias

    def score(query: Vector, key: Vector) -> float:
        parts = zip(
            transformed(weight_query, query), transformed(weight_key, key), offset, strict=True
        )
        return inner_product(v, [math.tanh(a + b + c) for a, b, c in parts])

    return score


def cosine(scale: float = 10.0) -> Score:
    """Make scale * cos(q, k) (Henry 2020, 2010.04245; Liu 2022, 2111.09883).

    A vector of zeros has no direction: its unit vector, and so its score, is zero.
    """

    def score(query: Vector, key: Vector) -> float:
        return scale * inner_product(unit(query), unit(key))

    return score


def rbf(gamma: float | None = None) -> Score:
    """Make -gamma * |q - k|^2, with 1 / sqrt(d) when not given (Kim 2021, 2006.04710)."""

    def score(query: Vector, key: Vector) -> float:
        factor = 1.0 / math.sqrt(len(query)) if gamma is None else gamma
        return -factor * math.fsum((q - k) ** 2 for q, k in zip(query, key, strict=True))

    return score
