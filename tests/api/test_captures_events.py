"""The events of a capture: its state at once, its progress, its end."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.api.captures import CAPTURES, FakeModel, FakePool, post, ready
from tests.api.conftest import open_client
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

MODEL = {"source": {"kind": "model", "model": "fake", "text": "two words"}}


def events_in(text: str) -> list[dict[str, Any]]:
    blocks = [block.split("\n") for block in text.split("\n\n") if block]
    told = [block for block in blocks if not block[0].startswith(":")]
    assert all(block[0] == "event: progress" for block in told)
    return [json.loads(block[1].removeprefix("data: ")) for block in told]


async def test_a_ready_capture_tells_so_once_and_ends(client: httpx.AsyncClient) -> None:
    found = await ready(client)

    answer = await client.get(f"{CAPTURES}/{found['id']}/events")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert events_in(answer.text) == [{"state": "ready", "done": 1, "total": 1, "eta_s": 0.0}]


async def test_progress_is_told_until_the_capture_is_ready() -> None:
    model = FakeModel()
    async with open_client(FakePool(model)) as client:
        capture_id = await post(client, MODEL)
        following = asyncio.create_task(client.get(f"{CAPTURES}/{capture_id}/events"))
        await asyncio.to_thread(model.started.wait, 5)
        await asyncio.sleep(0.2)
        model.goes_on.set()
        told = events_in((await following).text)

    states = [event["state"] for event in told]
    assert states[-1] == "ready"
    assert "running" in states
    assert states == sorted(states, key=["queued", "running", "ready"].index)
    assert all(before != after for before, after in pairwise(told))


async def test_a_failed_capture_ends_its_events() -> None:
    model = FakeModel(error=ValueError("no"))
    model.goes_on.set()
    async with open_client(FakePool(model)) as client:
        answer = await client.get(f"{CAPTURES}/{await post(client, MODEL)}/events")

    assert events_in(answer.text)[-1]["state"] == "failed"


async def test_a_deleted_capture_ends_its_events() -> None:
    model = FakeModel()
    async with open_client(FakePool(model)) as client:
        capture_id = await post(client, MODEL)
        following = asyncio.create_task(client.get(f"{CAPTURES}/{capture_id}/events"))
        await asyncio.to_thread(model.started.wait, 5)
        await client.delete(f"{CAPTURES}/{capture_id}")

        told = events_in((await asyncio.wait_for(following, 10)).text)

    assert told[-1]["state"] in ("queued", "running")


async def test_so_many_clients_may_follow_at_once_and_no_more() -> None:
    model = FakeModel()
    async with open_client(FakePool(model), max_streams=2) as client:
        path = f"{CAPTURES}/{await post(client, MODEL)}/events"
        following = [asyncio.create_task(client.get(path)) for _ in range(2)]
        await asyncio.to_thread(model.started.wait, 5)
        await asyncio.sleep(0.1)

        refused = await client.get(path)
        model.goes_on.set()
        ended = [await each for each in following]
        after = await client.get(path)

    problem = require_problem(refused, 429)
    assert (problem["limit"], problem["actual"], problem["max"]) == ("max_streams", 2, 2)
    assert refused.headers["retry-after"]
    assert [each.status_code for each in ended] == [200, 200]
    assert after.status_code == 200


async def test_a_stream_that_its_client_left_makes_room() -> None:
    model = FakeModel()
    async with open_client(FakePool(model), max_streams=1) as client:
        path = f"{CAPTURES}/{await post(client, MODEL)}/events"
        following = asyncio.create_task(client.get(path))
        await asyncio.to_thread(model.started.wait, 5)
        await asyncio.sleep(0.1)
        following.cancel()
        await asyncio.wait({following})

        again = asyncio.create_task(client.get(path))
        await asyncio.sleep(0.1)
        model.goes_on.set()

        assert (await again).status_code == 200


async def test_streams_of_what_is_not_there_take_no_place() -> None:
    async with open_client(max_streams=1) as own:
        for _ in range(3):
            require_problem(await own.get(f"{CAPTURES}/none/events"), 404)
