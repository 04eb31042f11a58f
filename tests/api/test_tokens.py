"""Tokens of a capture: a span of one side, and a capture without them."""

from typing import Any

import httpx
import pytest

from tests.api.captures import CAPTURES, FakeModel, FakePool, post, ready
from tests.api.conftest import open_client
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

CROSS = {
    "source": {"kind": "tokens", "tokens": ["one", "two", "three"], "context": list("abcdefg")}
}


@pytest.fixture(scope="module")
async def found(client: httpx.AsyncClient) -> dict[str, Any]:
    return await ready(client, CROSS)


async def test_a_span_of_tokens_is_what_the_whole_capture_tells(
    client: httpx.AsyncClient, found: dict[str, Any]
) -> None:
    ((kind, told),) = found["tokens"].items()
    for side, span, expected in (
        ("query", "1:3", [1, 3]),
        ("key", "2:7", [2, 7]),
        ("key", "4:", [4, 7]),
        ("query", ":", [0, 3]),
    ):
        params = {"kind": kind, "side": side, "span": span}
        answer = (await client.get(f"{CAPTURES}/{found['id']}/tokens", params=params)).json()
        start, stop = expected
        assert answer == {
            "kind": kind,
            "side": side,
            "span": expected,
            "tokens": told[side][start:stop],
        }


async def test_tokens_that_a_client_has_are_not_sent_again(
    client: httpx.AsyncClient, found: dict[str, Any]
) -> None:
    path = f"{CAPTURES}/{found['id']}/tokens"
    first = await client.get(path, params={"span": "0:2"})

    known = {"If-None-Match": first.headers["etag"]}
    again = await client.get(path, params={"span": "0:2"}, headers=known)
    other = await client.get(path, params={"span": "0:3"}, headers=known)

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


async def test_tokens_are_left_out_where_they_are_not_wanted(client: httpx.AsyncClient) -> None:
    # Text that looks like the JSON around it.
    tokens = ['a","specs":{"', '},"specs":{', "b"]
    whole = await ready(client, {"source": {"kind": "tokens", "tokens": tokens}})
    path = f"{CAPTURES}/{whole['id']}"

    told = (await client.get(f"{path}?tokens=false")).json()

    assert [token["text"] for token in whole["tokens"]["self"]["query"]] == tokens
    assert told == {**whole, "tokens": {}}
    assert (await client.get(f"{path}?tokens=true")).json() == whole


async def test_a_capture_that_is_not_ready_has_no_tokens_yet() -> None:
    model = FakeModel()
    async with open_client(FakePool(model)) as client:
        source = {"kind": "model", "model": "fake", "text": "two words"}
        capture_id = await post(client, {"source": source})
        assert model.started.wait(5)
        told = (await client.get(f"{CAPTURES}/{capture_id}?tokens=false")).json()
        problem = require_problem(await client.get(f"{CAPTURES}/{capture_id}/tokens"), 409)
        model.goes_on.set()

    assert (told["tokens"], told["specs"]) == ({}, {})
    assert "running" in problem["detail"]


FAULTY = {
    "unknown kind": ("tokens?kind=other", "kind", "one of"),
    "unknown side": ("tokens?side=both", "side", "'query' or 'key'"),
    "span beyond the end": ("tokens?span=0:8", "span", "within 0:3, got 0:8"),
    "no span": ("tokens?span=3", "span", "start:stop"),
    "unknown parameter": ("tokens?spans=0:1", "spans", "did you mean 'span'"),
    "neither yes nor no": ("?tokens=0", "tokens", "true or false, got '0'"),
    "unknown parameter of a capture": ("?token=false", "token", "did you mean 'tokens'"),
}


@pytest.mark.parametrize(("look", "name", "says"), FAULTY.values(), ids=FAULTY)
async def test_a_parameter_at_fault_is_named(
    client: httpx.AsyncClient, found: dict[str, Any], look: str, name: str, says: str
) -> None:
    joint = "/" if look.startswith("tokens") else ""
    answer = await client.get(f"{CAPTURES}/{found['id']}{joint}{look}")

    problem = require_problem(answer, 422)
    assert problem["errors"][0]["loc"] == [name]
    assert says in problem["detail"]


async def test_tokens_come_part_by_part(client: httpx.AsyncClient) -> None:
    tokens = [str(number) for number in range(4099)]
    async with open_client(max_tokens=4096) as own:
        found = await ready(own, {"source": {"kind": "tokens", "tokens": tokens}})
        path = f"{CAPTURES}/{found['id']}/tokens"
        problem = require_problem(await own.get(path), 422)
        last = (await own.get(path, params={"span": "3:"})).json()

    assert "at most 4096 tokens, got 4099" in problem["detail"]
    assert len(last["tokens"]) == 4096
    assert last["tokens"][-1]["text"] == "4098"
