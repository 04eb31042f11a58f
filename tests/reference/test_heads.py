"""Heads that share, mix and subtract, and the order of operations, held to hand-worked numbers."""

from __future__ import annotations

import math

import pytest

from . import biases, heads, linear, masks, normalizers, scores
from .attention import attention, attention_heads
from .closeness import is_close
from .positions import rope
from .vectors import Matrix, inner_product, transformed


@pytest.mark.parametrize(
    ("n_kv_heads", "expected"),
    [(6, [0, 1, 2, 3, 4, 5]), (3, [0, 0, 1, 1, 2, 2]), (2, [0, 0, 0, 1, 1, 1]), (1, [0] * 6)],
)
def test_neighbouring_query_heads_share_a_key_head(n_kv_heads: int, expected: list[int]) -> None:
    assert [heads.key_head(head, 6, n_kv_heads) for head in range(6)] == expected


def test_key_heads_that_do_not_divide_the_query_heads_are_refused() -> None:
    with pytest.raises(ValueError, match="evenly"):
        heads.key_head(0, 6, 4)


def test_shared_keys_are_written_out_per_query_head() -> None:
    first, second = [[1.0]], [[2.0]]

    assert heads.for_each_query_head([first, second], 4) == [first, first, second, second]


def test_a_mixed_head_is_the_sum_of_its_row_of_shares() -> None:
    # New head 0 = 2 A - B, new head 1 = 3 B: rows of the mixing are new heads.
    mixed = heads.mixed([[2.0, -1.0], [0.0, 3.0]], [[[1.0, 2.0]], [[10.0, 20.0]]])

    assert mixed == [[[-8.0, -16.0]], [[30.0, 60.0]]]


def test_masked_scores_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="masked"):
        heads.mixed([[1.0, 0.0], [0.0, 1.0]], [[[1.0]], [[-math.inf]]])


def test_lambda_init_grows_with_depth() -> None:
    assert math.isclose(heads.differential_lambda_init(0), 0.2)
    # 0.8 - 0.6 * exp(-3) = 0.8 - 0.6 * 0.0497870684
    assert math.isclose(heads.differential_lambda_init(10), 0.7701277590, abs_tol=1e-10)


def test_lambda_is_a_difference_of_exponentials() -> None:
    # exp(ln 3 * 1) - exp(ln 2 / 2 + ln 2 / 2) + 0.2 = 3 - 2 + 0.2
    half = math.log(2.0) / 2.0
    given = heads.differential_lambda(0.2, [math.log(3.0), 5.0], [1.0, 0.0], [half] * 2, [1.0] * 2)

    assert math.isclose(given, 1.2)
    assert heads.differential_lambda(0.2) == 0.2
    assert heads.differential_lambda(0.2, [0.0], [1.0], [0.0], [1.0]) == 0.2


QUERIES: list[Matrix] = [[[0.0]], [[math.log(3.0)]]]
KEYS: list[Matrix] = [[[1.0], [0.0]]] * 2


@pytest.mark.parametrize(
    ("subtracted_share", "expected"),
    # A_0 = (1/2, 1/2), A_1 = (3/4, 1/4); rows sum to 1 - lambda.
    [(0.0, [0.5, 0.5]), (0.4, [0.2, 0.4]), (1.0, [-0.25, 0.25])],
)
def test_differential_heads_subtract_a_share_of_the_second(
    subtracted_share: float, expected: list[float]
) -> None:
    result = attention_heads(
        QUERIES, KEYS, [[[10.0], [1.0]]], score=scores.dot, subtracted_share=subtracted_share
    )

    assert (len(result.scores), len(result.weights)) == (2, 1)
    assert is_close(result.weights[0], [expected])
    assert is_close(result.outputs[0], [[10.0 * expected[0] + expected[1]]])


def test_talking_heads_mix_scores_before_the_mask_and_weights_after() -> None:
    result = attention_heads(
        [[[1.0]], [[2.0]]],
        [[[0.0], [math.log(3.0)], [5.0]]] * 2,
        [[[4.0], [8.0], [100.0]]] * 2,
        score=scores.dot,
        # Scores k and 2k: new head 0 is 2k - k, new head 1 is k - k.
        premix=[[-1.0, 1.0], [2.0, -1.0]],
        allowed=masks.padding(2),
        # Weights (1/4, 3/4) and (1/2, 1/2): new head 0 is their sum, new head 1 the second.
        postmix=[[1.0, 1.0], [0.0, 1.0]],
    )

    log_3 = math.log(3.0)
    assert result.scores == [[[0.0, log_3, -math.inf]], [[0.0, 0.0, -math.inf]]]
    assert is_close(result.weights[0], [[0.75, 1.25, 0.0]])
    assert is_close(result.weights[1], [[0.5, 0.5, 0.0]])
    assert is_close([*result.outputs[0], *result.outputs[1]], [[13.0], [6.0]])


def test_softcap_comes_before_the_bias_and_temperature_after() -> None:
    result = attention_heads(
        [[[1.0]]] * 2,
        [[[0.0], [2.0]]] * 2,
        [[[0.0], [1.0]]] * 2,
        score=scores.dot,
        softcap=2.0,
        bias=biases.alibi([0.5, 1.0]),
        normalizer=normalizers.none(temperature=2.0),
    )

    # 2 * tanh(1) = 1.5231883119, less 1/2 or 1, then halved
    assert is_close(result.scores[0], [[0.0, 1.0231883119]], 1e-10)
    assert is_close(result.scores[1], [[0.0, 0.5231883119]], 1e-10)
    assert is_close(result.outputs[0], [[0.51159415596]], 1e-10)


def test_shaw_reads_the_query_of_the_score() -> None:
    # s = q . (k + a) with a_-1 = 1, a_0 = 10, a_1 = 100: query 1 = 3 sees 3 * (k + 1, k + 10, ...)
    result = attention_heads(
        [[[2.0], [3.0]]],
        [[[5.0], [6.0], [7.0]]],
        [[[0.0]] * 3],
        score=scores.scaled_dot(0.5),
        bias=biases.shaw([[[1.0], [10.0], [100.0]]], scale=0.5),
    )

    assert result.scores[0] == [[15.0, 106.0, 107.0], [9.0, 24.0, 160.5]]


def test_each_head_may_have_its_own_sink() -> None:
    result = attention_heads(
        [[[0.0]]] * 2,
        [[[1.0], [1.0]]] * 2,
        [[[1.0], [1.0]]] * 2,
        score=scores.dot,
        normalizer=[normalizers.sink(math.log(2.0)), normalizers.sink(-math.inf)],
    )

    assert is_close([*result.outputs[0], *result.outputs[1]], [[0.5], [1.0]])


def test_linear_attention_is_its_feature_sums() -> None:
    query, keys, values = [0.5, -1.0], [[1.0, 2.0], [-0.5, 0.25]], [[3.0, 5.0], [-2.0, 1.0]]

    result = attention_heads(
        [[query]],
        [keys],
        [values],
        score=linear.linear_score(scale=0.25),
        normalizer=linear.share_of_sum,
    )

    # O = phi(q) (sum phi(k) v) / (phi(q) . sum phi(k)), 2006.16236, eq. 5
    features = [[linear.elu1(x) for x in row] for row in [query, *keys]]
    sums = [features[1][f] + features[2][f] for f in range(2)]
    moments = [
        [features[1][f] * values[0][c] + features[2][f] * values[1][c] for f in range(2)]
        for c in range(2)
    ]
    total = inner_product(features[0], sums)
    expected = [inner_product(features[0], moment) / total for moment in moments]
    assert is_close(result.outputs[0], [expected])
    direct = linear.linear(query, keys, [True, True])
    assert is_close(result.weights[0], [direct])


def test_latent_heads_have_the_scores_of_their_absorbed_form() -> None:
    queries = [[[1.0, 2.0, 0.5, -1.0], [0.0, 1.0, 2.0, 1.0]], [[3.0, -1.0, 1.0, 1.0]] * 2]
    latent = [[1.0, 0.0, 2.0], [0.5, -1.0, 1.0]]
    key_rope = [[1.0, 2.0], [0.25, -0.5]]
    weight_uk = [[[1.0, 0.0], [2.0, 1.0], [0.0, -1.0]], [[0.5, 1.0], [1.0, 1.0], [-1.0, 0.0]]]
    rotate = rope(10.0)

    made = heads.mla(queries, latent, key_rope, weight_uk, [[[1.0], [2.0], [3.0]]] * 2, rotate)

    # Head 0, key 0: c W = 1 (1, 0) + 0 (2, 1) + 2 (0, -1) = (1, -2); position 0 does not turn.
    assert made.keys[0][0] == [1.0, -2.0, 1.0, 2.0]
    assert made.values == [[[7.0], [1.5]]] * 2
    assert made.scale == 0.5
    for head, weight in enumerate(weight_uk):
        expanded = attention(
            made.queries[head],
            made.keys[head],
            made.values[head],
            score=scores.scaled_dot(made.scale),
        ).scores
        absorbed = [transformed(weight, query[:2]) for query in queries[head]]
        turned = rotate([query[2:] for query in queries[head]])
        assert is_close(
            expanded,
            [
                [
                    0.5 * (inner_product(a, c) + inner_product(t, k))
                    for c, k in zip(latent, rotate(key_rope), strict=True)
                ]
                for a, t in zip(absorbed, turned, strict=True)
            ],
        )
