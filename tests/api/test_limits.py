"""Each limit of the service is held: what keeps it is answered, what passes it is told so."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from app.config import Limits, Settings
from tests.api.conftest import PATH, open_client
from tests.api.test_problems import JSON, body, require_problem

pytestmark = pytest.mark.anyio

SMALL: dict[str, Any] = {
    "max_json_bytes": 2000,
    "max_json_depth": 8,
    "max_tokens": 7,
    "max_rows": 14,
    "max_heads": 3,
    "max_dim": 64,
    "max_cells_json": 50,
    "max_cells_binary": 98,
    "memory_budget_bytes": 1_048_576,
    "workers": 1,
    "max_header_bytes": 1024,
}

TOKENS = list("abcdefg")


@pytest.fixture(scope="module")
async def small(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(**SMALL) as client:
        yield client


PASSED = {
    "tokens": (body(tokens=["a"] * 8), ["tokens"], "max_tokens", 8, 7),
    "words": (body(text="a b c d e f g h"), ["text"], "max_tokens", 8, 7),
    "context": (body(tokens=["a"], context=["a"] * 8), ["context"], "max_tokens", 8, 7),
    "context words": (
        body(tokens=["a"], context_text="a b c d e f g h"),
        ["context_text"],
        "max_tokens",
        8,
        7,
    ),
    "keys": (body(query=[[1]], key=[[1]] * 8), ["key"], "max_tokens", 8, 7),
    "heads": (
        body(tokens=["a"], spec={"heads": 5}),
        ["spec", "heads"],
        "max_heads",
        5,
        3,
    ),
    "heads of numbers": (
        body(query=[[[1]]] * 5, key=[[[1]]] * 5),
        ["query"],
        "max_heads",
        5,
        3,
    ),
    "features": (
        body(tokens=["a"], embedding={"kind": "hash", "dim": 65}),
        ["embedding", "dim"],
        "max_dim",
        65,
        64,
    ),
    "features after projection": (
        body(
            tokens=["a"],
            embedding={"kind": "hash", "dim": 2},
            projection={"kind": "random", "dim": 65},
        ),
        ["projection", "dim"],
        "max_dim",
        65,
        64,
    ),
    "hidden features": (
        body(tokens=["a"], spec={"score": {"kind": "additive", "attn_dim": 65}}),
        ["spec", "score", "attn_dim"],
        "max_dim",
        65,
        64,
    ),
    "features of numbers": (body(query=[[1] * 65], key=[[1] * 65]), ["query"], "max_dim", 65, 64),
    "features of keys": (body(query=[[1]], key=[[1] * 65]), ["key"], "max_dim", 65, 64),
    "features of values": (
        body(query=[[1]], key=[[1]], value=[[1] * 65]),
        ["value"],
        "max_dim",
        65,
        64,
    ),
    "rows": (
        body(tokens=TOKENS, spec={"heads": {"n_heads": 3}}, include=[]),
        ["spec", "heads", "n_heads"],
        "max_rows",
        21,
        14,
    ),
    "cells of JSON": (
        body(tokens=TOKENS, include=["scores", "weights"]),
        ["include"],
        "max_cells_json",
        98,
        50,
    ),
    "cells of base64": (
        body(tokens=TOKENS, spec={"heads": 2}, include=["scores", "weights"], encoding="base64"),
        ["include"],
        "max_cells_binary",
        196,
        98,
    ),
}


@pytest.mark.parametrize(
    ("content", "loc", "limit", "actual", "maximum"), PASSED.values(), ids=PASSED
)
async def test_a_request_over_a_limit_names_the_limit_and_the_field(
    small: httpx.AsyncClient, content: bytes, loc: list[str], limit: str, actual: int, maximum: int
) -> None:
    response = await small.post(PATH, content=content, headers=JSON)

    problem = require_problem(response, 422)
    assert problem["errors"][0]["loc"] == loc
    assert (problem["limit"], problem["actual"], problem["max"]) == (limit, actual, maximum)
    assert str(actual) in problem["detail"]
    assert ";" in problem["detail"]  # What follows is the way out.


KEPT = {
    "tokens": body(tokens=TOKENS, include=["weights"]),
    "heads": body(tokens=["a"], spec={"heads": 3}, embedding={"kind": "hash", "dim": 15}),
    "cells of JSON": body(tokens=TOKENS, include=["weights"]),
    "cells of base64": body(tokens=TOKENS, include=["scores", "weights"], encoding="base64"),
    "outputs count once for all heads": body(
        tokens=["a"], embedding={"kind": "hash", "dim": 48}, spec={"heads": 2}, include=["outputs"]
    ),
}


@pytest.mark.parametrize("content", KEPT.values(), ids=KEPT)
async def test_a_request_at_a_limit_is_answered(small: httpx.AsyncClient, content: bytes) -> None:
    response = await small.post(PATH, content=content, headers=JSON)

    assert response.status_code == 200, response.text


HEAVY: dict[str, dict[str, Any]] = {
    "a random projection": {"projection": {"kind": "random"}},
    "a general score": {"spec": {"score": "general"}},
    "an additive score": {"spec": {"score": "additive"}},
}


@pytest.mark.parametrize("fields", HEAVY.values(), ids=HEAVY)
async def test_a_job_over_the_memory_budget_is_refused_before_it_starts(
    fields: dict[str, Any],
) -> None:
    settings = SMALL | {"max_dim": 16_384}
    content = body(tokens=["a"], embedding={"kind": "hash", "dim": 1024}, include=[], **fields)

    async with open_client(**settings) as client:
        response = await client.post(PATH, content=content, headers=JSON)

    assert require_problem(response, 422)["limit"] == "memory_budget_bytes"


async def test_a_body_over_the_limit_is_refused_by_its_length(small: httpx.AsyncClient) -> None:
    response = await small.post(PATH, content=b" " * 2001, headers=JSON)

    problem = require_problem(response, 413)
    assert (problem["limit"], problem["actual"], problem["max"]) == ("max_json_bytes", 2001, 2000)


async def test_a_body_over_the_limit_is_refused_without_a_length(
    small: httpx.AsyncClient,
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100

    response = await small.post(PATH, content=pieces(), headers=JSON)

    problem = require_problem(response, 413)
    assert problem["actual"] <= 2100


async def test_a_body_that_comes_too_slowly_is_refused() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    async with open_client(body_s=0.05) as client:
        response = await client.post(PATH, content=pieces(), headers=JSON)

    assert require_problem(response, 408)["limit"] == "body_s"
    assert response.headers["connection"] == "close"


async def test_json_deeper_than_the_limit_is_refused(small: httpx.AsyncClient) -> None:
    response = await small.post(PATH, content=b"[" * 9, headers=JSON)

    problem = require_problem(response, 400)
    assert (problem["limit"], problem["actual"], problem["max"]) == ("max_json_depth", 9, 8)


async def test_headers_over_the_limit_are_refused(small: httpx.AsyncClient) -> None:
    response = await small.get("/api/v1/info", headers={"X-Long": "x" * 1024})

    assert require_problem(response, 400)["limit"] == "max_header_bytes"


async def test_a_uri_over_the_limit_is_refused(small: httpx.AsyncClient) -> None:
    response = await small.get("/api/v1/info?" + "x" * 1024)

    assert require_problem(response, 400)["limit"] == "max_header_bytes"


async def test_info_tells_every_limit(small: httpx.AsyncClient) -> None:
    limits = (await small.get("/api/v1/info")).json()["limits"]

    assert set(limits) == set(Limits.model_fields)
    assert {name: limits[name] for name in SMALL} == SMALL
    assert {type(limits[name]) for name in SMALL} == {int}


CONTRADICTIONS = {
    "a JSON answer larger than a binary one": {"max_cells_json": 99, "max_cells_binary": 98},
    "more tokens than any answer can hold": {"max_tokens": 11, "max_cells_binary": 120},
    "an answer larger than the memory": {
        "max_cells_binary": 16_777_216,
        "memory_budget_bytes": 2**27,
        "workers": 2,
    },
    "fewer rows than tokens": {"max_rows": 6},
    "no worker": {"workers": 0},
    "no time to compute": {"computing_s": 0},
    "a depth that is too deep for a parser": {"max_json_depth": 1000},
}


@pytest.mark.parametrize("given", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_settings_that_cannot_be_met_together_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**SMALL | given)


def test_the_defaults_can_be_met_together() -> None:
    assert Settings(memory_budget_bytes=2**28).max_tokens == 4096


WORDS = ["a"] * 512
HUGE = {
    "values of latent heads": (
        {"tokens": ["a"], "context": WORDS, "include": ["weights"],
         "embedding": {"kind": "hash", "dim": 1},
         "spec": {"heads": {"kind": "mla", "n_heads": 64, "kv_lora_rank": 1,
                            "qk_nope_head_dim": 1, "qk_rope_head_dim": 2,
                            "v_head_dim": 16_384}}},
        ["spec", "heads"],
    ),
    "queries of latent heads": (
        {"tokens": WORDS, "spec": {"heads": {"kind": "mla", "n_heads": 64,
                                             "qk_nope_head_dim": 16_384}}},
        ["spec", "heads"],
    ),
    "hidden features by their weight": (
        {"tokens": ["a"], "embedding": {"kind": "hash", "dim": 1},
         "spec": {"score": {"kind": "additive", "v": [0] * 20_000}}},
        ["spec", "score", "attn_dim"],
    ),
    "matrices of every head of numbers": (
        {"query": [[[1] * 2000]] * 32, "key": [[[1] * 2000]] * 32, "spec": {"score": "general"}},
        None,
    ),
    "a wide projection of keys": (
        {"tokens": ["a"], "embedding": {"kind": "hash", "dim": 1},
         "projection": {"kind": "given", "weight_query": [[1] * 20_000],
                        "weight_key": [[1] * 20_000], "weight_value": [[1]]}},
        ["projection", "weight_query"],
    ),
    "distances of every query": (
        {"tokens": WORDS * 8, "include": [], "embedding": {"kind": "hash", "dim": 128},
         "spec": {"heads": 32, "position": {"kind": "shaw", "max_relative_position": 1024}}},
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "loc"), HUGE.values(), ids=HUGE)
async def test_what_would_take_gigabytes_is_refused_before_it_is_made(
    asked: dict[str, Any], loc: list[str] | None
) -> None:
    started = time.perf_counter()

    async with open_client(memory_budget_bytes=2 * 2**30, max_json_parts=10**6) as client:
        response = await client.post(PATH, json=asked)

    problem = require_problem(response, 422)
    assert problem["limit"] in ("max_dim", "memory_budget_bytes", "computing_s")
    assert time.perf_counter() - started < 5  # Making them would take far longer, or the machine.
    if loc is not None:
        assert problem["errors"][0]["loc"] == loc


async def test_differential_heads_count_twice_and_say_so(small: httpx.AsyncClient) -> None:
    content = body(tokens=["a"], spec={"heads": {"kind": "differential", "n_heads": 2}})

    problem = require_problem(await small.post(PATH, content=content, headers=JSON), 422)

    assert (problem["limit"], problem["actual"]) == ("max_heads", 4)
    assert "4 matrices of scores for 2" in problem["detail"]
