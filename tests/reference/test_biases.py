"""Additive positions, held to their papers' rules worked by hand."""

from __future__ import annotations

import math

import pytest

from . import biases

# 2^-0.5, the finest slope that twelve heads need
ROOT_HALF = 0.7071067811865476


@pytest.mark.parametrize(
    ("n_heads", "expected"),
    [
        (1, [1 / 256]),
        (2, [1 / 16, 1 / 256]),
        # The two slopes of two heads, then the first of 1/4, 1/16, 1/64, 1/256.
        (3, [1 / 16, 1 / 256, 1 / 4]),
        (8, [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]),
        # The eight of eight heads, then 2^-0.5, 2^-1.5, 2^-2.5, 2^-3.5 of sixteen.
        (
            12,
            [
                *(1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256),
                *(ROOT_HALF, ROOT_HALF / 2, ROOT_HALF / 4, ROOT_HALF / 8),
            ],
        ),
    ],
)
def test_alibi_slopes_follow_the_paper(n_heads: int, expected: list[float]) -> None:
    assert biases.alibi_slopes(n_heads) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("bidirectional", "expected"),
    [(True, [-1.5, 0.0, -1.0]), (False, [-1.5, 0.0, 1.0])],
)
def test_alibi_falls_with_distance(bidirectional: bool, expected: list[float]) -> None:
    bias = biases.alibi([9.0, 0.5], bidirectional=bidirectional)

    assert [bias(1, 3, j) for j in (0, 3, 5)] == expected


@pytest.mark.parametrize(
    ("distance", "expected"),
    # Sixteen buckets a direction, eight of them exact; from there 16 = 8 * 16^(2/8), 32 and 64
    # are whole steps of two, and 12 = 8 * 16^(0.146...) is the first past 8 * 16^(1/8) = 11.3.
    [
        (0, 0),
        (-1, 1),
        (-7, 7),
        (-8, 8),
        (-11, 8),
        (-12, 9),
        (-15, 9),
        (-16, 10),
        (-31, 11),
        (-32, 12),
        (-63, 13),
        (-64, 14),
        (-90, 14),  # 8 * 16^(7/8) = 90.5
        (-91, 15),
        (-128, 15),
        (-1000, 15),
        (1, 17),
        (7, 23),
        (8, 24),
        (64, 30),
        (1000, 31),
    ],
)
def test_t5_buckets_of_both_directions(distance: int, expected: int) -> None:
    assert biases.t5_bucket(distance) == expected


@pytest.mark.parametrize(
    ("distance", "expected"),
    # Sixteen exact buckets; 32 = 16 * 8^(1/3), so 16/3 = 5.33 steps on; 64 is 10.67 steps.
    [(5, 0), (0, 0), (-15, 15), (-16, 16), (-32, 21), (-64, 26), (-127, 31), (-128, 31)],
)
def test_t5_buckets_of_one_direction(distance: int, expected: int) -> None:
    assert biases.t5_bucket(distance, bidirectional=False) == expected


def test_t5_reads_the_heads_own_table() -> None:
    # Four buckets: 0 and 1 for keys at or before the query, 2 and 3 for those after.
    bias = biases.t5([[0.0] * 4, [5.0, 6.0, 7.0, 8.0]], num_buckets=4, max_distance=3)

    # No key after the query is at distance 0, so bucket 2 stays unused.
    assert [bias(1, 2, j) for j in range(5)] == [6.0, 6.0, 5.0, 8.0, 8.0]


def test_shaw_adds_the_query_times_the_clipped_distances_vector() -> None:
    # a_-1 = (1, 0), a_0 = (0, 1), a_1 = (1, 1); q = (2, 3)
    bias = biases.shaw([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]], scale=0.5)

    assert [bias(0, 2, j, [2.0, 3.0]) for j in range(5)] == [1.0, 1.0, 1.5, 2.5, 2.5]


@pytest.mark.parametrize(
    ("bidirectional", "expected"),
    # Span 2 and ramp 2: clamp((4 - d) / 2) is 1 up to d = 2, 1/2 at 3, 0 from 4 on.
    [
        (True, [-math.inf, -math.log(2.0), 0.0, 0.0, 0.0, 0.0, 0.0, -math.log(2.0), -math.inf]),
        (False, [-math.inf, -math.log(2.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_adaptive_span_fades_over_its_ramp(bidirectional: bool, expected: list[float]) -> None:
    bias = biases.adaptive_span([50.0, 2.0], ramp=2.0, bidirectional=bidirectional)

    assert [bias(1, 4, j) for j in range(9)] == expected
