"""Softcap, and softmax of one row of scores, in which minus infinity means masked."""

from __future__ import annotations

import math

from .vectors import Vector


def softcapped(score: float, softcap: float | None) -> float:
    """Return c * tanh(s / c), or s itself without a cap (Gemma 2, 2408.00118, section 2)."""
    return score if softcap is None else softcap * math.tanh(score / softcap)


def log_sum_exp(scores: Vector, temperature: float = 1.0) -> float:
    """Return log(sum(exp(s / temperature))); minus infinity when every key is masked."""
    logits = [score / temperature for score in scores]
    maximum = max(logits, default=-math.inf)
    if maximum == -math.inf:
        return -math.inf
    return maximum + math.log(math.fsum(math.exp(logit - maximum) for logit in logits))


def softmax(scores: Vector, temperature: float = 1.0) -> Vector:
    """Return exp(s / temperature) over its sum; all zero when every key is masked."""
    logits = [score / temperature for score in scores]
    maximum = max(logits, default=-math.inf)
    if maximum == -math.inf:
        return [0.0] * len(scores)
    exponentials = [math.exp(logit - maximum) for logit in logits]
    total = math.fsum(exponentials)
    return [exponential / total for exponential in exponentials]
