"""A head of 100,000 tokens through the service: upload, first picture, overview, and one cell.

A real server with a data folder of its own, on loopback; the memory is its high-water mark. Run
with ``python -m tests.benchmarks.bench_long_capture [tokens] [heads]``.
"""

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.bench_api import OUR_SERVER, serving
from tests.long import write_long_tensors

N_TOKENS = 100_000
MAX_BYTES = 2 * 2**30
SIDE = 512
_LONGEST_S = 600


class Row(NamedTuple):
    """One step, and what it took.

    Attributes:
        what: The step.
        seconds: From its request to the last byte of its answer.
        n_bytes: Size of the answer; of what was sent, for an upload.
        peak_bytes: Most memory that the server has held since it began.
        remark: What the answer says of itself.
    """

    what: str
    seconds: float
    n_bytes: int
    peak_bytes: int
    remark: str


@dataclass
class Service:
    """The service, as its client sees it.

    Attributes:
        url: Of its API.
        folder: Its data folder, by which its process is found.
    """

    url: str
    folder: Path

    def ask(
        self, path: str, body: bytes | None = None, *, kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """Send a request; a problem is an answer too."""
        asked = urllib.request.Request(self.url + path, data=body)
        if body is not None:
            asked.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(asked, timeout=_LONGEST_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def wait(self, path: str, ended: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Look every 20 ms until an answer says that it has ended."""
        stop = time.monotonic() + _LONGEST_S
        while time.monotonic() < stop:
            found: dict[str, Any] = json.loads(self.ask(path)[1])
            if ended(found):
                return found
            time.sleep(0.02)
        raise TimeoutError(path)

    @property
    def peak_bytes(self) -> int:
        """The high-water mark of the server's memory."""
        for process in Path("/proc").glob("[0-9]*"):
            if str(self.folder).encode() in _read(process / "cmdline"):
                found = _read(process / "status").split(b"VmHWM:")[1].split()
                return int(found[0]) * 1024
        raise RuntimeError("no process serves from the folder")


@contextmanager
def long_service() -> Iterator[Service]:
    """Serve from an empty data folder."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [*OUR_SERVER, "--no-downloads", "--data-dir", folder]
        with serving(arguments) as port:
            yield Service(f"http://127.0.0.1:{port}/api/v1", Path(folder))


def measure(n_tokens: int = N_TOKENS, n_heads: int = 1) -> list[Row]:
    """Take one capture through every step."""
    with long_service() as service, tempfile.TemporaryDirectory() as folder:
        content = write_long_tensors(Path(folder) / "qk", n_tokens, n_heads).read_bytes()
        return list(_steps(service, content, n_tokens))


def _steps(service: Service, content: bytes, n_tokens: int) -> Iterator[Row]:
    def row(what: str, started: float, n_bytes: int, remark: str = "") -> Row:
        return Row(what, time.perf_counter() - started, n_bytes, service.peak_bytes, remark)

    yield row("the server, before", time.perf_counter(), 0)
    started = time.perf_counter()
    place = "/captures?source=tensors&format=safetensors"
    status, answer = service.ask(place, content, kind="application/octet-stream")
    _require(status == 202, answer)
    capture = f"/captures/{json.loads(answer)['id']}"
    yield row("upload, to 202", started, len(content))
    found = service.wait(f"{capture}?tokens=false", lambda x: x["state"] in ("ready", "failed"))
    _require(found["state"] == "ready", json.dumps(found["problem"]).encode())
    yield row("upload, to ready", started, len(content))

    picture = f"height={SIDE}&width={SIDE}&encoding=base64&dtype=u1"
    for what in ("first picture, sampled", "the same again"):
        started = time.perf_counter()
        status, answer = service.ask(f"{capture}/region?{picture}&sampled=true")
        _require(status == 200, answer)
        yield row(what, started, len(answer), f"sampled {json.loads(answer)['sampled']}")

    started = time.perf_counter()
    asked = json.dumps({"kind": "self", "layer": 0, "head": 0}).encode()
    status, answer = service.ask(f"{capture}/overview", asked)
    _require(status in (200, 202), answer)
    told = json.loads(answer)["estimate"]
    place = f"{capture}/overview?kind=self&layer=0&head=0"
    found = service.wait(place, lambda x: x["state"] in ("ready", "failed", "none"))
    _require(found["state"] == "ready", json.dumps(found).encode())
    remark = f"told {told['seconds']:.1f} s" if told else ""
    yield row("whole overview", started, 0, remark)

    middle = n_tokens // 2
    near = f"query={middle}:{middle + SIDE}&key={middle - SIDE}:{middle}"
    for what, area in (
        ("whole matrix from it", ""),
        ("every cell of 512²", f"{near}&"),
        ("a quarter of the matrix", f"query={middle}:{n_tokens}&key=0:{middle}&"),
    ):
        started = time.perf_counter()
        status, answer = service.ask(f"{capture}/region?{area}{picture}")
        _require(status == 200, answer)
        yield row(what, started, len(answer), f"cell {json.loads(answer)['cell']}")
    started = time.perf_counter()
    status, answer = service.ask(f"{capture}/cell?query={middle}&key={middle - 7}")
    _require(status == 200, answer)
    yield row("a cell explained", started, len(answer))


def _require(holds: bool, answer: bytes) -> None:
    if not holds:
        raise RuntimeError(answer[:600].decode())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # Processes come and go.
        return b""


def report(rows: list[Row], n_tokens: int, n_heads: int) -> None:
    """Print the table."""
    print(f"{n_heads} × {n_tokens:,} tokens of 64 features, float32\n")
    print("| step | seconds | bytes | peak of the server, MB | |")
    print("|---|---|---|---|---|")
    for row in rows:
        peak = row.peak_bytes / 2**20
        print(f"| {row.what} | {row.seconds:.2f} | {row.n_bytes:,} | {peak:,.0f} | {row.remark} |")
    verdict = "within" if rows[-1].peak_bytes <= MAX_BYTES else "OVER"
    print(f"\nPeak {verdict} {MAX_BYTES / 2**30:.0f} GiB.")


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    n_tokens, n_heads = [*given, *(N_TOKENS, 1)[len(given) :]]
    report(measure(n_tokens, n_heads), n_tokens, n_heads)


if __name__ == "__main__":
    main()
