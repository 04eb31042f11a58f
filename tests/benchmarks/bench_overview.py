"""The overview of one head of 64 features: time against fused attention, and peak memory.

Both run in the same process on the same tensors and threads, in turns; medians. Peak memory is
what one overview adds, at its peak, to a process of its own.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable

import torch
from torch.nn import functional

from attention_core import AttentionMap, AttentionSpec, attend
from tests.benchmarks.memory import peak_extra_bytes

LENGTHS = (4_096, 8_192, 16_384)
DIM = 64
SIDE = 512
ROUNDS = 5


def made(length: int, spec: AttentionSpec) -> AttentionMap:
    """Make a map of random queries, keys and values."""
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(length, DIM, generator=generator) for _ in range(3))
    return attend(query, key, value, spec)


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(length: int, spec: AttentionSpec) -> tuple[float, float]:
    """Return the median seconds of an overview, and its ratio to fused attention."""
    result = made(length, spec)
    query, key, value = (x[None] for x in (result.query, result.key, result.value))
    is_causal = spec.mask != ()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(lambda: result.overview(SIDE, SIDE)))
        theirs.append(
            seconds(
                lambda: functional.scaled_dot_product_attention(
                    query, key, value, is_causal=is_causal
                )
            )
        )
    return statistics.median(ours), statistics.median(ours) / statistics.median(theirs)


def extra_bytes(length: int) -> int:
    """Measure what one overview adds to what a fresh process holds, at its peak."""
    # A first small overview lets torch allocate what it keeps once and for all.
    made(512, AttentionSpec()).overview(8, 8)
    result = made(length, AttentionSpec())
    return peak_extra_bytes(lambda: result.overview(SIDE, SIDE))


def main() -> None:
    """Print the table."""
    print(f"overview {SIDE}², one head of {DIM}, {torch.get_num_threads()} threads")
    print(f"{'tokens':>8} {'mask':>8} {'seconds':>9} {'× fused':>8} {'extra MiB':>10}")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
        for length in LENGTHS:
            extra = fresh.apply(extra_bytes, (length,)) / 2**20
            for name, spec in (("none", AttentionSpec()), ("causal", AttentionSpec(mask="causal"))):
                median, times = ratio(length, spec)
                print(f"{length:>8,} {name:>8} {median:>9.3f} {times:>8.2f} {extra:>10.1f}")


if __name__ == "__main__":
    main()
