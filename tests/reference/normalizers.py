"""Normalisers of one row of scores into weights.

Minus infinity means masked: its weight is zero under every normaliser, and a row that is masked
whole has weights zero. Scores are divided by the temperature first.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .vectors import Vector

Normalizer = Callable[[Vector], Vector]


def log_sum_exp(scores: Vector, temperature: float = 1.0) -> float:
    """Return log(sum(exp(s / temperature))); minus infinity when every key is masked."""
    logits = [score / temperature for score in scores]
    maximum = max(logits, default=-math.inf)
    if maximum == -math.inf:
        return -math.inf
    return maximum + math.log(math.fsum(math.exp(logit - maximum) for logit in logits))


def softmax(temperature: float = 1.0) -> Normalizer:
    """Make exp(s) over the sum of exp(s)."""
    # A sink of minus infinity takes nothing away.
    return sink(-math.inf, temperature)


def softmax1(temperature: float = 1.0) -> Normalizer:
    """Make exp(s) / (1 + sum of exp(s)): a row may attend to nothing (Miller 2023)."""
    return sink(0.0, temperature)


def sink(logit: float = 0.0, temperature: float = 1.0) -> Normalizer:
    """Make exp(s) / (exp(z) + sum of exp(s)) with the sink's logit z (gpt-oss, 2508.10925).

    The temperature does not divide the logit.
    """

    def normalize(scores: Vector) -> Vector:
        logits = [score / temperature for score in scores]
        maximum = max([*logits, logit])
        if maximum == -math.inf:
            return [0.0] * len(scores)
        exponentials = [math.exp(s - maximum) for s in logits]
        total = math.fsum([*exponentials, math.exp(logit - maximum)])
        return [exponential / total for exponential in exponentials]

    return normalize


def topk(k: int = 3, temperature: float = 1.0) -> Normalizer:
    """Make softmax over the k largest scores (Zhao 2019, 1912.11637).

    Of equal scores the lowest index wins. A row with at most k keys is softmax.
    """

    def normalize(scores: Vector) -> Vector:
        chosen: list[int] = []
        for _ in range(min(k, len(scores))):
            rest = [j for j in range(len(scores)) if j not in chosen]
            # max() returns the first of equals.
            chosen.append(max(rest, key=lambda j: scores[j]))
        kept = [score if j in chosen else -math.inf for j, score in enumerate(scores)]
        return softmax(temperature)(kept)

    return normalize


def sigmoid(bias: float | None = None, temperature: float = 1.0) -> Normalizer:
    """Make 1 / (1 + exp(-(s + b))), b = -log(n) when not given (2409.04431).

    n counts all keys of the row, the masked ones too.
    """

    def normalize(scores: Vector) -> Vector:
        shift = -math.log(len(scores)) if bias is None else bias
        return [_logistic(score / temperature + shift) for score in scores]

    return normalize


def relu(divisor: float | None = None, temperature: float = 1.0) -> Normalizer:
    """Make max(s, 0) / n (Wortsman 2023, 2309.08586).

    n counts all keys of the row, the masked ones too, when no divisor is given.
    """

    def normalize(scores: Vector) -> Vector:
        n = len(scores) if divisor is None else divisor
        return [max(score / temperature, 0.0) / n for score in scores]

    return normalize


def none(temperature: float = 1.0) -> Normalizer:
    """Make s itself."""

    def normalize(scores: Vector) -> Vector:
        return [0.0 if score == -math.inf else score / temperature for score in scores]

    return normalize


def _logistic(x: float) -> float:
    # The exponential of a number above zero could overflow.
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))
