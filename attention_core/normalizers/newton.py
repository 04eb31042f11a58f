"""Newton's method for the largest weight of a row of entmax.

With ``z = (α−1)·(s − s_max) ≤ 0`` and ``p = 1 / (α−1)`` the weights are ``[r + z]₊^p``, and the row
sums to one where the p-norm of ``[r + z]₊`` is one. The norm is convex in r and grows with it, so
steps from r = 1, the largest that r can be, come down to the root and never pass it; for sparsemax
they are finitely many. Each is taken in the logarithm of ``r^p``, the row's largest weight, which
keeps its digits when p is large and r all but one.
"""

import torch
from jaxtyping import Float
from torch import Tensor

Distances = Float[Tensor, "row candidate"]
"""Scores below their row's largest, times α−1 over the temperature: zero or negative."""

PerRow = Float[Tensor, " row"]

_BOUND_STEPS = 3
_MAX_STEPS = 100
_COARSE_STEP = 1e-4
"""Step after which float32 has no more to give."""


def log_peaks(distances: Distances, alpha: float) -> PerRow:
    """Solve for the logarithm of each row's largest weight, float64; zero for an empty row."""
    start = distances.new_zeros(distances.shape[0], dtype=torch.float32)
    near = _solved(start, distances.float(), alpha, until=_COARSE_STEP)
    # Below these steps the next is lost in rounding: convergence is quadratic from alpha 1.5 down.
    return _solved(near.double(), distances, alpha, until=1e-7 if alpha <= 1.5 else 1e-10)


def upper_log_peaks(distances: Distances, alpha: float) -> PerRow:
    """Bound the logarithm of each row's largest weight from above, by some of its keys.

    Args:
        distances: Those of some keys; the row's largest may be missing.
        alpha: Order of the entmax.
    """
    log_peak = distances.new_zeros(distances.shape[0])
    is_missing = (distances < 0).all(dim=1).to(distances.dtype)
    for _ in range(_BOUND_STEPS):
        log_peak = _stepped(log_peak, distances, alpha, is_missing)
    return log_peak


def _solved(log_peak: PerRow, distances: Distances, alpha: float, *, until: float) -> PerRow:
    for _ in range(_MAX_STEPS):
        last = log_peak
        log_peak = _stepped(last, distances, alpha)
        if not bool(((log_peak - last).abs() > until).any()):
            break
    return log_peak


def _stepped(
    log_peak: PerRow, distances: Distances, alpha: float, extra: PerRow | None = None
) -> PerRow:
    """Take a step; ``extra`` adds as many keys of the row's largest score."""
    relative = distances * (log_peak * (1 - alpha)).exp()[:, None]
    total, slope = _power_sums(relative, 1 / (alpha - 1))
    if extra is None:
        # Only an empty row has no key at its own maximum.
        extra = (slope == 0).to(slope.dtype)
    total, slope = total + extra, slope + extra
    excess = log_peak + total.log()
    ratio = torch.expm1((1 - alpha) * excess) * total / slope
    # Rounding alone can put a step past zero.
    return (log_peak + torch.log1p(ratio) / (alpha - 1)).clamp_(max=0.0)


def _power_sums(relative: Distances, power: float) -> tuple[PerRow, PerRow]:
    """Sum ``y^p`` and ``y^(p−1)`` over the row, ``y = [1 + relative]₊``; uses ``relative`` up."""
    relative.clamp_(min=-1.0)
    if power == 1.0:
        below = (relative > -1.0).to(relative.dtype)
    elif power == 2.0:
        below = relative + 1
    else:
        below = relative.log1p().mul_(power - 1).exp_()
    slope = below.sum(dim=1)
    return below.mul_(relative.add_(1)).sum(dim=1), slope
