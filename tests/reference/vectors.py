"""Lists of floats as vectors and matrices, and the two products that every formula needs."""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = list[float]
Matrix = list[Vector]


def inner_product(left: Sequence[float], right: Sequence[float]) -> float:
    """Return the sum of left[f] * right[f], rounded once (`math.fsum`)."""
    return math.fsum(a * b for a, b in zip(left, right, strict=True))


def transformed(weight: Matrix, vector: Sequence[float]) -> Vector:
    """Return ``weight @ vector``, where `weight` has one row per output feature."""
    return [inner_product(row, vector) for row in weight]
