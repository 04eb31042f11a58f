"""The product of two lists of vectors, by the fastest of torch's libraries that agrees with BLAS.

oneDNN, which torch brings beside its BLAS, can be twice as fast; and wide products are faster than
those of a block of the grid. Either may add up features in another order. So each is tried on a
sample first, and used only where it agrees with BLAS on blocks to the bit.
"""

from collections.abc import Callable
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.grid import BLOCK

PORTION = 8 * BLOCK
"""Longest side of a product: 2 MiB of scores beside a block, in float32, near the caches."""

Multiply = Callable[
    [Float[Tensor, "row feature"], Float[Tensor, "column feature"]], Float[Tensor, "row column"]
]
"""Multiplies each vector on the left with each on the right."""


@lru_cache(maxsize=256)
def fastest(n_features: int, n_threads: int) -> Multiply | None:
    """Choose a product of float32 vectors on the CPU, for sides that are multiples of a block.

    Args:
        n_features: Features of a vector.
        n_threads: Those of torch; they may change the order in which a product is added up.

    Returns:
        A product whose numbers are those of BLAS on blocks of the grid; None where no other is.
    """
    del n_threads  # What was found for another number of them is not looked up.
    generator = torch.Generator().manual_seed(n_features)
    sides = [torch.randn(n, n_features, generator=generator) for n in (BLOCK, PORTION)]
    few, many = sides
    expected = torch.cat([few @ block.T for block in many.split(BLOCK)], dim=1)
    for multiply in (_one_dnn, _blas):
        try:
            is_same = torch.equal(multiply(few, many[:BLOCK]), expected[:, :BLOCK]) and all(
                torch.equal(multiply(many[:n], few), expected[:, :n].T)
                for n in range(BLOCK, PORTION + 1, BLOCK)
            )
        except (AttributeError, NotImplementedError, RuntimeError):
            continue  # A torch without oneDNN, or with another name for this.
        if is_same:
            return multiply
    return None


def _one_dnn(left: Tensor, right: Tensor) -> Tensor:
    # Of vectors that lie apart in memory it would take a path a thousand times slower.
    left, right = left.contiguous(), right.contiguous()
    product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, None, "none", [], "")
    return product


def _blas(left: Tensor, right: Tensor) -> Tensor:
    return left @ right.T
