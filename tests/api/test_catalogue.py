"""Every mechanism that the catalogue lists is reachable by POST, and the answer says what it is."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import PATH
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

TOKENS = ["one", "two", "three", "four", "five", "six"]
NEEDED: dict[str, dict[str, Any]] = {
    "padding": {"key_length": 5},
    "prefix_lm": {"prefix_length": 2},
    "document": {"document_ids": [0, 0, 0, 1, 1, 1]},
    "neighborhood_2d": {"grid": [2, 3], "kernel": [1, 3]},
    "and": {"of": ["causal", "chunked"]},
    "or": {"of": ["causal", "chunked"]},
    "not": {"of": "causal"},
}
PARTS = ("score", "mask", "position", "normalizer", "heads")


async def test_every_mechanism_of_the_catalogue_answers(client: httpx.AsyncClient) -> None:
    parts = (await client.get("/api/v1/mechanisms")).json()["parts"]
    for name in PARTS:
        for choice in parts[name]["choices"]:
            kind = choice["kind"]
            told = {"kind": kind, **choice["starter"], **NEEDED.get(kind, {})}
            spec = {name: [told] if name == "mask" else told}

            response = await client.post(PATH, json={"tokens": TOKENS, "spec": spec})

            assert response.status_code == 200, (spec, response.text)
            answer = response.json()
            resolved = answer["spec"][name]
            assert (resolved[0] if name == "mask" else resolved)["kind"] == kind
            assert answer["weights"]["shape"][1:] == [6, 6]


@pytest.mark.parametrize(
    ("spec", "flags"),
    [
        ({}, (True, False, True)),
        ({"normalizer": "sigmoid"}, (False, False, False)),
        ({"normalizer": "none"}, (False, True, False)),
        ({"normalizer": "linear"}, (True, False, False)),
        ({"heads": "differential"}, (False, True, True)),
        ({"heads": "talking_heads"}, (False, True, True)),
        ({"heads": "gqa"}, (True, False, True)),
    ],
)
async def test_the_answer_says_what_holds_for_its_weights(
    client: httpx.AsyncClient, spec: dict[str, Any], flags: tuple[bool, bool, bool]
) -> None:
    answer = (await client.post(PATH, json={"tokens": TOKENS, "spec": spec})).json()

    names = ("row_stochastic", "signed", "shift_invariant")
    assert answer["flags"] == dict(zip(names, flags, strict=True))


async def test_differential_heads_have_two_matrices_of_scores_each(
    client: httpx.AsyncClient,
) -> None:
    spec = {"heads": {"kind": "differential", "n_heads": 2, "lambda_init": 0.25}}
    asked = {"tokens": TOKENS, "spec": spec, "cell": {"head": 1, "query": 2, "key": 3}}

    answer = (await client.post(PATH, json=asked)).json()

    assert answer["scores"]["shape"] == [4, 6, 6]
    assert answer["weights"]["shape"] == [2, 6, 6]
    for row in (row for head in answer["weights"]["data"] for row in head):
        assert sum(row) == pytest.approx(0.75, abs=1e-6)
    parts = answer["cell"]["combined"]
    assert [(part["head"], part["factor"]) for part in parts] == [(2, 1.0), (3, -0.25)]
    total = sum(part["factor"] * part["weight"] for part in parts)
    assert answer["cell"]["weight"] == pytest.approx(total, abs=1e-6)


async def test_numbers_may_have_names(client: httpx.AsyncClient) -> None:
    asked = {
        "query": [[1.0, 0.0]],
        "key": [[1.0, 0.0, 2.0], [0.0, 1.0, 2.0]],
        "query_labels": ["red"],
        "key_labels": ["patch 1", "patch 2"],
        "spec": {"score": "general"},
    }

    answer = (await client.post(PATH, json=asked)).json()

    assert answer["tokens"] == {"query": ["red"], "key": ["patch 1", "patch 2"]}


@pytest.mark.parametrize(
    ("fields", "loc"),
    [
        ({"query": [[1.0]], "key": [[1.0]], "key_labels": ["a", "b"]}, ["key_labels"]),
        ({"query": [[1.0]], "key": [[1.0]], "query_labels": ["a", "b"]}, ["query_labels"]),
        ({"tokens": ["a"], "key_labels": ["a"]}, ["key_labels"]),
        ({"tokens": ["a"], "spec": {"position": "shaw", "score": "rbf"}}, ["spec", "position"]),
        ({"tokens": ["a"], "spec": {"heads": {"kind": "gqa", "n_kv_heads": 3}}},
         ["spec", "heads", "n_kv_heads"]),
        ({"query": [[[1.0]], [[1.0]]], "key": [[[1.0]]], "spec": {"heads": "mha"}}, ["key"]),
        ({"tokens": ["a"], "spec": {"mask": {"kind": "custom", "predicate": "i."}}},
         ["spec", "mask", "predicate"]),
    ],
)  # fmt: skip
async def test_what_does_not_go_together_is_a_problem_at_its_field(
    client: httpx.AsyncClient, fields: dict[str, Any], loc: list[str | int]
) -> None:
    problem = require_problem(await client.post(PATH, json=fields), 422)

    assert problem["errors"][0]["loc"] == loc


async def test_shared_keys_come_as_numbers_too(client: httpx.AsyncClient) -> None:
    asked = {
        "query": [[[1.0], [2.0]]] * 4,
        "key": [[[1.0], [0.0], [3.0]]] * 2,
        "spec": {"heads": {"kind": "gqa", "n_heads": 4, "n_kv_heads": 2}},
    }

    answer = (await client.post(PATH, json=asked)).json()

    assert answer["weights"]["shape"] == [4, 2, 3]
    assert answer["outputs"]["shape"] == [4, 2, 1]
