"""What the tests of overviews share: a capture that is large enough, and ways to wait."""

import asyncio
from typing import Any

import httpx
import numpy as np
import torch
from safetensors.torch import save

from tests.api.captures import CAPTURES, ended, upload

N_QUERIES, N_KEYS, DIM = 1031, 65_537, 64
"""Primes: the last cells hold fewer. So many, and of so many features, that a sample is one."""

N_CELLS = (516, 2049)
"""Of an overview, each of 2 queries and 32 keys."""

Params = dict[str, str | int]

HEAD: Params = {"kind": "self", "layer": 0, "head": 1}


def tensors() -> dict[str, torch.Tensor]:
    made = torch.Generator().manual_seed(17)
    sizes = {"query": N_QUERIES, "key": N_KEYS}
    return {name: torch.randn(2, n, DIM, generator=made) for name, n in sizes.items()}


def weights_of(head: int, rows: slice) -> Any:
    """Compute all weights of some queries of a head in float64, by another library."""
    query, key = (x[head].double().numpy() for x in tensors().values())
    scores = query[rows] @ key.T / np.sqrt(DIM)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def pooled(head: int, cell: tuple[int, int], reduce: str) -> Any:
    """Pool all weights of a head; cells at the end may hold fewer."""
    taken = np.nanmax if reduce == "max" else np.nanmean
    width, rows_of_cells = -(-N_KEYS // cell[1]), []
    for top in range(0, N_QUERIES, cell[0]):
        weights = weights_of(head, slice(top, top + cell[0]))
        padded = np.full((len(weights), width * cell[1]), np.nan)
        padded[:, :N_KEYS] = weights
        rows_of_cells.append(taken(padded.reshape(len(weights), width, cell[1]), axis=(0, 2)))
    return np.stack(rows_of_cells)


async def large(client: httpx.AsyncClient, **more: torch.Tensor) -> str:
    """Capture a head that pictures are drawn of an overview for; returns where the capture is."""
    answer = await upload(client, save(tensors() | more))
    found = await ended(client, answer.json()["id"])
    assert found["state"] == "ready", found["problem"]
    return f"{CAPTURES}/{found['id']}"


async def made(client: httpx.AsyncClient, path: str, head: Params = HEAD) -> Any:
    """Make an overview, and wait until it is there."""
    answer = await client.post(f"{path}/overview", json=head)
    assert answer.status_code in (200, 202), answer.text
    return await settled(client, path, head)


async def settled(client: httpx.AsyncClient, path: str, head: Params = HEAD) -> Any:
    """Wait until an overview is neither waiting nor running."""
    for _ in range(2000):
        found = (await client.get(f"{path}/overview", params=head)).json()
        if found["state"] not in ("waiting", "running"):
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(found)
