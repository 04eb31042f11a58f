"""Masks: which keys a query may attend to, cell by cell."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention.bias import causal_lower_right, causal_upper_left
from torch.nn.attention.flex_attention import (
    create_block_mask,
    create_mask,
)

from attention_core import AttentionSpec
from attention_core.masks import Extent
from tests.peers.comparison import BOTH, CELLS, FLOAT32
from tests.peers.conftest import Agree
from tests.peers.inputs import DIM, allowed, drawn, flex, masking, ours, qkv, sdpa
from tests.peers.mask_rules import CASES, LONG, SHORT, Case, Rule


def cells_of(rule: Rule, n_queries: int, n_keys: int) -> Tensor:
    """Ask a rule for every cell, by torch."""
    return create_mask(rule, 1, 1, n_queries, n_keys, device="cpu")[0, 0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.mechanism} of {case.peer}")
def test_a_mask_agrees_with_the_rule_of_a_peer(agree: Agree, case: Case) -> None:
    members = case.spec if isinstance(case.spec, list) else [case.spec]

    cells = allowed(case.n_queries, case.n_keys, *members)

    theirs = cells_of(case.rule, case.n_queries, case.n_keys)
    agree(case.mechanism, case.peer, CELLS, (cells, theirs))


@pytest.mark.parametrize(
    ("align", "bias", "n_queries", "n_keys"),
    [
        ("upper_left", causal_upper_left, SHORT, LONG),
        ("upper_left", causal_upper_left, LONG, SHORT),
        ("lower_right", causal_lower_right, SHORT, LONG),
    ],
)
def test_causal_agrees_with_both_of_torch(
    agree: Agree, align: str, bias: Any, n_queries: int, n_keys: int
) -> None:
    given = qkv(n_queries=n_queries, n_keys=n_keys)
    outputs = functional.scaled_dot_product_attention(*given.batch, bias(n_queries, n_keys))

    result = ours(given, mask={"kind": "causal", "align": align})

    agree(f"causal, {align}", "torch SDPA", FLOAT32, (result.outputs(), outputs[0]))


def test_padding_agrees_with_multihead_attention_whose_true_means_ignore(agree: Agree) -> None:
    layer = nn.MultiheadAttention(DIM, 1, bias=False, batch_first=True)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.eye(DIM).repeat(3, 1))
    given = qkv(1)
    query, key, _ = given.batch
    ignored = torch.arange(key.shape[-2])[None] >= 7
    _, weights = layer(query[0], key[0], key[0], key_padding_mask=ignored)

    result = ours(given, mask={"kind": "padding", "key_length": 7})

    agree("padding", "torch nn.MultiheadAttention", FLOAT32, (result.weights(), weights))


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_a_matrix_agrees_with_sdpa_where_an_empty_row_gives_zero(
    agree: Agree, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(dtype=dtype)
    matrix = drawn(11, 13, seed=10) > 0.3
    matrix[4] = False
    outputs = functional.scaled_dot_product_attention(*given.batch, matrix)

    result = ours(given, mask={"kind": "custom", "matrix": matrix.tolist()})

    agree("custom, matrix", "torch SDPA", tolerance, (result.outputs(), outputs[0]))
    assert [row for head, row in result.empty_rows if head == 0] == [4]


def test_a_matrix_agrees_with_the_weights_of_sdpa(agree: Agree) -> None:
    given = qkv()
    matrix = drawn(11, 13, seed=11) > -0.3
    outputs, weights = sdpa(given, bias=masking(matrix))

    result = ours(given, mask={"kind": "custom", "matrix": matrix.tolist()})

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("custom, matrix", "torch SDPA, weights", FLOAT32, *pairs)


@pytest.mark.parametrize(
    "predicate",
    [
        "j <= i",
        "not (i < j) and (i - j) % 3 == 0 or j < 2",
        "-7 // 2 + j <= i // 2 <= abs(j - 5) * 2",
        "(i - n_queries) % 4 < min(j, n_keys - j, 3)",
        "max(i, j) - min(i, j) != 4 and i * j % 5 > 1 or False",
        "-i % 5 == -(j + 1) % 5",
    ],
)
def test_a_predicate_agrees_with_python(agree: Agree, predicate: str) -> None:
    functions = {"abs": abs, "min": min, "max": max}
    theirs = [
        [
            bool(eval(predicate, functions, {"i": i, "j": j, "n_queries": SHORT, "n_keys": LONG}))
            for j in range(LONG)
        ]
        for i in range(SHORT)
    ]

    cells = allowed(SHORT, LONG, {"kind": "custom", "predicate": predicate})

    agree("custom, predicate", "Python's own eval", CELLS, (cells, torch.tensor(theirs)))


FURTHER = [
    {"kind": "custom", "matrix": (drawn(SHORT, LONG, seed=10) > 0.5).tolist()},
    {"kind": "custom", "predicate": "(i - n_queries) % 4 < min(j, n_keys - j, 3)"},
    [{"kind": "not", "of": {"kind": "sinks_window", "window": [2, 1]}}, "causal"],
]
FLEX = {str(case.spec): (case.spec, case.n_queries, case.n_keys) for case in CASES} | {
    str(spec): (spec, SHORT, LONG) for spec in FURTHER
}
FLEX["bigbird"] = ({"kind": "bigbird", "block_size": 2, "num_random_blocks": 2}, LONG, LONG)


@pytest.mark.parametrize("name", FLEX)
def test_flex_attention_under_our_mask_mod_agrees(agree: Agree, name: str) -> None:
    mask, n_queries, n_keys = FLEX[name]
    given = qkv(n_queries=n_queries, n_keys=n_keys)
    spec = AttentionSpec.model_validate({"mask": mask})
    mask_mod = spec.joint_mask.mask_mod(Extent(n_queries, n_keys))
    blocks = create_block_mask(mask_mod, None, None, n_queries, n_keys, device="cpu")
    outputs = flex(given, block_mask=blocks)

    result = ours(given, mask=mask)

    pair = (result.outputs(), outputs[0])
    agree("every mask, as its mask_mod", "torch FlexAttention", FLOAT32, pair)
