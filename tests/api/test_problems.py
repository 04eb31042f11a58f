"""Every kind of problem has one shape, a clear message, and comes fast."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.api.conftest import PATH

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def spec(**fields: Any) -> bytes:
    return body(tokens=["a", "b"], spec=fields)


UNREADABLE = {
    "empty": (b"", "empty"),
    "cut off": (b'{"tokens": ["a"', "JSON"),
    "lone surrogate": (b'{"tokens": ["\\ud800"]}', "surrogate"),
    "half of a pair": (b'{"tokens": ["\\ud800\\u0041"]}', "a lone surrogate"),
    "white space": (b" \n\t ", "it is empty"),
    "a byte order mark": (b'\xef\xbb\xbf{"tokens": ["a"]}', "leave the mark out"),
    "UTF-16 without a mark": ('{"tokens": ["a"]}'.encode("utf-16-be"), "looks like UTF-16"),
    "gzip": (b"\x1f\x8b\x08\x00", "compressed with gzip; send it plain"),
    "lone surrogate in a key": (b'{"\\ud800": 1}', "surrogate"),
    "not UTF-8": (b'{"tokens": ["\xff\xfe"]}', "UTF-8"),
    "UTF-16": ('{"tokens": ["a"]}'.encode("utf-16"), "UTF-8"),
    "depth of 100,000": (b"[" * 100_000, "64 deep, got 100000"),
    "depth below a key": (b'{"tokens":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "64 deep"),
    "integer of 5,000 digits": (b'{"decimals": ' + b"9" * 5000 + b"}", "out of range"),
}

FAULTY = {
    "NaN": (b'{"tokens": ["a"], "spec": {"softcap": NaN}}', ["spec", "softcap"], "finite"),
    "Infinity": (b'{"query": [[Infinity]], "key": [[1]]}', ["query"], "finite"),
    "1e999": (b'{"query": [[1e999]], "key": [[1]]}', ["query"], "finite"),
    "1e300, too large for float32": (b'{"query": [[1e300]], "key": [[1]]}', ["query"], "finite"),
    "no object": (b"[]", [], "an object"),
    "nothing to attend with": (b"{}", ["tokens"], "Exactly one"),
    "two things to attend with": (body(tokens=["a"], text="a"), ["text"], "tokens and text"),
    "query without key": (body(query=[[1]]), ["key"], "missing"),
    "key with tokens": (body(tokens=["a"], key=[[1]]), ["key"], "with query"),
    "context with numbers": (body(query=[[1]], key=[[1]], context=["a"]), ["context"], "key"),
    "two contexts": (
        body(tokens=["a"], context=["a"], context_text="a"),
        ["context_text"],
        "got both",
    ),
    "no tokens": (body(tokens=[]), ["tokens"], "at least 1"),
    "no context": (body(tokens=["a"], context=[]), ["context"], "at least 1"),
    "text without words": (body(text=" \n "), ["text"], "one token or more"),
    "context without words": (body(text="a", context_text=""), ["context_text"], "one token"),
    "tokens that are numbers": (body(tokens=[1] * 300_000), ["tokens", 0], "string, got 1"),
    "unknown field": (body(tokens=["a"], spce={}), ["spce"], "did you mean 'spec'"),
    "unknown field far from any": (body(tokens=["a"], zzzz=1), ["zzzz"], "known are 'tokens'"),
    "unknown field of a part": (
        spec(score={"kind": "scaled_dot", "scal": 1}),
        ["spec", "score", "scal"],
        "did you mean 'scale'",
    ),
    "10,000 unknown fields": (
        body(**{f"field{i}": 1 for i in range(10_000)}),
        ["field0"],
        "not a field",
    ),
    "key of a megabyte": (body(**{"k" * 1_000_000: 1}), ["k" * 64], "not a field"),
    "unknown score": (spec(score="dott"), ["spec", "score"], "'dot', 'scaled_dot'"),
    "unknown score of a megabyte": (spec(score="x" * 1_000_000), ["spec", "score"], "one of"),
    "unknown mask inside a mask": (
        spec(mask=[{"kind": "or", "of": ["full", "wide"]}]),
        ["spec", "mask", 0, "of", 1],
        'got "wide"',
    ),
    "200,000 masks": (spec(mask=["x"] * 200_000), ["spec", "mask"], "at most 64 masks"),
    "part without kind": (spec(score={"scale": 1}), ["spec", "score"], "'kind'"),
    "parameter missing": (spec(mask="padding"), ["spec", "mask", "key_length"], "missing"),
    "parameter of one of several masks": (
        spec(mask=["causal", "padding"]),
        ["spec", "mask", 1, "key_length"],
        "missing",
    ),
    "parameter of one mask that does not fit": (
        spec(mask={"kind": "padding", "key_length": 9}),
        ["spec", "mask", "key_length"],
        "got 9",
    ),
    "parameter out of range": (spec(heads=0), ["spec", "heads"], "got 0"),
    "heads that cannot share": (spec(heads=3), ["spec", "heads"], "multiple of 3"),
    "heads by their field": (spec(heads={"n_heads": 0}), ["spec", "heads", "n_heads"], "got 0"),
    "heads as a string": (spec(heads="4"), ["spec", "heads"], '{"kind": "mha", "n_heads": …}'),
    "heads as nothing": (spec(heads=None), ["spec", "heads"], "must be a number, or {"),
    "a score that is a number": (spec(score=5), ["spec", "score"], "an id such as 'dot', or an"),
    "a mask that is nothing": (spec(mask=None), ["spec", "mask"], "an id such as"),
    "a kind that is nothing": (spec(score={"kind": None}), ["spec", "score"], "got null"),
    "a spec that is no object": (body(tokens=["a"], spec=5), ["spec"], "an object, got 5"),
    "decimals of base64": (
        body(tokens=["a"], decimals=2, encoding="base64"),
        ["decimals"],
        "leave decimals out",
    ),
    "unequal feature sizes": (
        body(query=[[1, 2]], key=[[1, 2, 3]]),
        None,
        "got 2 and 3",
    ),
    "unequal row lengths": (body(query=[[1, 2], [3]], key=[[1]]), ["query"], "same length"),
    "300k strings for numbers": (body(query=[["a"] * 300_000], key=[[1]]), ["query"], "number"),
    "values of another length": (
        body(query=[[1]], key=[[1], [2]], value=[[1]]),
        ["value"],
        "one row per key",
    ),
    "mask of another size": (
        spec(mask={"kind": "custom", "matrix": [[True]]}),
        ["spec", "mask", "matrix"],
        "2 × 2, got 1 × 1",
    ),
    "unknown matrix": (body(tokens=["a"], include=["score"]), ["include", 0], "'scores'"),
    "unknown encoding": (body(tokens=["a"], encoding="xml"), ["encoding"], "'base64'"),
    "too many decimals": (body(tokens=["a"], decimals=9), ["decimals"], "8, got 9"),
    "cell that is not there": (
        body(tokens=["a"], cell={"query": 0, "key": 1}),
        ["cell", "key"],
        "between 0 and 0",
    ),
}


def require_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """Check the shape that every problem has, and return it."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert len(response.content) < 4096
    problem: dict[str, Any] = response.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert len(problem["detail"]) > 20
    assert problem["request_id"] == response.headers["x-request-id"]
    assert response.request.url.path.startswith(problem["instance"][:8])
    for error in problem.get("errors", []):
        assert error["message"]
        assert len(error["loc"]) <= 12
        assert all(isinstance(part, int) or len(part) <= 64 for part in error["loc"])
    return problem


async def post_timed(client: httpx.AsyncClient, content: bytes) -> tuple[httpx.Response, float]:
    laps = []
    for _ in range(3):
        started = time.perf_counter()
        response = await client.post(PATH, content=content, headers=JSON)
        laps.append((time.perf_counter() - started) * 1e3)
    return response, min(laps)


@pytest.mark.parametrize(("content", "says"), UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_body_is_refused(
    client: httpx.AsyncClient, content: bytes, says: str
) -> None:
    response, elapsed_ms = await post_timed(client, content)

    problem = require_problem(response, 400)
    assert says in problem["detail"]
    assert elapsed_ms < 50


@pytest.mark.parametrize(("content", "loc", "says"), FAULTY.values(), ids=FAULTY)
async def test_a_field_at_fault_is_named(
    client: httpx.AsyncClient, content: bytes, loc: list[str | int] | None, says: str
) -> None:
    response, elapsed_ms = await post_timed(client, content)

    problem = require_problem(response, 422)
    assert says in problem["errors"][0]["message"] + problem["detail"]
    if loc is not None:
        assert problem["errors"][0]["loc"] == loc
    assert elapsed_ms < 100


async def test_at_most_twenty_errors_are_listed_and_all_are_counted(
    client: httpx.AsyncClient,
) -> None:
    content = body(tokens=["a"], **{f"x{i}": 1 for i in range(50)})

    response = await client.post(PATH, content=content, headers=JSON)

    problem = require_problem(response, 422)
    assert 1 <= len(problem["errors"]) <= 20
    assert "50 errors in all" in problem["detail"]


CONTENT_TYPES = {
    "none": None,
    "text": "text/plain",
    "a form": "application/x-www-form-urlencoded",
    "another JSON": "application/problem+json",
    "UTF-16": "application/json; charset=utf-16",
    "UTF-16 behind another parameter": "application/json; profile=x; charset=utf-16",
    "two in one": "application/json, text/plain",
}


@pytest.mark.parametrize("content_type", CONTENT_TYPES.values(), ids=CONTENT_TYPES)
async def test_a_body_of_another_type_is_refused(
    client: httpx.AsyncClient, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}

    response = await client.post(PATH, content=body(tokens=["a"]), headers=headers)

    assert "application/json" in require_problem(response, 415)["detail"]


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}

    response = await client.post(PATH, content=b"\x1f\x8b", headers=headers)

    assert "plain" in require_problem(response, 415)["detail"]


async def test_two_content_types_are_refused(client: httpx.AsyncClient) -> None:
    headers = [("Content-Type", "application/json"), ("Content-Type", "application/json")]

    response = await client.post(PATH, content=body(tokens=["a"]), headers=headers)

    assert "' and '" in require_problem(response, 415)["detail"]


@pytest.mark.parametrize(
    "parameters",
    ["", "; charset=utf-8", '; charset="UTF-8"', "; profile=x", ";", "; a=b; Charset=utf8"],
)
async def test_json_in_utf_8_is_read(client: httpx.AsyncClient, parameters: str) -> None:
    headers = {"Content-Type": f"application/json{parameters}", "Content-Encoding": "identity"}

    response = await client.post(PATH, content=body(tokens=["a"]), headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/api/v1/attention/", 404),
        ("GET", PATH, 405),
        ("DELETE", "/api/v1/info", 405),
        ("GET", "/api/v1/%00", 400),
        ("GET", "/static/%00", 400),
        ("GET", "/api/v1/%2e%2e/%2e%2e/etc/passwd", 404),
    ],
)
async def test_a_path_or_method_that_is_not_there_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)

    require_problem(response, status)
    if status == 405:
        assert method not in response.headers["allow"]
        assert response.headers["allow"]
