"""Parts that do not go together are refused, with why and what would go."""

import re
from typing import Any

import pytest
import torch

from attention_core import AttentionError, AttentionSpec, attend, attend_tokens, catalogue

TOKENS = ["one", "two", "three", "four", "five"]

REFUSED = [
    ({"position": "shaw", "score": "additive"}, ("spec", "position"), "'t5' or 'alibi'"),
    ({"position": "shaw", "score": "general"}, ("spec", "position"), "'dot' or 'scaled_dot'"),
    ({"heads": "mla", "score": "rbf"}, ("spec", "heads"), "use 'mqa'"),
    (
        {"heads": "talking_heads", "position": "adaptive_span"},
        ("spec", "position"),
        "'sliding_window'",
    ),
    ({"normalizer": "linear", "score": "additive"}, ("spec", "normalizer"), "'scaled_dot'"),
    ({"normalizer": "linear", "score": "rbf"}, ("spec", "normalizer"), "change the score"),
    (
        {"normalizer": "linear", "score": {"kind": "general", "bias": True}},
        ("spec", "score", "bias"),
        "switch the bias off",
    ),
    ({"normalizer": "linear", "position": "alibi"}, ("spec", "position"), "'rope'"),
    ({"normalizer": "linear", "softcap": 3.0}, ("spec", "softcap"), "leave it out"),
    ({"normalizer": "linear", "heads": "talking_heads"}, ("spec", "heads"), "other heads"),
    (
        {"heads": {"kind": "gqa", "n_heads": 4, "n_kv_heads": 3}},
        ("spec", "heads", "n_kv_heads"),
        "give a divisor",
    ),
    (
        {"heads": {"kind": "talking_heads", "n_heads": 2, "premix": [[1.0]]}},
        ("spec", "heads", "premix"),
        "2 × 2",
    ),
    (
        {"heads": {"kind": "differential", "lambda_q1": [0.1]}},
        ("spec", "heads", "lambda_k1"),
        "give all four",
    ),
    (
        {
            "heads": {
                "kind": "differential",
                "lambda_q1": [9.0],
                "lambda_k1": [9.0],
                "lambda_q2": [0.0],
                "lambda_k2": [0.0],
            }
        },
        ("spec", "heads", "lambda_q1"),
        "scale the vectors down",
    ),
    (
        {
            "heads": {
                "kind": "differential",
                "lambda_q1": [1.0, 2.0],
                "lambda_k1": [1.0],
                "lambda_q2": [1.0],
                "lambda_k2": [1.0],
            }
        },
        ("spec", "heads", "lambda_k1"),
        "same length",
    ),
]


@pytest.mark.parametrize(("spec", "field", "way_out"), REFUSED)
def test_nonsense_is_refused_with_the_way_out(
    spec: dict[str, Any], field: tuple[str, ...], way_out: str
) -> None:
    with pytest.raises(AttentionError, match=re.escape(way_out)) as caught:
        attend_tokens(TOKENS, spec=AttentionSpec.model_validate(spec))

    assert caught.value.field == field


def test_numbers_are_refused_like_tokens() -> None:
    spec = AttentionSpec.model_validate({"position": "shaw", "score": "rbf"})

    with pytest.raises(AttentionError, match="dot product"):
        attend(torch.zeros(3, 4), torch.zeros(3, 4), spec=spec)


def test_every_kind_of_every_part_draws_with_its_defaults() -> None:
    """The form starts a choice with its ``starter``, so that choosing it draws at once."""
    for name, part in catalogue()["parts"].items():
        if name in ("embedding", "projection"):
            continue
        for choice in part["choices"]:
            starter = {**_REQUIRED.get(choice["kind"], {}), **choice["starter"]}
            value = {"kind": choice["kind"], **starter}
            spec = AttentionSpec.model_validate({name: [value] if name == "mask" else value})

            found = attend_tokens(TOKENS, spec=spec)

            assert torch.isfinite(found.weights()).all(), value
            assert torch.isfinite(found.outputs()).all(), value


_REQUIRED: dict[str, dict[str, Any]] = {
    "padding": {"key_length": 4},
    "prefix_lm": {"prefix_length": 2},
    "document": {"document_ids": [0, 0, 0, 1, 1]},
    "neighborhood_2d": {"grid": [1, 5], "kernel": [1, 3]},
    "and": {"of": ["causal"]},
    "or": {"of": ["causal"]},
    "not": {"of": "causal"},
}


def test_concat_is_another_name_of_additive() -> None:
    assert AttentionSpec.model_validate({"score": "concat"}).score.kind == "additive"
    given = {"kind": "concat", "attn_dim": 3}
    assert AttentionSpec.model_validate({"score": given}).score.kind == "additive"
