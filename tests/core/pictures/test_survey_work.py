"""What a survey is said to take: more for more, and nothing for what a mask empties."""

from typing import Any

import pytest

from attention_core import AttentionSpec, survey_cells

LONG = (32_768, 16_384)


def told(extent: tuple[int, int] = LONG, **spec: Any) -> float:
    return survey_cells(extent, AttentionSpec.model_validate(spec))


def test_softmax_of_64_features_is_the_measure() -> None:
    assert told() == 32_768 * 16_384


def test_twice_the_queries_take_twice_as_long() -> None:
    assert told((2 * LONG[0], LONG[1])) == 2 * told()


@pytest.mark.parametrize(
    ("mask", "share"),
    [
        ("causal", 0.5),
        ({"kind": "padding", "key_length": 8192}, 0.25),
        # A band of three blocks of 256.
        ({"kind": "sliding_window", "window": [256, 256]}, 3 / 128),
    ],
)
def test_what_a_mask_empties_takes_nothing(mask: Any, share: float) -> None:
    extent = (32_768, 32_768)
    assert told(extent, mask=mask) == pytest.approx(share * told(extent), rel=0.1)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({}, {"normalizer": "sparsemax"}),
        ({}, {"normalizer": "sigmoid"}),
        ({"normalizer": "topk"}, {"normalizer": {"kind": "topk", "k": 256}}),
        ({"normalizer": "entmax"}, {"normalizer": {"kind": "entmax", "alpha": 1.1}}),
        ({}, {"position": "alibi"}),
        ({}, {"softcap": 5.0}),
        ({"score": "rbf"}, {"score": "additive"}),
        ({}, {"heads": {"kind": "differential", "n_heads": 1}}),
    ],
)
def test_what_costs_more_is_said_to(less: dict[str, Any], more: dict[str, Any]) -> None:
    assert told(**more) > 1.2 * told(**less)


def test_more_features_and_more_heads_take_longer_where_they_count() -> None:
    softmax, sparsemax = AttentionSpec(), AttentionSpec.model_validate({"normalizer": "sparsemax"})
    assert survey_cells(LONG, softmax, dim=128) == 1.5 * survey_cells(LONG, softmax)
    # Other heads' states are found for softmax by themselves, for sparsemax together.
    assert survey_cells(LONG, softmax, n_heads=4) == survey_cells(LONG, softmax)
    assert survey_cells(LONG, sparsemax, n_heads=4) > 2 * survey_cells(LONG, sparsemax)
