"""The overview of one head of 64 features under every normaliser: time against softmax, and memory.

All run in one process on the same tensors and threads, in turns; medians. Peak memory is what one
overview adds, at its peak, to a process of its own.
"""

import multiprocessing
import statistics
import time

import torch

from attention_core import AttentionMap, AttentionSpec, attend, catalogue
from tests.benchmarks.memory import peak_extra_bytes

LENGTH, DIM, SIDE, ROUNDS = 16_384, 64, 512, 3


def kinds() -> list[str]:
    """Name every normaliser, softmax first."""
    return [choice["kind"] for choice in catalogue()["parts"]["normalizer"]["choices"]]


def made(length: int, kind: str) -> AttentionMap:
    """Make a map of random queries, keys and values."""
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(length, DIM, generator=generator) for _ in range(2))
    return attend(query, key, spec=AttentionSpec.model_validate({"normalizer": kind}))


def extra_bytes(kind: str) -> int:
    """Measure what one overview adds to what a fresh process holds, at its peak."""
    # A first small overview lets torch allocate what it keeps once and for all.
    made(512, kind).overview(8, 8)
    result = made(LENGTH, kind)
    return peak_extra_bytes(lambda: result.overview(SIDE, SIDE))


def overview_s(kind: str) -> float:
    """Time an overview, the state of its rows included."""
    result = made(LENGTH, kind)
    start = time.perf_counter()
    result.overview(SIDE, SIDE)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
        extra = {kind: fresh.apply(extra_bytes, (kind,)) / 2**20 for kind in kinds()}
    laps: dict[str, list[float]] = {kind: [] for kind in kinds()}
    for _ in range(ROUNDS):
        for kind in kinds():
            laps[kind].append(overview_s(kind))
    softmax = statistics.median(laps["softmax"])
    threads = torch.get_num_threads()
    print(f"overview {SIDE}² of {LENGTH:,} tokens, one head of {DIM}, {threads} threads")
    print(f"{'normaliser':>12} {'seconds':>9} {'× softmax':>10} {'extra MiB':>10}")
    for kind, times in laps.items():
        median = statistics.median(times)
        print(f"{kind:>12} {median:>9.3f} {median / softmax:>10.2f} {extra[kind]:>10.1f}")


if __name__ == "__main__":
    main()
