"""The overview on a GPU: time against flash attention, share of the matrix units, and errors.

All in one process on the same tensors; medians of many runs, timed by the device. Flash attention
also multiplies with the values; the overview does not, but pools. Errors are those of one row of
cells in the middle of the first head, against float64. Without a GPU there is nothing to time.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from attention_core import AttentionSpec, attend
from attention_core.kernels.gpu.bands import Band
from attention_core.kernels.gpu.terms import Cells, Rule, Survey
from tests.core.kernels.triton_cases import cases
from tests.core.kernels.triton_checks import errors

LENGTHS = (8_192, 32_768, 131_072)
SHAPES = ((8, 128), (1, 64))
SIDE = 512


class Run(NamedTuple):
    """What one line of the table is about."""

    length: int
    n_heads: int
    dim: int
    is_causal: bool
    dtype: torch.dtype = torch.bfloat16

    @property
    def operations(self) -> float:
        """Operations of the product of queries and keys alone."""
        return 2.0 * self.n_heads * self.length**2 * self.dim / (2 if self.is_causal else 1)

    @property
    def rule(self) -> Rule:
        """What the kernel is told."""
        greatest = 0 if self.is_causal else self.length
        return Rule(Band(-self.length, greatest, self.length), self.dim**-0.5)

    @property
    def cells(self) -> Cells:
        """Cells of a picture of 512²."""
        return Cells(self.length // SIDE, self.length // SIDE, ("max",))

    def drawn(self) -> tuple[Tensor, Tensor, Tensor]:
        """Draw queries, keys and values."""
        generator = torch.Generator("cuda").manual_seed(0)
        shape = (self.n_heads, self.length, self.dim)
        query, key, value = (
            torch.randn(shape, generator=generator, device="cuda").to(self.dtype) for _ in range(3)
        )
        return query, key, value


def ceiling() -> float:
    """Measure how many operations a second a large product in bfloat16 reaches."""
    from triton.testing import do_bench

    side = 8_192
    left, right = (torch.randn(side, side, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    milliseconds = do_bench(lambda: left @ right, return_mode="median")
    return float(2.0 * side**3 / milliseconds * 1e3)


def line(run: Run, most: float) -> str:
    """Measure one line of the table."""
    from triton.testing import do_bench

    from attention_core.kernels.gpu.launch import surveyed

    query, key, value = run.drawn()
    spec = AttentionSpec(mask="causal" if run.is_causal else ())
    shown = attend(query, key, value, spec)
    ours = do_bench(lambda: surveyed(query, key, run.rule, run.cells), return_mode="median")
    of_map = do_bench(lambda: shown.overview(SIDE, SIDE), return_mode="median")

    def fused() -> Tensor:
        return functional.scaled_dot_product_attention(
            query[None], key[None], value[None], is_causal=run.is_causal
        )

    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        theirs = do_bench(fused, return_mode="median")
    both = surveyed(query, key, run.rule, run.cells._replace(wanted=("max", "mean")))
    weights, state = apart(both, run, query, key)
    share = run.operations / (ours * 1e-3) / most
    mask = "causal" if run.is_causal else "none"
    return (
        f"{run.length:>8,} {run.n_heads:>5} {run.dim:>4} {mask:>7} {ours:>9.2f} {of_map:>9.2f} "
        f"{theirs:>9.2f} {ours / theirs:>7.2f} {share:>8.0%} {weights:>9.1e} {state:>9.1e}"
    )


def apart(found: Survey, run: Run, query: Tensor, key: Tensor) -> tuple[float, float]:
    """Measure the largest error of a row of cells, and of the log-sum-exp of its rows."""
    side, row = run.cells.queries, SIDE // 2
    rows = slice(row * side, (row + 1) * side)
    scores = query[0, rows].double() @ key[0].double().T * run.rule.scale
    if run.is_causal:
        places = torch.arange(run.length, device="cuda")
        scores.masked_fill_(places[None, :] > places[rows, None], -torch.inf)
    lse = scores.logsumexp(dim=1)
    weights = scores.sub_(lse[:, None]).exp_().unflatten(1, (SIDE, -1))
    if found.largest is None or found.summed is None:
        raise RuntimeError("both ways to pool were asked for.")
    largest = (found.largest[0, row] - weights.amax(dim=(0, 2))).abs().max()
    mean = (found.summed[0, row] - weights.sum(dim=(0, 2))).abs().max() / side**2
    ours = found.maximum[0, rows].double() + found.total[0, rows].log()
    return float(torch.maximum(largest, mean)), float((ours - lse).abs().max())


def main() -> None:
    """Print the table."""
    if not torch.cuda.is_available():
        print("no GPU here, so nothing is timed; Triton's interpreter checks the kernel in tests.")
        return
    found = [errors(case, "cuda") for case in cases()]
    worst = max(x for each in found for x in each if x is not None)
    print(f"largest error of {len(found)} combinations of features: {worst:.1e}")
    most = ceiling()
    print(
        f"{torch.cuda.get_device_name()}, overview {SIDE}² in bfloat16, "
        f"{most / 1e12:.0f} TFLOP/s of a large product"
    )
    print(
        f"{'tokens':>8} {'heads':>5} {'dim':>4} {'mask':>7} {'ms':>9} {'map ms':>9} "
        f"{'flash ms':>9} {'× flash':>7} {'of peak':>8} {'weights':>9} {'lse':>9}"
    )
    for n_heads, dim in SHAPES:
        for length in LENGTHS:
            for is_causal in (False, True):
                print(line(Run(length, n_heads, dim, is_causal), most))


if __name__ == "__main__":
    main()
