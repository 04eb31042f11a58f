"""Whether numbers are finite: told where they enter, for NaN spoils whole rows."""

import torch
from torch import Tensor

from attention_core.errors import Field, NonFiniteError


def require_finite(name: str, x: Tensor, *, field: Field) -> None:
    """Refuse NaN, infinity, and what is so near the largest float that a mean could pass it.

    Raises:
        NonFiniteError: With the bound.
    """
    largest = torch.finfo(x.dtype).max * (1 - 2**-16)
    # NaN is in the extremes if it is anywhere, and compares false.
    if not all(abs(float(extreme)) <= largest for extreme in x.aminmax()):
        raise NonFiniteError(
            f"{name} must hold finite numbers up to {largest:.2e} in {x.dtype}, got NaN, infinity "
            "or a larger one, which would spoil whole rows even where it is masked; scale the "
            "numbers down, or use float64.",
            field=field,
        )
