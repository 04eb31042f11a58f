"""Cells of a region that hold no pair of tokens that the mask allows."""

import math
from typing import Any

import pytest
import torch

from attention_core import AttentionMap, AttentionSpec
from attention_core.captures import GivenWeights, Layer
from attention_core.pictures import masked_cells, region
from tests.core.captures.examples import drawn

N_QUERIES, N_KEYS = 307, 523

MASKS: list[Any] = [
    "causal",
    {"kind": "causal", "align": "lower_right"},
    {"kind": "sliding_window", "window": [11, 3]},
    {"kind": "sinks_window", "num_sink_tokens": 5, "window": [40, 0]},
    {"kind": "global_window", "window": 7, "global_positions": [0, 97]},
    ["causal", {"kind": "sliding_window", "window": [60, 60]}],
    {"kind": "or", "of": ["causal", {"kind": "sliding_window", "window": [0, 50]}]},
]


def long_map(**more: Any) -> AttentionMap:
    mask = more.pop("mask", [])
    spec = AttentionSpec.model_validate({"mask": mask})
    query, key = drawn(1, N_QUERIES, 4, seed=0), drawn(1, N_KEYS, 4, seed=1)
    result = Layer(spec, query, key, **more).map()
    assert isinstance(result, AttentionMap)
    return result


@pytest.mark.parametrize("mask", MASKS, ids=str)
@pytest.mark.parametrize("side", [512, 64, 23])
def test_a_cell_is_masked_where_its_largest_score_is(mask: Any, side: int) -> None:
    whole = long_map(mask=mask)
    found = region(
        whole,
        head=0,
        query=slice(20, 290),
        key=slice(30, 500),
        height=side,
        width=side,
        what="scores",
    )

    masked = masked_cells(whole, found)

    assert masked is not None
    assert torch.equal(masked, found.matrix == -math.inf)


def test_a_mask_of_single_pairs_counts_too() -> None:
    allowed = torch.ones(N_QUERIES, N_KEYS, dtype=torch.bool)
    allowed[64:96, 128:192] = False
    allowed[70, 130] = True
    whole = long_map(allowed=allowed)
    found = region(whole, head=0, height=32, width=32)

    masked = masked_cells(whole, found)

    assert masked is not None
    assert found.cell == (16, 32)
    expected = torch.zeros_like(masked)
    expected[4:6, 4:6] = True
    expected[4, 4] = False
    assert torch.equal(masked, expected)


def test_of_a_mask_in_too_many_pieces_cells_are_told_to_be_open() -> None:
    allowed = torch.ones(N_QUERIES, N_KEYS, dtype=torch.bool)
    allowed[torch.arange(N_QUERIES)[:, None] % 2 == torch.arange(N_KEYS)[None] % 2] = False
    whole = long_map(allowed=allowed)

    assert masked_cells(whole, region(whole, head=0, key=slice(0, 512))) is None
    small = region(whole, head=0, query=slice(0, 8), key=slice(0, 8))
    masked = masked_cells(whole, small)
    assert masked is not None
    assert torch.equal(masked, ~allowed[:8, :8])


def test_without_a_mask_no_cell_is_masked() -> None:
    whole = long_map()
    assert masked_cells(whole, region(whole, head=0)) is None
    given = GivenWeights(drawn(1, 7, 11, seed=2).softmax(dim=-1))
    assert masked_cells(given, region(given, head=0)) is None
    ahead = long_map(mask="causal")
    past = region(ahead, head=0, query=slice(200, 300), key=slice(0, 100))
    assert masked_cells(ahead, past) is None
