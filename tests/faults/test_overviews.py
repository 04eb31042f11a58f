"""Overviews while clients leave, the service ends or is killed, or nothing can be written."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
import pytest
import torch
from safetensors.torch import save

from tests.api.conftest import open_client
from tests.api.overviews import HEAD, Params, large, made
from tests.api.test_problems import require_problem
from tests.api.test_server import free_port
from tests.conftest import ROOT, wait_for_port
from tests.faults.kill_cycles import CAPTURES, OCTETS, UPLOAD
from tests.faults.test_storage import as_nobody, set_modes

WHOLE: Params = {**HEAD, "encoding": "base64", "height": 129}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def serving(folder: Path, **settings: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Serve a data folder; yields the process and its URL."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    given = {f"ATTENTION_ATLAS_{name.upper()}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        [*command, "--data-dir", str(folder)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(process, port)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(10)


def captured(url: str, n_tokens: int, spec: dict[str, Any]) -> str:
    """Capture a head of random queries and keys; returns where the capture is."""
    made = torch.Generator().manual_seed(29)
    given = {name: torch.randn(1, n_tokens, 2, generator=made) for name in ("query", "key")}
    content = save(given, {"spec": json.dumps(spec)})
    answer = httpx.post(url + CAPTURES, params=UPLOAD, content=content, headers=OCTETS, timeout=60)
    path = f"{url}{CAPTURES}/{answer.json()['id']}"
    until(lambda: httpx.get(f"{path}?tokens=false").json()["state"] == "ready")
    return path


def slow(url: str) -> str:
    """Capture a head whose survey takes longer than any test; returns where the capture is."""
    return captured(url, 40_009, {"normalizer": "entmax15"})


def state(path: str) -> str:
    found: str = httpx.get(f"{path}/overview", timeout=30).json()["state"]
    return found


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def running(path: str) -> None:
    """Begin a survey, and wait until some of it is done."""
    httpx.post(f"{path}/overview", json={}, timeout=30)
    until(lambda: httpx.get(f"{path}/overview").json()["progress"]["done"] > 0)


def files(folder: Path) -> list[str]:
    return [path.name for path in (folder / "overviews").glob("*/*")]


def test_a_survey_that_only_a_client_that_left_waited_for_ends(tmp_path: Path) -> None:
    with serving(tmp_path, computing_s=3600) as (_, url):
        path = slow(url)
        with suppress(httpx.ReadTimeout):
            httpx.get(f"{path}/region", timeout=3)
        until(lambda: state(path) == "none")

        assert httpx.get(f"{path}/region", params={"query": "0:9"}, timeout=30).status_code == 200


def test_a_survey_that_was_asked_for_goes_on_when_its_clients_leave(tmp_path: Path) -> None:
    with serving(tmp_path, computing_s=3600) as (_, url):
        path = slow(url)
        running(path)
        with suppress(httpx.ReadTimeout):
            httpx.get(f"{path}/region", timeout=1)
        time.sleep(0.5)

        assert state(path) == "running"


def test_streams_that_clients_left_make_room_for_others(tmp_path: Path) -> None:
    with serving(tmp_path, max_streams=2) as (_, url):
        path = slow(url)
        running(path)
        for _ in range(5):
            with httpx.stream("GET", f"{path}/overview/events") as answer:
                assert answer.status_code == 200
                assert next(answer.iter_lines()) == "event: progress"
            until(lambda: _has_room(path))


def _has_room(path: str) -> bool:
    with httpx.stream("GET", f"{path}/overview/events") as answer:
        return answer.status_code == 200


def test_the_service_ends_in_time_while_it_surveys(tmp_path: Path) -> None:
    with serving(tmp_path, computing_s=3600) as (process, url):
        path = slow(url)
        running(path)
        ending = Timer(1.0, process.send_signal, (signal.SIGTERM,))
        with httpx.stream("GET", f"{path}/overview/events", timeout=30) as events:
            ending.start()
            answer = httpx.get(f"{path}/region", timeout=30)
            assert "event: progress" in list(events.iter_lines())
        code = process.wait(10)

    assert code == 0
    assert require_problem(answer, 503)["detail"].startswith("The service ends")


def test_a_kill_amid_a_survey_leaves_no_half_overview(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url):
        path = slow(url)
        running(path)
        process.kill()
        process.wait(10)
    assert not [name for name in files(tmp_path) if name.endswith(".overview")]

    with serving(tmp_path) as (_, url):
        again = url + path[path.index("/api") :]
        assert state(again) == "none"
        sampled = httpx.get(f"{again}/region", params={"sampled": "true"}, timeout=60)
        assert sampled.json()["sampled"] is not None


def test_kills_while_overviews_are_written_leave_whole_ones_or_none(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, url):
        path = captured(url, 8209, {})
        expected = httpx.get(f"{path}/region", timeout=60).content
    place = path[path.index("/api") :]
    for delay_s in (0.0, 0.1, 0.3):
        with serving(tmp_path) as (process, url):
            httpx.delete(f"{url}{place}/overview", timeout=30)
            httpx.post(f"{url}{place}/overview", json={}, timeout=30)
            time.sleep(delay_s)
            process.kill()
            process.wait(10)
    with serving(tmp_path) as (_, url):
        assert httpx.get(f"{url}{place}/region", timeout=60).content == expected


@pytest.mark.anyio
async def test_in_a_read_only_folder_overviews_are_kept_in_memory() -> None:
    other: Params = {**HEAD, "head": 0}
    folder = Path(tempfile.mkdtemp())
    try:
        async with open_client(data_dir=folder / "data") as client:
            path = await large(client)
            await made(client, path, other)
            drawn = await client.get(f"{path}/region", params=WHOLE)
            await client.delete(f"{path}/overview", params=HEAD)
        set_modes(folder, of_folders=0o555, of_files=0o444)
        with as_nobody():
            async with open_client(data_dir=folder / "data") as client:
                region = await client.get(f"{path}/region", params=WHOLE)
                told = (await client.get(f"{path}/overview", params=HEAD)).json()
                removed = await client.delete(f"{path}/overview", params=HEAD)
                after = (await client.get(f"{path}/overview", params=HEAD)).json()
                stuck = await client.delete(f"{path}/overview", params=other)
    finally:
        set_modes(folder, of_folders=0o755, of_files=0o644)
        shutil.rmtree(folder)

    assert region.content == drawn.content
    assert told["state"] == "ready"
    assert (removed.status_code, after["state"]) == (204, "none")
    # The other was kept on the disk before.
    require_problem(stuck, 503)


@pytest.mark.anyio
async def test_a_damaged_overview_that_cannot_be_removed_is_made_again_in_memory() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        async with open_client(data_dir=folder / "data") as client:
            path = await large(client)
            drawn = await client.get(f"{path}/region", params=WHOLE)
        (file,) = (folder / "data" / "overviews").glob("*/*")
        file.write_bytes(file.read_bytes()[:-1])
        set_modes(folder, of_folders=0o555, of_files=0o444)
        with as_nobody():
            async with open_client(data_dir=folder / "data") as client:
                region = await client.get(f"{path}/region", params=WHOLE)
    finally:
        set_modes(folder, of_folders=0o755, of_files=0o644)
        shutil.rmtree(folder)

    assert (region.status_code, region.content) == (200, drawn.content)
