"""``POST /captures/estimate``: what a capture would take, and nothing promised."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from app.captures.schemas import CAPTURE_EXAMPLES
from tests.api.captures import CAPTURES, TEXT, ready
from tests.api.conftest import open_client
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

ESTIMATE = f"{CAPTURES}/estimate"


@pytest.fixture(scope="module")
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an application that no other test asks which models are loaded."""
    async with open_client() as client:
        yield client


async def test_tokens_are_counted_and_nothing_is_captured() -> None:
    async with open_client() as client:
        answer = await client.post(ESTIMATE, json=TEXT)
        listed = (await client.get(CAPTURES)).json()["captures"]
        captured = await ready(client, TEXT)

    told = answer.json()
    assert answer.status_code == 200
    assert told["n_tokens"] == {"query": 7, "key": 7}
    assert (told["fits"], told["why"], told["offer"]) == (True, None, None)
    assert told["bytes"] > 0
    # Two heads of 7 × 32 queries and keys, in float32, at least.
    assert 2 * 2 * 7 * 32 * 4 <= told["disk_bytes"] < 10 * captured["n_bytes"]
    assert listed == []


async def test_a_model_counts_the_tokens_that_it_would_read(client: httpx.AsyncClient) -> None:
    source = {"kind": "model", "model": "dates", "text": "3 May 1979"}

    told = (await client.post(ESTIMATE, json={"source": source})).json()

    assert told["fits"] is True
    assert told["n_tokens"]["key"] > 1
    assert told["seconds"] is None or told["seconds"] >= 0


async def test_estimates_fit_their_description(client: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    post = document["paths"][ESTIMATE]["post"]
    examples = post["requestBody"]["content"]["application/json"]["examples"]

    assert examples == CAPTURE_EXAMPLES
    for example in examples.values():
        answer = await client.post(ESTIMATE, json=example["value"])
        assert answer.status_code == 200, answer.text
        reference = {"$ref": "#/components/schemas/CaptureEstimate"}
        schema = reference | {"components": document["components"]}
        jsonschema_rs.validate(schema, answer.json())


async def test_what_the_disk_has_no_room_for_does_not_fit() -> None:
    settings = {"min_free_bytes": 2**60}
    async with open_client(**settings) as client:
        told = (await client.post(ESTIMATE, json=TEXT)).json()

    assert told["fits"] is False
    assert told["why"]


@pytest.mark.parametrize(
    ("body", "place", "says"),
    [
        ({"source": {"kind": "model", "model": "none", "text": "a"}}, ["source", "model"], "none"),
        ({"source": {"kind": "tokens"}}, ["source", "tokens"], "Exactly one"),
        ({"source": {"kind": "tokens", "text": "a", "spec": {"heads": 200}}},
         ["source", "spec", "heads"], "128"),
        ({}, ["source"], "missing"),
    ],
)  # fmt: skip
async def test_what_could_never_be_captured_is_refused_as_a_capture_is(
    client: httpx.AsyncClient, body: dict[str, Any], place: list[str], says: str
) -> None:
    answers = [await client.post(path, json=body) for path in (ESTIMATE, CAPTURES)]

    for answer in answers:
        problem = require_problem(answer, 422)
        assert problem["errors"][0]["loc"] == place
        assert says in problem["detail"]


async def test_an_estimate_takes_no_query(client: httpx.AsyncClient) -> None:
    answer = await client.post(ESTIMATE, params={"name": "a"}, json=TEXT)

    assert require_problem(answer, 422)["errors"][0]["loc"] == ["name"]


async def test_an_estimate_is_of_json() -> None:
    async with open_client() as client:
        answer = await client.post(
            ESTIMATE, content=b"x", headers={"Content-Type": "application/octet-stream"}
        )

    require_problem(answer, 415)
