"""Regions: what is drawn covers what is asked, and no number depends on what else is drawn."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from attention_core import AttentionMap, AttentionSpec, SpecError
from attention_core.captures import GivenWeights, Layer
from attention_core.kernels.overview import Reduce
from attention_core.kernels.pooling import What
from attention_core.pictures.regions import Region, region
from tests.core.captures.examples import drawn

N_QUERIES, N_KEYS = 307, 523


REDUCES: list[Reduce] = ["max", "mean"]
WHATS: list[What] = ["weights", "scores"]


def long_map(**spec: Any) -> AttentionMap:
    query, key = drawn(2, N_QUERIES, 4, seed=0), drawn(2, N_KEYS, 4, seed=1)
    result = Layer(AttentionSpec.model_validate(spec), query, key).map()
    assert isinstance(result, AttentionMap)
    return result


CAUSAL = long_map(mask="causal")
DENSE = {"weights": CAUSAL.weights(), "scores": CAUSAL.scores()}


def pooled(matrix: Tensor, found: Region) -> Tensor:
    """Pool a whole matrix cell by cell, for the place that a region says it shows."""
    rows = range(found.query[0], found.query[1], found.cell[0])
    columns = range(found.key[0], found.key[1], found.cell[1])
    result = torch.zeros(len(rows), len(columns), dtype=torch.float64)
    for r, top in enumerate(rows):
        for c, left in enumerate(columns):
            cells = matrix[top : top + found.cell[0], left : left + found.cell[1]].double()
            seen = cells[cells > -math.inf]
            reduced = seen.max() if found.reduce == "max" and len(seen) else seen.mean()
            result[r, c] = reduced if len(seen) else -math.inf
    return result


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_a_region_is_the_dense_matrix_pooled(data: st.DataObject) -> None:
    first, left = data.draw(st.integers(0, N_QUERIES - 1)), data.draw(st.integers(0, N_KEYS - 1))
    query = slice(first, data.draw(st.integers(first + 1, N_QUERIES)))
    key = slice(left, data.draw(st.integers(left + 1, N_KEYS)))
    height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    reduce, what = (
        data.draw(st.sampled_from(REDUCES)),
        data.draw(st.sampled_from(WHATS)),
    )

    found = region(
        CAUSAL, head=1, query=query, key=key, height=height, width=width, reduce=reduce, what=what
    )

    assert found.matrix.shape[0] <= height
    assert found.matrix.shape[1] <= width
    assert found.query[0] <= query.start
    assert found.query[1] >= query.stop
    assert found.key[0] <= key.start
    assert found.key[1] >= key.stop
    for side, (start, end), size in zip(
        found.cell, (found.query, found.key), (N_QUERIES, N_KEYS), strict=True
    ):
        assert side & (side - 1) == 0
        assert start % side == 0
        assert end % side == 0 or end == size
    expected = pooled(DENSE[what][1], found).to(found.matrix.dtype)
    torch.testing.assert_close(found.matrix, expected, rtol=1e-6, atol=1e-7)
    if reduce == "max":
        assert torch.equal(found.matrix, expected)


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_a_number_is_the_same_to_the_bit_wherever_its_cell_is_drawn(data: st.DataObject) -> None:
    reduce, what = (
        data.draw(st.sampled_from(REDUCES)),
        data.draw(st.sampled_from(WHATS)),
    )
    whole = region(CAUSAL, head=0, height=40, width=70, reduce=reduce, what=what)
    assert whole.cell == (8, 8)
    top, left = data.draw(st.integers(0, 290)), data.draw(st.integers(0, 500))
    part = region(
        CAUSAL, head=0, query=range(top, top + 17), key=range(left, left + 23), height=3, width=4,
        reduce=reduce, what=what,
    )  # fmt: skip
    if part.cell == whole.cell:
        rows = slice(part.query[0] // 8, -(-part.query[1] // 8))
        columns = slice(part.key[0] // 8, -(-part.key[1] // 8))
        assert torch.equal(part.matrix, whole.matrix[rows, columns])


def test_one_pair_a_cell_is_exact() -> None:
    found = region(CAUSAL, head=1, query=slice(3, 100), key=slice(250, 300))
    assert found.exact
    assert (found.query, found.key, found.cell) == ((3, 100), (250, 300), (1, 1))
    assert torch.equal(found.matrix, DENSE["weights"][1, 3:100, 250:300])


def test_all_of_the_matrix_is_drawn_when_nothing_is_asked_for() -> None:
    found = region(CAUSAL, head=0)
    assert (found.query, found.key, found.cell) == ((0, N_QUERIES), (0, N_KEYS), (1, 2))
    assert not found.exact


def test_a_cell_larger_than_a_block_is_pooled_too() -> None:
    found = region(CAUSAL, head=0, height=1, width=1, reduce="mean")
    assert found.cell == (512, 1024)
    assert float(found.matrix) == pytest.approx(float(DENSE["weights"][0].double().mean()))


def test_weights_of_any_normaliser_are_drawn() -> None:
    for normalizer in ("sparsemax", "sigmoid", "linear", "topk"):
        whole = long_map(normalizer=normalizer)
        found = region(whole, head=1, height=64, width=64)
        assert torch.equal(found.matrix, pooled(whole.weights()[1], found).float())


def test_heads_made_of_two_draw_their_first_scores() -> None:
    whole = long_map(heads={"kind": "differential", "n_heads": 1})
    found = region(whole, head=0, height=64, width=64, what="scores")
    assert torch.equal(found.matrix, pooled(whole.scores()[0], found).float())
    weights = region(whole, head=0, height=64, width=64)
    assert torch.equal(weights.matrix, pooled(whole.weights()[0], weights).float())


def test_weights_that_were_given_are_drawn_and_have_no_scores() -> None:
    weights = DENSE["weights"]
    whole = GivenWeights(weights)
    found = region(whole, head=1, query=slice(7, 300), height=17, width=19, reduce="mean")
    expected = pooled(weights[1], found).float()
    torch.testing.assert_close(found.matrix, expected)
    with pytest.raises(SpecError, match="weights only"):
        region(whole, head=1, what="scores")


@pytest.mark.parametrize(
    "normalizer",
    ["softmax", "softmax1", {"kind": "sink", "sink": [0.5, 2.0]}, "sparsemax", "sigmoid", "linear"],
)
def test_weights_of_one_head_are_the_same_to_the_bit_whoever_asked_first(normalizer: Any) -> None:
    alone, together = (long_map(mask="causal", normalizer=normalizer) for _ in range(2))
    first = region(alone, head=1, height=64, width=64)
    every_head = together.weights()
    assert torch.equal(first.matrix, pooled(every_head[1], first).float())
    assert torch.equal(alone.weights(head=1)[0], every_head[1])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"head": 2}, "head"),
        ({"head": -1}, "head"),
        ({"query": slice(9, 9)}, "query"),
        ({"query": range(400, 500)}, "query"),
        ({"key": slice(600, 700)}, "key"),
        ({"query": range(0, 9, 2)}, "query"),
        ({"key": slice(0, 9, 2)}, "key"),
        ({"height": 0}, "height"),
        ({"width": 0}, "width"),
    ],
)
def test_a_region_that_is_not_there_is_refused(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        region(CAUSAL, **{"head": 0, **asked})
    assert caught.value.field == (field,)


def test_check_may_end_the_work_of_a_region() -> None:
    def end() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        region(CAUSAL, head=0, check=end)
