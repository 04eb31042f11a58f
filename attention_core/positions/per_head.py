"""A number for each head: one for all of them, or a list; and the range that it must be in."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.errors import Field, ShapeError
from attention_core.numbers import Numbers


def per_head(given: Numbers | float, n_heads: int, *, field: Field) -> Float[Tensor, " head"]:
    """Spread a parameter over the heads, in float64 on the CPU.

    Raises:
        ShapeError: When a list has another length than there are heads.
    """
    if not isinstance(given, Numbers):
        return torch.full((n_heads,), given, dtype=torch.float64)
    if given.shape != (n_heads,):
        raise ShapeError(
            f"{field[-1]} must have one number per head of scores, got {given.shape[0]} for "
            f"{n_heads}; give {n_heads} numbers.",
            field=field,
        )
    return given.tensor(torch.empty(0, dtype=torch.float64))


def within(least: float, most: float) -> Callable[[Numbers | float], Numbers | float]:
    """Make a validator that refuses a number out of range, alone or in a list."""

    def checked(given: Numbers | float) -> Numbers | float:
        for number in given.tolist() if isinstance(given, Numbers) else [given]:
            if not least <= number <= most:
                raise ValueError(
                    f"must be between {least:g} and {most:g}, got {number:g}; give a number in "
                    "that range"
                )
        return given

    return checked
