"""Numbers made from a seed: the same on every machine and for every version of torch.

NumPy promises stable raw streams of its bit generators but not of its distributions, and torch
promises neither, so the raw 64-bit stream is turned into a distribution here.
"""

import hashlib
import math

import numpy as np
import torch
from torch import Tensor


def normal(*shape: int, seed: int, label: str) -> Tensor:
    """Draw standard normal numbers, float64 on the CPU.

    Args:
        shape: Sizes of the result.
        seed: The user's seed.
        label: What the numbers are for, so that two uses of one seed differ.

    Returns:
        Numbers of mean zero and variance one.
    """
    digest = hashlib.blake2b(
        f"{seed}\0{label}".encode(errors="surrogatepass"), digest_size=16
    ).digest()
    raw = np.random.PCG64(int.from_bytes(digest, "little")).random_raw(math.prod(shape))
    # 53 random bits, centred in their interval, so that neither 0 nor 1 can come out.
    uniform = ((raw >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    numbers: Tensor = torch.special.ndtri(torch.from_numpy(uniform))
    return numbers.reshape(shape)
