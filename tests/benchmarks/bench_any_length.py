"""What "any length" promises, measured and held beside it in one table.

Each line is made by a benchmark of its own, which prints more; see there what is timed and how. Run
with ``python -m tests.benchmarks.bench_any_length [--peers PYTHON --scripts FOLDER]`` on a machine
that does nothing else, for a quarter of an hour.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import (
    bench_long_capture,
    bench_map,
    bench_overview,
    bench_peers,
    bench_regions,
)
from tests.benchmarks.bench_peers import Peers, Row

MEBIBYTE = 2**20


class Line(NamedTuple):
    """One promise, and what became of it."""

    what: str
    asked: str
    got: str


def overview() -> Iterator[Line]:
    """Hold overviews beside fused attention, and beside dense weights."""
    found = bench_overview.timed()
    for mask in bench_overview.MASKS:
        of_mask = [each for each in found if each.mask == mask]
        times = ", ".join(f"{each.length // 1024}k {each.times_fused:.2f}" for each in of_mask)
        yield Line(f"overview 512², mask {mask}: × fused attention", "≤ 1.0", times)
    peak = ", ".join(
        f"{each.length // 1024}k {each.extra_bytes / MEBIBYTE:.0f}"
        for each in found
        if each.mask == "none"
    )
    yield Line("its peak extra memory, MiB", "≤ 300", peak)
    shares = ", ".join(f"{each.product_share:.0%}" for each in found if each.mask == "none")
    yield Line("share of it that its products take", "–", shares)
    dense = bench_overview.against_dense()
    got = f"{dense.times_faster:.1f} × faster, 1/{dense.times_less_memory:.0f} of the memory"
    yield Line(f"against dense weights at {dense.length:,}", "≥ 2.5 × faster, ≤ 1/5", got)


def regions() -> Iterator[Line]:
    """Hold regions of any place and depth to their times, alone and beside an overview."""
    for name, _, middle, most in bench_regions.in_process():
        if "all depths" in name:
            asked = "p50 ≤ 20 ms, p95 ≤ 60 ms"
            yield Line(f"region 512² at 32k, {name}", asked, f"{middle:.1f} ms, {most:.1f} ms")
    found = bench_regions.served()
    for name, answers, asked in (
        ("alone", found.alone, "–"),
        ("beside an overview", found.busy, "p95 ≤ 500 ms"),
    ):
        middle, most = bench_regions.quantiles(answers.laps_ms)
        statuses = ", ".join(f"{count} × {status}" for status, count in answers.statuses.items())
        got = f"p50 {middle:.0f} ms, p95 {most:.0f} ms; {statuses}"
        yield Line(f"100 regions a second, {name}", asked, got)


def page(peers: Peers | None) -> Iterator[Line]:
    """Hold the page's first picture beside its peers', and its gestures to their time."""
    for row in bench_peers.rows(peers):
        is_ours = row.name == "ours"
        limit = {512: "1.5 s", 1024: "2 s"}[row.n_tokens]
        asked = f"≤ {limit}, ≤ 1 MB" if is_ours else "beside it"
        yield Line(f"12 × 12 heads, {row.n_tokens:,} tokens: {row.name}", asked, _drawn(row))
    found = bench_map.measure()["input to sharp"]
    p50, p95 = (bench_map.percentile(found, share) for share in (0.5, 0.95))
    got = f"p95 {p95:.0f} ms, p50 {p50:.0f} ms, n = {len(found)}"
    yield Line("zoom and pan at 32k, input to sharp", "p95 ≤ 400 ms", got)


def long_capture() -> Iterator[Line]:
    """Take a head of 100,000 tokens through every step."""
    for row in bench_long_capture.measure():
        told = f" ({row.remark})" if row.remark else ""
        got = f"{row.seconds:.2f} s, server's peak {row.peak_bytes / MEBIBYTE:,.0f} MiB{told}"
        yield Line(f"100,000 tokens: {row.what}", "≤ 2 GiB", got)


def accuracy() -> Iterator[Line]:
    """Compare tiles with float64 rows anywhere; the tests hold the limit, and fail past it."""
    command = [sys.executable, "-m", "pytest", "-q", "tests/core/test_any_length.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    yield Line("tile against float64, all normalisers", "≤ 1e-6", done.stdout.splitlines()[-1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the peers")
    parser.add_argument("--scripts", type=Path, metavar="FOLDER", help="scripts of the CDN")
    asked = parser.parse_args()
    peers = None if asked.peers is None else Peers(asked.peers, asked.scripts)
    parts: list[tuple[Callable[..., Iterator[Line]], tuple[object, ...]]] = [
        (overview, ()),
        (regions, ()),
        (page, (peers,)),
        (long_capture, ()),
        (accuracy, ()),
    ]
    print("| what | asked | got |\n|---|---|---|", flush=True)
    for part, given in parts:
        # Each in a process of its own: one part's threads and memory are not another's.
        with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
            for line in fresh.submit(_all, part, given).result():
                print(f"| {line.what} | {line.asked} | {line.got} |", flush=True)


def _all(part: Callable[..., Iterator[Line]], given: tuple[object, ...]) -> list[Line]:
    return list(part(*given))


def _drawn(row: Row) -> str:
    if row.drawn_s is None or row.matrix_s is None or row.data_bytes is None:
        return row.remark or "not measured"
    told = f"; {row.remark}" if row.remark else ""
    called = "" if row.ready_s is None else f"call {row.ready_s:.2f} s, "
    return (
        f"{called}heads drawn {row.drawn_s:.2f} s, matrix {row.matrix_s:.2f} s, "
        f"{row.data_bytes / 1e6:,.2f} MB{told}"
    )


if __name__ == "__main__":
    main()
