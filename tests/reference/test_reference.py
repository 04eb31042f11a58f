"""The references themselves, held to arithmetic small enough to do by hand."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

import pytest

from . import masks, positions, scores, textbook
from .attention import attention, multi_head
from .closeness import is_close
from .overview import pooled
from .scores import Score
from .vectors import Matrix


def test_attention_gives_the_textbook_answer() -> None:
    result = attention(textbook.QUERY, textbook.KEY, textbook.VALUE, score=scores.scaled_dot())

    assert result.scores == textbook.SCORES
    assert is_close(result.weights, textbook.WEIGHTS, 1e-10)
    assert is_close(result.outputs, textbook.OUTPUTS, 1e-10)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (scores.dot, 11.0),  # 1·3 + 2·4
        (scores.scaled_dot(), 11.0 / math.sqrt(2.0)),
        (scores.scaled_dot(0.25), 2.75),
        # W k = [1·3 + 2·4, 0·3 + 1·4] = [11, 4]; q · [11, 4] = 11 + 8
        (scores.general([[1.0, 2.0], [0.0, 1.0]]), 19.0),
        # q · [11 + 1, 4 - 1] = 12 + 6
        (scores.general([[1.0, 2.0], [0.0, 1.0]], [1.0, -1.0]), 18.0),
        # Wq q = [1, 2], Wk k = [-4, 3], b = [4, -5]: 2·tanh(1) + 3·tanh(0)
        (
            scores.additive(
                [2.0, 3.0], [[1.0, 0.0], [0.0, 1.0]], [[0.0, -1.0], [1.0, 0.0]], [4.0, -5.0]
            ),
            1.5231883119,
        ),
        # q . k = 11, |q| = sqrt(5), |k| = 5
        (scores.cosine(), 110.0 / (5.0 * math.sqrt(5.0))),
        (scores.cosine(scale=2.0), 22.0 / (5.0 * math.sqrt(5.0))),
        # |q - k|^2 = 2^2 + 2^2
        (scores.rbf(), -8.0 / math.sqrt(2.0)),
        (scores.rbf(gamma=0.5), -4.0),
    ],
)
def test_each_score_is_its_formula(score: Score, expected: float) -> None:
    assert math.isclose(score([1.0, 2.0], [3.0, 4.0]), expected, abs_tol=1e-10)


def test_general_takes_a_query_and_a_key_of_different_sizes() -> None:
    # W k = 1·1 + 2·2 + 3·3 = 14; q · 14 = 28
    assert scores.general([[1.0, 2.0, 3.0]])([2.0], [1.0, 2.0, 3.0]) == 28.0


def test_cosine_of_a_vector_of_zeros_is_zero() -> None:
    assert scores.cosine()([0.0, 0.0], [3.0, 4.0]) == 0.0


def test_sinusoidal_adds_sine_at_even_and_cosine_at_odd_features() -> None:
    encoded = positions.sinusoidal(base=100.0)([[0.0] * 4, [1.0] * 4])

    # At position 1 the angles are 1 / 100^(0/4) = 1 and 1 / 100^(2/4) = 1/10.
    assert encoded[0] == [0.0, 1.0, 0.0, 1.0]
    assert is_close(encoded[1:], [[1.8414709848, 1.5403023059, 1.0998334166, 1.9950041653]], 1e-10)


@pytest.mark.parametrize(
    ("interleaved", "expected"),
    # theta = (2/pi)^2, so that at position 1 pair 0 turns by 1 and pair 1 by theta^(-1/2) = pi/2.
    [
        # Pairs (1, 2) and (3, 4): the second becomes (-4, 3).
        (True, [-1.1426396637, 1.9220755965, -4.0, 3.0, 5.0]),
        # Pairs (1, 3) and (2, 4): the second becomes (-4, 2).
        (False, [-1.9841106486, -4.0, 2.4623779024, 2.0, 5.0]),
    ],
)
def test_rope_turns_its_pairs_and_leaves_the_rest(interleaved: bool, expected: list[float]) -> None:
    rotate = positions.rope((2.0 / math.pi) ** 2, rotary_dim=4, interleaved=interleaved)
    row = [1.0, 2.0, 3.0, 4.0, 5.0]

    rotated = rotate([row, row])

    assert rotated[0] == row
    assert is_close(rotated[1:], [expected], 1e-10)


def test_masked_scores_are_minus_infinity_and_an_empty_row_is_zero() -> None:
    result = attention(
        [[1.0], [1.0]],
        [[1.0], [1.0], [5.0]],
        [[2.0], [4.0], [9.0]],
        score=scores.dot,
        allowed=lambda i, j: i == 0 and j < 2,
    )

    assert result.scores == [[1.0, 1.0, -math.inf], [-math.inf] * 3]
    assert result.weights == [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]
    assert result.outputs == [[3.0], [0.0]]


def test_softcap_acts_before_the_mask_and_temperature_inside_the_softmax() -> None:
    result = attention(
        [[1.0]],
        [[0.0], [2.0], [9.0]],
        [[0.0], [1.0], [7.0]],
        score=scores.dot,
        allowed=masks.padding(2),
        softcap=2.0,
        temperature=2.0,
    )

    # 2·tanh(2/2) = 1.5231883119; its half is tanh(1), and exp(0.7615941560) = 2.1416876847
    assert is_close([result.scores[0][:2]], [[0.0, 1.5231883119]], 1e-10)
    assert result.scores[0][2] == -math.inf
    assert is_close(result.outputs, [[2.1416876847 / 3.1416876847]], 1e-9)


def test_each_head_reads_its_own_run_of_features() -> None:
    first, second = multi_head(
        [[1.0, 2.0]],
        [[3.0, 4.0], [3.0, 4.0]],
        [[5.0, 6.0], [7.0, 8.0]],
        2,
        partial(attention, score=scores.dot),
    )

    assert (first.scores, first.outputs) == ([[3.0, 3.0]], [[6.0]])
    assert (second.scores, second.outputs) == ([[8.0, 8.0]], [[7.0]])


@pytest.mark.parametrize(
    ("reduce", "expected"),
    [("max", [[7.0, 8.0], [12.0, 11.0]]), ("mean", [[3.5, 5.5], [11.0, 11.0]])],
)
def test_pooled_cells_at_the_end_are_smaller(
    reduce: Literal["max", "mean"], expected: Matrix
) -> None:
    weights = [[1.0, 2.0, 3.0], [4.0, 7.0, 8.0], [10.0, 12.0, 11.0]]

    assert pooled(weights, 2, 2, reduce) == expected
