"""Samples: the rows that were taken are exact, they say what they are, and they are bounded."""

from typing import Any

import pytest
import torch
from torch import Tensor

from attention_core import (
    NotSurveyedError,
    Sampled,
    Survey,
    region,
    thumbnails,
)
from attention_core.kernels.overview import Pooling, Reduce
from attention_core.kernels.pooling import What
from attention_core.pictures.sampling import sampled_picture
from tests.core.captures.examples import capture_of, layer
from tests.core.pictures.test_pyramids import ended, made

N_QUERIES, N_KEYS, LENGTH = 307, 523, 8209

DIM = 64
"""Features with which a cell takes what others are compared with."""

SPECS: list[dict[str, Any]] = [
    {},
    {"mask": "causal"},
    {"mask": {"kind": "sliding_window", "window": [11, 3]}, "position": "alibi"},
    {"mask": {"kind": "dilated", "window": 40, "dilation": 3}},
    {"score": "additive"},
    {"score": "rbf", "softcap": 2.0},
    {"score": {"kind": "general", "bias": True}, "position": "t5"},
    {"position": "shaw"},
    {"position": "rope", "normalizer": "entmax15"},
    {"normalizer": "topk"},
    {"normalizer": "linear"},
    {"normalizer": {"kind": "sink", "sink": [0.5, 2.0]}},
    {"heads": {"kind": "talking_heads", "n_heads": 2}, "mask": "causal"},
    {"heads": {"kind": "differential", "n_heads": 1}},
]


def of_rows(matrix: Tensor, offsets: list[int], cell: tuple[int, int], reduce: Reduce) -> Tensor:
    """Pool some rows of each cell in float64; what is −inf counts for nothing in a mean."""
    result = []
    for band in matrix.double().split(cell[0]):
        taken = band[[offset for offset in offsets if offset < len(band)]]
        parts = taken.split(cell[1], dim=1)
        if reduce == "max":
            result.append(torch.stack([part.max() for part in parts]))
        else:
            seen = [part[part > -torch.inf] for part in parts]
            means = [part.mean() if len(part) else torch.tensor(-torch.inf) for part in seen]
            result.append(torch.stack(means).double())
    return torch.stack(result)


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize("what", ["weights", "scores"])
@pytest.mark.parametrize("spec", SPECS)
def test_a_sample_is_the_dense_rows_pooled(
    spec: dict[str, Any], what: What, reduce: Reduce
) -> None:
    whole = made(N_QUERIES, N_KEYS, **spec)
    head = whole.n_heads - 1
    dense = (
        whole.weights(head=head)
        if what == "weights"
        else whole.scores(head=whole.spec.heads.first_score_head(head))
    )[0]
    place = range(32, 304), range(64, N_KEYS)
    found = sampled_picture(whole, (head, what), place, Pooling(8, 16, reduce), n_rows=2)
    # The middles of the two halves of eight rows.
    expected = of_rows(dense[32:304, 64:], [2, 6], (8, 16), reduce)
    torch.testing.assert_close(found.double(), expected, rtol=2e-6, atol=1e-6)


def test_a_short_last_cell_is_sampled_too() -> None:
    whole = made(N_QUERIES, N_KEYS)
    found = sampled_picture(
        whole, (0, "weights"), (range(304, 307), range(N_KEYS)), Pooling(8, 523, "max"), n_rows=4
    )
    # Of three rows, four are the first, the second twice, and the third.
    assert float(found) == pytest.approx(float(whole.weights(slice(304, 307), head=0).max()))


@pytest.mark.parametrize("reduce", ["max", "mean"])
def test_more_rows_of_a_cell_than_fit_at_once_are_taken_one_part_after_the_other(
    reduce: Reduce,
) -> None:
    whole, times = made(1031, 16_411), []
    found = sampled_picture(
        whole,
        (0, "weights"),
        (range(1031), range(16_411)),
        Pooling(2048, 32_768, reduce),
        n_rows=512,
        check=lambda: times.append(1),
    )
    # Of 255 rows at most 2^22 scores, in portions of 8,192 keys: three by three.
    assert len(times) == 9
    offsets = [(2 * i + 1) * 1031 // 1024 for i in range(512)]
    expected = of_rows(whole.weights(head=0)[0], offsets, (2048, 32_768), reduce)
    torch.testing.assert_close(found.double(), expected, rtol=2e-6, atol=1e-9)


def test_a_sample_is_the_same_each_time_and_says_how_many_rows_it_has() -> None:
    whole = made(LENGTH, LENGTH, dim=DIM)
    first, second = (region(whole, head=0, sampled=True) for _ in range(2))
    assert first.cell == (32, 32)
    assert first.sampled == Sampled(queries=16, done=0)
    assert torch.equal(first.matrix, second.matrix)
    # Every other row, from the second of a cell on.
    block = whole.weights(slice(64, 96), head=0)[0]
    expected = of_rows(block, list(range(1, 32, 2)), (32, 32), "max")[0]
    torch.testing.assert_close(first.matrix[2].double(), expected, rtol=2e-6, atol=1e-7)


def test_rows_that_are_surveyed_already_are_exact_in_a_sample() -> None:
    whole = made(LENGTH, LENGTH, dim=DIM, mask="causal")
    survey = Survey(whole, 1)
    with pytest.raises(KeyboardInterrupt):
        survey.run(check=ended(after=9))
    partly = region(whole, head=1, sampled=True, pyramid=survey.pyramid)
    assert partly.sampled == Sampled(queries=16, done=9 * 256)
    complete = region(whole, head=1, sampled=True, pyramid=survey.run())
    assert complete.sampled is None
    assert torch.equal(partly.matrix[: 9 * 8], complete.matrix[: 9 * 8])
    assert not torch.equal(partly.matrix, complete.matrix)
    # A mean of some rows is a guess at that of all.
    above = region(whole, head=1, query=slice(0, 9 * 256), pyramid=survey.pyramid)
    assert above.sampled is None


def test_small_work_is_exact_though_a_sample_was_asked_for() -> None:
    whole = made(LENGTH, LENGTH, dim=DIM)
    found = region(whole, head=0, query=slice(100, 600), key=slice(100, 600), sampled=True)
    assert found.sampled is None
    assert torch.equal(found.matrix, whole.weights(slice(100, 600), slice(100, 600), 0)[0])
    small = made(N_QUERIES, N_KEYS)
    assert region(small, head=0, height=9, width=9, sampled=True).sampled is None


def test_finer_cells_of_unknown_rows_are_sampled_or_left_to_a_survey() -> None:
    whole = made(2053, 65_537, dim=DIM)
    asked: dict[str, Any] = {"head": 0, "query": slice(0, 2048), "key": slice(0, 600)}
    with pytest.raises(NotSurveyedError):
        region(whole, **asked)
    found = region(whole, **asked, sampled=True)
    assert found.cell == (4, 2)
    assert found.sampled == Sampled(queries=1, done=0)
    block = whole.weights(slice(64, 128), slice(0, 600), head=0)[0]
    expected = of_rows(block, [2], (4, 2), "max")
    torch.testing.assert_close(found.matrix[16:32].double(), expected, rtol=2e-6, atol=1e-7)
    # Now that the states are known, it is no work.
    whole.states(slice(0, 2048), 0)
    assert region(whole, **asked, sampled=True).sampled is None
    assert region(whole, **asked).sampled is None


def test_finer_cells_are_computed_where_a_survey_can_hand_no_states_on() -> None:
    fresh = made(1031, 16_411, normalizer="sparsemax")
    # As unknown as these rows are, softmax would leave them to a survey.
    found = region(fresh, head=0, key=slice(0, 600), query=slice(0, 600))
    assert found.cell == (2, 2)
    expected = fresh.weights(slice(0, 600), slice(0, 600), 0)[0]
    assert float(found.matrix[3, 5]) == float(expected[6:8, 10:12].max())


@pytest.mark.parametrize("reduce", ["max", "mean"])
def test_scores_of_a_large_matrix_are_sampled_when_asked_for(reduce: Reduce) -> None:
    whole = made(LENGTH, 32_771, dim=DIM)
    found = region(whole, head=0, what="scores", sampled=True, reduce=reduce)
    assert found.cell == (32, 128)
    # 257 rows of cells share 2^26.
    assert found.sampled == Sampled(queries=4, done=0)
    block = whole.scores(slice(64, 96), head=0)[0]
    expected = of_rows(block, [4, 12, 20, 28], (32, 128), reduce)[0]
    torch.testing.assert_close(found.matrix[2].double(), expected, rtol=2e-6, atol=1e-6)
    exact = region(whole, head=0, what="scores", query=slice(64, 96), reduce=reduce)
    assert exact.sampled is None


def test_thumbnails_of_long_sequences_are_sampled_and_say_so() -> None:
    capture = capture_of(layer(0, 8209, 8209, DIM), layer(2, 8209, 8209, DIM))
    found = thumbnails(capture, "self", side=32)
    assert found.sampled_queries is not None
    # Of 257 rows a cell; six heads of 32 cells share 2^26.
    assert found.sampled_queries == 2**26 // (6 * 32 * 8209)
    assert found.pictures.shape == (2, 3, 32, 32)
    exact = capture.map("self", 1).overview(32, 32, head=2)[0]
    assert bool((found.pictures[1, 2] <= exact * (1 + 1e-5)).all())
    means = thumbnails(capture, "self", side=32, reduce="mean").pictures[..., :-1].double()
    rest = thumbnails(capture, "self", side=32, reduce="mean").pictures[..., -1].double()
    # With all keys, the weights of any rows sum to one.
    sums = means.sum(dim=-1) * 257 + rest * (8209 - 31 * 257)
    torch.testing.assert_close(sums, torch.ones(2, 3, 32).double(), rtol=0, atol=1e-5)
