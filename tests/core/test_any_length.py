"""Numbers far inside long matrices are those of plain float64 rows, however they are asked for."""

import numpy as np
import pytest

from attention_core import NotSurveyedError, catalogue, region
from tests.core import long_cases, plain_masks, plain_rows
from tests.core.long_cases import Case, Found, compare
from tests.core.long_pictures import (
    OverviewPicture,
    RegionPicture,
    overview_pictures,
    region_pictures,
    surveyed,
)

NESTING = {"and", "or", "not"}
"""Masks of masks, which plain rows know without a rule of their own."""


def words_of(case: Case) -> str:
    return f"{case.part} {case.name} {case.n_queries}×{case.n_keys}"


def kinds_of(part: str) -> set[str]:
    return {choice["kind"] for choice in catalogue()["parts"][part]["choices"]}


def kinds_in(part: str) -> set[str]:
    """Name what the cases of a part are about."""
    specs = [
        case.spec[part] for case in long_cases.cases() if case.part == part if part in case.spec
    ]
    flat = [spec for each in specs for spec in (each if isinstance(each, list) else [each])]
    return {spec["kind"] for spec in flat}


def require_near(found: Found, tolerance: float) -> None:
    assert found.largest > 0
    assert found.error <= tolerance
    assert found.error <= long_cases.SHARE * found.largest


@pytest.mark.parametrize("part", ["normalizer", "score", "mask", "heads"])
def test_every_kind_of_the_catalogue_is_compared_at_length(part: str) -> None:
    assert kinds_in(part) == kinds_of(part)


def test_plain_rows_know_every_normalizer_score_and_mask() -> None:
    assert set(plain_rows.NORMALIZERS) == kinds_of("normalizer")
    assert set(plain_rows.SCORES) == kinds_of("score")
    assert set(plain_masks.MASKS) == kinds_of("mask") - NESTING


@pytest.mark.parametrize("case", tuple(long_cases.cases()), ids=words_of)
def test_a_tile_anywhere_agrees_with_plain_rows(case: Case) -> None:
    require_near(compare(case), long_cases.TOLERANCE)


def picture_name(picture: RegionPicture | OverviewPicture) -> str:
    return " ".join(picture.words)


@pytest.mark.parametrize("picture", tuple(region_pictures()), ids=picture_name)
def test_a_region_agrees_with_pooled_plain_rows(picture: RegionPicture) -> None:
    require_near(picture.compare(), long_cases.TOLERANCE)


@pytest.mark.parametrize("picture", tuple(overview_pictures()), ids=picture_name)
def test_an_overview_agrees_with_pooled_plain_rows(picture: OverviewPicture) -> None:
    require_near(picture.compare(), long_cases.TOLERANCE)


def test_a_coarse_region_of_a_long_matrix_waits_for_its_survey() -> None:
    whole = surveyed("softmax").case.attended()
    with pytest.raises(NotSurveyedError) as caught:
        region(whole, head=0, query=range(1024, 1056), height=2, width=512)
    assert caught.value.field == ("pyramid",)


@pytest.mark.parametrize("cell", [1, 2, 4])
def test_a_survey_does_not_change_a_fine_region(cell: int) -> None:
    known = surveyed("softmax")
    rows, keys = range(2048, 2048 + 37 * cell), range(1024, 1024 + 53 * cell)
    fresh = known.case.attended()
    before = region(fresh, head=0, query=rows, key=keys, height=37, width=53)
    after = region(
        known.whole, head=0, query=rows, key=keys, height=37, width=53, pyramid=known.pyramid
    )
    assert before.cell == after.cell == (cell, cell)
    assert before.matrix.equal(after.matrix)


def test_plain_sparsemax_of_three_scores_is_worked_by_hand() -> None:
    # 1 and 0.5 stand above the threshold (1.5 − 1) / 2 = 0.25, and −3 does not.
    found = plain_rows.NORMALIZERS["sparsemax"]({}, np.array([0.5, -3.0, 1.0]), 3, 0)
    assert found.tolist() == [0.25, 0.0, 0.75]


def test_plain_entmax_of_two_scores_is_worked_by_hand() -> None:
    # With τ = 0 the roots of the weights are s/2 themselves: 0.6² + 0.8² = 1.
    found = plain_rows.NORMALIZERS["entmax15"]({}, np.array([1.2, 1.6]), 2, 0)
    assert Found.between(found, np.array([0.36, 0.64])).error < 1e-15


def test_plain_topk_keeps_the_first_of_equal_scores() -> None:
    found = plain_rows.NORMALIZERS["topk"]({"k": 2}, np.array([1.0, 2.0, 1.0, 1.0]), 4, 0)
    assert (found > 0).tolist() == [True, True, False, False]
