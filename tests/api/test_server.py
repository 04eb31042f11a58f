"""What only a real server on a real socket shows."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api.captures import tensors_of
from tests.api.conftest import PATH
from tests.conftest import wait_for_port

ROOT = Path(__file__).parents[2]
HURRIED = """
from app.config import Settings
from app.server import make_server
make_server(
    Settings(port={port}, data_dir={folder!r}, header_s=0.3, body_s=0.3, send_s=0.5)
).run()
"""

SLOW = """
from app.config import Settings
from app.server import make_server
from tests.api.captures import FakePool
make_server(Settings(port={port}, data_dir={folder!r}), FakePool()).run()
"""
"""A server whose captures never end."""


def connect(base_url: str) -> socket.socket:
    address = urlsplit(base_url)
    return socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65_536):
            received += chunk
    return received


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve with deadlines that a test can wait for."""
    port, folder = free_port(), str(tmp_path_factory.mktemp("data"))
    code = HURRIED.format(port=port, folder=folder)
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        wait_for_port(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(40)


def test_the_command_serves_the_page_and_the_api(server: str) -> None:
    assert httpx.get(f"{server}/").headers["content-type"].startswith("text/html")
    answer = httpx.post(server + PATH, json={"tokens": ["a", "b"]})
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_uri_of_70_kilobytes_is_a_problem(server: str) -> None:
    with connect(server) as connection:
        uri = b"/api/v1/info?" + b"x" * 70_000
        connection.sendall(b"GET " + uri + b" HTTP/1.1\r\nHost: localhost\r\n")
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"Connection: close\r\n\r\n")
        head = read_all(connection).lower()

    assert head.startswith(b"http/1.1 400")
    assert b"content-type: application/problem+json" in head
    assert b"x-content-type-options: nosniff" in head
    assert b"at most 16384 bytes, got" in head


@pytest.mark.parametrize("pause_s", [0.0, 0.02], ids=["at once", "piece by piece"])
def test_a_header_of_a_megabyte_is_refused(server: str, pause_s: float) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        with contextlib.suppress(ConnectionError):
            for _ in range(64):
                connection.sendall(b"x" * 16_384)
                time.sleep(pause_s)
            connection.sendall(b"\r\n\r\n")
        received = read_all(connection)

    assert received.startswith(b"HTTP/1.1 400") or not received


def test_what_is_no_http_is_a_problem(server: str) -> None:
    with connect(server) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        received = read_all(connection)

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == 400
    assert f"x-request-id: {problem['request_id']}".encode() in head.lower()
    assert "illegal request line" in problem["detail"]


def test_the_connection_is_usable_after_a_body_was_refused(server: str) -> None:
    with httpx.Client(base_url=server) as client:
        too_large = client.post(
            PATH, content=b" " * 4_000_000, headers={"Content-Type": "application/json"}
        )
        wrong_type = client.post(PATH, content=b"x" * 100_000)
        fine = client.post(PATH, json={"tokens": ["a"]})

    assert [too_large.status_code, wrong_type.status_code, fine.status_code] == [413, 415, 200]
    assert "connection" not in too_large.headers


def test_a_body_of_unknown_length_over_the_limit_is_refused(server: str) -> None:
    pieces = (b" " * 100_000 for _ in range(40))

    response = httpx.post(
        server + PATH, content=pieces, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 413


HALF_OPEN = {
    "nothing": b"",
    "half a request line": b"GET /heal",
    "half the headers": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
}


@pytest.mark.parametrize("sent", HALF_OPEN.values(), ids=HALF_OPEN)
def test_a_connection_without_headers_is_closed(hurried: str, sent: bytes) -> None:
    with connect(hurried) as connection:
        started = time.monotonic()
        connection.sendall(sent)
        received = read_all(connection)

    assert received == b""
    assert time.monotonic() - started < 5


def test_headers_that_drip_do_not_move_the_deadline(hurried: str) -> None:
    with connect(hurried) as connection, contextlib.suppress(ConnectionError):
        started = time.monotonic()
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        while time.monotonic() - started < 5:
            connection.sendall(b"X: y\r\n")
            time.sleep(0.05)

    assert time.monotonic() - started < 5


def test_half_a_request_after_a_whole_one_is_closed(hurried: str) -> None:
    with connect(hurried) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        connection.sendall(b"GET /heal")
        read_all(connection)

    assert time.monotonic() - started < 3


def test_a_body_that_never_comes_is_a_problem(hurried: str) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\n\r\n"
    )
    with connect(hurried) as connection:
        connection.sendall(head.encode() + b"{")
        received = read_all(connection)

    assert received.startswith(b"HTTP/1.1 408")


def test_the_rest_of_a_refused_body_has_a_deadline(hurried: str) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
        "Content-Length: 100\r\n\r\n"
    )
    with connect(hurried) as connection:
        started = time.monotonic()
        connection.sendall(head.encode() + b"{")
        received = read_all(connection)

    assert received.startswith(b"HTTP/1.1 415")
    assert time.monotonic() - started < 3


def test_a_slow_client_harms_no_other(hurried: str) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(connect(hurried)).sendall(b"GET /")
        response = httpx.get(f"{hurried}/healthz")

    assert response.status_code == 200


def ask_for_megabytes(connection: socket.socket) -> None:
    """Ask for an answer that no buffer between two processes holds."""
    body = json.dumps({"text": "a " * 1500, "encoding": "base64"}).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)


def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(hurried: str) -> None:
    with connect(hurried) as connection:
        ask_for_megabytes(connection)
        time.sleep(4)
        received = read_all(connection)

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert len(body) < 20_000_000


def test_a_client_that_takes_its_answer_slowly_gets_all_of_it(hurried: str) -> None:
    with connect(hurried) as connection:
        ask_for_megabytes(connection)
        received = bytearray(connection.recv(65_536))
        head, _, body = bytes(received).partition(b"\r\n\r\n")
        started, n_bytes = time.monotonic(), len(body)
        total = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        while n_bytes < total:
            chunk = connection.recv(200_000)
            assert chunk
            n_bytes += len(chunk)
            time.sleep(0.005)

    assert time.monotonic() - started > 0.6


def test_health_is_quick_while_large_bodies_are_read(server: str) -> None:
    body = b'{"query":[[' + b"1," * 1_000_000 + b'"a"]],"key":[[1]]}'
    laps = []
    with ThreadPoolExecutor(4) as pool, httpx.Client(base_url=server) as client:
        client.get("/healthz")
        headers = {"Content-Type": "application/json"}
        posts = [
            pool.submit(httpx.post, server + PATH, content=body, headers=headers) for _ in range(8)
        ]
        while not all(post.done() for post in posts):
            started = time.perf_counter()
            client.get("/healthz")
            laps.append(time.perf_counter() - started)

    assert {post.result().status_code for post in posts} == {422}
    assert sorted(laps)[len(laps) // 2] < 0.1
    assert max(laps) < 0.5


def test_an_upload_that_drips_is_refused_and_another_one_is_taken(hurried: str) -> None:
    url = f"{hurried}/api/v1/captures?source=tensors&format=safetensors"
    with connect(hurried) as connection:
        head = (
            "POST /api/v1/captures?source=tensors&format=npz HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n"
        )
        connection.sendall(head.encode() + b"x")
        received = read_all(connection)
    headers = {"Content-Type": "application/octet-stream"}
    taken = httpx.post(url, content=tensors_of(), headers=headers)

    assert received.startswith(b"HTTP/1.1 408")
    assert taken.status_code == 202


def test_events_of_a_capture_end_with_the_server(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", SLOW.format(port=port, folder=str(tmp_path))]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for_port(process, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            source = {"kind": "model", "model": "fake", "text": "a b"}
            capture_id = client.post("/api/v1/captures", json={"source": source}).json()["id"]
            with client.stream("GET", f"/api/v1/captures/{capture_id}/events") as events:
                lines = events.iter_lines()
                first = next(lines)
                started = time.monotonic()
                process.terminate()
                rest = list(lines)
        process.wait(40)
    finally:
        process.kill()

    assert first == "event: progress"
    assert not any("ready" in line for line in rest)
    assert time.monotonic() - started < 10
