"""Who may ask, and what every answer carries."""

import base64
import json

import httpx
import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from app.access import AccessLog
from app.config import Settings
from app.security import API_POLICY, HTML_POLICY
from tests.api.conftest import PATH, open_client
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

KEY = "correct-horse-battery"
TOKENS = {"tokens": ["secret-token", "b"]}


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/", HTML_POLICY),
        ("/docs", HTML_POLICY),
        ("/api/v1/info", API_POLICY),
        ("/api/v1/nothing", API_POLICY),
        ("/openapi.json", API_POLICY),
        ("/healthz", API_POLICY),
    ],
)
async def test_every_answer_carries_the_security_headers(
    client: httpx.AsyncClient, path: str, policy: str
) -> None:
    headers = (await client.get(path)).headers

    assert headers["content-security-policy"] == policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_the_policy_of_pages_allows_no_script_but_our_own() -> None:
    assert "script-src 'self';" in HTML_POLICY
    assert "unsafe-eval" not in HTML_POLICY
    assert HTML_POLICY.count("unsafe-inline") == 1


@pytest.mark.parametrize(
    "host", ["localhost", "[::1]", "localhost:8000", "127.0.0.1:80", "[::1]:8000", "LOCALHOST"]
)
async def test_a_known_host_is_served(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "[::2]",
        "",
        "127.0.0.11",
        "localhost:@evil.example",
        "[::1]evil",
        "[::1",
        "127.0.0.1:99999",
        "127.0.0.1:",
        "localhost:80:80",
    ],
)
async def test_an_unknown_host_is_refused(client: httpx.AsyncClient, host: str) -> None:
    response = await client.get("/healthz", headers={"Host": host})

    assert "Host" in require_problem(response, 400)["detail"]


async def test_a_configured_host_is_served() -> None:
    async with open_client(allowed_hosts=("atlas.example",)) as client:
        response = await client.get("/healthz", headers={"Host": "atlas.example:8000"})

    assert response.status_code == 200


FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "the same site, another origin": {"Sec-Fetch-Site": "same-site"},
    "another origin": {"Origin": "http://evil.example"},
    "another port": {"Origin": "http://localhost:9000"},
    "another scheme": {"Origin": "ftp://localhost"},
    "another site with our origin": {
        "Sec-Fetch-Site": "cross-site",
        "Origin": "http://localhost",
    },
    "a longer name": {"Origin": "http://localhost.evil.example"},
    "no origin": {"Origin": "null"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_a_page_of_another_origin_may_not_post(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    require_problem(await client.post(PATH, json=TOKENS, headers=headers), 403)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://atlas.example"},
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost"},
    ],
)
async def test_programs_and_our_own_page_may_post(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await client.post(PATH, json=TOKENS, headers=headers)).status_code == 200


async def test_reading_is_open_to_links_from_elsewhere(client: httpx.AsyncClient) -> None:
    response = await client.get("/", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 200


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f":{key}".encode()).decode()


WRONG_KEYS = {
    "none": {},
    "a wrong one": {"Authorization": "Bearer wrong"},
    "half of it": {"Authorization": f"Bearer {KEY[:-1]}"},
    "a wrong password": {"Authorization": basic("wrong")},
    "no base64": {"Authorization": "Basic %%%"},
    "another scheme": {"Authorization": f"Digest {KEY}"},
}


@pytest.mark.parametrize("headers", WRONG_KEYS.values(), ids=WRONG_KEYS)
async def test_without_the_key_every_path_is_closed(headers: dict[str, str]) -> None:
    async with open_client(api_key=KEY) as client:
        for path in ("/", "/docs", "/openapi.json", "/api/v1/info", "/api/v1/nothing"):
            response = await client.get(path, headers=headers)
            require_problem(response, 401)
            assert "Basic" in response.headers["www-authenticate"]


@pytest.mark.parametrize("authorization", [f"Bearer {KEY}", basic(KEY)])
async def test_with_the_key_every_path_is_open(authorization: str) -> None:
    async with open_client(api_key=KEY) as client:
        response = await client.get("/api/v1/info", headers={"Authorization": authorization})

    assert response.status_code == 200


async def test_health_needs_no_key() -> None:
    async with open_client(api_key=KEY) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_loopback_needs_no_key(host: str) -> None:
    assert Settings(host=host).api_key is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "atlas.example"])
def test_a_wider_host_needs_a_key_or_the_word_insecure(host: str) -> None:
    with pytest.raises(ValidationError, match="API key"):
        Settings(host=host)
    Settings(host=host, insecure=True)
    Settings(host=host, api_key=KEY)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(api_key="short")


async def test_a_log_line_holds_neither_tokens_nor_keys() -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with open_client(api_key=KEY) as client:
        with capture_logs() as logged:
            await client.post(PATH, json=TOKENS, headers=headers)
            await client.post(PATH + "?q=secret-token", json={"secret-token": 1}, headers=headers)

    lines = json.dumps(logged)
    assert PATH in lines
    assert "secret-token" not in lines
    assert KEY not in lines


async def test_an_unforeseen_error_tells_its_request_id_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise KeyError("secret-token")

    monkeypatch.setattr("app.api.attention.inputs_of", fail)
    async with open_client() as client:
        with capture_logs() as logged:
            response = await client.post(PATH, json=TOKENS)

    problem = require_problem(response, 500)
    assert "secret-token" not in json.dumps(problem)
    lines = json.dumps(logged)
    assert "KeyError" in lines
    assert problem["request_id"] in lines
    assert "secret-token" not in lines


async def test_no_memory_is_told_as_such_wherever_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise MemoryError("secret-token")

    monkeypatch.setattr("app.api.attention.inputs_of", fail)
    async with open_client() as client:
        response = await client.post(PATH, json=TOKENS)

    problem = require_problem(response, 503)
    assert "secret-token" not in json.dumps(problem)
    assert response.headers["retry-after"]


async def test_a_client_that_leaves_while_it_sends_is_no_error() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        raise AssertionError

    async def read(scope: Scope, receive: Receive, _send: Send) -> None:
        await Request(scope, receive).body()

    with capture_logs() as logged:
        await AccessLog(read)({"type": "http", "method": "POST", "headers": []}, receive, send)

    assert [line["event"] for line in logged] == ["request"]
    assert logged[0]["status"] == 499


async def test_a_body_of_two_lengths_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Length": "2", "Transfer-Encoding": "chunked"}

    response = await client.post(PATH, content=b"{}", headers=headers)

    assert "Transfer-Encoding" in require_problem(response, 400)["detail"]
    assert response.headers["connection"] == "close"
