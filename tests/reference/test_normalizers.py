"""Normalisers of one row, held to weights worked by hand."""

from __future__ import annotations

import math

import pytest

from . import entmax, linear, normalizers
from .normalizers import Normalizer, log_sum_exp

MASKED = -math.inf
LOG_2, LOG_3 = math.log(2.0), math.log(3.0)
ALL = {
    "softmax": normalizers.softmax(),
    "softmax1": normalizers.softmax1(),
    "sink": normalizers.sink(0.5),
    "sparsemax": entmax.sparsemax(),
    "entmax15": entmax.entmax15(),
    "entmax": entmax.entmax(1.3),
    "sigmoid": normalizers.sigmoid(),
    "relu": normalizers.relu(),
    "topk": normalizers.topk(2),
    "linear": linear.share_of_sum,
    "none": normalizers.none(),
}


@pytest.mark.parametrize(
    ("normalize", "row", "expected"),
    [
        (normalizers.softmax(), [0.0, LOG_3, MASKED], [1 / 4, 3 / 4, 0.0]),
        (normalizers.softmax(2.0), [0.0, 2.0 * LOG_3], [1 / 4, 3 / 4]),
        # 1 / (1 + 1 + 2) and 2 / (1 + 1 + 2)
        (normalizers.softmax1(), [0.0, LOG_2, MASKED], [1 / 4, 1 / 2, 0.0]),
        # The sink takes 3 of 3 + 1 + 2, at any temperature.
        (normalizers.sink(LOG_3), [0.0, LOG_2], [1 / 6, 1 / 3]),
        (normalizers.sink(LOG_3, 2.0), [0.0, 2.0 * LOG_2], [1 / 6, 1 / 3]),
        # A bias of -log 4: 1 / (1 + 4 e^-s) with e^s = 4, 12, 4/3
        (
            normalizers.sigmoid(),
            [math.log(4.0), math.log(12.0), math.log(4.0 / 3.0), MASKED],
            [1 / 2, 3 / 4, 1 / 4, 0.0],
        ),
        (normalizers.sigmoid(0.0, 2.0), [2.0 * LOG_3, -2.0 * LOG_3], [3 / 4, 1 / 4]),
        (normalizers.relu(), [-1.0, 2.0, 4.0, MASKED], [0.0, 0.5, 1.0, 0.0]),
        (normalizers.relu(5.0, 0.5), [-1.0, 2.0, 4.0], [0.0, 0.8, 1.6]),
        # Of the three largest the first two are kept.
        (normalizers.topk(2), [1.0, 3.0, 3.0, 3.0], [0.0, 0.5, 0.5, 0.0]),
        (normalizers.topk(2), [MASKED, LOG_3, MASKED], [0.0, 1.0, 0.0]),
        (normalizers.topk(2, 2.0), [2.0 * LOG_3, -9.0, 0.0], [3 / 4, 0.0, 1 / 4]),
        (normalizers.topk(9), [0.0, LOG_3], [1 / 4, 3 / 4]),
        (normalizers.none(2.0), [3.0, -4.0, MASKED], [1.5, -2.0, 0.0]),
        # tau = (0.3 - 1) / 2
        (entmax.sparsemax(), [0.1, 0.2], [0.45, 0.55]),
        # tau = (1.5 - 1) / 2, so -1 is out
        (entmax.sparsemax(), [1.0, 0.5, -1.0, MASKED], [0.75, 0.25, 0.0, 0.0]),
        (entmax.sparsemax(), [3.0, 1.0, 0.2], [1.0, 0.0, 0.0]),
        (entmax.sparsemax(10.0), [1.0, 2.0], [0.45, 0.55]),
        # Halves 0.2 and 0: (0.2 - tau)^2 + tau^2 = 1 at tau = -0.6, below which -1.2 / 2 lies.
        (entmax.entmax15(), [0.4, 0.0, -1.2, MASKED], [0.64, 0.36, 0.0, 0.0]),
        (entmax.entmax15(0.5), [0.2, 0.0], [0.64, 0.36]),
        (entmax.entmax15(), [2.0, 0.0], [1.0, 0.0]),
        (entmax.entmax15(), [7.0] * 4, [0.25] * 4),
        (entmax.entmax(1.5), [0.4, 0.0, -1.2, MASKED], [0.64, 0.36, 0.0, 0.0]),
        (entmax.entmax(2.0), [1.0, 0.5, -1.0], [0.75, 0.25, 0.0]),
        (entmax.entmax(1.25), [7.0, MASKED, 7.0], [0.5, 0.0, 0.5]),
        # From the threshold 1 / (alpha - 1) on, the largest score takes all.
        (entmax.entmax(1.25), [4.0, 0.0], [1.0, 0.0]),
        # 3 of 3 + 1 and 1 of 3 + 1; what is masked is in neither
        (linear.share_of_sum, [3.0, MASKED, 1.0], [0.75, 0.0, 0.25]),
    ],
)
def test_each_normaliser_is_its_formula(
    normalize: Normalizer, row: list[float], expected: list[float]
) -> None:
    assert normalize(row) == pytest.approx(expected, rel=0.0, abs=4e-16)


@pytest.mark.parametrize("normalize", ALL.values(), ids=ALL)
def test_a_row_that_is_masked_whole_has_weights_zero(normalize: Normalizer) -> None:
    assert normalize([MASKED] * 3) == [0.0] * 3


@pytest.mark.parametrize("normalize", ALL.values(), ids=ALL)
def test_a_masked_key_has_weight_zero(normalize: Normalizer) -> None:
    assert normalize([1.0, MASKED, 2.0])[1] == 0.0


@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax15", "entmax", "topk"])
def test_a_shift_of_the_row_leaves_its_weights_alone(name: str) -> None:
    row = [0.25, -1.5, 0.5, 2.0, MASKED, 1.75]

    shifted = ALL[name]([score + 1024.0 for score in row])

    assert shifted == pytest.approx(ALL[name](row), rel=0.0, abs=1e-15)


def test_softmax_survives_scores_that_overflow_an_exponential() -> None:
    assert normalizers.softmax()([2000.0, 2000.0]) == [0.5, 0.5]
    assert math.isclose(log_sum_exp([2000.0, 2000.0]), 2000.0 + LOG_2)
    assert log_sum_exp([-math.inf]) == -math.inf


@pytest.mark.parametrize("alpha", [1.1, 1.25, 1.5, 1.75, 2.0])
def test_entmax_takes_back_the_scores_of_known_weights(alpha: float) -> None:
    # Where no weight is zero, weight^(alpha - 1) = (alpha - 1) s - tau, at any tau.
    weights = [0.05, 0.5, 0.15, 0.3]
    row = [(weight ** (alpha - 1.0) + 0.7) / (alpha - 1.0) for weight in weights]

    assert entmax.entmax(alpha)(row) == pytest.approx(weights, rel=0.0, abs=1e-14)


def test_entmax_at_two_is_sparsemax_and_near_one_is_softmax() -> None:
    row = [0.3, -0.2, 0.55, 0.1, -2.0]

    assert entmax.entmax(2.0)(row) == pytest.approx(entmax.sparsemax()(row), rel=0.0, abs=1e-15)
    assert entmax.entmax(1.0001)(row) == pytest.approx(normalizers.softmax()(row), abs=1e-4)


@pytest.mark.parametrize("alpha", [1.0, 2.1])
def test_entmax_refuses_an_alpha_out_of_range(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        entmax.entmax(alpha)


def test_linear_weights_are_products_of_features() -> None:
    # phi(q) = (2, 1); phi(k) = (3, 1), (1, 1), masked, (1, 2): products 7, 3 and 4 of 14
    weights = linear.linear(
        [1.0, 0.0],
        [[2.0, 0.0], [0.0, 0.0], [9.0, 9.0], [0.0, 1.0]],
        [True, True, False, True],
    )

    assert weights == pytest.approx([7 / 14, 3 / 14, 0.0, 4 / 14], abs=1e-15)


def test_linear_weights_that_sum_to_zero_are_zero() -> None:
    assert linear.linear([-1.0], [[2.0], [3.0]], [True, True], linear.relu) == [0.0, 0.0]


def test_linear_features_follow_the_scores_own_factors() -> None:
    # W k = (3, -1); relu leaves (3, 0); q = (2, 5) as it is
    general = linear.linear_score(linear.relu, weight=[[3.0], [-1.0]], scale=0.5)
    # Unit vectors (3/5, -4/5) and (1, 0): relu leaves 3/5 * 1
    cosine = linear.linear_score(linear.relu, is_cosine=True, scale=10.0)

    assert general([2.0, 5.0], [1.0]) == 3.0
    assert math.isclose(cosine([3.0, -4.0], [7.0, 0.0]), 6.0)


def test_elu1_is_one_at_zero_from_both_sides() -> None:
    assert [linear.elu1(x) for x in (-LOG_2, 0.0, 2.0)] == [0.5, 1.0, 3.0]
