"""Pyramids: every level is the dense matrix pooled, and a file gives back the same bits."""

import math
import threading
import time
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from attention_core import (
    AttentionMap,
    AttentionSpec,
    GivenWeights,
    NotSurveyedError,
    Pyramid,
    ShapeError,
    SpecError,
    Survey,
    base_cell,
    needs_pyramid,
    pyramid_bytes,
    region,
)
from attention_core.captures import Layer
from attention_core.kernels.overview import Reduce
from tests.core.captures.examples import drawn

N_QUERIES, N_KEYS = 1031, 1543
REDUCES: list[Reduce] = ["max", "mean"]


def made(
    n_queries: int = N_QUERIES, n_keys: int = N_KEYS, *, dim: int = 8, **spec: Any
) -> AttentionMap:
    query, key = drawn(2, n_queries, dim, seed=0), drawn(2, n_keys, dim, seed=1)
    result = Layer(AttentionSpec.model_validate(spec), query, key).map()
    assert isinstance(result, AttentionMap)
    return result


def surveyed(whole: AttentionMap, head: int = 1) -> Pyramid:
    return Survey(whole, head, cell=(8, 8)).run()


def pooled(matrix: Tensor, cell: tuple[int, int], reduce: Reduce) -> Tensor:
    """Pool a whole matrix in float64, cell by cell."""
    matrix = matrix.double()
    rows = [
        [(part.max() if reduce == "max" else part.mean()) for part in band.split(cell[1], dim=1)]
        for band in matrix.split(cell[0])
    ]
    return torch.stack([torch.stack(row) for row in rows])


def ended(*, after: int) -> Any:
    """Let so many questions pass, and then end the work."""
    asked = iter(range(after))

    def check() -> None:
        if next(asked, None) is None:
            raise KeyboardInterrupt

    return check


CAUSAL = made(mask="causal")
PYRAMID = surveyed(CAUSAL)
WEIGHTS = CAUSAL.weights(head=1)[0]


@pytest.mark.parametrize("reduce", REDUCES)
@pytest.mark.parametrize("cell", [(8, 8), (16, 16), (64, 64), (8, 64), (256, 16), (2048, 1024)])
def test_a_region_from_the_pyramid_is_the_dense_matrix_pooled(
    cell: tuple[int, int], reduce: Reduce
) -> None:
    shape = -(-N_QUERIES // cell[0]), -(-N_KEYS // cell[1])
    found = region(CAUSAL, head=1, height=shape[0], width=shape[1], reduce=reduce, pyramid=PYRAMID)
    assert found.cell == cell
    assert found.sampled is None
    expected = pooled(WEIGHTS, cell, reduce)
    torch.testing.assert_close(found.matrix.double(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "spec",
    [
        {"normalizer": "sparsemax"},
        {"normalizer": "sigmoid"},
        {"normalizer": "topk"},
        {"normalizer": "none"},
        {"normalizer": {"kind": "sink", "sink": [0.5, 2.0]}, "softcap": 3.0},
        {"heads": {"kind": "talking_heads", "n_heads": 2}},
        {"mask": {"kind": "sliding_window", "window": [5, 0]}},
    ],
)
def test_any_mechanism_can_be_surveyed(spec: dict[str, Any]) -> None:
    whole = made(307, 523, **spec)
    pyramid = surveyed(whole)
    assert pyramid.cell == (8, 8)
    for reduce in REDUCES:
        found = pyramid.picture(reduce, (8, 8), range(307), range(523))
        expected = pooled(whole.weights(head=1)[0], (8, 8), reduce)
        torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=1e-6)


def test_upper_levels_are_the_base_pooled() -> None:
    pyramid = Survey(made(4099, 307), 1, cell=(8, 8)).run()
    base, *upper = pyramid.levels
    assert [level.cell for level in upper] == [(16, 16)]
    for level in upper:
        factor = level.cell[0] // 8
        assert torch.equal(level.largest.double(), pooled(base.largest, (factor, factor), "max"))
        # The matrix ends with a row of cells of three queries, and a column of three keys.
        sizes = torch.full((513,), 8.0).double(), torch.full((39,), 8.0).double()
        for each in sizes:
            each[-1] = 3
        counts = sizes[0][:, None] * sizes[1]
        sums = pooled(base.mean.double() * counts, (factor, factor), "mean")
        means = sums / pooled(counts, (factor, factor), "mean")
        torch.testing.assert_close(level.mean.double(), means, rtol=2e-7, atol=0)


def test_levels_go_up_to_one_that_fits_a_picture() -> None:
    pyramid = Pyramid.empty(made(8209, 5), 0)
    assert [level.cell for level in pyramid.levels] == [(8, 2), (16, 4), (32, 8)]
    assert [tuple(level.mean.shape) for level in pyramid.levels] == [(1027, 3), (514, 2), (257, 1)]


@pytest.mark.parametrize(
    ("extent", "cell"),
    [
        ((4097, 4097), (8, 8)),
        ((32_768, 32_769), (8, 16)),
        ((65_536, 4096), (16, 2)),
        ((100_000, 131_072), (32, 32)),
    ],
)
def test_base_cells_are_no_more_than_4096_on_either_side(
    extent: tuple[int, int], cell: tuple[int, int]
) -> None:
    assert base_cell(extent) == cell


def test_matrices_of_more_than_4096_by_4096_need_a_pyramid() -> None:
    assert not needs_pyramid((4096, 4096))
    assert needs_pyramid((4096, 4097))


def test_a_pyramid_is_as_large_as_was_told() -> None:
    whole = made(4099, 307)
    assert Pyramid.empty(whole, 0).n_bytes <= pyramid_bytes((4099, 307))
    assert pyramid_bytes((4099, 307)) <= 1.1 * Pyramid.empty(whole, 0).n_bytes


@pytest.mark.parametrize("reduce", REDUCES)
def test_a_number_is_the_same_to_the_bit_in_whatever_part_of_the_pyramid(reduce: Reduce) -> None:
    for cell in ((8, 8), (8, 32), (64, 16)):
        rows, columns = range(N_QUERIES), range(N_KEYS)
        whole = PYRAMID.picture(reduce, cell, rows, columns)
        part = PYRAMID.picture(reduce, cell, range(256, 768), range(512, N_KEYS))
        assert torch.equal(part, whole[256 // cell[0] : 768 // cell[0], 512 // cell[1] :])


@pytest.mark.parametrize("mask", ["causal", ()])
def test_exact_cells_are_the_same_to_the_bit_before_and_after_a_survey(mask: Any) -> None:
    before, after = made(mask=mask), made(mask=mask)
    pyramid = surveyed(after)
    for asked in (
        {"query": slice(300, 700), "key": slice(100, 500)},
        {"query": slice(0, 1000), "key": slice(7, 1500), "reduce": "mean", "height": 256},
    ):
        first = region(before, head=1, **asked)
        second = region(after, head=1, **asked, pyramid=pyramid)
        third = region(made(mask=mask), head=1, **asked, pyramid=pyramid)
        assert first.cell[0] < 8
        assert torch.equal(first.matrix, second.matrix)
        assert torch.equal(first.matrix, third.matrix)


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_a_cell_has_one_number_through_whatever_rectangle(data: st.DataObject) -> None:
    top, left = data.draw(st.integers(0, 900)), data.draw(st.integers(0, 1400))
    query = slice(top, data.draw(st.integers(top + 1, N_QUERIES)))
    key = slice(left, data.draw(st.integers(left + 1, N_KEYS)))
    reduce = data.draw(st.sampled_from(REDUCES))
    side = data.draw(st.integers(1, 7)), data.draw(st.integers(1, 130))
    part = region(
        CAUSAL, head=1, query=query, key=key, height=side[0], width=side[1], reduce=reduce,
        pyramid=PYRAMID,
    )  # fmt: skip
    whole = region(
        CAUSAL, head=1, height=-(-N_QUERIES // part.cell[0]), width=-(-N_KEYS // part.cell[1]),
        reduce=reduce, pyramid=PYRAMID,
    )  # fmt: skip
    assert whole.cell == part.cell
    rows = slice(part.query[0] // part.cell[0], -(-part.query[1] // part.cell[0]))
    columns = slice(part.key[0] // part.cell[1], -(-part.key[1] // part.cell[1]))
    assert torch.equal(part.matrix, whole.matrix[rows, columns])


def test_a_survey_that_is_ended_goes_on_where_it_stopped() -> None:
    survey = Survey(CAUSAL, 1, cell=(8, 8))
    told: list[tuple[int, int]] = []
    with pytest.raises(KeyboardInterrupt):
        survey.run(check=ended(after=2), on_progress=lambda *step: told.append(step))
    assert told == [(256, N_QUERIES), (512, N_QUERIES)]
    assert survey.pyramid.n_rows_done == 512
    assert not survey.pyramid.is_complete
    survey.run(on_progress=lambda *step: told.append(step))
    assert told[2:] == [(768, N_QUERIES), (1024, N_QUERIES), (N_QUERIES, N_QUERIES)]
    for mine, other in zip(survey.pyramid.levels, PYRAMID.levels, strict=True):
        assert torch.equal(mine.largest, other.largest)
        assert torch.equal(mine.mean, other.mean)


def test_cells_taller_than_a_block_are_surveyed_too() -> None:
    whole = made()
    pyramid = Survey(whole, 1, cell=(512, 8)).run()
    expected = pooled(whole.weights(head=1)[0], (512, 8), "mean")
    torch.testing.assert_close(pyramid.levels[0].mean.double(), expected, rtol=0, atol=1e-6)


def test_rows_that_are_done_can_be_seen_while_others_are_not() -> None:
    survey = Survey(CAUSAL, 1, cell=(8, 8))
    with pytest.raises(KeyboardInterrupt):
        survey.run(check=ended(after=1))
    seen = survey.pyramid.picture("max", (64, 64), range(256), range(N_KEYS))
    assert torch.equal(seen, PYRAMID.picture("max", (64, 64), range(256), range(N_KEYS)))
    with pytest.raises(SpecError, match="256 rows"):
        survey.pyramid.picture("max", (64, 64), range(320), range(N_KEYS))


def test_a_pyramid_can_be_looked_at_from_other_threads_while_it_grows() -> None:
    survey, seen, failed = Survey(CAUSAL, 1, cell=(8, 8)), [], []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            n_rows = survey.pyramid.n_rows_known(64)
            if n_rows:
                place = range(n_rows), range(N_KEYS)
                found = survey.pyramid.picture("max", (64, 64), *place)
                seen.append(n_rows)
                if not torch.equal(found, PYRAMID.picture("max", (64, 64), *place)):
                    failed.append(n_rows)

    def wait(n_rows: int, _: int) -> None:
        deadline = time.monotonic() + 30
        while n_rows not in seen and time.monotonic() < deadline:
            time.sleep(0.001)

    looking = threading.Thread(target=look)
    looking.start()
    survey.run(on_progress=wait)
    is_over.set()
    looking.join()
    assert failed == []
    assert set(seen) == {256, 512, 768, 1024, N_QUERIES}


def test_weights_alone_cannot_be_surveyed() -> None:
    with pytest.raises(SpecError, match="weights only"):
        Survey(GivenWeights(WEIGHTS[None]), 0)
    with pytest.raises(SpecError, match="head"):
        Survey(CAUSAL, 2)


@pytest.mark.parametrize("cell", [(3, 8), (8, 0), (-8, 8)])
def test_cells_that_do_not_halve_to_the_last_are_refused(cell: tuple[int, int]) -> None:
    with pytest.raises(SpecError, match="powers of two"):
        Survey(CAUSAL, 0, cell=cell)


def test_a_pyramid_of_something_else_is_refused() -> None:
    with pytest.raises(SpecError, match="head 1") as caught:
        region(CAUSAL, head=0, pyramid=PYRAMID)
    assert caught.value.field == ("pyramid",)
    with pytest.raises(ShapeError, match="survey this map"):
        region(made(307, 523), head=1, pyramid=PYRAMID)


def test_the_whole_of_a_wide_matrix_comes_from_its_pyramid() -> None:
    whole = made(1031, 16_411)
    pyramid = Survey(whole, 0).run()
    found = region(whole, head=0, reduce="mean", pyramid=pyramid)
    assert found.cell == (4, 64)
    assert pyramid.has(found.cell)
    expected = pooled(whole.weights(head=0)[0], found.cell, "mean")
    torch.testing.assert_close(found.matrix.double(), expected, rtol=1e-5, atol=0)


def test_a_large_matrix_must_be_surveyed_to_be_seen_whole() -> None:
    whole = made(4099, 4099)
    assert math.prod((whole.n_queries, whole.n_keys)) > 2**24
    with pytest.raises(NotSurveyedError, match="Survey") as caught:
        region(whole, head=0)
    assert caught.value.field == ("pyramid",)
    exact = region(whole, head=0, query=slice(0, 2000), key=slice(1000, 3000))
    assert exact.cell == (4, 4)
    at_once = region(whole, head=0, sampled=True)
    assert at_once.sampled is None
    pyramid = Survey(whole, 0).run()
    assert torch.equal(at_once.matrix, region(whole, head=0, pyramid=pyramid).matrix)
