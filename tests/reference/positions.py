"""Positions that change the rows of a sequence: row m of the matrix stands at position m."""

from __future__ import annotations

import math
from collections.abc import Callable

from .rope_scalings import Rotation, Scaling, unscaled
from .vectors import Matrix, Vector

Position = Callable[[Matrix], Matrix]


def unchanged(rows: Matrix) -> Matrix:
    """Return a copy of the rows: the position `none`."""
    return [list(row) for row in rows]


def sinusoidal(base: float = 10000.0) -> Position:
    """Make X + PE, sine at even and cosine at odd features (Vaswani 2017, section 3.5).

    It belongs to step 0, before projection and before the split into heads, so whoever
    takes the value from the same X encodes the value too.
    """

    def encode(rows: Matrix) -> Matrix:
        return [
            [x + _wave(m, feature, len(row), base) for feature, x in enumerate(row)]
            for m, row in enumerate(rows)
        ]

    return encode


def rope(
    rope_theta: float = 10000.0,
    rotary_dim: int | None = None,
    interleaved: bool = False,
    scaling: Scaling = unscaled,
) -> Position:
    """Make the rotation of pair t by m * theta^(-2t / rotary_dim) (Su 2021, 2104.09864, eq. 15).

    Args:
        rope_theta: theta, the base of the frequencies.
        rotary_dim: How many leading features rotate, an even number; all when not given.
        interleaved: Pairs are (2t, 2t + 1) when true, else (t, t + rotary_dim / 2).
        scaling: Other frequencies than theta^(-2t / rotary_dim), and a factor of every cosine
            and sine; the features that do not rotate keep their length.
    """

    def rotate(rows: Matrix) -> Matrix:
        n_rotating = len(rows[0]) if rotary_dim is None else rotary_dim
        rotation = scaling(rope_theta, n_rotating)
        return [_rotated(row, m, rotation, interleaved) for m, row in enumerate(rows)]

    return rotate


def _wave(m: int, feature: int, dim: int, base: float) -> float:
    even_feature = feature - feature % 2
    angle = m / base ** (even_feature / dim)
    return math.sin(angle) if feature % 2 == 0 else math.cos(angle)


def _rotated(row: Vector, m: int, rotation: Rotation, interleaved: bool) -> Vector:
    n_pairs = len(rotation.frequencies)
    result = list(row)
    for t, frequency in enumerate(rotation.frequencies):
        first, second = (2 * t, 2 * t + 1) if interleaved else (t, t + n_pairs)
        cosine = math.cos(m * frequency) * rotation.attention_factor
        sine = math.sin(m * frequency) * rotation.attention_factor
        result[first] = row[first] * cosine - row[second] * sine
        result[second] = row[first] * sine + row[second] * cosine
    return result
