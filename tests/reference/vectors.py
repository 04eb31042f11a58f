"""Lists of floats as vectors and matrices, and the few products that the formulas need."""

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


def unit(vector: Sequence[float]) -> Vector:
    """Return the vector divided by its length; zeros stay zeros."""
    length = math.sqrt(inner_product(vector, vector))
    return [x / length if length else 0.0 for x in vector]


def product(left: Matrix, right: Matrix) -> Matrix:
    """Return ``left @ right``: row i of `left` with column f of `right` in cell (i, f)."""
    columns = [list(column) for column in zip(*right, strict=True)]
    return [transformed(columns, row) for row in left]
