"""Masks and biases handed over as tensors: described to the cell, or kept as they are."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from attention_core import AttentionSpec, ShapeError
from attention_core.captures.recognition import MaskHints, recognised, split_bias
from attention_core.masks import Extent
from tests.core.captures.examples import coins, drawn


def matrix(n_queries: int, n_keys: int, rule: Any) -> Tensor:
    return torch.tensor([[bool(rule(i, j)) for j in range(n_keys)] for i in range(n_queries)])


def kinds(masks: list[Any]) -> list[str]:
    return [mask.kind for mask in masks]


def again(masks: list[Any], n_queries: int, n_keys: int) -> Tensor:
    spec = AttentionSpec.model_validate({"mask": [mask.model_dump() for mask in masks]})
    spec.check(Extent(n_queries, n_keys))
    extent = Extent(n_queries, n_keys)
    rows, columns = range(n_queries), range(n_keys)
    return spec.joint_mask.tile(rows, columns, extent, torch.device("cpu"))


CASES: list[tuple[str, int, int, Any, list[str]]] = [
    ("nothing hidden", 5, 7, lambda i, j: True, []),
    ("one new token", 1, 7, lambda i, j: True, []),
    ("causal", 7, 7, lambda i, j: j <= i, ["causal"]),
    ("causal, fewer queries", 5, 7, lambda i, j: j <= i, ["causal"]),
    ("causal, cached keys", 5, 7, lambda i, j: j <= i + 2, ["causal"]),
    ("causal, moved", 5, 11, lambda i, j: j <= i + 3, ["custom"]),
    ("strictly before", 7, 7, lambda i, j: j < i, ["custom"]),
    ("window", 11, 11, lambda i, j: i - 3 <= j <= i, ["causal", "sliding_window"]),
    ("window of both sides", 11, 11, lambda i, j: -2 <= i - j <= 3, ["sliding_window"]),
    ("window, cached", 5, 11, lambda i, j: i + 3 <= j <= i + 6, ["causal", "custom"]),
    ("window before", 11, 11, lambda i, j: j >= i - 3, ["custom"]),
    ("padding", 5, 7, lambda i, j: j < 3, ["padding"]),
    ("causal, padded", 7, 7, lambda i, j: j <= i and j < 5, ["causal", "padding"]),
    ("causal, padded left", 7, 7, lambda i, j: j <= i and j >= 2, ["causal", "custom"]),
    ("keys between", 7, 11, lambda i, j: j not in (3, 4, 8), ["custom"]),
    ("padding of both", 7, 7, lambda i, j: i < 5 and j < 5, ["padding", "custom"]),
    ("chunks", 11, 11, lambda i, j: i // 3 == j // 3, ["chunked"]),
    ("chunks, causal", 11, 11, lambda i, j: i // 3 == j // 3 and j <= i, ["causal", "chunked"]),
    ("prefix", 7, 7, lambda i, j: j < 3 or j <= i, ["prefix_lm"]),
    ("all hidden", 5, 7, lambda i, j: False, ["padding"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("n_queries", "n_keys", "rule", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_mask_is_told_by_name(
    n_queries: int, n_keys: int, rule: Any, expected: list[str]
) -> None:
    allowed = matrix(n_queries, n_keys, rule)
    masks, rest = recognised(allowed)
    assert rest is None
    assert kinds(masks) == expected
    assert torch.equal(again(masks, n_queries, n_keys), allowed)


def test_a_long_mask_is_told_across_blocks() -> None:
    rows = torch.arange(521)
    allowed = (rows[None] <= rows[:, None]) & (rows[None] > rows[:, None] - 128)
    masks, _ = recognised(allowed)
    assert kinds(masks) == ["causal", "sliding_window"]
    allowed[300, 200] = not allowed[300, 200]
    assert recognised(allowed)[0] == []


def test_a_window_longer_than_the_text_is_told_by_the_hint() -> None:
    allowed = matrix(7, 7, lambda i, j: j <= i)
    masks, _ = recognised(allowed, hints=MaskHints(window=13))
    assert kinds(masks) == ["causal", "sliding_window"]
    assert masks[1].model_dump()["window"] == (12, 0)


def test_a_hinted_window_that_is_not_there_is_not_told() -> None:
    allowed = matrix(7, 7, lambda i, j: j <= i)
    assert kinds(recognised(allowed, hints=MaskHints(window=3))[0]) == ["causal"]


def test_a_hinted_chunk_longer_than_the_text_is_told() -> None:
    allowed = matrix(7, 7, lambda i, j: j <= i)
    masks, _ = recognised(allowed, hints=MaskHints(chunk_size=8))
    assert kinds(masks) == ["causal", "chunked"]


def test_a_drawing_is_kept_as_it_is() -> None:
    allowed = coins(11, 13, seed=0)
    masks, rest = recognised(allowed)
    assert masks == []
    assert rest is not None
    assert torch.equal(rest, allowed)


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_whatever_is_told_is_so_to_the_cell(data: st.DataObject) -> None:
    n_queries, n_keys = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    upper, lower = data.draw(st.integers(-9, 9)), data.draw(st.integers(-9, 9))
    hidden = data.draw(st.sets(st.integers(0, 8)))
    flips = data.draw(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=2))
    hints = MaskHints(*data.draw(st.tuples(*[st.none() | st.integers(1, 9)] * 2)))
    allowed = matrix(
        n_queries, n_keys,
        lambda i, j: (i + lower <= j <= i + upper and j not in hidden) != ((i, j) in flips),
    )  # fmt: skip

    masks, rest = recognised(allowed, hints=hints)

    found = again(masks, n_queries, n_keys) if rest is None else rest
    assert torch.equal(found, allowed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("least", ["inf", "finfo"])
def test_what_hides_a_key_becomes_a_mask(dtype: torch.dtype, least: str) -> None:
    hiding = -math.inf if least == "inf" else torch.finfo(dtype).min
    allowed = coins(5, 7, seed=0)
    additive = torch.zeros(3, 5, 7, dtype=dtype).masked_fill(~allowed, hiding)

    mask, bias, distances = split_bias(additive)

    assert mask is not None
    assert torch.equal(mask, allowed)
    assert bias is None
    assert distances is None


def test_a_bias_on_top_of_what_hides_a_key_is_taken_off_with_it() -> None:
    allowed, bias = coins(5, 7, seed=0), drawn(3, 5, 7, seed=1) * 10
    hiding = torch.zeros(5, 7).masked_fill(~allowed, torch.finfo(torch.float32).min)

    mask, found, distances = split_bias(bias + hiding)

    assert mask is not None
    assert torch.equal(mask, allowed)
    assert found is not None
    assert torch.equal(found[:, allowed], bias[:, allowed])
    assert distances is None


def test_a_bias_of_distances_is_told_by_distance_where_pairs_may_attend() -> None:
    table = drawn(2, 11, seed=0)
    rows, columns = torch.arange(5)[:, None], torch.arange(7)[None]
    additive = table[:, columns - rows + 4].masked_fill(columns > rows, -math.inf)

    mask, bias, distances = split_bias(additive)

    assert mask is not None
    assert bias is None
    assert distances is not None
    assert torch.equal(distances[:, :5], table[:, :5])
    assert distances[:, 5:].abs().max() == 0


def test_a_bias_that_breaks_one_diagonal_stays_a_matrix() -> None:
    additive = torch.ones(2, 5, 7)
    additive[1, 3, 4] = 2
    mask, bias, distances = split_bias(additive)
    assert mask is None
    assert bias is not None
    assert torch.equal(bias, additive)
    assert distances is None


def test_a_bias_that_heads_share_is_kept_once() -> None:
    additive = drawn(1, 5, 7, seed=0).expand(3, 5, 7)
    bias = split_bias(additive)[1]
    assert bias is not None
    assert bias.shape == (1, 5, 7)


def test_masks_that_differ_by_head_are_refused() -> None:
    additive = torch.zeros(2, 5, 7)
    additive[1, 2, 3] = -math.inf
    with pytest.raises(ShapeError, match="same in all heads"):
        split_bias(additive)


def test_nothing_added_is_nothing() -> None:
    assert split_bias(torch.zeros(2, 5, 7)) == (None, None, None)
