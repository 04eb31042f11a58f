"""``kill -9`` while captures are saved: what was promised is there after each restart, and whole.

``python -m tests.faults.kill_cycles 50`` prints the figures of 50 cycles.
"""

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
import torch
from safetensors.torch import save

from tests.api.test_server import free_port
from tests.conftest import ROOT, wait_for_port

CAPTURES = "/api/v1/captures"
TOKENS = {
    "source": {
        "kind": "tokens",
        "text": "the cat sat on the mat and " * 211,
        "embedding": {"kind": "hash", "dim": 512},
        "spec": {"heads": 4, "mask": "causal"},
    }
}
UPLOAD = {"source": "tensors", "format": "safetensors"}
OCTETS = {"Content-Type": "application/octet-stream"}
_READY_S = 60


@dataclass
class Figures:
    """What a run of kills came to.

    Attributes:
        cycles: Kills.
        promised: Captures that were answered with 202.
        killed_running: Kills that came while a capture was made or saved.
        killed_partial: Kills that left a half-written file.
        lost: Promised captures that were not there, or never became ready.
        corrupt: Ready captures that had changed, or whose region did not answer.
        restart_s: Longest time from start to the first answer.
    """

    cycles: int = 0
    promised: int = 0
    killed_running: int = 0
    killed_partial: int = 0
    lost: int = 0
    corrupt: int = 0
    restart_s: float = 0.0
    regions: dict[str, bytes] = field(default_factory=dict, repr=False)
    """The region of each ready capture, as it was first seen."""


def run_cycles(n_cycles: int, folder: Path, *, seed: int = 7) -> Figures:
    """Kill a server that captures, and look at what is left, several times over."""
    figures, moments = Figures(), random.Random(seed)
    promised: list[str] = []
    for _ in range(n_cycles):
        with _server(folder, figures) as (process, client):
            _require_all(client, promised[-40:], figures)
            kill = Timer(moments.uniform(0.05, 1.5), process.kill)
            kill.start()
            promised += _post_until_killed(client)
            kill.join()
            process.wait(10)
        figures.cycles += 1
        _look_at_ruins(folder, figures)
    figures.promised = len(promised)
    with _server(folder, figures) as (process, client):
        _require_all(client, promised, figures)
        process.terminate()
        process.wait(40)
    return figures


@contextmanager
def _server(
    folder: Path, figures: Figures
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    port, started = free_port(), time.monotonic()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--data-dir"]
    with (folder.parent / "server.log").open("ab") as log:
        process = subprocess.Popen([*command, str(folder)], cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for_port(process, port)
        figures.restart_s = max(figures.restart_s, round(time.monotonic() - started, 2))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield process, client
    finally:
        process.kill()
        process.wait(10)


def _post_until_killed(client: httpx.Client) -> list[str]:
    """Post tokens and tensors in turn; returns what was promised."""
    tensors = save({name: torch.randn(4, 1009, 128) for name in ("query", "key", "value")})
    promised: list[str] = []
    with suppress(httpx.TransportError):
        while True:
            if len(promised) % 2:
                answer = client.post(CAPTURES, params=UPLOAD, content=tensors, headers=OCTETS)
            else:
                answer = client.post(CAPTURES, json=TOKENS)
            if answer.status_code == 202:
                promised.append(answer.json()["id"])
            else:
                assert answer.status_code == 429, answer.text
                time.sleep(0.01)
    return promised


def _require_all(client: httpx.Client, promised: list[str], figures: Figures) -> None:
    """Wait until every promised capture is ready, and compare what is seen of it."""
    for capture_id in promised:
        found = _await_ready(client, capture_id)
        if found is None:
            figures.lost += 1
            continue
        region = client.get(f"{CAPTURES}/{capture_id}/region", params={"query": "100:164"})
        seen = region.content if region.status_code == 200 else b""
        if not seen or figures.regions.setdefault(capture_id, seen) != seen:
            figures.corrupt += 1


def _await_ready(client: httpx.Client, capture_id: str) -> dict[str, Any] | None:
    """Look at a capture until it is ready; None where it is not there, or does not become so."""
    deadline = time.monotonic() + _READY_S
    while True:
        answer = client.get(f"{CAPTURES}/{capture_id}")
        if answer.status_code != 200 or answer.json()["state"] == "failed":
            return None
        found: dict[str, Any] = answer.json()
        if found["state"] == "ready":
            return found
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)


def _look_at_ruins(folder: Path, figures: Figures) -> None:
    """Count what the kill interrupted, on a copy: to look is to mend."""
    copy = folder.parent / "ruins"
    copy.mkdir(exist_ok=True)
    for path in folder.glob("index.sqlite*"):
        shutil.copy(path, copy)
    with closing(sqlite3.connect(copy / "index.sqlite")) as index:
        running = index.execute("SELECT id FROM captures WHERE state = 'running'").fetchall()
    figures.killed_running += len(running)
    shutil.rmtree(copy)
    for (capture_id,) in running:
        partial = folder / "captures" / capture_id / ".partial"
        figures.killed_partial += partial.is_dir() and any(partial.iterdir())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = asdict(run_cycles(int(sys.argv[1]), Path(scratch) / "data"))
    del found["regions"]
    for name, value in found.items():
        print(f"{name:16} {value}")  # noqa: T201 - the figures are what it is run for
    sys.exit(bool(found["lost"] or found["corrupt"]))
