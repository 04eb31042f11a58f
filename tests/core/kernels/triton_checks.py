"""How far the Triton kernel is from plain float64, and from the CPU's kernel; for a child process.

The reference is the definition: products in float64, a mask by its rule at every position, weights
by exponentials over their sum, and cells pooled one by one.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from attention_core import AttentionMap, AttentionSpec, attend
from attention_core.kernels.gpu import overview as gpu_overview
from attention_core.kernels.gpu.bands import band_of
from attention_core.kernels.gpu.terms import Cells, Rule, Survey
from attention_core.masks import Extent
from attention_core.normalizers import Exponential, ExponentialState
from tests.core.kernels.triton_cases import MASKS, Case

SINKS = (0.5, -1.5, 2.5, 0.0)


class Errors(NamedTuple):
    """Largest errors: of weights absolute, of scores relative to those that are larger than one.

    What was not wanted is None, and so must be what was found.
    """

    maximum: float
    lse: float
    largest: float | None
    mean: float | None


class Expected(NamedTuple):
    """What should be found, in float64."""

    maximum: Tensor
    lse: Tensor
    weights: Tensor


def drawn(*shape: int, dtype: torch.dtype, seed: int) -> Tensor:
    """Draw numbers of variance one."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def errors(case: Case, device: str = "cpu") -> Errors:
    """Run the kernel on a case, and measure how far it is from float64."""
    from attention_core.kernels.gpu.launch import surveyed

    dtype = getattr(torch, case.dtype)
    query = drawn(case.heads[0], case.sizes[0], case.dim, dtype=dtype, seed=1)
    key = drawn(case.heads[1], case.sizes[1], case.dim, dtype=dtype, seed=2)
    band = band_of(AttentionSpec(mask=MASKS[case.mask].spec).joint_mask, Extent(*case.sizes))
    assert band is not None
    sinks = sinks_of(case)
    placed = None if sinks is None else sinks.to(device)
    rule = Rule(band, case.factor, case.softcap, case.temperature, placed)
    cells = Cells(*case.cell, case.wanted)  # type: ignore[arg-type]
    on_device = surveyed(query.to(device), key.to(device), rule, cells)
    found = Survey(*(None if x is None else x.cpu() for x in on_device))  # type: ignore[arg-type]
    return apart(found, expected(query, key, case), case)


def sinks_of(case: Case) -> Tensor | None:
    """Tell the logits of the sinks."""
    n_heads = case.heads[0]
    if case.normalizer == "sink":
        return torch.tensor(SINKS[:n_heads], dtype=torch.float64)
    return torch.zeros(n_heads, dtype=torch.float64) if case.normalizer == "softmax1" else None


def expected(query: Tensor, key: Tensor, case: Case) -> Expected:
    """Work a case by its definition, in float64."""
    n_queries, n_keys = case.sizes
    shared = case.heads[0] // case.heads[1]
    scores = torch.stack(
        [query[h].double() @ key[h // shared].double().T * case.factor for h in range(len(query))]
    )
    if case.softcap is not None:
        scores = torch.tanh(scores / case.softcap) * case.softcap
    rule = MASKS[case.mask].allowed
    for i in range(n_queries):
        for j in range(n_keys):
            if not rule(i, j, n_queries, n_keys):
                scores[:, i, j] = -math.inf
    sums = (scores / case.temperature).exp().sum(dim=-1)
    sinks = sinks_of(case)
    divisors = sums if sinks is None else sums + sinks.exp()[:, None]
    # A row without a key has no weight.
    divisors = torch.where(divisors == 0, 1.0, divisors)
    weights = (scores / case.temperature).exp() / divisors[..., None]
    return Expected(scores.amax(dim=-1), sums.log(), weights)


def pooled(weights: Tensor, cell: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Pool weights cell by cell: the largest and the mean of each."""
    rows, columns = cell
    cells = [
        [weights[:, i : i + rows, j : j + columns] for j in range(0, weights.shape[2], columns)]
        for i in range(0, weights.shape[1], rows)
    ]
    largest, mean = (
        torch.stack([torch.stack([of(x, dim=(1, 2)) for x in row], dim=-1) for row in cells], dim=1)
        for of in (torch.amax, torch.mean)
    )
    return largest, mean


def apart(found: Survey, wanted: Expected, case: Case) -> Errors:
    """Measure how far a survey is from what should be found."""
    lse = found.maximum.double() / case.temperature + found.total.log()
    largest, mean = pooled(wanted.weights, case.cell)
    return Errors(
        _error(found.maximum, wanted.maximum),
        _error(lse, wanted.lse),
        None if found.largest is None else _error(found.largest, largest),
        None if found.summed is None else _error(found.summed / _counts(case), mean),
    )


def differences(spec: dict[str, Any], sizes: tuple[int, int], cell: tuple[int, int]) -> Errors:
    """Measure how far the kernel is from the CPU's on the same map."""
    ours = made(spec, sizes)
    heads = range(ours.n_heads)
    normalizer, source = ours.spec.normalizer, ours.source
    assert gpu_overview.is_supported(source, normalizer)
    assert isinstance(normalizer, Exponential)
    found = gpu_overview.surveyed(source, normalizer, heads, Cells(*cell))
    state = ours.row_state
    assert isinstance(state, ExponentialState)
    height, width = (-(-n // c) for n, c in zip(sizes, cell, strict=True))
    assert found.largest is not None
    lse = found.maximum.double() / normalizer.temperature + found.total.log()
    mean = gpu_overview.pictures(source, normalizer, heads, cell, "mean")
    return Errors(
        _error(found.maximum, state.maximum),
        _error(lse, state.lse),
        _error(found.largest, ours.overview(height, width, "max")),
        _error(mean, ours.overview(height, width, "mean")),
    )


def made(spec: dict[str, Any], sizes: tuple[int, int], dtype: str = "float32") -> AttentionMap:
    """Make a map of two heads of seven features; of one head of keys under shared ones."""
    n_key_heads = 1 if "heads" in spec else 2
    query = drawn(2, sizes[0], 7, dtype=getattr(torch, dtype), seed=3)
    key = drawn(n_key_heads, sizes[1], 7, dtype=getattr(torch, dtype), seed=4)
    return attend(query, key, None, AttentionSpec.model_validate(spec))


def _counts(case: Case) -> Tensor:
    rows, columns = (
        torch.tensor([min(cell, size - start) for start in range(0, size, cell)])
        for size, cell in zip(case.sizes, case.cell, strict=True)
    )
    return rows[:, None] * columns[None, :]


def _error(found: Tensor, wanted: Tensor) -> float:
    assert found.shape == wanted.shape, f"{found.shape} is not {wanted.shape}"
    assert torch.equal(found.isinf(), wanted.isinf()), "masked rows differ"
    apart = (found.double() - wanted.double()).masked_fill(wanted.isinf(), 0).abs()
    return float((apart / wanted.double().abs().clamp(min=1)).nan_to_num(posinf=0.0).max())
