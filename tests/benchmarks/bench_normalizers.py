"""The overview of one head of 64 features under every normaliser: time against softmax, and memory.

All run in one process on the same tensors and threads, in turns; medians. Peak memory is what one
overview adds, at its peak, to a process of its own, whose malloc has one arena, as the image has:
with several, glibc may hold hundreds of megabytes of freed blocks, in some runs and not in others.
"""

import multiprocessing
import os
import statistics
import time
from typing import Any

import torch

from attention_core import AttentionMap, AttentionSpec, attend, catalogue
from tests.benchmarks.memory import peak_extra_bytes

LENGTH, DIM, SIDE, ROUNDS = 16_384, 64, 512, 3


HARDER = {
    "entmax, α 1.1": {"kind": "entmax", "alpha": 1.1},
    "topk, k 256": {"kind": "topk", "k": 256},
}
"""Parameters that cost more than the defaults: nearly every key a candidate, or many kept."""


def normalizers() -> dict[str, Any]:
    """Name every normaliser, softmax first, and some that are harder than their defaults."""
    choices = catalogue()["parts"]["normalizer"]["choices"]
    return {choice["kind"]: choice["kind"] for choice in choices} | HARDER


def made(length: int, normalizer: Any) -> AttentionMap:
    """Make a map of random queries, keys and values."""
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(length, DIM, generator=generator) for _ in range(2))
    return attend(query, key, spec=AttentionSpec.model_validate({"normalizer": normalizer}))


def extra_bytes(normalizer: Any) -> int:
    """Measure what one overview adds to what a fresh process holds, at its peak."""
    # A first small overview lets torch allocate what it keeps once and for all.
    made(512, normalizer).overview(8, 8)
    result = made(LENGTH, normalizer)
    return peak_extra_bytes(lambda: result.overview(SIDE, SIDE))


def overview_s(normalizer: Any) -> float:
    """Time an overview, the state of its rows included."""
    result = made(LENGTH, normalizer)
    start = time.perf_counter()
    result.overview(SIDE, SIDE)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    wanted = normalizers()
    os.environ["MALLOC_ARENA_MAX"] = "1"  # Read by the processes that are started from here.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
        extra = {name: fresh.apply(extra_bytes, (each,)) / 2**20 for name, each in wanted.items()}
    laps: dict[str, list[float]] = {name: [] for name in wanted}
    for _ in range(ROUNDS):
        for name, each in wanted.items():
            laps[name].append(overview_s(each))
    softmax = statistics.median(laps["softmax"])
    threads = torch.get_num_threads()
    print(f"overview {SIDE}² of {LENGTH:,} tokens, one head of {DIM}, {threads} threads")
    print(f"{'normaliser':>14} {'seconds':>9} {'× softmax':>10} {'extra MiB':>10}")
    for name, times in laps.items():
        median = statistics.median(times)
        print(f"{name:>14} {median:>9.3f} {median / softmax:>10.2f} {extra[name]:>10.1f}")


if __name__ == "__main__":
    main()
