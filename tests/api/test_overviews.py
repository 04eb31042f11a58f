"""Overviews: estimated, made, followed, drawn of, kept and removed."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema_rs
import numpy as np
import pytest
import torch
from safetensors.torch import save
from structlog.testing import capture_logs

from tests.api.captures import CAPTURES, FakeModel, FakePool, ended, post, ready, upload
from tests.api.conftest import open_client
from tests.api.overviews import (
    HEAD,
    N_CELLS,
    N_QUERIES,
    Params,
    large,
    made,
    pooled,
    settled,
    weights_of,
)
from tests.api.test_captures_events import events_in
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

WHOLE: Params = {**HEAD, "encoding": "base64", "height": 129}


@pytest.fixture(scope="module")
async def own(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client() as client:
        yield client


@pytest.fixture(scope="module")
async def path(own: httpx.AsyncClient) -> str:
    return await large(own)


@pytest.fixture
async def fresh(own: httpx.AsyncClient, path: str) -> str:
    """Where the capture is, without any overview."""
    for head in (0, 1):
        await own.delete(f"{path}/overview", params={**HEAD, "head": head})
    return path


async def running(client: httpx.AsyncClient, path: str, head: Params) -> None:
    """Wait until an overview is being made."""
    for _ in range(500):
        await asyncio.sleep(0.002)
        if (await client.get(f"{path}/overview", params=head)).json()["state"] == "running":
            break


async def slow(client: httpx.AsyncClient) -> str:
    """Capture a head whose survey takes some seconds; returns where the capture is."""
    made, spec = torch.Generator().manual_seed(19), {"spec": '{"normalizer": "entmax15"}'}
    given = {name: torch.randn(1, 8209, 2, generator=made) for name in ("query", "key")}
    answer = await upload(client, save(given, spec))
    return f"{CAPTURES}/{(await ended(client, answer.json()['id']))['id']}"


def numbers(region: dict[str, Any]) -> Any:
    tile = region["matrix"]
    return np.frombuffer(base64.b64decode(tile["bdata"]), "<f4").reshape(tile["shape"])


async def test_an_overview_is_estimated_before_it_is_made(
    own: httpx.AsyncClient, fresh: str
) -> None:
    told = (await own.get(f"{fresh}/overview", params=HEAD)).json()

    assert {name: told[name] for name in HEAD} == HEAD
    assert (told["state"], told["needed"], told["cell"]) == ("none", True, [2, 32])
    assert told["progress"] == {"done": 0, "total": N_QUERIES, "eta_s": None}
    estimate = told["estimate"]
    assert 0 < estimate["seconds"] < 60
    # Two numbers for each cell, and less than as much again for coarser ones.
    n_bytes = 8 * N_CELLS[0] * N_CELLS[1]
    assert n_bytes <= estimate["disk_bytes"] < 2 * n_bytes
    assert estimate["bytes"] > estimate["disk_bytes"]
    assert (estimate["fits"], estimate["why"], estimate["offer"]) == (True, None, None)


async def test_an_overview_is_made_once_when_it_is_asked_for(
    own: httpx.AsyncClient, fresh: str
) -> None:
    promised = await own.post(f"{fresh}/overview", json=HEAD)
    ended = await settled(own, fresh)
    again = await own.post(f"{fresh}/overview", json=HEAD)

    assert promised.status_code == 202
    assert promised.headers["location"] == f"{fresh}/overview?kind=self&layer=0&head=1"
    assert promised.json()["state"] in ("waiting", "running")
    assert ended["state"] == "ready"
    assert ended["progress"] == {"done": N_QUERIES, "total": N_QUERIES, "eta_s": 0}
    assert (again.status_code, again.json()) == (200, ended)


async def test_other_heads_have_none_yet(own: httpx.AsyncClient, fresh: str) -> None:
    await made(own, fresh)

    other = (await own.get(f"{fresh}/overview", params={"head": 0})).json()

    assert other["state"] == "none"


@pytest.mark.parametrize("reduce", ["max", "mean"])
async def test_the_whole_is_drawn_of_the_overview(
    own: httpx.AsyncClient, fresh: str, reduce: str
) -> None:
    await made(own, fresh)

    params: Params = {**WHOLE, "reduce": reduce, "height": 129, "width": 1024}
    region = (await own.get(f"{fresh}/region", params=params)).json()

    assert (region["cell"], region["exact"], region["sampled"]) == ([8, 128], False, None)
    expected = pooled(1, (8, 128), reduce)
    np.testing.assert_allclose(numbers(region), expected, rtol=2e-5, atol=1e-7)


async def test_a_region_waits_for_the_overview_that_it_is_drawn_of(
    own: httpx.AsyncClient, fresh: str
) -> None:
    waited = await own.get(f"{fresh}/region", params=WHOLE)
    found = (await own.get(f"{fresh}/overview", params=HEAD)).json()
    again = await own.get(f"{fresh}/region", params=WHOLE)

    assert waited.status_code == 200
    assert found["state"] == "ready"
    assert (again.content, again.headers["etag"]) == (waited.content, waited.headers["etag"])


async def test_an_exact_rectangle_needs_no_overview(own: httpx.AsyncClient, fresh: str) -> None:
    params: Params = {**WHOLE, "query": "900:1000", "key": "300:500"}
    before = await own.get(f"{fresh}/region", params=params)
    found = (await own.get(f"{fresh}/overview", params=HEAD)).json()
    await made(own, fresh)
    after = await own.get(f"{fresh}/region", params=params)

    assert found["state"] == "none"
    expected = weights_of(1, slice(900, 1000))[:, 300:500]
    np.testing.assert_allclose(numbers(before.json()), expected, rtol=2e-5, atol=1e-7)
    assert after.content == before.content


async def test_a_sample_is_drawn_at_once_and_says_what_it_is(
    own: httpx.AsyncClient, fresh: str
) -> None:
    params: Params = {**WHOLE, "sampled": "true", "reduce": "mean", "height": 17, "width": 128}
    answer = await own.get(f"{fresh}/region", params=params)
    found = (await own.get(f"{fresh}/overview", params=HEAD)).json()

    region = answer.json()
    assert found["state"] == "none"
    assert region["sampled"]["done"] == 0
    assert region["cell"] == [64, 1024]
    assert 1 <= region["sampled"]["queries"] < 64
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    # A mean of some rows of a cell is near that of all.
    expected = pooled(1, (64, 1024), "mean")
    assert np.abs(numbers(region) - expected).mean() < 0.5 * expected.mean()


async def test_a_sample_is_none_once_the_overview_is_there(
    own: httpx.AsyncClient, fresh: str
) -> None:
    await made(own, fresh)

    exact = await own.get(f"{fresh}/region", params=WHOLE)
    sampled = await own.get(f"{fresh}/region", params={**WHOLE, "sampled": "true"})
    known = {"If-None-Match": exact.headers["etag"]}
    again = await own.get(f"{fresh}/region", params={**WHOLE, "sampled": "true"}, headers=known)

    assert sampled.json()["sampled"] is None
    assert (sampled.content, sampled.headers["etag"]) == (exact.content, exact.headers["etag"])
    assert again.status_code == 304


async def test_a_short_survey_is_made_at_once_and_held(own: httpx.AsyncClient) -> None:
    made = torch.Generator().manual_seed(31)
    given = {name: torch.randn(1, 4099, 2, generator=made) for name in ("query", "key")}
    found = await ended(own, (await upload(own, save(given))).json()["id"])
    path = f"{CAPTURES}/{found['id']}"

    sampled = await own.get(f"{path}/region", params={"encoding": "base64", "sampled": "true"})
    told = (await own.get(f"{path}/overview")).json()
    exact = await own.get(f"{path}/region", params={"encoding": "base64"})

    assert told["state"] == "ready"
    assert (sampled.json()["sampled"], sampled.content) == (None, exact.content)


async def test_two_clients_that_ask_at_once_share_one_survey(
    own: httpx.AsyncClient, fresh: str
) -> None:
    with capture_logs() as logs:
        answers = await asyncio.gather(
            *(own.get(f"{fresh}/region", params=WHOLE) for _ in range(3)),
            own.post(f"{fresh}/overview", json=HEAD),
        )

    assert [answer.status_code for answer in answers] == [200, 200, 200, 202]
    assert len({answer.content for answer in answers[:3]}) == 1
    assert [each["outcome"] for each in logs if each["event"] == "overview"] == ["ready"]


async def test_the_events_of_an_overview_tell_its_rows_until_it_is_ready(
    own: httpx.AsyncClient, fresh: str
) -> None:
    before = await own.get(f"{fresh}/overview/events", params=HEAD)
    await own.post(f"{fresh}/overview", json=HEAD)
    during = await own.get(f"{fresh}/overview/events", params=HEAD)
    after = await own.get(f"{fresh}/overview/events", params=HEAD)

    done = {"state": "ready", "done": N_QUERIES, "total": N_QUERIES, "eta_s": 0.0}
    assert [event["state"] for event in events_in(before.text)] == ["none"]
    assert events_in(during.text)[-1] == done
    rows = [event["done"] for event in events_in(during.text)]
    assert rows == sorted(rows)
    assert events_in(after.text) == [done]


async def test_a_removed_overview_is_gone_and_removing_it_again_is_no_error(
    own: httpx.AsyncClient, fresh: str
) -> None:
    await made(own, fresh)

    answers = [await own.delete(f"{fresh}/overview", params=HEAD) for _ in range(2)]
    found = (await own.get(f"{fresh}/overview", params=HEAD)).json()

    assert [answer.status_code for answer in answers] == [204, 204]
    assert found["state"] == "none"


async def test_an_overview_that_is_removed_while_it_is_made_is_not_kept(
    own: httpx.AsyncClient, fresh: str
) -> None:
    waiting = asyncio.create_task(own.get(f"{fresh}/region", params=WHOLE))
    await running(own, fresh, HEAD)
    await own.delete(f"{fresh}/overview", params=HEAD)
    answer = await waiting

    # Unless the survey was over by then.
    if answer.status_code != 200:
        problem = require_problem(answer, 409)
        assert "POST" in problem["detail"]
        assert answer.headers["retry-after"]
    await asyncio.sleep(0.3)
    assert (await own.get(f"{fresh}/overview", params=HEAD)).json()["state"] == "none"


async def test_a_region_whose_capture_is_deleted_while_it_waits_is_of_none(
    own: httpx.AsyncClient,
) -> None:
    path = await slow(own)
    waiting = asyncio.create_task(own.get(f"{path}/region", params={"height": 129}))
    await running(own, path, {"head": 0})
    await own.delete(path)

    require_problem(await waiting, 404)


async def test_where_the_body_tells_all_a_query_is_refused(
    own: httpx.AsyncClient, fresh: str
) -> None:
    answer = await own.post(f"{fresh}/overview", params={"head": 1}, json={})

    assert require_problem(answer, 422)["errors"][0]["loc"] == ["head"]
    assert (await own.get(f"{fresh}/overview")).json()["state"] == "none"


async def test_a_small_matrix_needs_none(client: httpx.AsyncClient) -> None:
    found = await ready(client)
    path = f"{CAPTURES}/{found['id']}"

    told = await client.get(f"{path}/overview")
    posted = await client.post(f"{path}/overview", json={})
    events = await client.get(f"{path}/overview/events")

    assert told.json() == {
        "kind": "self", "layer": 0, "head": 0, "state": "ready", "needed": False, "cell": [1, 1],
        "progress": {"done": 7, "total": 7, "eta_s": 0.0}, "estimate": None, "problem": None,
    }  # fmt: skip
    assert (posted.status_code, posted.json()) == (200, told.json())
    assert [event["state"] for event in events_in(events.text)] == ["ready"]


async def test_weights_alone_need_none_however_many(client: httpx.AsyncClient) -> None:
    weights = torch.zeros(1, 4099, 4099, dtype=torch.float16)
    weights[0, 4098, 4098] = 0.5
    answer = await upload(client, save({"weights": weights}))
    path = f"{CAPTURES}/{(await ended(client, answer.json()['id']))['id']}"

    told = (await client.get(f"{path}/overview")).json()
    posted = await client.post(f"{path}/overview", json={})
    region = (await client.get(f"{path}/region", params={"encoding": "base64"})).json()

    assert (told["state"], told["needed"]) == ("ready", False)
    assert posted.status_code == 200
    assert (numbers(region)[-1, -1], region["sampled"]) == (0.5, None)


async def test_a_capture_that_is_not_ready_has_no_overview() -> None:
    model = FakeModel()
    async with open_client(FakePool(model)) as client:
        source = {"kind": "model", "model": "fake", "text": "two words"}
        path = f"{CAPTURES}/{await post(client, {'source': source})}/overview"
        assert model.started.wait(5)
        for answer in (
            await client.get(path),
            await client.post(path, json={}),
            await client.delete(path),
            await client.get(f"{path}/events"),
        ):
            require_problem(answer, 409)
        model.goes_on.set()


@pytest.mark.parametrize("name", ["kind", "layer", "head", "heads"])
async def test_a_head_that_is_not_there_is_named(
    own: httpx.AsyncClient, path: str, name: str
) -> None:
    asked: Params = {"kind": "cross", "layer": 1, "head": 2, "heads": 1}
    given = {name: asked[name]}
    for answer in (
        await own.get(f"{path}/overview", params=given),
        await own.post(f"{path}/overview", json=given),
        await own.delete(f"{path}/overview", params=given),
        await own.get(f"{path}/overview/events", params=given),
    ):
        problem = require_problem(answer, 422)
        assert problem["errors"][0]["loc"] == [name]


async def test_there_is_no_overview_of_no_capture(client: httpx.AsyncClient) -> None:
    path = f"{CAPTURES}/none/overview"

    for answer in (
        await client.get(path),
        await client.post(path, json={}),
        await client.delete(path),
        await client.get(f"{path}/events"),
    ):
        require_problem(answer, 404)


async def test_overviews_fit_their_description(own: httpx.AsyncClient, fresh: str) -> None:
    document = (await own.get("/openapi.json")).json()

    def validate(name: str, instance: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.validate(schema, instance)

    path = document["paths"][f"{CAPTURES}/{{capture_id}}/overview"]
    examples = path["post"]["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        validate("OverviewRequest", example["value"])
        answer = await own.post(f"{fresh}/overview", json=example["value"])
        assert answer.status_code == 202
        validate("OverviewAnswer", answer.json())
    validate("OverviewAnswer", await made(own, fresh))
    events = await own.get(f"{fresh}/overview/events", params=HEAD)
    for event in events_in(events.text):
        validate("OverviewProgress", event)
    params: Params = {**HEAD, "head": 0, "sampled": "true"}
    validate("RegionAnswer", (await own.get(f"{fresh}/region", params=params)).json())
    for method, where in (("get", path), ("delete", path)):
        names = [each["name"] for each in where[method]["parameters"] if each["in"] == "query"]
        assert names == ["kind", "layer", "head"]


async def test_one_that_would_take_too_long_is_not_waited_for() -> None:
    async with open_client(computing_s=10) as client:
        made, spec = torch.Generator().manual_seed(19), {"spec": '{"normalizer": "entmax15"}'}
        given = {name: torch.randn(1, 60_013, 2, generator=made) for name in ("query", "key")}
        answer = await upload(client, save(given, spec))
        path = f"{CAPTURES}/{(await ended(client, answer.json()['id']))['id']}"
        answer = await client.get(f"{path}/region")
        told = (await client.get(f"{path}/overview")).json()

    problem = require_problem(answer, 409)
    assert problem["limit"] == "computing_s"
    assert problem["actual"] == pytest.approx(told["estimate"]["seconds"], abs=0.1)
    assert answer.headers["retry-after"] == "10"
    for way_out in (f"POST {path}/overview", f"{path}/overview/events", "sampled=true"):
        assert way_out in problem["detail"]
    assert told["state"] == "none"
