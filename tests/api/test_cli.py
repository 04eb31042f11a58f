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
def test_serve_prints_its_limits_and_ends_well_on_a_signal(
    number: signal.Signals, tmp_path: Path
) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    command += ["--data-dir", str(tmp_path / "data")]
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
    assert f"data_dir                 {tmp_path}/data".encode() in printed
    assert b"Traceback" not in logged


def test_an_occupied_port_ends_with_an_error(server: str) -> None:
    result = run("serve", "--port", server.rpartition(":")[2])

    assert result.returncode != 0


def test_the_version_is_told_without_importing_a_model_library() -> None:
    code = "import sys, app.cli; print(sorted({'transformers', 'tokenizers'} & set(sys.modules)))"

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--model", "mine"], "must be given as NAME=PATH_OR_HUB_ID, got 'mine'"),
        (["--model", "=org/name"], "must be given as NAME=PATH_OR_HUB_ID"),
        (["--model", "my model=org/name"], "letters, digits, dots, dashes and underscores"),
        (["--model", "a=org/one", "--model", "a=org/two"], "got 'a' 2 times"),
        (["--model", "dates=org/name"], "got 'dates' for 'dates' and for 'org/name'"),
        (["--models-dir", "/no/such/folder"], "models_dir must be a folder"),
    ],
)
def test_models_that_cannot_be_offered_are_refused_at_start_up(
    arguments: list[str], told: str
) -> None:
    result = run("serve", "--port", "0", *arguments)

    assert result.returncode == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_a_model_of_a_folder_may_not_have_a_given_ones_name(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")

    result = run("serve", "--models-dir", str(tmp_path), "--model", "mine=org/name")

    assert result.returncode == 2
    assert "got 'mine' 2 times" in result.stderr
