"""Linear attention: features of query and key, whose products are scores and weights alike.

Only the definition is here, every product of a query and a key (Katharopoulos 2020, 2006.16236,
eq. 4); the sums over keys that make it linear must give the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .scores import Score
from .vectors import Matrix, Vector, inner_product, transformed, unit

FeatureMap = Callable[[float], float]


def elu1(x: float) -> float:
    """Return elu(x) + 1: x + 1 above zero, exp(x) below (2006.16236, eq. 7)."""
    return x + 1.0 if x > 0.0 else math.exp(x)


def relu(x: float) -> float:
    """Return max(x, 0)."""
    return max(x, 0.0)


def linear(
    query: Vector, keys: Matrix, allowed: Sequence[bool], feature_map: FeatureMap = elu1
) -> Vector:
    """Return one row of weights: phi(q) . phi(k) over its sum over the allowed keys.

    All zero when that sum is zero.
    """
    similarity = linear_score(feature_map)
    row = [
        similarity(query, key) if may_attend else -math.inf
        for key, may_attend in zip(keys, allowed, strict=True)
    ]
    return share_of_sum(row)


def linear_score(
    feature_map: FeatureMap = elu1,
    *,
    scale: float = 1.0,
    weight: Matrix | None = None,
    is_cosine: bool = False,
) -> Score:
    """Make phi(q) . phi(k) * scale: the score that a product score becomes under `linear`.

    Args:
        feature_map: phi, taken of each feature.
        scale: That of the product score: 1 for `dot`, 1 / sqrt(d) for `scaled_dot`.
        weight: W of the score `general`, whose factors are q and W k.
        is_cosine: Whether the factors are the unit vectors of q and k.
    """

    def score(query: Vector, key: Vector) -> float:
        mapped = key if weight is None else transformed(weight, key)
        factors = (unit(query), unit(mapped)) if is_cosine else (query, mapped)
        left, right = ([feature_map(x) for x in factor] for factor in factors)
        return inner_product(left, right) * scale

    return score


def share_of_sum(scores: Vector) -> Vector:
    """Return each score over the sum of those not masked: the normaliser `linear`.

    All zero when the sum is zero. A temperature would cancel, so there is none.
    """
    finite = [0.0 if score == -math.inf else score for score in scores]
    total = math.fsum(finite)
    return [score / total if total else 0.0 for score in finite]
