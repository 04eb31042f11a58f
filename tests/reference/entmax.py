"""Normalisers with a threshold, under which a weight is exactly zero: the entmax family.

The threshold tau is where the weights sum to one. It is searched for, never sorted for: here a
method unlike that of the libraries is worth more than speed. Scores are measured from the
largest, which shifts tau and leaves the weights alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .normalizers import Normalizer
from .vectors import Vector


def sparsemax(temperature: float = 1.0) -> Normalizer:
    """Make max(s - tau, 0) (Martins and Astudillo 2016, 1602.02068).

    Keys leave the support until all that are left lie above their own threshold, the mean of
    the support less one share of the mass (Michelot 1986).
    """

    def normalize(scores: Vector) -> Vector:
        logits = _from_largest(scores, temperature)
        support = [s for s in logits if s > -math.inf]
        tau = math.inf
        while support:
            tau = (math.fsum(support) - 1.0) / len(support)
            above = [s for s in support if s > tau]
            if len(above) == len(support):
                break
            support = above
        return [max(s - tau, 0.0) for s in logits]

    return normalize


def entmax15(temperature: float = 1.0) -> Normalizer:
    """Make max(s / 2 - tau, 0)^2 (Peters 2019, 1905.05702)."""

    def normalize(scores: Vector) -> Vector:
        halves = [s / 2.0 for s in _from_largest(scores, temperature)]
        return _summing_to_one(lambda tau: [max(half - tau, 0.0) ** 2 for half in halves])

    return normalize


def entmax(alpha: float = 1.5, temperature: float = 1.0) -> Normalizer:
    """Make max((alpha - 1) s - tau, 0)^(1 / (alpha - 1)) (1909.00015), 1 < alpha <= 2."""
    if not 1.0 < alpha <= 2.0:
        raise ValueError(f"alpha must be above 1 and at most 2, got {alpha}.")

    def normalize(scores: Vector) -> Vector:
        logits = [(alpha - 1.0) * s for s in _from_largest(scores, temperature)]
        power = 1.0 / (alpha - 1.0)
        return _summing_to_one(lambda tau: [max(s - tau, 0.0) ** power for s in logits])

    return normalize


def _from_largest(scores: Vector, temperature: float) -> Vector:
    logits = [score / temperature for score in scores]
    maximum = max(logits, default=-math.inf)
    return logits if maximum == -math.inf else [logit - maximum for logit in logits]


def _summing_to_one(weights_at: Callable[[float], Vector]) -> Vector:
    """Halve the interval of tau until its ends are neighbours in float64.

    The largest score is zero, so at tau = -1 its weight alone is one; at 0 all are zero.
    """
    low, high = -1.0, 0.0
    while low < (middle := (low + high) / 2.0) < high:
        if math.fsum(weights_at(middle)) >= 1.0:
            low = middle
        else:
            high = middle
        if high - low < 1e-17:
            break
    return weights_at(low)
