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


def notes_of(spec: dict[str, Any], tokens: list[str] = TOKENS) -> dict[str, str]:
    found = attend_tokens(tokens, spec=AttentionSpec.model_validate(spec))
    return {note.code: note.message for note in found.notes}


def test_notes_tell_only_what_holds() -> None:
    heads = {"kind": "differential", "lambda_init": 0.25}
    assert "sums to 1 − λ = 0.75" in notes_of({"heads": heads})["differential_rows"]
    sigmoid = notes_of({"heads": heads, "normalizer": "sigmoid"})
    assert "sums" not in sigmoid["differential_rows"]
    sink = notes_of({"heads": "talking_heads", "normalizer": "sink"})["sink"]
    assert "before the heads are combined" in sink
    assert "mixed_heads" in notes_of({"heads": "talking_heads"})
    masked = {"kind": "not", "of": "full"}
    assert set(notes_of({"normalizer": "sink", "mask": masked})) == {"empty_rows"}
    half = {"kind": "padding", "key_length": 0}
    assert "every key masked" in notes_of({"mask": half})["empty_rows"]


def test_a_row_without_a_mask_is_not_called_masked() -> None:
    # The features of relu vanish for negative vectors, and with them every product.
    x = torch.full((2, 3), -1.0)
    spec = {"normalizer": {"kind": "linear", "feature_map": "relu"}}

    notes = attend(x, x, spec=AttentionSpec.model_validate(spec)).notes

    assert "no key to give weight to" in notes[0].message


@pytest.mark.parametrize(
    ("spec", "part"),
    [
        ({"heads": {"kind": "talking_heads", "n_heads": 1, "postmix": [[1e5]]},
          "normalizer": "none", "score": "dot"}, "heads"),
        ({"heads": {"kind": "mha"}, "score": "dot",
          "normalizer": {"kind": "none", "temperature": 1e-4}}, "normalizer"),
        ({"score": "dot", "heads": {"kind": "mha"}, "position": {
            "kind": "shaw", "max_relative_position": 1,
            "embeddings": [[3e38], [3e38], [3e38]]}}, "position"),
    ],
)  # fmt: skip
def test_what_could_pass_the_largest_float_is_named(spec: dict[str, Any], part: str) -> None:
    x = torch.full((1, 2, 1), 6e17)

    with pytest.raises(AttentionError, match="float64") as caught:
        attend(x, x, spec=AttentionSpec.model_validate(spec))

    assert caught.value.field == ("spec", part)


def test_latent_heads_of_numbers_must_have_the_sizes_they_say() -> None:
    spec = AttentionSpec.model_validate({"heads": {"kind": "mla", "n_heads": 2}})

    with pytest.raises(AttentionError, match=r"kv_lora_rank \+ qk_rope_head_dim = 20"):
        attend(torch.ones(2, 3, 4), torch.ones(1, 3, 4), torch.ones(1, 3, 4), spec)


def test_slopes_are_spelled_out() -> None:
    spec = AttentionSpec.model_validate({"position": "alibi", "heads": 2})

    resolved = attend_tokens(TOKENS, spec=spec).spec

    assert resolved.model_dump()["position"]["alibi_slopes"] == [0.0625, 0.00390625]
