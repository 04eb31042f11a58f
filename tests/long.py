"""Queries and keys of long sequences with heads that look like those of language models."""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save, save_file
from torch import Tensor

DIM = 64
_PERIODS = (16.0, 24576.0)
"""The shortest and the longest wave of the places, in tokens."""


def long_tensors(n: int, n_heads: int = 1, seed: int = 0) -> bytes:
    """Write Q and K of one causal layer as safetensors.

    Heads take turns: one looks at near tokens and at a few sinks, one at the token after the last
    occurrence of its own (the diagonals of an induction head), one at the token before.

    Args:
        n: Tokens.
        n_heads: Heads.
        seed: Of everything drawn at random.

    Returns:
        A file with ``query`` and ``key`` of float32 ``[head, query, dim]``, to be uploaded.
    """
    return save(_tensors(n, n_heads, seed), metadata=_metadata())


def write_long_tensors(path: Path, n: int, n_heads: int = 1, seed: int = 0) -> Path:
    """Write the same to a file, for sizes that are not to be held twice; returns its path."""
    save_file(_tensors(n, n_heads, seed), path, metadata=_metadata())
    return path


def _metadata() -> dict[str, str]:
    return {"spec": json.dumps({"mask": [{"kind": "causal"}]})}


def _tensors(n: int, n_heads: int, seed: int) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    places = _places(n)
    # A text of several passages that come again, so that there is something to find again.
    passage = max(n // 6, 2)
    words = torch.randn(passage, DIM // 2, generator=draw).repeat(n // passage + 1, 1)[:n]
    words = words / words.norm(dim=-1, keepdim=True)
    sinks = torch.zeros(n, 1)
    sinks[torch.randint(0, max(n // 64, 2), (3,), generator=draw)] = 1.0
    sinks[0] = 1.0
    query, key = torch.empty(n_heads, n, DIM), torch.empty(n_heads, n, DIM)
    for head in range(n_heads):
        kind = head % 3
        if kind == 0:
            query[head], key[head] = _local(places, sinks, sharpness=40.0)
        elif kind == 1:
            # The key of a token is named by the token before it.
            query[head], key[head] = _matching(words, words.roll(1, 0), places)
        else:
            query[head], key[head] = _local(places, sinks, sharpness=160.0)
            query[head] = query[head].roll(-1, 0)
        noise = 0.35 * torch.randn(2, n, DIM, generator=draw)
        query[head] += noise[0]
        key[head] += noise[1]
    return {"query": query, "key": key}


def _places(n: int) -> Tensor:
    """Waves of all lengths: near places agree in all of them, far ones in none."""
    count = DIM // 4 - 1
    low, high = (math.log(period) for period in _PERIODS)
    periods = torch.linspace(low, high, count).exp()
    angles = 2 * math.pi * torch.arange(n)[:, None] / periods
    return torch.cat([angles.cos(), angles.sin()], dim=-1) / math.sqrt(count)


def _local(places: Tensor, sinks: Tensor, *, sharpness: float) -> tuple[Tensor, Tensor]:
    scale = math.sqrt(sharpness * math.sqrt(DIM) / 4)
    rest = DIM - places.shape[1] - 1
    pad = torch.zeros(places.shape[0], rest)
    query = torch.cat([scale * places, 4 * torch.ones_like(sinks), pad], dim=-1)
    key = torch.cat([scale * places, 18 * sinks, pad], dim=-1)
    return query, key


def _matching(wanted: Tensor, found: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    rest = DIM - wanted.shape[1] - places.shape[1]
    pad = torch.zeros(wanted.shape[0], rest)
    query = torch.cat([10 * wanted, 3 * places, pad], dim=-1)
    key = torch.cat([10 * found, 3 * places, pad], dim=-1)
    return query, key
