"""The README's examples run as written, and what it names exists."""

import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import Settings

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text()


def block(language: str, containing: str) -> str:
    """Find the README's one block of a language with a text in it."""
    found = [text for name, text in BLOCKS if name == language and containing in text]
    assert len(found) == 1
    return str(found[0])


def test_the_curl_example_answers(server: str) -> None:
    command = block("sh", "v1/attention").replace("http://127.0.0.1:8000", server)

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)

    assert '"shape":[4,11,11]' in done.stdout


def test_the_httpx_example_answers(server: str) -> None:
    names: dict[str, Any] = {}
    code = block("python", "v1/attention").replace("http://127.0.0.1:8000", server)

    exec(code, names)

    weights = names["answer"]["weights"]
    assert weights["shape"] == [1, 5, 5]
    assert all(sum(row) == pytest.approx(1, abs=1e-6) for row in weights["data"][0])


def test_the_library_example_runs() -> None:
    code = (
        block("python", "attend(")
        .replace("16_384", "300")
        .replace("result.weights()  # dense", "dense = result.weights()  # dense")
    )
    names: dict[str, Any] = {}

    exec(code, names)

    assert names["dense"].shape == (1, 300, 300)


def test_the_capture_example_answers_with_a_location(server: str) -> None:
    command = block("sh", "v1/captures").replace("http://127.0.0.1:8000", server)

    done = subprocess.run(
        ["bash", "-c", f"{command.rstrip()} -i"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("HTTP/1.1 202")
    assert re.search(r"location: /api/v1/captures/[\w-]{22}\b", done.stdout)


def test_the_examples_of_any_length_run(server: str) -> None:
    upload = block("python", "source=tensors").replace("http://127.0.0.1:8000", server)
    survey = block("python", "Survey(").replace("\nregion(", "\nfound = region(")
    names: dict[str, Any] = {}

    exec(upload.replace("100_000", "5_003") + survey, names)

    assert re.fullmatch(r"/api/v1/captures/[\w-]{22}", names["capture"])
    assert names["pyramid"].is_complete
    assert names["found"] is True


def test_the_model_example_runs() -> None:
    code = block("python", "open_model(").replace("shot.map", "found = shot.map")
    names: dict[str, Any] = {}

    exec(code, names)

    assert names["found"].shape == (1, 10, 10)


def test_every_path_of_the_readme_is_there(server: str) -> None:
    named = set(re.findall(r"`(?:(GET|POST) )?(/[a-z0-9/._]*)`", README))
    paths = {path for _, path in named}
    assert {"/healthz", "/readyz", "/docs", "/openapi.json", "/api/v1/info"} <= paths

    for method, path in named - {("", "/data")}:
        # What is posted has no body here.
        status = httpx.request(method or "GET", server + path).status_code
        assert status in ((415,) if method == "POST" else (200, 405)), path


def test_every_setting_of_the_readme_is_one() -> None:
    named = re.findall(r"ATTENTION_ATLAS_([A-Z_]+)=", README)

    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_make_command_of_the_readme_is_one() -> None:
    named = re.findall(r"\bmake ([a-z-]+)", README)

    assert {"run", "test", "image"} <= set(named)
    for name in named:
        assert re.search(rf"^{name}:", MAKEFILE, re.MULTILINE), name
