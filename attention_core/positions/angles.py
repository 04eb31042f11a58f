"""The angles of sinusoidal and rotary positions: position times frequency."""

import torch
from jaxtyping import Float
from torch import Tensor

Frequencies = Float[Tensor, " pair"]
"""Radians per position of each pair of features, in float64."""


def frequencies(dim: int, base: float) -> Frequencies:
    """Compute base^(−2t/dim) for each pair t of features."""
    return base ** -(torch.arange(0, dim, 2, dtype=torch.float64) / dim)


def angles(
    n_tokens: int, frequency: Frequencies, device: torch.device
) -> Float[Tensor, "token pair"]:
    """Turn each pair by each position, in radians."""
    # In float64: at position 100,000 a float32 angle is off by 0.004 radians.
    positions = torch.arange(n_tokens, dtype=torch.float64, device=device)
    return positions[:, None] * frequency.to(device)
