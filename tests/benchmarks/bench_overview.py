"""The overview of one head of 64 features: time against fused attention, memory, what bounds it.

All run in the same process on the same tensors and threads, in turns; medians of the rounds. Peak
memory is what one piece of work adds, at its peak, to a process of its own.

What bounds an overview is told by its five passes, each timed by itself on one portion of keys:
the product of keys and queries is about half of it (of fused attention, which needs two products,
a fifth to a quarter); the largest of each group of keys, the subtraction of the row's maximum, the
factor that makes powers of two of exponentials, the powers and their sums are the rest. The
product runs near what the processor's multipliers can do, the others near what its caches can move.
"""

import math
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch.nn import functional

from attention_core import AttentionMap, AttentionSpec, attend
from attention_core.grid import BLOCK, aligned_blocks
from attention_core.kernels.portions import GROUP, portions
from attention_core.kernels.products import WideProduct
from attention_core.kernels.threads import each
from attention_core.matrix_products import PORTION
from tests.benchmarks.memory import peak_extra_bytes

ROUNDS = {4_096: 9, 8_192: 7, 16_384: 5, 32_768: 3, 65_536: 1}
"""How often each length is timed."""

DIM = 64
SIDE = 512
DENSE_LENGTH = 16_384
MASKS: dict[str, AttentionSpec] = {"none": AttentionSpec(), "causal": AttentionSpec(mask="causal")}


@dataclass(frozen=True)
class Timed:
    """One length under one mask.

    Attributes:
        length: Tokens, as queries and as keys.
        mask: ``none`` or ``causal``.
        seconds: Of one overview.
        times_fused: Median ratio to ``scaled_dot_product_attention``.
        product_share: Share of an overview that its matrix products alone take.
        extra_bytes: Peak memory that one overview adds.
    """

    length: int
    mask: str
    seconds: float
    times_fused: float
    product_share: float
    extra_bytes: int


@dataclass(frozen=True)
class AgainstDense:
    """An overview beside dense weights, ``softmax(QKᵀ)``, pooled by nobody yet.

    Attributes:
        length: Tokens.
        times_faster: Seconds of the dense weights over those of an overview.
        times_less_memory: Peak extra bytes of the dense weights over those of an overview.
        dense_bytes: Peak memory that the dense weights add.
    """

    length: int
    times_faster: float
    times_less_memory: float
    dense_bytes: int


def timed(lengths: Iterable[int] = tuple(ROUNDS)) -> list[Timed]:
    """Time overviews of each length under each mask."""
    rows = []
    for length in lengths:
        for mask, spec in MASKS.items():
            seconds, times, share = _in_turns(made(length, spec), ROUNDS[length])
            extra = in_fresh_process(overview_bytes, length, mask)
            rows.append(Timed(length, mask, seconds, times, share, extra))
    return rows


def against_dense(length: int = DENSE_LENGTH, rounds: int = 3) -> AgainstDense:
    """Compare an overview with the weights as a matrix, in turns."""
    whole = made(length, MASKS["none"])
    ratios = []
    for _ in range(rounds):
        dense = seconds_of(lambda: dense_weights(whole))
        ratios.append(dense / seconds_of(lambda: whole.overview(SIDE, SIDE)))
    dense_bytes = in_fresh_process(dense_weights_bytes, length, "none")
    ours = in_fresh_process(overview_bytes, length, "none")
    return AgainstDense(length, statistics.median(ratios), dense_bytes / max(ours, 1), dense_bytes)


def passes(rounds: int = 60) -> dict[str, float]:
    """Time the passes over one portion of keys, in nanoseconds a cell on one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    whole = made(PORTION, MASKS["none"])
    wide = _wide(whole)
    scores = wide.scores(0, range(BLOCK), range(PORTION))
    groups = scores.unflatten(0, (-1, GROUP))
    top = scores.amax(dim=0)
    works: dict[str, Callable[[], object]] = {
        "product": lambda: wide.scores(0, range(BLOCK), range(PORTION)),
        "largest of groups": lambda: groups.amax(dim=1),
        "row's maximum off": lambda: scores.sub_(top),
        "factor": lambda: scores.mul_(1 / math.log(2)),
        "power of two": lambda: torch.exp2(scores, out=powers),
        "sums of groups": lambda: groups.sum(dim=1),
    }
    powers = torch.empty_like(scores)
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        scores.normal_()
        for name, work in works.items():
            times[name].append(seconds_of(work))
    torch.set_num_threads(n_threads)
    return {name: statistics.median(x) / scores.numel() * 1e9 for name, x in times.items()}


def made(length: int, spec: AttentionSpec) -> AttentionMap:
    """Make a map of random queries, keys and values."""
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(length, DIM, generator=generator) for _ in range(3))
    return attend(query, key, value, spec)


def seconds_of(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def dense_weights(whole: AttentionMap) -> torch.Tensor:
    """Make all weights at once."""
    return ((whole.query[0] @ whole.key[0].T) / math.sqrt(DIM)).softmax(dim=1)


def overview_bytes(length: int, mask: str) -> int:
    """Measure what one overview adds to what this process holds, at its peak."""
    # A first small one lets torch allocate what it keeps once and for all.
    made(2 * BLOCK, MASKS[mask]).overview(8, 8)
    whole = made(length, MASKS[mask])
    return peak_extra_bytes(lambda: whole.overview(SIDE, SIDE))


def dense_weights_bytes(length: int, mask: str) -> int:
    """Measure what all weights at once add to what this process holds, at its peak."""
    dense_weights(made(2 * BLOCK, MASKS[mask]))
    whole = made(length, MASKS[mask])
    return peak_extra_bytes(lambda: dense_weights(whole))


def in_fresh_process(measure: Callable[[int, str], int], length: int, mask: str) -> int:
    """Measure in a process that holds nothing else."""
    with multiprocessing.get_context("spawn").Pool(1) as fresh:
        return fresh.apply(measure, (length, mask))


def main() -> None:
    """Print the tables."""
    print(f"overview {SIDE}², one head of {DIM}, {torch.get_num_threads()} threads")
    print(
        f"{'tokens':>8} {'mask':>8} {'seconds':>9} {'× fused':>8} {'product':>8} {'extra MiB':>10}"
    )
    for length in ROUNDS:
        for row in timed([length]):
            print(
                f"{row.length:>8,} {row.mask:>8} {row.seconds:>9.3f} {row.times_fused:>8.2f} "
                f"{row.product_share:>8.0%} {row.extra_bytes / 2**20:>10.1f}"
            )
    dense = against_dense()
    print(
        f"dense weights at {dense.length:,}: {dense.times_faster:.1f} × the time, "
        f"{dense.times_less_memory:.0f} × the memory ({dense.dense_bytes / 2**20:,.0f} MiB)"
    )
    by_pass = passes()
    whole = sum(by_pass.values())
    shares = ", ".join(f"{name} {x:.2f} ({x / whole:.0%})" for name, x in by_pass.items())
    print(f"passes over a portion, ns a cell on one thread: {shares}; together {whole:.2f}")


def _in_turns(whole: AttentionMap, rounds: int) -> tuple[float, float, float]:
    """Return the median seconds of an overview, its ratio to fused attention, and of products."""
    query, key, value = (x[None] for x in (whole.query, whole.key, whole.value))
    is_causal = whole.source.is_masked
    made(PORTION, whole.spec).overview(SIDE, SIDE)
    ours, ratios, shares = [], [], []
    for _ in range(rounds):
        mine = seconds_of(lambda: whole.overview(SIDE, SIDE))
        fused = seconds_of(
            lambda: functional.scaled_dot_product_attention(query, key, value, is_causal=is_causal)
        )
        ours.append(mine)
        ratios.append(mine / fused)
        shares.append(seconds_of(lambda: _products(whole)) / mine)
    return statistics.median(ours), statistics.median(ratios), statistics.median(shares)


def _products(whole: AttentionMap) -> None:
    """Compute the matrix products of an overview, on as many threads, and nothing else."""
    wide = _wide(whole)

    def work(query: range) -> None:
        for key in portions(whole.source, query):
            wide.scores(0, query, key)

    blocks = aligned_blocks(range(whole.n_queries), whole.n_queries)
    each(work, blocks, lambda _: None, n_threads=torch.get_num_threads())


def _wide(whole: AttentionMap) -> WideProduct:
    wide = WideProduct.of(whole.source)
    if wide is None:
        raise RuntimeError("no wide product agrees with tiles here")
    return wide


if __name__ == "__main__":
    main()
