"""All heads of 12 layers on a page: ours, and BertViz and Inspectus on the same arrays.

``python -m tests.benchmarks.bench_peers --peers PYTHON``, where PYTHON is an interpreter that has
``bertviz==1.4.1``, ``inspectus==0.2.0`` and torch; without it only ours is measured. BertViz' page
asks a CDN for its scripts: ``--scripts FOLDER`` serves ``require.js``, ``d3.min.js`` and
``jquery.min.js`` from a folder instead, where there is no network.
"""

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import httpx
import numpy as np
from playwright.sync_api import Browser, Error, Page, Route, sync_playwright
from playwright.sync_api import TimeoutError as Late
from safetensors.numpy import save

from tests.benchmarks.bench_api import serving
from tests.benchmarks.browser_memory import available_bytes, watched
from tests.benchmarks.first_picture import first_picture, watching
from tests.browser.conftest import started_chromium

N_LAYERS, N_HEADS, DIM = 12, 12, 64
SIZES = (512, 1024)
N_ROUNDS = 5
PATIENCE_S = 150
"""How long a peer's page may take to be drawn."""

MAX_BROWSER_BYTES = 10 * 2**30
PEERS_BYTES = 13 * 2**30
"""What must be free before a peer is run: its process may take 12 GiB, its browser 10."""

_CDN = "https://cdnjs.cloudflare.com/**"
_PEERS_PAGE = Path(__file__).with_name("peers_page.py")
_N_PICTURES = N_LAYERS * N_HEADS


@dataclass(frozen=True)
class Peers:
    """Where the peers are.

    Attributes:
        python: An interpreter that has them.
        scripts: A folder with the scripts that a peer asks a CDN for; None to ask the CDN.
    """

    python: str
    scripts: Path | None = None


class Row(NamedTuple):
    """One contender at one size; None where there is no such figure.

    Attributes:
        name: Who.
        n_tokens: Tokens of each head.
        ready_s: From the call until there is a page to open; ours uploads meanwhile.
        drawn_s: From opening the page until all of its heads are drawn.
        matrix_s: From opening the page until the matrix of one head is drawn.
        data_bytes: Data that the page reads.
        remark: What else there is to say.
    """

    name: str
    n_tokens: int
    ready_s: float | None = None
    drawn_s: float | None = None
    matrix_s: float | None = None
    data_bytes: int | None = None
    remark: str = ""

    @property
    def together_s(self) -> float | None:
        """From the call until everything is drawn."""
        if self.ready_s is None or self.drawn_s is None or self.matrix_s is None:
            return None
        return self.ready_s + max(self.drawn_s, self.matrix_s)


class Arrays(NamedTuple):
    """Queries and keys, ``[layer, head, token, dim]``, and the tokens."""

    query: np.ndarray[Any, np.dtype[np.float32]]
    key: np.ndarray[Any, np.dtype[np.float32]]
    tokens: list[str]

    @classmethod
    def drawn(cls, n_tokens: int) -> "Arrays":
        """Draw arrays; the keys lean on the queries, so that rows have a few large weights."""
        drawing = np.random.default_rng(n_tokens)
        shape = (N_LAYERS, N_HEADS, n_tokens, DIM)
        query = drawing.standard_normal(shape, dtype=np.float32)
        key = drawing.standard_normal(shape, dtype=np.float32)
        key += query / 2
        return cls(query, key, [f"word{place}" for place in range(n_tokens)])

    def as_safetensors(self) -> bytes:
        """Write the upload that our service takes."""
        tensors = {
            f"layer.{layer}.{name}": part
            for name, whole in (("query", self.query), ("key", self.key))
            for layer, part in enumerate(whole)
        }
        names = json.dumps(self.tokens)
        return save(tensors, {"tokens.query": names, "tokens.key": names})


def rows(peers: Peers | None = None, sizes: tuple[int, ...] = SIZES) -> Iterator[Row]:
    """Measure everybody, a size at a time."""
    for n_tokens in sizes:
        arrays = Arrays.drawn(n_tokens)
        yield ours(arrays)
        if peers is not None:
            with TemporaryDirectory() as folder:
                file = Path(folder, "arrays.npz")
                tokens = np.array(arrays.tokens)
                np.savez(file, query=arrays.query, key=arrays.key, tokens=tokens)
                yield inspectus(peers, file, n_tokens)
                yield bertviz(peers, file, n_tokens)


def ours(arrays: Arrays) -> Row:
    """Upload the arrays several times, and look at each capture once."""
    n_tokens, body = len(arrays.tokens), arrays.as_safetensors()
    with (
        TemporaryDirectory() as folder,
        browsing() as browser,
        serving(["-m", "app.cli", "serve", "--data-dir", folder]) as port,
    ):
        url = f"http://127.0.0.1:{port}"
        rounds = [_our_round(browser, url, body) for _ in range(N_ROUNDS)]
    ready_s, heads_s, matrix_s, data_bytes = (
        statistics.median(each) for each in zip(*rounds, strict=True)
    )
    slowest_s = max(max(each[1:3]) for each in rounds)
    remark = f"{N_ROUNDS} rounds, slowest {slowest_s:.2f} s; upload of {len(body) / 1e6:.0f} MB"
    return Row("ours", n_tokens, ready_s, heads_s, matrix_s, int(data_bytes), remark)


def _our_round(browser: Browser, url: str, body: bytes) -> tuple[float, float, float, float]:
    """Measure until ready, heads, matrix, and the bytes of data."""
    started = time.perf_counter()
    answer = httpx.post(
        f"{url}/api/v1/captures",
        params={"source": "tensors", "format": "safetensors"},
        content=body,
        headers={"Content-Type": "application/octet-stream"},
        timeout=60,
    )
    capture = f"{url}/api/v1/captures/{answer.raise_for_status().json()['id']}"
    while (state := httpx.get(capture).json())["state"] != "ready":
        if state["state"] == "failed":
            raise RuntimeError(state["problem"])
        time.sleep(0.01)
    ready_s = time.perf_counter() - started
    seen = first_picture(browser, capture.replace("/api/v1", ""))
    return ready_s, seen.drawn_s["heads"], seen.drawn_s["matrix"], seen.data_bytes


def inspectus(peers: Peers, arrays: Path, n_tokens: int) -> Row:
    """Draw the mean of all heads as a matrix, and the lists to choose from."""
    looks = f"document.getElementsByClassName('cell').length >= {n_tokens**2}"
    return _peer("Inspectus", peers, arrays, n_tokens, looks)


def bertviz(peers: Peers, arrays: Path, n_tokens: int) -> Row:
    """Draw the lines of all heads."""
    looks = f"document.getElementsByTagName('line').length >= {_N_PICTURES * n_tokens**2}"
    return _peer("BertViz", peers, arrays, n_tokens, looks)


def _peer(name: str, peers: Peers, arrays: Path, n_tokens: int, looks: str) -> Row:
    """Let a peer write its page and look at it, once: it takes minutes."""
    if available_bytes() < PEERS_BYTES:
        return Row(name, n_tokens, remark=f"not run: it may take {PEERS_BYTES >> 30} GiB")
    file = arrays.with_name(f"{name}.html")
    command = [peers.python, str(_PEERS_PAGE), name.lower(), str(arrays), str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        return Row(name, n_tokens, remark=f"ended with exit code {ended.returncode}")
    told = json.loads(ended.stdout.splitlines()[-1])
    name = f"{name} {told['version']}"
    if "problem" in told:
        return Row(name, n_tokens, remark=f"no page: {told['problem']}")
    n_bytes = file.stat().st_size
    drawn_s, remark = _opened(file, looks, peers.scripts)
    file.unlink()
    remark = f"{remark}; Python {told['peak_bytes'] / 1e9:.1f} GB"
    return Row(name, n_tokens, told["call_s"], drawn_s, drawn_s, n_bytes, remark)


def _opened(file: Path, looks: str, scripts: Path | None) -> tuple[float | None, str]:
    """Open a peer's page; returns the seconds until it is drawn, or None, and what happened."""
    drawn_s: float | None = None
    with browsing() as browser, watched(MAX_BROWSER_BYTES) as watch:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        if scripts is not None:
            page.route(_CDN, lambda route: _serve(route, scripts))
        page.add_init_script(watching({"heads": looks}))
        try:
            drawn_s = _waited(page, file.as_uri())
            end = "drawn"
        except Late:
            end = f"not drawn in {PATIENCE_S} s"
        except Error as error:
            end = f"not drawn: {error.message.splitlines()[0][:80]}"
    if watch.was_over:
        end = f"not drawn: over {MAX_BROWSER_BYTES >> 30} GiB in the browser"
    return drawn_s, f"{end}; browser {watch.peak_bytes / 1e9:.1f} GB"


def _waited(page: Page, address: str) -> float:
    """Wait for the picture; a page that is busy cannot answer before its first free moment."""
    started = time.perf_counter()
    page.goto(address, wait_until="commit", timeout=PATIENCE_S * 1e3)
    left_s = PATIENCE_S - (time.perf_counter() - started)
    page.wait_for_function("() => 'heads' in drawn", timeout=max(left_s, 1e-3) * 1e3)
    drawn_s: float = page.evaluate("drawn.heads")
    return drawn_s


def _serve(route: Route, scripts: Path) -> None:
    names = {"require": "require.js", "d3": "d3.min.js", "jquery": "jquery.min.js"}
    name = next(each for each in names if f"/{each}" in route.request.url)
    route.fulfill(path=scripts / names[name], content_type="text/javascript")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start a browser, and end it however it went."""
    with sync_playwright() as playwright:
        browser = started_chromium(playwright)
        try:
            yield browser
        finally:
            browser.close()


def line_of(row: Row) -> str:
    """Write a row of the table."""
    measured = (row.ready_s, row.drawn_s, row.matrix_s, row.together_s)
    seconds = ("–" if each is None else f"{each:.2f}" for each in measured)
    n_bytes = "–" if row.data_bytes is None else f"{row.data_bytes / 1e6:,.2f}"
    cells = (row.name, str(row.n_tokens), *seconds, n_bytes, row.remark)
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the peers")
    parser.add_argument("--scripts", type=Path, metavar="FOLDER", help="scripts of the CDN")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    asked = parser.parse_args()
    peers = None if asked.peers is None else Peers(asked.peers, asked.scripts)
    print(f"{N_LAYERS} × {N_HEADS} heads, {DIM} features, nothing cached")
    print("| | tokens | call, s | heads drawn, s | matrix drawn, s | together, s | data, MB | |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows(peers, tuple(asked.sizes)):
        print(line_of(row), flush=True)
    if peers is None:
        print("BertViz and Inspectus: not measured (pass --peers)")


if __name__ == "__main__":
    main()
