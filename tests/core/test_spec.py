"""The spec: short forms, round trips, what it refuses, and the catalogue of what exists."""

import json
from typing import Any

import pytest
import torch
from pydantic import ValidationError

import attention_core
from attention_core import AttentionSpec, attend, catalogue

FULL_SPEC = {
    "score": {"kind": "general", "weight": [[0.5, 1.0], [0.0, 2.0]], "bias": [1.0, -1.0]},
    "position": {"kind": "rope", "rotary_dim": 2},
    "mask": [
        {"kind": "causal", "align": "lower_right"},
        {"kind": "or", "of": [{"kind": "padding", "key_length": 2}, {"kind": "not", "of": "full"}]},
        {"kind": "custom", "matrix": [[True, False], [True, True]]},
    ],
    "normalizer": {"kind": "softmax", "temperature": 0.5},
    "heads": {"kind": "mha", "n_heads": 3},
    "softcap": 20.0,
}


def test_an_id_a_number_and_a_single_mask_stand_for_the_long_forms() -> None:
    short = AttentionSpec.model_validate(
        {"score": "dot", "mask": "causal", "normalizer": "softmax", "heads": 4, "position": "rope"}
    )

    long = AttentionSpec.model_validate(
        {
            "score": {"kind": "dot"},
            "mask": [{"kind": "causal"}],
            "normalizer": {"kind": "softmax", "temperature": 1.0},
            "heads": {"kind": "mha", "n_heads": 4},
            "position": {"kind": "rope"},
        }
    )
    assert short == long
    assert hash(short) == hash(long)


def test_a_spec_survives_json() -> None:
    spec = AttentionSpec.model_validate(FULL_SPEC)

    again = AttentionSpec.model_validate_json(spec.model_dump_json())

    assert again == spec
    assert json.loads(spec.model_dump_json())["mask"][2]["matrix"] == [[True, False], [True, True]]


def test_large_integers_are_numbers() -> None:
    spec = AttentionSpec.model_validate({"score": {"kind": "general", "weight": [[10**20, 0.5]]}})

    assert spec.score.model_dump()["weight"] == [[1e20, 0.5]]


def test_equal_specs_hash_alike() -> None:
    zeros = [
        AttentionSpec.model_validate({"score": {"kind": "general", "weight": [[zero]]}})
        for zero in (0.0, -0.0)
    ]

    assert len(set(zeros)) == 1


def test_what_is_added_to_a_preset_keeps_the_rest_of_it() -> None:
    spec = AttentionSpec.model_validate(
        {"preset": "article", "score": {"kind": "general", "seed": 3}, "mask": "causal"}
    )

    assert spec.score.model_dump() == {
        "kind": "general", "weight": None, "bias": True, "seed": 3
    }  # fmt: skip
    assert AttentionSpec.model_validate({"preset": "article", "score": "general"}).score == (
        AttentionSpec(preset="article").score
    )


def test_a_resolved_spec_can_be_used_again() -> None:
    spec = attend(torch.ones(200, 2, 4), torch.ones(200, 2, 4), spec=AttentionSpec()).spec

    assert AttentionSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_spec_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        AttentionSpec().softcap = 3.0  # type: ignore[misc]


def test_a_resolved_spec_spells_out_every_default() -> None:
    spec = AttentionSpec.model_validate({"position": "rope", "score": "scaled_dot"})

    resolved = attend(torch.ones(2, 3, 16), torch.ones(2, 5, 16), spec=spec).spec

    assert resolved.model_dump() == {
        "score": {"kind": "scaled_dot", "scale": 0.25},
        "position": {
            "kind": "rope",
            "rope_theta": 10000.0,
            "rotary_dim": 16,
            "interleaved": False,
            "rope_scaling": None,
        },
        "mask": (),
        "normalizer": {"temperature": 1.0, "kind": "softmax"},
        "heads": {"kind": "mha", "n_heads": 2},
        "softcap": None,
        "preset": None,
    }


@pytest.mark.parametrize(
    ("spec", "place", "message"),
    [
        ({"score": "nope"}, ("score",), "'dot', 'scaled_dot', 'general', 'additive'"),
        ({"mask": [{"kind": "not"}]}, ("mask", 0, "not", "of"), "Field required"),
        ({"score": {"kind": "dot", "scale": 1}}, ("score", "dot", "scale"), "not permitted"),
        ({"softcap": 0}, ("softcap",), "greater than or equal to 0.000001"),
        ({"softcap": "30"}, ("softcap",), "valid number"),
        ({"softcap": True}, ("softcap",), "valid number"),
        ({"mask": {"kind": "padding", "key_length": True}}, ("mask", 0), "valid integer"),
        ({"softcap": float("nan")}, ("softcap",), "finite"),
        ({"heads": 0}, ("heads", "mha", "n_heads"), "greater than or equal to 1"),
        ({"normalizer": {"kind": "softmax", "temperature": -1}}, ("normalizer",), "0.000001"),
        (
            {"score": {"kind": "general", "weight": [[1, 2], [3]]}},
            ("score", "general", "weight"),
            "every row must have the same length",
        ),
        (
            {"score": {"kind": "general", "weight": [["1"]]}},
            ("score", "general", "weight"),
            "every entry must be a number",
        ),
        (
            {"score": {"kind": "general", "weight": [[True, 2.5]]}},
            ("score", "general", "weight"),
            "every entry must be a number",
        ),
        (
            {"score": {"kind": "general", "weight": [["x" * 10**6], *[[""]] * 5000]}},
            ("score", "general", "weight"),
            "every entry must be a number",
        ),
        (
            {"score": {"kind": "general", "weight": [[10**400]]}},
            ("score", "general", "weight"),
            "must be finite",
        ),
        (
            {"score": {"kind": "general", "weight": [[1e999]]}},
            ("score", "general", "weight"),
            "must be finite",
        ),
        (
            {"score": {"kind": "general", "weight": 1.0}},
            ("score", "general", "weight"),
            r"got the shape \[\]",
        ),
        (
            {"mask": {"kind": "custom", "matrix": [[0, 1]]}},
            ("mask", 0, "custom", "matrix"),
            "list of rows of booleans, got numbers",
        ),
        ({"preset": "article", "score": "dot"}, (), "must keep the score 'general', got 'dot'"),
        ({"unknown": 1}, ("unknown",), "not permitted"),
    ],
)
def test_a_bad_spec_is_refused_with_its_place(
    spec: dict[str, Any], place: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        AttentionSpec.model_validate(spec)

    assert caught.value.errors()[0]["loc"][: len(place)] == place


def test_the_article_is_general_with_a_bias_whose_values_follow_the_query() -> None:
    inputs, outputs = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0)).unbind()

    result = attend(inputs, outputs, spec=AttentionSpec(preset="article"))

    # The article's own lines, with the same linear layer.
    layer = torch.nn.Linear(7, 7)
    identity = torch.eye(7)
    linear = attend(identity, identity, spec=AttentionSpec(preset="article")).scores()[0]
    no_bias = AttentionSpec.model_validate({"score": {"kind": "general"}})
    weight = attend(identity, identity, spec=no_bias).scores()[0]
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_((linear - weight)[:, 0])
        scores = inputs @ layer(outputs).T
    torch.testing.assert_close(result.scores()[0], scores, atol=1e-5, rtol=0)
    expected = scores.softmax(dim=-1) @ inputs
    torch.testing.assert_close(result.outputs()[0], expected, atol=1e-5, rtol=0)


_TABLES = {
    "score": ["dot", "scaled_dot", "general", "additive", "cosine", "rbf"],
    "mask": [
        *("full", "causal", "padding", "sliding_window", "dilated", "prefix_lm", "chunked"),
        *("document", "global_window", "bigbird", "sinks_window", "neighborhood_2d"),
        *("custom", "and", "or", "not"),
    ],
    "position": ["none", "sinusoidal", "rope", "alibi", "t5", "shaw", "adaptive_span"],
    "normalizer": [
        *("softmax", "softmax1", "sink", "sparsemax", "entmax15", "entmax"),
        *("sigmoid", "relu", "topk", "linear", "none"),
    ],
    "heads": ["mha", "gqa", "mqa", "mla", "talking_heads", "differential"],
    "embedding": ["hash", "one_hot", "given"],
    "projection": ["identity", "random", "given"],
}
"""What the literature's tables have, in their order."""


def test_the_catalogue_is_json_with_a_formula_and_a_source_for_each_entry() -> None:
    listed = json.loads(json.dumps(catalogue()))

    kinds = {
        name: [choice["kind"] for choice in part["choices"]]
        for name, part in listed["parts"].items()
    }
    for name, wanted in _TABLES.items():
        # More may be there: a mechanism is added without a change here.
        assert [kind for kind in kinds[name] if kind in wanted] == wanted
    for part in listed["parts"].values():
        assert part["default"] in [choice["kind"] for choice in part["choices"]]
        for choice in part["choices"]:
            assert choice["title"]
            assert choice["summary"].endswith(".")
            assert choice["latex"]
            assert choice["formula"]
    for name in ("score", "normalizer", "heads"):
        for choice in listed["parts"][name]["choices"]:
            assert choice["source"] or choice["kind"] == "none"
    assert [preset["id"] for preset in listed["presets"]] == ["article"]


def test_the_catalogue_describes_the_parameters_as_json_schema() -> None:
    schemas = {
        (name, choice["kind"]): choice["parameters"]
        for name, part in catalogue()["parts"].items()
        for choice in part["choices"]
    }

    assert schemas["score", "dot"]["properties"] == {}
    assert schemas["mask", "padding"]["required"] == ["key_length"]
    assert schemas["mask", "or"]["properties"]["of"]["items"] == {"part": "mask"}
    assert schemas["mask", "not"]["properties"]["of"]["part"] == "mask"
    assert schemas["position", "rope"]["properties"]["interleaved"]["type"] == "boolean"
    texts = [
        entry.get(key)
        for schema in schemas.values()
        for entry in schema["properties"].values()
        for key in ("title", "description")
    ]
    assert all(texts)
    assert "$ref" not in json.dumps(list(schemas.values()))


def test_the_front_door_is_sorted_and_complete() -> None:
    expected = sorted(attention_core.__all__, key=lambda name: (not name.isupper(), name))

    assert attention_core.__all__ == expected
    assert all(hasattr(attention_core, name) for name in attention_core.__all__)
