"""The frequencies of a rotation stretched to longer texts, as transformers 5.23 has them.

Each scaling is a function of theta and of the number d of rotating features. All start from the
frequencies f_t = theta^(-2t / d) of the pairs t = 0 ... d / 2 - 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .vectors import Vector


class Rotation(NamedTuple):
    """Radians per position of each pair, and what every cosine and sine is multiplied with."""

    frequencies: Vector
    attention_factor: float


Scaling = Callable[[float, int], Rotation]


def unscaled(rope_theta: float, rotary_dim: int) -> Rotation:
    """Return f_t = theta^(-2t / d) (Su 2021, 2104.09864, eq. 15)."""
    return Rotation([rope_theta ** (-2.0 * t / rotary_dim) for t in range(rotary_dim // 2)], 1.0)


def linear(factor: float) -> Scaling:
    """Make f_t / factor: positions squeezed together (Chen 2023, 2306.15595)."""

    def scale(rope_theta: float, rotary_dim: int) -> Rotation:
        frequencies = unscaled(rope_theta, rotary_dim).frequencies
        return Rotation([f / factor for f in frequencies], 1.0)

    return scale


def dynamic(factor: float, original_max_position_embeddings: int, sequence_length: int) -> Scaling:
    """Make the frequencies of a larger theta, which grows with the text.

    theta' = theta * (factor * n / n0 - (factor - 1))^(d / (d - 2)), where n0 is the original
    length and n the sequence's, but at least n0: a short text is not scaled.
    """
    stretch = max(sequence_length, original_max_position_embeddings) / (
        original_max_position_embeddings
    )

    def scale(rope_theta: float, rotary_dim: int) -> Rotation:
        growth = (factor * stretch - (factor - 1.0)) ** (rotary_dim / (rotary_dim - 2))
        return unscaled(rope_theta * growth, rotary_dim)

    return scale


def yarn(
    factor: float,
    original_max_position_embeddings: int,
    *,
    beta_fast: float = 32.0,
    beta_slow: float = 1.0,
    attention_factor: float | None = None,
    mscale: float | None = None,
    mscale_all_dim: float | None = None,
    truncate: bool = True,
) -> Scaling:
    """Make f_t of fast pairs, f_t / factor of slow ones, a blend between (Peng 2023, 2309.00071).

    The blend is linear in t, from the pair that turns `beta_fast` times over the original
    length to the one that turns `beta_slow` times; with `truncate`, these two are rounded
    outwards. The attention factor is 1 + 0.1 ln(factor), or the ratio of two such
    terms weighed by `mscale` and `mscale_all_dim` where both are given and not zero.
    """
    if attention_factor is None and mscale and mscale_all_dim:
        magnitude = _magnitude(factor, mscale) / _magnitude(factor, mscale_all_dim)
    else:
        magnitude = _magnitude(factor, 1.0) if attention_factor is None else attention_factor

    def scale(rope_theta: float, rotary_dim: int) -> Rotation:
        def pair_that_turns(times: float) -> float:
            wavelength = original_max_position_embeddings / (2.0 * math.pi * times)
            return rotary_dim * math.log(wavelength) / (2.0 * math.log(rope_theta))

        low, high = pair_that_turns(beta_fast), pair_that_turns(beta_slow)
        if truncate:
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0.0), min(high, rotary_dim - 1.0)
        if low == high:
            high += 0.001
        slowness = [min(max((t - low) / (high - low), 0.0), 1.0) for t in range(rotary_dim // 2)]
        frequencies = unscaled(rope_theta, rotary_dim).frequencies
        return Rotation(
            [
                slow * f / factor + (1.0 - slow) * f
                for f, slow in zip(frequencies, slowness, strict=True)
            ],
            magnitude,
        )

    return scale


def llama3(
    factor: float,
    original_max_position_embeddings: int,
    *,
    low_freq_factor: float = 1.0,
    high_freq_factor: float = 4.0,
) -> Scaling:
    """Make f_t of fast pairs, f_t / factor of slow ones, a blend between (Llama 3.1, 2407.21783).

    A pair is slow when it turns less than `low_freq_factor` times over the original length,
    fast when more than `high_freq_factor` times; the blend is linear in the number of turns.
    """

    def scale(rope_theta: float, rotary_dim: int) -> Rotation:
        return Rotation([blended(f) for f in unscaled(rope_theta, rotary_dim).frequencies], 1.0)

    def blended(frequency: float) -> float:
        turns = original_max_position_embeddings * frequency / (2.0 * math.pi)
        if turns < low_freq_factor:
            return frequency / factor
        if turns > high_freq_factor:
            return frequency
        fastness = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor)
        return (1.0 - fastness) * frequency / factor + fastness * frequency

    return scale


def longrope(
    short_factor: Sequence[float],
    long_factor: Sequence[float],
    original_max_position_embeddings: int,
    sequence_length: int,
    *,
    factor: float | None = None,
    attention_factor: float | None = None,
) -> Scaling:
    """Make f_t divided by a factor of its own for each pair t (Ding 2024, 2402.13753).

    The long factors serve sequences longer than the original length n0, the short ones all
    others. The attention factor is sqrt(1 + ln(factor) / ln(n0)) when not given, and 1 for a
    factor up to 1; one of the two must be given.
    """
    if factor is None and attention_factor is None:
        raise ValueError("longrope needs a factor or an attention_factor, got neither.")
    magnitude = attention_factor
    if factor is not None and magnitude is None:
        growth = math.log(max(factor, 1.0)) / math.log(original_max_position_embeddings)
        magnitude = math.sqrt(1.0 + growth)
    is_long = sequence_length > original_max_position_embeddings
    divisors = long_factor if is_long else short_factor

    def scale(rope_theta: float, rotary_dim: int) -> Rotation:
        frequencies = unscaled(rope_theta, rotary_dim).frequencies
        divided = [f / divisor for f, divisor in zip(frequencies, divisors, strict=True)]
        return Rotation(divided, 1.0 if magnitude is None else magnitude)

    return scale


def _magnitude(factor: float, weight: float) -> float:
    return 1.0 if factor <= 1.0 else 0.1 * weight * math.log(factor) + 1.0
