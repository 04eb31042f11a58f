"""The command line."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.test_server import free_port
from tests.conftest import wait_for_port

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_version_is_printed() -> None:
    result = run("version")

    assert result.returncode == 0
    assert result.stdout.strip()


def test_a_wider_host_without_a_key_is_refused_with_the_way_out() -> None:
    result = run("serve", "--host", "0.0.0.0")

    assert result.returncode == 2
    assert "--insecure" in result.stderr


def test_a_port_that_is_none_is_refused() -> None:
    assert run("serve", "--port", "70000").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_its_limits_and_ends_well_on_a_signal(number: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_for_port(process, port)
        process.send_signal(number)
        printed, logged = process.communicate(timeout=40)
    finally:
        process.kill()

    assert process.returncode == 0, logged
    assert f"http://127.0.0.1:{port}".encode() in printed
    assert b"max_json_bytes" in printed
    assert b"Traceback" not in logged


def test_an_occupied_port_ends_with_an_error(server: str) -> None:
    result = run("serve", "--port", server.rpartition(":")[2])

    assert result.returncode != 0
