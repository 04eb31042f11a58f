"""Captures: promised, made, listed, looked at, renamed, pinned, deleted; there after a restart."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.api.captures import (
    CAPTURES,
    TEXT,
    FakeModel,
    FakePool,
    ended,
    post,
    ready,
)
from tests.api.conftest import PATH, open_client
from tests.api.test_problems import JSON, body, require_problem

pytestmark = pytest.mark.anyio

MODEL = {"source": {"kind": "model", "model": "fake", "text": "two words"}}


async def test_a_capture_is_promised_at_once_and_ready_soon(client: httpx.AsyncClient) -> None:
    answer = await client.post(CAPTURES, json={**TEXT, "name": "  A cat "})
    promised = answer.json()

    assert answer.status_code == 202
    assert answer.headers["location"] == f"{CAPTURES}/{promised['id']}"
    assert len(promised["id"]) == 22
    assert promised["state"] in ("queued", "running")
    assert promised["name"] == "A cat"
    found = await ended(client, promised["id"])
    assert found["state"] == "ready"
    assert found["kinds"] == {
        "self": {"n_layers": 1, "n_heads": 2, "n_kv_heads": 2, "n_queries": 7, "n_keys": 7}
    }
    assert [token["text"] for token in found["tokens"]["self"]["query"]][:3] == [
        "the",
        "cat",
        "sat",
    ]
    assert found["specs"]["self"][0]["score"]["scale"] == pytest.approx(32**-0.5)
    assert found["n_given"] == {"self": 7}
    assert found["progress"] == {"done": 1, "total": 1, "eta_s": 0}
    assert found["n_bytes"] > 7 * 64 * 4
    assert len(found["sha256"]) == 64
    assert found["created"].endswith("Z")


async def test_a_capture_without_a_name_is_called_by_its_text(client: httpx.AsyncClient) -> None:
    source = {"kind": "tokens", "text": "line one\nline\ttwo " + "x " * 60}

    found = await ready(client, {"source": source})

    assert found["name"].startswith("line one line two x")
    assert len(found["name"]) == 60
    assert found["name"].endswith("…")


SOURCES = {
    "text": {"text": "a b c"},
    "tokens and a context": {"tokens": ["a", "b"], "context": ["x", "y", "z"]},
    "numbers": {"query": [[1.0, 0.0], [0.0, 2.0]], "key": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]},
    "rotary positions": {"text": "a b c d e", "spec": {"position": "rope", "heads": 2}},
    "sinusoidal positions": {"text": "a b c d e", "spec": {"position": "sinusoidal"}},
    "shared keys": {"text": "a b c", "spec": {"heads": {"kind": "gqa", "n_heads": 4,
                                                        "n_kv_heads": 2}}},
    "latent heads": {"text": "a b c", "spec": {"heads": "mla"}},
    "differential heads": {"text": "a b c", "spec": {"heads": "differential"}},
    "the article": {"text": "a b c", "spec": {"preset": "article"}},
    "a random projection": {"text": "a b c", "projection": {"kind": "random", "seed": 3}},
}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
async def test_a_capture_of_tokens_weighs_as_the_attention_endpoint_does(
    client: httpx.AsyncClient, source: dict[str, Any]
) -> None:
    found = await ready(client, {"source": {"kind": "tokens", **source}})
    told = (await client.post(PATH, json={**source, "include": ["scores", "weights"]})).json()

    sizes = found["kinds"]["self"]
    assert [sizes["n_heads"], sizes["n_queries"], sizes["n_keys"]] == told["weights"]["shape"]
    for head in range(sizes["n_heads"]):
        drawn = await client.get(f"{CAPTURES}/{found['id']}/region", params={"head": head})
        assert drawn.json()["matrix"]["data"] == told["weights"]["data"][head]
    assert found["specs"]["self"] == [told["spec"]]


async def test_a_model_is_asked_with_what_was_posted() -> None:
    model = FakeModel()
    model.goes_on.set()
    source = {"kind": "model", "model": "fake", "text": "one two three", "target": "vier",
              "generate": 5, "values": True, "layers": [0, 2]}  # fmt: skip
    async with open_client(FakePool(model)) as client:
        found = await ready(client, {"source": source})

    ((asked, options),) = model.asked
    assert (asked.text, asked.target, asked.image) == ("one two three", "vier", None)
    assert (options.generate, options.values, options.layers) == (5, True, (0, 2))
    assert found["kinds"]["self"]["n_layers"] == 3
    assert found["source"] == source
    assert found["notes"] == [{"code": "fake", "message": "It is none."}]
    assert found["tokens"]["self"]["key"][1] == {
        "text": "two", "piece": "▁two", "kind": "text", "id": None, "joins": False, "span": None,
        "word": 1, "sentence": None, "part": None, "place": None, "is_generated": False,
    }  # fmt: skip


async def test_captures_are_there_after_a_restart_without_any_model(tmp_path: Path) -> None:
    model = FakeModel()
    model.goes_on.set()
    async with open_client(FakePool(model), data_dir=tmp_path) as client:
        before = await ready(client, MODEL)
        drawn = await client.get(f"{CAPTURES}/{before['id']}/region?layer=2&head=4")

    async with open_client(FakePool(), data_dir=tmp_path) as client:
        after = (await client.get(f"{CAPTURES}/{before['id']}")).json()
        again = await client.get(f"{CAPTURES}/{before['id']}/region?layer=2&head=4")

    assert after == before
    assert again.content == drawn.content


async def test_what_was_promised_or_ran_is_captured_after_a_restart(tmp_path: Path) -> None:
    model = FakeModel()
    async with open_client(FakePool(model), data_dir=tmp_path) as client:
        running = await post(client, MODEL)
        waiting = await post(client, TEXT)
        model.started.wait(5)

    model = FakeModel()
    model.goes_on.set()
    async with open_client(FakePool(model), data_dir=tmp_path) as client:
        assert (await ended(client, running))["state"] == "ready"
        assert (await ended(client, waiting))["state"] == "ready"


async def test_the_list_is_paged_pinned_first_then_the_newest() -> None:
    async with open_client() as client:
        ids = [(await ready(client))["id"] for _ in range(5)]
        await client.patch(f"{CAPTURES}/{ids[1]}", json={"pinned": True})
        seen, cursor = [], None
        for _ in range(3):
            params = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
            page = (await client.get(CAPTURES, params=params)).json()
            seen += [each["id"] for each in page["captures"]]
            cursor = page["next"]

    assert seen == [ids[1], ids[4], ids[3], ids[2], ids[0]]
    assert cursor is None


async def test_a_list_leaves_out_what_is_long(client: httpx.AsyncClient) -> None:
    source = {"kind": "tokens", "tokens": ["word"] * 300, "spec": {"heads": 2}}
    found = await ready(client, {"source": source})

    listed = (await client.get(CAPTURES)).json()["captures"][0]

    assert listed["id"] == found["id"]
    assert "tokens" not in listed
    assert "specs" not in listed
    assert listed["source"] == {"kind": "tokens", "spec": {"heads": 2}}
    assert found["source"] == source


async def test_a_capture_is_renamed_and_pinned(client: httpx.AsyncClient) -> None:
    found = await ready(client)
    path = f"{CAPTURES}/{found['id']}"

    renamed = (await client.patch(path, json={"name": "猫"})).json()
    pinned = (await client.patch(path, json={"pinned": True})).json()
    same = (await client.patch(path, json={})).json()

    assert (renamed["name"], renamed["pinned"]) == ("猫", False)
    assert (pinned["name"], pinned["pinned"]) == ("猫", True)
    assert same == pinned == found | {"name": "猫", "pinned": True}


async def test_a_deleted_capture_is_gone_with_its_files(tmp_path: Path) -> None:
    async with open_client(data_dir=tmp_path) as client:
        found = await ready(client)
        path = f"{CAPTURES}/{found['id']}"
        assert (tmp_path / "captures" / found["id"]).is_dir()

        answer = await client.delete(path)

        assert (answer.status_code, answer.content) == (204, b"")
        assert not (tmp_path / "captures" / found["id"]).exists()
        for method, where in (("GET", path), ("DELETE", path), ("GET", f"{path}/region"),
                              ("GET", f"{path}/events")):  # fmt: skip
            require_problem(await client.request(method, where), 404)
        require_problem(await client.patch(path, json={"pinned": True}), 404)
        assert (await client.get(CAPTURES)).json() == {"captures": [], "next": None}


async def test_a_capture_that_is_deleted_while_it_runs_is_stopped(tmp_path: Path) -> None:
    model = FakeModel()
    async with open_client(FakePool(model), data_dir=tmp_path) as client:
        running = await post(client, MODEL)
        assert model.started.wait(5)

        assert (await client.delete(f"{CAPTURES}/{running}")).status_code == 204
        after = await ready(client)

        assert after["state"] == "ready"
        require_problem(await client.get(f"{CAPTURES}/{running}"), 404)
        assert [path.name for path in (tmp_path / "captures").iterdir()] == [after["id"]]


async def test_a_model_that_fails_leaves_a_problem_and_the_next_one_goes_on() -> None:
    model = FakeModel(error=KeyError("secret-token"))
    model.goes_on.set()
    async with open_client(FakePool(model)) as client:
        with capture_logs() as logged:
            failed = await ended(client, await post(client, MODEL))
            assert (await ready(client))["state"] == "ready"
        looked = await client.get(f"{CAPTURES}/{failed['id']}/region")

    assert failed["state"] == "failed"
    assert failed["problem"]["status"] == 500
    assert failed["problem"]["instance"] == f"{CAPTURES}/{failed['id']}"
    assert "secret-token" not in json.dumps(logged)
    assert "KeyError" in json.dumps(logged)
    assert "failed" in require_problem(looked, 409)["detail"]


async def test_what_contradicts_itself_fails_with_the_field_at_fault(
    client: httpx.AsyncClient,
) -> None:
    mask = {"kind": "custom", "matrix": [[True]]}
    body = {"source": {"kind": "tokens", "text": "a b", "spec": {"mask": mask}}}

    failed = await ended(client, await post(client, body))

    assert failed["problem"]["status"] == 422
    assert failed["problem"]["errors"][0]["loc"] == ["source", "spec", "mask", 0, "matrix"]


def source(**fields: Any) -> bytes:
    return body(source=fields)


FAULTY: dict[str, tuple[bytes, list[str | int], str]] = {
    "no source": (body(name="x"), ["source"], "missing"),
    "no kind": (body(source={"text": "a"}), ["source"], "'kind'"),
    "tensors as JSON": (source(kind="tensors"), ["source"], "'tokens', 'model'"),
    "unknown field": (source(kind="tokens", text="a", includ=[]), ["source", "includ"], "not a"),
    "what only an answer has": (
        source(kind="tokens", text="a", include=["weights"]), ["source", "include"], "not a field",
    ),
    "two things": (source(kind="tokens", text="a", tokens=["a"]), ["source", "text"], "got"),
    "no words": (source(kind="tokens", text=" "), ["source", "text"], "one token or more"),
    "unknown score": (
        source(kind="tokens", text="a", spec={"score": "dott"}), ["source", "spec", "score"],
        "'scaled_dot'",
    ),
    "heads as a string": (
        source(kind="tokens", text="a", spec={"heads": "4"}), ["source", "spec", "heads"],
        "must be a number",
    ),
    "unknown model": (
        source(kind="model", model="none", text="a"), ["source", "model"], "got 'none'",
    ),
    "no text": (source(kind="model", model="dates"), ["source", "text"], "missing"),
    "empty text": (
        source(kind="model", model="dates", text=""), ["source", "text"],
        'source.text must hold at least 1 character, got "".',
    ),
    "long model": (
        source(kind="model", model="m" * 201, text="a"), ["source", "model"],
        "source.model must hold at most 200 characters, got 201.",
    ),
    "negative layer": (
        source(kind="model", model="dates", text="a", layers=[-1]), ["source", "layers", 0], "-1",
    ),
    "no layer": (
        source(kind="model", model="dates", text="a", layers=[]), ["source", "layers"], "at least",
    ),
    "endless generation": (
        source(kind="model", model="dates", text="a", generate=5000), ["source", "generate"],
        "4096",
    ),
    "empty name": (body(source={"kind": "tokens", "text": "a"}, name=" "), ["name"], "a letter"),
    "name of two lines": (
        body(source={"kind": "tokens", "text": "a"}, name="a\nb"), ["name"], "one line",
    ),
    "long name": (
        body(source={"kind": "tokens", "text": "a"}, name="a" * 201), ["name"],
        "200 characters, got 201",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "loc", "says"), FAULTY.values(), ids=FAULTY)
async def test_a_field_at_fault_is_named(
    client: httpx.AsyncClient, content: bytes, loc: list[str | int], says: str
) -> None:
    problem = require_problem(await client.post(CAPTURES, content=content, headers=JSON), 422)

    assert problem["errors"][0]["loc"] == loc
    assert says in problem["errors"][0]["message"] + problem["detail"]


UNREADABLE = {
    "empty": (b"", 400),
    "cut off": (b'{"source": ', 400),
    "a lone surrogate": (b'{"source": {"kind": "tokens", "text": "\\ud800"}}', 400),
}


@pytest.mark.parametrize(("content", "status"), UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_body_is_refused(
    client: httpx.AsyncClient, content: bytes, status: int
) -> None:
    require_problem(await client.post(CAPTURES, content=content, headers=JSON), status)


@pytest.mark.parametrize(
    ("patch", "says"),
    [({"pinned": 1}, "bool"), ({"name": None}, "string"), ({"nam": "x"}, "'name'"), ([], "object")],
)
async def test_a_patch_at_fault_is_refused(
    client: httpx.AsyncClient, patch: Any, says: str
) -> None:
    found = await ready(client)

    answer = await client.patch(f"{CAPTURES}/{found['id']}", json=patch)

    assert says in require_problem(answer, 422)["detail"]


@pytest.mark.parametrize(
    ("query", "name"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=1_0", "limit"),
     ("limit=2.0", "limit"), ("cursor=x", "cursor"),
     ("cursor=W10", "cursor"), ("cursor=" + "x" * 500, "cursor"), ("page=2", "page"),
     ("limit=2&limit=3", "limit")],
)  # fmt: skip
async def test_a_page_that_is_none_is_refused(
    client: httpx.AsyncClient, query: str, name: str
) -> None:
    problem = require_problem(await client.get(f"{CAPTURES}?{query}"), 422)

    assert problem["errors"][0]["loc"] == [name]


async def test_a_method_that_is_not_there_is_told_those_that_are(client: httpx.AsyncClient) -> None:
    found = await ready(client)
    path = f"{CAPTURES}/{found['id']}"

    for method, where, allowed in (
        ("PUT", CAPTURES, "GET, HEAD, POST"),
        ("POST", path, "GET, HEAD, PATCH, DELETE"),
        ("DELETE", f"{path}/region", "GET, HEAD"),
        ("OPTIONS", f"{path}/events", "GET"),
    ):
        answer = await client.request(method, where)
        assert answer.headers["allow"] == allowed
        assert allowed in require_problem(answer, 405)["detail"]


async def test_whatever_may_be_looked_at_answers_head(client: httpx.AsyncClient) -> None:
    found = await ready(client)
    path = f"{CAPTURES}/{found['id']}"

    for look in (CAPTURES, path, f"{path}/region", f"{path}/grid", f"{path}/cell?query=0&key=0"):
        head, whole = await client.head(look), await client.get(look)
        assert head.status_code == 200
        assert head.headers.get("etag") == whole.headers.get("etag")
    assert (await client.head(f"{path}/image")).status_code == 404


async def test_a_full_queue_sends_the_next_capture_away() -> None:
    model = FakeModel()
    async with open_client(FakePool(model), waiting_captures=2) as client:
        running = await post(client, MODEL)
        assert model.started.wait(5)
        waiting = [await post(client, MODEL) for _ in range(2)]

        answer = await client.post(CAPTURES, json=MODEL)
        problem = require_problem(answer, 429)
        model.goes_on.set()

        assert (problem["limit"], problem["max"]) == ("waiting_captures", 2)
        assert int(answer.headers["retry-after"]) >= 1
        for capture_id in (running, *waiting):
            assert (await ended(client, capture_id))["state"] == "ready"


async def test_a_capture_may_hold_more_tokens_than_an_answer() -> None:
    long = {"source": {"kind": "tokens", "tokens": ["a"] * 12}}
    settings = {"max_tokens": 7, "max_capture_tokens": 13, "max_rows": 14}
    async with open_client(**settings) as client:
        found = await ready(client, long)
        long["source"]["tokens"] = ["a"] * 14
        answer = await client.post(CAPTURES, json=long)

    assert found["kinds"]["self"]["n_queries"] == 12
    problem = require_problem(answer, 422)
    assert (problem["limit"], problem["actual"], problem["max"]) == ("max_tokens", 14, 13)
    assert problem["errors"][0]["loc"] == ["source", "tokens"]


ROUTES = (
    ("POST", CAPTURES),
    ("GET", CAPTURES),
    ("GET", f"{CAPTURES}/x"),
    ("PATCH", f"{CAPTURES}/x"),
    ("DELETE", f"{CAPTURES}/x"),
    *(("GET", f"{CAPTURES}/x/{what}") for what in ("events", "region", "grid", "cell", "image")),
)


async def test_the_key_opens_captures_and_other_origins_may_not_change_them() -> None:
    key = {"Authorization": "Bearer correct-horse-battery"}
    async with open_client(api_key="correct-horse-battery") as client:
        for method, path in ROUTES:
            require_problem(await client.request(method, path), 401)
            foreign = key | {"Origin": "http://evil.example"}
            answer = await client.request(method, path, headers=foreign)
            assert (answer.status_code == 403) == (method != "GET"), (method, path)


async def test_no_log_line_holds_what_was_captured() -> None:
    async with open_client() as client:
        with capture_logs() as logged:
            found = await ready(
                client,
                {"source": {"kind": "tokens", "text": "secret-token b"}, "name": "secret-token"},
            )
            await client.get(f"{CAPTURES}/{found['id']}/region?kind=secret-token")

    assert "secret-token" not in json.dumps(logged)
    assert "/api/v1/captures/{capture_id}/region" in json.dumps(logged)
