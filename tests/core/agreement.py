"""How far the library is from the plain loops, which share no code with it, in one case."""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from attention_core import AttentionMap, AttentionSpec, attend
from tests.core import choices
from tests.core.choices import HeadsChoice, NormalizerChoice, ScoreChoice, Setting, drawn
from tests.core.covering import Case
from tests.reference import linear
from tests.reference.attention import HeadsResult, attention_heads
from tests.reference.heads import for_each_query_head
from tests.reference.positions import Position, unchanged
from tests.reference.scores import Score
from tests.reference.vectors import Matrix

VALUE_DIM = 5
TOLERANCES = {torch.float32: 1e-6, torch.float64: 1e-12}


class Problem(NamedTuple):
    """A case written out: inputs in float32, and what the parts depend on."""

    query: Tensor
    key: Tensor
    value: Tensor
    setting: Setting
    score: ScoreChoice
    heads: HeadsChoice


class Errors(NamedTuple):
    """Largest errors of one case, relative to the largest number where that is over one.

    Outputs are weighted sums of values, so theirs are relative to the largest value.
    """

    scores: float
    weights: float
    outputs: float


def problem_of(case: Case) -> Problem:
    """Draw the inputs of a case."""
    heads, mask = choices.HEADS[case.heads], choices.MASKS[case.mask]
    n_queries, n_keys = choices.SQUARE if mask.is_square else choices.RECTANGLE
    score = choices.scores(heads.score_dim)[case.score]
    setting = Setting(n_queries, n_keys, heads.n_score_heads, heads.dim, score.scale or 1.0)
    return Problem(
        drawn(heads.n_score_heads, n_queries, heads.dim, seed=1),
        drawn(heads.n_key_heads, n_keys, heads.dim, seed=2),
        drawn(heads.n_value_heads, n_keys, VALUE_DIM, seed=3),
        setting,
        score,
        heads,
    )


def spec_of(case: Case) -> AttentionSpec:
    """Say the case to the library."""
    problem = problem_of(case)
    return AttentionSpec.model_validate(
        {
            "score": problem.score.spec,
            "position": choices.POSITIONS[case.position].spec(problem.setting),
            "mask": choices.MASKS[case.mask].spec,
            "normalizer": choices.NORMALIZERS[case.normalizer].spec(problem.setting),
            "heads": problem.heads.spec,
            "softcap": choices.SOFTCAPS[case.softcap],
        }
    )


def attended(case: Case, dtype: torch.dtype) -> AttentionMap:
    """Let the library work a case."""
    query, key, value = (x.to(dtype) for x in problem_of(case)[:3])
    return attend(query, key, value, spec_of(case))


@lru_cache(maxsize=1)
def expected(case: Case) -> HeadsResult:
    """Work a case by plain loops, in float64."""
    query, key, value, setting, score, heads = problem_of(case)
    position = choices.POSITIONS[case.position]
    normalizer = choices.NORMALIZERS[case.normalizer]
    move = position.move(setting)
    # X += PE says that sinusoids enter the values too, and all features of a head.
    is_embedded = case.position.startswith("sinusoidal")
    values = [move(rows) if is_embedded else rows for rows in value.double().tolist()]
    return attention_heads(
        query.double().tolist(),
        for_each_query_head(key.double().tolist(), heads.n_score_heads),
        for_each_query_head(values, heads.n_heads),
        score=_score(score, normalizer),
        position=move if is_embedded else _turning_last(heads.turning, move),
        softcap=choices.SOFTCAPS[case.softcap],
        bias=position.bias(setting),
        allowed=choices.MASKS[case.mask].allowed,
        normalizer=normalizer.per_head(setting),
        **heads.mixes,
    )


def error(ours: Tensor, reference: Any, scale: float = 1.0) -> float:
    """Measure the largest error, relative to the largest number, or a scale, where over one."""
    numbers = torch.tensor(reference, dtype=torch.float64)
    finite = numbers.isfinite()
    assert ours.shape == numbers.shape
    assert torch.equal(ours.isfinite(), finite), "masked cells differ"
    largest = max(scale, 1.0, float(numbers[finite].abs().max()) if finite.any() else 1.0)
    difference = (ours.double() - numbers).masked_fill(~finite, 0)
    return float(difference.abs().max()) / largest


def errors(case: Case, dtype: torch.dtype) -> Errors:
    """Measure how far the library is from the plain loops."""
    result, reference = attended(case, dtype), expected(case)
    assert result.dtype == dtype
    return Errors(
        error(result.scores(), reference.scores),
        error(result.weights(), reference.weights),
        error(result.outputs(), reference.outputs, scale=float(result.value.abs().max())),
    )


def empty_rows(case: Case) -> set[tuple[int, int]]:
    """List the rows that have no weight to give, by head of weights."""
    heads, reference = choices.HEADS[case.heads], expected(case)
    is_linear = case.normalizer.startswith("linear")
    each = [
        {i for i, row in enumerate(scores) if _is_empty(row, is_linear=is_linear)}
        for scores in reference.scores
    ]
    # A head that is made of several is empty where all of them are; all of them talk.
    together = {"talking_heads": [each] * heads.n_heads, "differential": [each[:2], each[2:]]}
    parts = together.get(heads.spec["kind"] if isinstance(heads.spec, dict) else "mha")
    rows = each if parts is None else [set.intersection(*part) for part in parts]
    return {(h, i) for h, empty in enumerate(rows) for i in empty}


def _is_empty(row: list[float], *, is_linear: bool) -> bool:
    allowed = [score for score in row if score != -math.inf]
    return not allowed or (is_linear and not any(allowed))


def _score(score: ScoreChoice, normalizer: NormalizerChoice) -> Score:
    if normalizer.feature_map is None:
        return score.score
    assert score.factors is not None, "linear needs a product"
    return linear.linear_score(normalizer.feature_map, **score.factors)


def _turning_last(n_turning: int, move: Position) -> Position:
    def turn(rows: Matrix) -> Matrix:
        n_still = len(rows[0]) - n_turning
        turned = move([row[n_still:] for row in rows])
        return [[*row[:n_still], *end] for row, end in zip(rows, turned, strict=True)]

    return unchanged if move is unchanged else turn
