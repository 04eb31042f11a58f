"""Every score × mask × position against float64 plain loops that share no code with the library."""

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from attention_core import AttentionSpec, attend
from tests.reference import masks, positions, scores, textbook
from tests.reference.attention import Result, attention

N_HEADS, N_QUERIES, N_KEYS, DIM, KEY_DIM, VALUE_DIM, HIDDEN = 2, 11, 13, 6, 6, 5, 7
TOLERANCE = 1e-6


def drawn(*shape: int, seed: int) -> Tensor:
    """Draw numbers that float32 holds exactly, so that both sides read the same."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float32)


QUERY = drawn(N_HEADS, N_QUERIES, DIM, seed=1)
KEY = drawn(N_HEADS, N_KEYS, KEY_DIM, seed=2)
VALUE = drawn(N_HEADS, N_KEYS, VALUE_DIM, seed=3)
WEIGHT, BIAS = drawn(DIM, KEY_DIM, seed=4) / 3, drawn(DIM, seed=5)
HIDDEN_QUERY, HIDDEN_KEY = drawn(HIDDEN, DIM, seed=6) / 2, drawn(HIDDEN, KEY_DIM, seed=7) / 2
HIDDEN_BIAS, V = drawn(HIDDEN, seed=8), drawn(HIDDEN, seed=9)
MATRIX = drawn(N_QUERIES, N_KEYS, seed=10) > 0.3
MATRIX[4] = False  # one row with every key masked


class Case(NamedTuple):
    """One mechanism: what the library is told, and the reference that must agree."""

    spec: Any
    reference: Any


SCORES = {
    "dot": Case("dot", scores.dot),
    "scaled_dot": Case("scaled_dot", scores.scaled_dot()),
    "scaled_dot with a scale": Case({"kind": "scaled_dot", "scale": 0.3}, scores.scaled_dot(0.3)),
    "general": Case(
        {"kind": "general", "weight": WEIGHT.tolist()}, scores.general(WEIGHT.double().tolist())
    ),
    "general with a bias": Case(
        {"kind": "general", "weight": WEIGHT.tolist(), "bias": BIAS.tolist()},
        scores.general(WEIGHT.double().tolist(), BIAS.double().tolist()),
    ),
    "additive": Case(
        {
            "kind": "additive",
            "weight_query": HIDDEN_QUERY.tolist(),
            "weight_key": HIDDEN_KEY.tolist(),
            "bias": HIDDEN_BIAS.tolist(),
            "v": V.tolist(),
        },
        scores.additive(
            V.double().tolist(),
            HIDDEN_QUERY.double().tolist(),
            HIDDEN_KEY.double().tolist(),
            HIDDEN_BIAS.double().tolist(),
        ),
    ),
}
MASKS = {
    "none": Case([], masks.full()),
    "full": Case("full", masks.full()),
    "causal": Case("causal", masks.causal("upper_left", N_QUERIES, N_KEYS)),
    "causal lower right": Case(
        {"kind": "causal", "align": "lower_right"},
        masks.causal("lower_right", N_QUERIES, N_KEYS),
    ),
    "padding": Case({"kind": "padding", "key_length": 9}, masks.padding(9)),
    "no key at all": Case({"kind": "padding", "key_length": 0}, masks.padding(0)),
    "sliding window": Case(
        {"kind": "sliding_window", "window": [3, 1]}, masks.sliding_window(3, 1)
    ),
    "custom": Case({"kind": "custom", "matrix": MATRIX.tolist()}, masks.custom(MATRIX.tolist())),
    "causal and window": Case(
        ["causal", {"kind": "sliding_window", "window": [2, 2]}],
        masks.all_of(masks.causal("upper_left", N_QUERIES, N_KEYS), masks.sliding_window(2, 2)),
    ),
    "padding or not causal": Case(
        {
            "kind": "or",
            "of": [{"kind": "padding", "key_length": 2}, {"kind": "not", "of": "causal"}],
        },
        masks.any_of(masks.padding(2), masks.not_(masks.causal("upper_left", N_QUERIES, N_KEYS))),
    ),
}
POSITIONS = {
    "none": Case("none", positions.unchanged),
    "sinusoidal": Case("sinusoidal", positions.sinusoidal()),
    "rope": Case("rope", positions.rope()),
    "rope interleaved": Case(
        {"kind": "rope", "interleaved": True, "rope_theta": 100.0},
        positions.rope(rope_theta=100.0, interleaved=True),
    ),
    "rope on four features": Case({"kind": "rope", "rotary_dim": 4}, positions.rope(rotary_dim=4)),
}
EXTRAS = {
    "plain": {},
    "temperature": {"temperature": 0.7},
    "softcap": {"softcap": 1.5},
    "softcap and temperature": {"softcap": 1.5, "temperature": 2.0},
}
GRID = [
    *itertools.product(SCORES, MASKS, POSITIONS, ["plain"]),
    *itertools.product(SCORES, ["causal"], ["rope"], EXTRAS),
]


def references(score: Case, mask: Case, position: Case, extras: dict[str, float]) -> list[Result]:
    """Work every head by plain loops; sinusoids enter the values too, as X += PE says."""
    moved: Callable[..., Any] = (
        position.reference if position.spec == "sinusoidal" else positions.unchanged
    )
    return [
        attention(
            QUERY[head].double().tolist(),
            KEY[head].double().tolist(),
            moved(VALUE[head].double().tolist()),
            score=score.reference,
            position=position.reference,
            allowed=mask.reference,
            **extras,
        )
        for head in range(N_HEADS)
    ]


def spec_of(score: Case, mask: Case, position: Case, extras: dict[str, float]) -> AttentionSpec:
    """Say the same to the library."""
    normalizer = {"kind": "softmax", "temperature": extras.get("temperature", 1.0)}
    return AttentionSpec.model_validate(
        {
            "score": score.spec,
            "mask": mask.spec,
            "position": position.spec,
            "normalizer": normalizer,
            "softcap": extras.get("softcap"),
        }
    )


def error(ours: Tensor, reference: Any) -> float:
    """Measure the largest error, relative to the largest number where that is over one."""
    expected = torch.tensor(reference, dtype=torch.float64)
    finite = expected.isfinite()
    assert torch.equal(ours.isfinite(), finite), "masked cells differ"
    largest = max(1.0, float(expected[finite].abs().max())) if finite.any() else 1.0
    difference = (ours.double() - expected).masked_fill(~finite, 0)
    return float(difference.abs().max()) / largest


@pytest.mark.parametrize(("score", "mask", "position", "extras"), GRID)
def test_scores_weights_and_outputs_agree_with_plain_loops(
    score: str, mask: str, position: str, extras: str
) -> None:
    parts = (SCORES[score], MASKS[mask], POSITIONS[position], EXTRAS[extras])
    expected = references(*parts)

    result = attend(QUERY, KEY, VALUE, spec_of(*parts))

    assert error(result.scores(), [head.scores for head in expected]) <= TOLERANCE
    assert error(result.weights(), [head.weights for head in expected]) <= TOLERANCE
    assert error(result.outputs(), [head.outputs for head in expected]) <= TOLERANCE
    empty = [
        (h, i)
        for h, head in enumerate(expected)
        for i, row in enumerate(head.scores)
        if all(score == -math.inf for score in row)
    ]
    assert result.empty_rows == tuple(empty)


@pytest.mark.parametrize(("score", "position"), list(itertools.product(SCORES, POSITIONS)))
def test_a_rectangle_agrees_with_plain_loops(score: str, position: str) -> None:
    parts = (SCORES[score], MASKS["causal lower right"], POSITIONS[position], EXTRAS["plain"])
    expected = references(*parts)[1]

    result = attend(QUERY, KEY, VALUE, spec_of(*parts))
    rectangle = result.weights(query=slice(3, 8), key=slice(2, 13), head=1)

    assert error(rectangle, [[row[2:13] for row in expected.weights[3:8]]]) <= TOLERANCE


def test_the_textbook_example_comes_out_as_worked_by_hand() -> None:
    query, key, value = (
        torch.tensor(rows) for rows in (textbook.QUERY, textbook.KEY, textbook.VALUE)
    )

    result = attend(query, key, value)

    assert error(result.scores(), [textbook.SCORES]) <= TOLERANCE
    assert error(result.weights(), [textbook.WEIGHTS]) <= TOLERANCE
    assert error(result.outputs(), [textbook.OUTPUTS]) <= TOLERANCE


def test_float64_stays_float64_and_agrees_to_its_own_precision() -> None:
    parts = (SCORES["additive"], MASKS["custom"], POSITIONS["rope"], EXTRAS["softcap"])
    # The given weights are float64 on both sides.
    result = attend(QUERY.double(), KEY.double(), VALUE.double(), spec_of(*parts))

    assert result.dtype == torch.float64
    assert error(result.weights(), [head.weights for head in references(*parts)]) <= 1e-14
