"""Regions of 512² of a head of 32,768 tokens, at every depth, alone and while an overview is made.

In process: the library's region and its bytes, one torch thread, the state of the rows known. Over
HTTP: a real server; requests leave at fixed times, whatever the answers before them took, and each
is timed from the time that it should have left. Run with
``python -m tests.benchmarks.bench_regions``.
"""

import asyncio
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import torch
from safetensors.torch import save

from app.encoding import Pieces, finite_range
from attention_core import AttentionMap, AttentionSpec, Pyramid, Survey, region
from tests.benchmarks.bench_api import serving

N_TOKENS, DIM, SIDE = 32_768, 64, 512
N_HEADS, ROUNDS = 8, 60
PER_SECOND, SECONDS, CONNECTIONS = 100, 10, 24

Row = tuple[str, int, float, float]
"""What was asked, how often, and the 50th and 95th percentile of its milliseconds."""


def quantiles(laps_ms: list[float]) -> tuple[float, float]:
    """Return the 50th and the 95th percentile."""
    found = statistics.quantiles(laps_ms, n=100, method="inclusive")
    return found[49], found[94]


def windows(made: random.Random) -> Iterator[dict[str, Any]]:
    """Make up where a page looks: every depth alike, anywhere, now and then as floats."""
    while True:
        size = SIDE * 2 ** made.randrange(7)
        start = {name: made.randrange(N_TOKENS - size + 1) for name in ("query", "key")}
        yield {
            "query": f"{start['query']}:{start['query'] + size}",
            "key": f"{start['key']}:{start['key'] + size}",
            "height": SIDE,
            "width": SIDE,
            "encoding": "base64",
            "dtype": "f4" if made.random() < 0.2 else "u1",
            "sampled": "true",
        }


def in_process() -> Iterator[Row]:
    """Time regions and their bytes in this process, by the size of a cell, and all together."""
    torch.set_num_threads(1)
    made = torch.Generator().manual_seed(0)
    query, key = (torch.randn(1, N_TOKENS, DIM, generator=made) for _ in range(2))
    for name, spec in (("no mask", AttentionSpec()), ("causal", AttentionSpec(mask="causal"))):
        whole = AttentionMap(query, key, None, spec)
        pyramid = Survey(whole, 0).run()
        for dtype in ("u1", "f4"):
            every_ms: list[float] = []
            for depth in range(7):
                laps_ms = list(region_laps(whole, pyramid, SIDE * 2**depth, dtype))
                every_ms += laps_ms
                yield (f"{name}, cell {2**depth}, {dtype}", len(laps_ms), *quantiles(laps_ms))
            yield (f"{name}, all depths, {dtype}", len(every_ms), *quantiles(every_ms))


def region_laps(whole: AttentionMap, pyramid: Pyramid, size: int, dtype: Any) -> Iterator[float]:
    """Time regions anywhere, each with its bytes, in milliseconds."""
    made = random.Random(size)
    for _ in range(ROUNDS):
        # At multiples of the cell, so that 512 cells of it fit.
        cell = size // SIDE
        tops = [made.randrange((N_TOKENS - size) // cell + 1) * cell for _ in range(2)]
        query, key = (slice(top, top + size) for top in tops)
        started = time.perf_counter()
        drawn = region(whole, head=0, query=query, key=key, pyramid=pyramid)
        answer = Pieces()
        axes = ("query", "key")
        answer.add_matrix("matrix", drawn.matrix, axes, encoding="base64", dtype=dtype)
        answer.add("range", finite_range(drawn.matrix))
        answer.close()
        yield (time.perf_counter() - started) * 1e3


@dataclass
class Answers:
    """What became of requests.

    Attributes:
        laps_ms: From the time that a request should have left to the end of its answer.
        statuses: How often each status came; zero where the connection broke.
        n_bytes: All bodies together.
    """

    laps_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    n_bytes: int = 0


async def paced(client: httpx.AsyncClient, path: str, seed: int) -> Answers:
    """Ask for regions of the first head at fixed times."""
    answers, asked = Answers(), windows(random.Random(seed))
    began = time.perf_counter()

    async def ask(number: int, params: dict[str, Any]) -> None:
        leaves = began + number / PER_SECOND
        await asyncio.sleep(leaves - time.perf_counter())
        try:
            answer = await client.get(f"{path}/region", params=params)
        except httpx.TransportError:
            answers.statuses[0] += 1
            return
        answers.laps_ms.append((time.perf_counter() - leaves) * 1e3)
        answers.statuses[answer.status_code] += 1
        answers.n_bytes += len(answer.content)

    numbers = range(PER_SECOND * SECONDS)
    await asyncio.gather(*(ask(each, next(asked)) for each in numbers))
    return answers


async def rows_surveyed(client: httpx.AsyncClient, path: str) -> int:
    """Count the rows of all heads but the first that are surveyed by now."""
    done = 0
    for head in range(1, N_HEADS):
        found = (await client.get(f"{path}/overview", params={"head": head})).json()
        done += found["progress"]["done"]
    return done


async def surveying(
    client: httpx.AsyncClient, path: str, meanwhile: Callable[[], Any]
) -> tuple[Any, float]:
    """Survey all heads but the first for some seconds; returns what came, and rows a second."""
    for head in range(1, N_HEADS):
        await client.delete(f"{path}/overview", params={"head": head})
    for head in range(1, N_HEADS):
        await client.post(f"{path}/overview", json={"head": head})
    await asyncio.sleep(0.5)
    before, started = await rows_surveyed(client, path), time.perf_counter()
    came = await meanwhile()
    done, elapsed_s = await rows_surveyed(client, path) - before, time.perf_counter() - started
    if done == (N_HEADS - 1) * N_TOKENS - before:
        raise RuntimeError("all heads were surveyed before the end; take more of them.")
    for head in range(1, N_HEADS):
        await client.delete(f"{path}/overview", params={"head": head})
    return came, done / elapsed_s


async def captured(client: httpx.AsyncClient) -> str:
    """Upload heads of random queries and keys; returns where the capture is."""
    made = torch.Generator().manual_seed(0)
    # Halves: all heads within what an upload may be.
    given = {
        name: torch.randn(N_HEADS, N_TOKENS, DIM, generator=made).half()
        for name in ("query", "key")
    }
    answer = await client.post(
        "/api/v1/captures",
        params={"source": "tensors", "format": "safetensors"},
        content=save(given),
        headers={"Content-Type": "application/octet-stream"},
    )
    path = f"/api/v1/captures/{answer.raise_for_status().json()['id']}"
    while (found := (await client.get(f"{path}?tokens=false")).json())["state"] != "ready":
        if found["state"] == "failed":
            raise RuntimeError(found["problem"]["detail"])
        await asyncio.sleep(0.05)
    return path


async def made(client: httpx.AsyncClient, path: str, head: int) -> float:
    """Make an overview and wait for it; returns how long it took."""
    started = time.perf_counter()
    answer = await client.post(f"{path}/overview", json={"head": head})
    while answer.json()["state"] != "ready":
        await asyncio.sleep(0.02)
        answer = await client.get(f"{path}/overview", params={"head": head})
    return time.perf_counter() - started


@dataclass(frozen=True)
class Served:
    """What a server did.

    Attributes:
        overview_s: How long the overview of one head took.
        alone: Requests while it did nothing else.
        busy: Requests while it surveyed other heads.
        rows_alone: Rows that it surveyed a second, without requests.
        rows_busy: Likewise, beside them.
    """

    overview_s: float
    alone: Answers
    busy: Answers
    rows_alone: float
    rows_busy: float


async def over_http(port: int) -> Served:
    """Ask a server for regions, while it does nothing else and while it surveys."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
        path = await captured(client)
        overview_s = await made(client, path, 0)
        _, rows_alone = await surveying(client, path, lambda: asyncio.sleep(SECONDS / 2))
        await paced(client, path, 0)  # The first looks at anything are slower.
        alone = await paced(client, path, 1)
        busy, rows_busy = await surveying(client, path, lambda: paced(client, path, 2))
    return Served(overview_s, alone, busy, rows_alone, rows_busy)


def served() -> Served:
    """Measure a server of its own."""
    with (
        TemporaryDirectory() as folder,
        serving(["-m", "app.cli", "serve", "--data-dir", folder]) as port,
    ):
        return asyncio.run(over_http(port))


def main() -> None:
    """Print the tables."""
    print(f"{N_TOKENS:,} tokens, {DIM} features, {SIDE}² cells, {os.cpu_count()} cores")
    print(f"{'in process':32}{'n':>6}{'p50, ms':>10}{'p95, ms':>10}")
    for name, count, middle, most in in_process():
        print(f"{name:32}{count:6}{middle:10.1f}{most:10.1f}")
    found = served()
    print(f"overview of one head: {found.overview_s:.2f} s")
    for name, each in (("alone", found.alone), ("while an overview is made", found.busy)):
        told = ", ".join(f"{count} × {status}" for status, count in each.statuses.items())
        middle, most = quantiles(each.laps_ms)
        print(
            f"{PER_SECOND} regions a second, {name}: p50 {middle:.1f} ms, p95 {most:.1f} ms, "
            f"max {max(each.laps_ms):.0f} ms; {told}; {each.n_bytes / 2**20:.0f} MiB"
        )
    print(
        f"rows surveyed a second: {found.rows_alone:,.0f} alone, {found.rows_busy:,.0f} beside "
        "the requests"
    )


if __name__ == "__main__":
    main()
