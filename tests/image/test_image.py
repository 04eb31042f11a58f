"""The built image runs without rights, is healthy, answers, and stops when told to."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import cast

import httpx
import pytest

IMAGE = os.environ.get("IMAGE", "attention-atlas")
URL = "http://127.0.0.1:8000"
HAS_DOCKER = subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
BUILDAH = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}


def output(*command: str) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run(command, env=BUILDAH, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def configuration() -> dict[str, object]:
    """Read how the image runs."""
    if HAS_DOCKER:
        config = json.loads(output("docker", "image", "inspect", IMAGE))[0]["Config"]
    else:
        config = json.loads(output("buildah", "inspect", "--type", "image", IMAGE))["Docker"][
            "config"
        ]
    assert isinstance(config, dict)
    return config


@pytest.fixture(scope="module")
def container() -> Iterator[subprocess.Popen[bytes]]:
    """Run the image and wait until it is ready; kill it where the test did not stop it."""
    config = configuration()
    entrypoint = config["Entrypoint"]
    assert isinstance(entrypoint, list)
    if HAS_DOCKER:
        command = ["docker", "run", "--rm", "--publish", "127.0.0.1:8000:8000", IMAGE, "--insecure"]
        name = None
    else:
        name = output("buildah", "from", IMAGE)
        command = ["buildah", "run", name, "--", *entrypoint, "--insecure"]
    process = subprocess.Popen(command, env=BUILDAH, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{URL}/readyz").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.2)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    if name is not None:
        output("buildah", "rm", name)


def server_pids() -> list[int]:
    """Find the processes of the server, whoever started them."""
    return [int(pid) for pid in output("pgrep", "-f", "bin/attention-atlas serve").split()]


def test_the_image_declares_a_user_and_a_health_check() -> None:
    config = configuration()

    assert config["User"] == "atlas"
    assert "healthz" in str(config["Healthcheck"])


def test_the_image_keeps_captures_and_fetched_models_in_a_volume() -> None:
    config = configuration()

    assert config["Volumes"] == {"/data": {}}
    assert {"ATTENTION_ATLAS_DATA_DIR=/data", "HF_HOME=/data/huggingface"} <= set(
        cast("list[str]", config["Env"])
    )


@pytest.mark.usefixtures("container")
def test_the_container_captures_a_model_of_the_zoo() -> None:
    source = {"kind": "model", "model": "dates", "text": "3 May 1979"}
    capture = httpx.post(f"{URL}/api/v1/captures", json={"source": source}).raise_for_status()
    place = f"{URL}{capture.headers['Location']}"

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and httpx.get(place).json()["state"] != "ready":
        time.sleep(0.2)

    assert httpx.get(place).json()["state"] == "ready"


@pytest.mark.usefixtures("container")
def test_the_container_is_healthy_and_runs_without_rights() -> None:
    assert httpx.get(f"{URL}/healthz").status_code == 200
    if HAS_DOCKER:
        return
    server = max(server_pids())
    assert output("ps", "-o", "uid=", "-p", str(server)).strip() == "10001"


@pytest.mark.usefixtures("container")
@pytest.mark.parametrize("n_tokens", [3, 300])
def test_the_container_serves_page_and_numbers(n_tokens: int) -> None:
    assert "<title>Attention Atlas" in httpx.get(URL).text

    # What 300 tokens are answered with is written by two processes.
    tokens = [f"t{i}" for i in range(n_tokens)]
    answer = httpx.post(f"{URL}/api/v1/attention", json={"tokens": tokens})

    weights = answer.raise_for_status().json()["weights"]
    assert weights["shape"] == [1, n_tokens, n_tokens]
    assert all(abs(sum(row) - 1) < 1e-6 for row in weights["data"][0])
    if not HAS_DOCKER and n_tokens == 300:
        assert output("pgrep", "-f", "opt/atlas.*helper_main.py")


def test_the_container_stops_when_told_to(container: subprocess.Popen[bytes]) -> None:
    if HAS_DOCKER:
        found = output("docker", "ps", "--quiet", "--filter", f"ancestor={IMAGE}")
        output("docker", "stop", found)
    else:
        os.kill(max(server_pids()), signal.SIGTERM)

    assert container.wait(timeout=40) == 0
    if not HAS_DOCKER:
        others = subprocess.run(["pgrep", "-f", "opt/atlas.*helper_main.py"], check=False)
        assert others.returncode == 1, "the helper outlived the server"
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{URL}/healthz")
