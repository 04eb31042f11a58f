"""The overview of a map on a GPU, by the Triton kernel where it applies.

It applies to a score that is a product, a softcap, masks that leave a run of keys, softmax and its
kin, and float32 tensors. Triton is imported when first asked for, and only for tensors on a GPU.
"""

import math
import subprocess
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.grid import as_slice
from attention_core.kernels.gpu.bands import band_of
from attention_core.kernels.gpu.terms import Cells, Rule, Survey, Wanted
from attention_core.kernels.overview import n_members
from attention_core.normalizers import Exponential, Normalizer
from attention_core.prepared import Product
from attention_core.sources import ScoreSource

_LEAST_CAPABILITY = (8, 0)
"""The first GPUs that copy asynchronously and know bfloat16."""

_LARGEST_PRODUCT = 1e37
_EXPONENTS = (1e-30, 1e30)
"""Between them a product of one becomes an exponent that neither vanishes nor overflows."""


def applies(source: ScoreSource, normalizer: Normalizer) -> bool:
    """Tell whether the kernel can pool these weights: what is asked for, and where."""
    return (
        source.device.type == "cuda"
        and torch.version.hip is None
        and is_supported(source, normalizer)
        and torch.cuda.get_device_capability(source.device) >= _LEAST_CAPABILITY
        and _has_triton()
    )


def is_supported(source: ScoreSource, normalizer: Normalizer) -> bool:
    """Tell whether the kernel knows all that these weights are made of."""
    prepared = source.prepared
    if (
        not isinstance(prepared, Product)
        or not isinstance(normalizer, Exponential)
        or source.dtype != torch.float32
        or source.bias is not None
        or source.mixing is not None
        or source.given_mask is not None
        or band_of(source.mask, source.extent) is None
    ):
        return False
    return _is_in_range(prepared, normalizer.temperature)


def surveyed(source: ScoreSource, normalizer: Normalizer, heads: range, cells: Cells) -> Survey:
    """Find the state of every row of some heads, and pool their weights, in one pass.

    The numbers are those of tiles up to rounding: a GPU's units add products in another order.

    Args:
        source: Where scores come from; ``is_supported``.
        normalizer: How scores become weights.
        heads: Heads of scores, of step one.
        cells: How the matrices are pooled.

    Raises:
        ValueError: When the source is not supported.
    """
    from attention_core.kernels.gpu.launch import surveyed as launched  # noqa: PLC0415

    prepared, band = source.prepared, band_of(source.mask, source.extent)
    if not (isinstance(prepared, Product) and isinstance(normalizer, Exponential) and band):
        raise ValueError(
            "the score must be a product, the mask a band and the normaliser softmax or its kin, "
            f"got {type(prepared).__name__}, '{source.mask.kind}' and '{normalizer.kind}'; ask "
            "is_supported first."
        )
    if source.check is not None:
        source.check()
    chosen = as_slice(heads)
    query, key, scale = _factors(prepared)
    query, key = narrowed(query[chosen], key[chosen])
    sinks = normalizer.sinks(_one_row(query), chosen)
    rule = Rule(
        band=band,
        scale=scale,
        softcap=source.softcap,
        temperature=normalizer.temperature,
        sinks=None if sinks is None else sinks[:, 0],
    )
    return launched(query, key, rule, cells)


def pictures(
    source: ScoreSource,
    normalizer: Normalizer,
    heads: range,
    cell: tuple[int, int],
    reduce: Wanted,
) -> Float[Tensor, "head height width"]:
    """Pool the weights of some heads to one picture each.

    Args:
        source: Where scores come from; ``is_supported``.
        normalizer: How scores become weights.
        heads: Heads of scores, of step one.
        cell: Rows and columns of a cell.
        reduce: ``max`` or ``mean`` of a cell's weights.
    """
    found = surveyed(source, normalizer, heads, Cells(*cell, (reduce,)))
    if reduce == "max" and found.largest is not None:
        return found.largest
    if found.summed is None:
        raise ValueError(f"reduce must be 'max' or 'mean', got {reduce!r}.")
    heights, widths = (
        n_members(range(size), side).to(found.summed)
        for size, side in zip(source.extent, cell, strict=True)
    )
    return found.summed / heights[:, None] / widths


def narrowed(query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Give half types back what came from them: the product is the same, and far faster."""
    for dtype in (torch.bfloat16, torch.float16):
        halves = query.to(dtype), key.to(dtype)
        if all(torch.equal(half.float(), x) for half, x in zip(halves, (query, key), strict=True)):
            return halves
    return query, key


def _one_row(query: Tensor) -> Tensor:
    """Stand in for one row of scores of each head."""
    return query.new_empty(query.shape[0], 1, 1)


def _factors(prepared: Product) -> tuple[Tensor, Tensor, float]:
    """Tell query, key and a scale above zero whose product is the score."""
    if prepared.offset is not None:
        return prepared.query, prepared.key, 1.0
    if prepared.scale < 0:
        return -prepared.left, prepared.right, -prepared.scale
    return prepared.left, prepared.right, prepared.scale


def _is_in_range(prepared: Product, temperature: float) -> bool:
    query, key, scale = _factors(prepared)
    least, greatest = _EXPONENTS
    if not least <= scale / temperature <= greatest or not least <= 1 / temperature <= greatest:
        return False
    largest = float(query.abs().amax().double() * key.abs().amax().double()) * query.shape[-1]
    return math.isfinite(largest) and largest < _LARGEST_PRODUCT


@cache
def _has_triton() -> bool:
    """Tell whether Triton is there and finds what it needs, a C compiler among it."""
    try:
        from triton.runtime import driver  # noqa: PLC0415

        driver.active.get_current_target()
    except (ImportError, OSError, RuntimeError, subprocess.CalledProcessError):
        return False
    return True
