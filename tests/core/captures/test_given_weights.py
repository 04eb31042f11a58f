"""Layers of which only weights are known: pictures as usual, and a way out where there is none."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from attention_core import AttentionSpec, BudgetError, NonFiniteError, SpecError
from attention_core.captures import GivenWeights, Layer
from tests.core.captures.examples import drawn


def weights(n_queries: int = 5, n_keys: int = 7) -> Tensor:
    return drawn(3, n_queries, n_keys, seed=0).softmax(-1)


def test_a_rectangle_is_that_of_the_weights() -> None:
    found = GivenWeights(weights()).weights(slice(1, 4), slice(2, 5), head=1)
    assert torch.equal(found, weights()[1:2, 1:4, 2:5])


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize(("height", "width"), [(2, 3), (5, 7), (1, 1), (64, 64)])
def test_an_overview_is_that_of_a_map_with_these_weights(
    reduce: Any, height: int, width: int
) -> None:
    query, key = drawn(3, 263, 4, seed=1), drawn(3, 307, 4, seed=2)
    computed = Layer(AttentionSpec(), query, key).map()
    given = GivenWeights(computed.weights())
    expected = computed.overview(height, width, reduce)
    torch.testing.assert_close(given.overview(height, width, reduce), expected)
    one = given.overview(height, width, reduce, head=2)
    assert torch.equal(one, given.overview(height, width, reduce)[2:])


def test_stripes_shorter_than_a_cell_are_pooled_like_whole_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = GivenWeights(weights(101, 7)).overview(3, 2, "mean")
    monkeypatch.setattr("attention_core.captures.given_weights._STRIPE_CELLS", 7 * 11)
    assert torch.equal(GivenWeights(weights(101, 7)).overview(3, 2, "mean"), whole)


def test_halves_are_read_as_float32() -> None:
    given = GivenWeights(weights().half())
    assert given.dtype == given.weights().dtype == given.overview(2, 2).dtype == torch.float32
    assert torch.equal(given.weights(), weights().half().float())


@pytest.mark.parametrize(
    "ask", [lambda x: x.scores(), lambda x: x.outputs(), lambda x: x.cell(0, 0, 0)]
)
def test_what_weights_cannot_tell_is_refused_with_the_way_out(ask: Any) -> None:
    with pytest.raises(SpecError, match="weights only; look at"):
        ask(GivenWeights(weights()))


def test_facts_about_rows_are_told() -> None:
    given = weights()
    given[1, 3] = 0
    found = GivenWeights(given)
    assert found.empty_rows == ((1, 3),)
    assert float(found.row_sums[1, 3]) == 0
    assert float(found.row_sums[0, 0]) == pytest.approx(1)
    assert [note.code for note in found.notes] == ["weights_only"]
    assert found.spec is None


def test_a_dense_answer_must_fit_the_budget() -> None:
    with pytest.raises(BudgetError):
        GivenWeights(weights(), budget_bytes=100).weights()


def test_weights_must_be_finite() -> None:
    given = weights()
    given[0, 0, 0] = math.nan
    with pytest.raises(NonFiniteError) as caught:
        GivenWeights(given)
    assert caught.value.field == ("weights",)


@pytest.mark.parametrize(("height", "width", "field"), [(0, 1, "height"), (1, 0, "width")])
def test_a_picture_without_cells_is_refused(height: int, width: int, field: str) -> None:
    with pytest.raises(SpecError) as caught:
        GivenWeights(weights()).overview(height, width)
    assert caught.value.field == (field,)
