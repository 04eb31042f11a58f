"""Numbers made from a seed: the same on every machine, in every version of every library.

Neither torch nor NumPy promises that a seed gives the same numbers for ever. The bytes of SHAKE128
(FIPS 202) over the seed and a label are fixed, and each four of them make one number.
"""

import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

_SPREAD = math.sqrt(12)
"""A uniform number on an interval of this length has variance one."""


def uniform(*shape: int, seed: int, label: str) -> Tensor:
    """Draw uniform numbers of mean zero and variance one, float64 on the CPU.

    Args:
        shape: Sizes of the result.
        seed: The user's seed.
        label: What the numbers are for, so that two uses of one seed differ.
    """
    return _numbers(_stream(seed, label, math.prod(shape))).reshape(shape)


def uniform_rows(labels: Sequence[str], dim: int, *, seed: int) -> Float[Tensor, "label dim"]:
    """Draw ``uniform(dim)`` for each label."""
    streams = b"".join(_stream(seed, label, dim) for label in labels)
    return _numbers(streams).reshape(len(labels), dim)


def _stream(seed: int, label: str, n_numbers: int) -> bytes:
    return (_kept_stream if n_numbers <= _KEPT_NUMBERS else _make_stream)(seed, label, n_numbers)


def _make_stream(seed: int, label: str, n_numbers: int) -> bytes:
    name = f"{seed}\0{label}".encode(errors="surrogatepass")
    return hashlib.shake_128(name).digest(4 * n_numbers)


# A page that redraws while a user types asks for the same words again and again.
_KEPT_NUMBERS = 1024
_kept_stream = lru_cache(maxsize=4096)(_make_stream)
"""Streams of up to 4 KiB, so 16 MiB at the most."""


def _numbers(stream: bytes) -> Tensor:
    # Each number is the middle of its own one of 2³² equal parts of the interval.
    numbers = np.frombuffer(stream, dtype="<u4").astype(np.float64)
    numbers *= _SPREAD * 2.0**-32
    numbers += _SPREAD * (2.0**-33 - 0.5)
    return torch.from_numpy(numbers)
