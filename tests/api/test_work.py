"""Work is bounded before it starts and while it goes on, and so is the reading of a body."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.conftest import PATH, open_client
from tests.api.test_problems import JSON, body, require_problem

pytestmark = pytest.mark.anyio

LONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an additive score": (
        {"spec": {"score": {"kind": "additive", "attn_dim": 1024}}, "include": []},
        ["spec", "score"],
    ),
    "many features": ({"embedding": {"kind": "hash", "dim": 4096}, "include": []}, ["text"]),
}


@pytest.mark.parametrize(("fields", "loc"), LONG.values(), ids=LONG)
async def test_work_that_cannot_end_in_time_is_refused_before_it_starts(
    fields: dict[str, Any], loc: list[str]
) -> None:
    content = body(text="a " * 1024, **fields)

    async with open_client(computing_s=0.05) as client:
        response = await client.post(PATH, content=content, headers=JSON)

    problem = require_problem(response, 422)
    assert problem["limit"] == "computing_s"
    assert problem["actual"] > problem["max"]
    assert problem["errors"][0]["loc"] == loc
    assert "1024 queries" in problem["detail"]


async def test_a_job_whose_client_left_frees_its_worker_between_blocks() -> None:
    spec = {"score": {"kind": "additive", "attn_dim": 1024}}  # Seconds of work.
    content = body(text="a " * 2048, spec=spec, include=[])

    async with open_client(workers=1, waiting_s=2) as client:
        left = asyncio.create_task(client.post(PATH, content=content, headers=JSON))
        await asyncio.sleep(0.3)
        left.cancel()
        response = await client.post(PATH, content=body(text="a"), headers=JSON)

    assert response.status_code == 200


async def test_a_job_past_its_deadline_frees_its_worker() -> None:
    # Estimated below its deadline, which is why it starts, and too much for it.
    spec = {"score": {"kind": "additive", "attn_dim": 1024}}
    content = body(text="a " * 1400, spec=spec, include=[])

    async with open_client(computing_s=0.5, threads_per_worker=16, workers=1) as client:
        late = await client.post(PATH, content=content, headers=JSON)
        response = await client.post(PATH, content=body(text="a"), headers=JSON)

    assert require_problem(late, 504)["limit"] == "computing_s"
    assert response.status_code == 200


async def test_a_long_text_is_split_no_further_than_the_limit(client: httpx.AsyncClient) -> None:
    response = await client.post(PATH, content=body(text="a " * 1_000_000), headers=JSON)

    problem = require_problem(response, 422)
    assert (problem["limit"], problem["actual"]) == ("max_tokens", 4097)
    assert "4097 or more" in problem["detail"]


@pytest.mark.parametrize(
    "content",
    [b'{"query":[' + b"[1]," * 100_000 + b"[1]]}", body(**{f"{i}": 1 for i in range(100_000)})],
    ids=["lists", "fields"],
)
async def test_json_of_very_many_parts_is_refused(
    client: httpx.AsyncClient, content: bytes
) -> None:
    response = await client.post(PATH, content=content, headers=JSON)

    problem = require_problem(response, 422)
    assert problem["limit"] == "max_json_parts"
    assert problem["actual"] > 100_000
