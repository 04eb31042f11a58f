"""Masks, held to matrices drawn by hand: a row per query, 1 where it may attend."""

from __future__ import annotations

import pytest

from . import masks
from .masks import Allowed


def _drawn(allowed: Allowed, n_queries: int, n_keys: int) -> list[str]:
    return ["".join("01"[allowed(i, j)] for j in range(n_keys)) for i in range(n_queries)]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (masks.full(), ["11111", "11111", "11111"]),
        (masks.causal("upper_left", 3, 5), ["10000", "11000", "11100"]),
        (masks.causal("lower_right", 3, 5), ["11100", "11110", "11111"]),
        (masks.padding(2), ["11000", "11000", "11000"]),
        (masks.sliding_window(1, 2), ["11100", "11110", "01111"]),
        (masks.not_(masks.padding(2)), ["00111", "00111", "00111"]),
        (
            masks.all_of(masks.padding(2), masks.causal("upper_left", 3, 5)),
            ["10000", "11000", "11000"],
        ),
        (
            masks.any_of(masks.padding(2), masks.causal("upper_left", 3, 5)),
            ["11000", "11000", "11100"],
        ),
        (
            masks.custom([[False, True] + [False] * 3, [True] * 5, [False] * 5]),
            ["01000", "11111", "00000"],
        ),
    ],
)
def test_each_mask_allows_what_its_rule_says(allowed: Allowed, expected: list[str]) -> None:
    assert _drawn(allowed, 3, 5) == expected


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (masks.strided(stride=2), ["1110101", "1111010", "1111101", "0111110"]),
        (masks.strided(stride=3), ["1111001", "1111100", "1111110", "1111111"]),
        (masks.dilated(window=3, dilation=2), ["1010000", "0101000", "1010100", "0101010"]),
        (masks.dilated(window=3, dilation=3), ["1001000", "0100100", "0010010", "1001001"]),
        (masks.prefix_lm(2), ["1100000", "1100000", "1110000", "1111000"]),
        (masks.chunked(3), ["1110000", "1110000", "1110000", "0001110"]),
        (masks.document([5, 5, 2, 5, 2, 2, 9]), ["1101000", "1101000", "0010110", "1101000"]),
        # Query 1 and key 5 are global.
        (masks.global_window(1, (1, 5)), ["1100010", "1111111", "0111010", "0111110"]),
        (masks.sinks_window(1, left=1, right=0), ["1000000", "1100000", "1110000", "1011000"]),
    ],
)
def test_each_pattern_allows_what_its_rule_says(allowed: Allowed, expected: list[str]) -> None:
    assert _drawn(allowed, 4, 7) == expected


def test_bigbird_allows_neighbours_the_ends_and_its_random_blocks() -> None:
    # Six blocks of two, the last one of a single position; blocks 2 and 3 drew 4 and 1.
    allowed = masks.bigbird(2, 11, 11, [[], [], [4], [1], [], []])

    one_per_block = [
        "".join("01"[allowed(2 * a + 1 if a < 5 else 10, 2 * b)] for b in range(6))
        for a in range(6)
    ]

    assert one_per_block == ["111111", "111001", "111111", "111111", "100111", "111111"]
    assert allowed(3, 9) is False
    assert allowed(3, 10) is True


def test_bigbird_counts_last_blocks_of_queries_and_keys_apart() -> None:
    # Three blocks of queries, five of keys, of one position each.
    allowed = masks.bigbird(1, 3, 5, [[], [], []])

    assert _drawn(allowed, 3, 5) == ["11111", "11101", "11111"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # A grid of three rows and four columns, a box of 3 x 3.
        (0, ["1110", "1110", "1110"]),  # the corner sees the box of its inner neighbour
        (5, ["1110", "1110", "1110"]),  # row 1, column 1: that neighbour
        (6, ["0111", "0111", "0111"]),  # row 1, column 2
        (11, ["0111", "0111", "0111"]),  # the opposite corner
    ],
)
def test_neighborhood_moves_inside_the_grid(query: int, expected: list[str]) -> None:
    allowed = masks.neighborhood_2d((3, 4), (3, 3))

    box = _drawn(lambda i, j: allowed(query, 4 * i + j), 3, 4)

    assert box == expected


def test_neighborhood_reads_rows_before_columns() -> None:
    # Five rows and two columns, three rows and one column of a box: query 4 is row 2, column 0.
    allowed = masks.neighborhood_2d((5, 2), (3, 1))

    assert _drawn(lambda i, j: allowed(4, 2 * i + j), 5, 2) == ["00", "10", "10", "10", "00"]


def test_neighborhood_of_a_whole_grid_is_everything() -> None:
    allowed = masks.neighborhood_2d((3, 3), (3, 3))

    assert _drawn(allowed, 9, 9) == ["1" * 9] * 9
