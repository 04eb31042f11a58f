"""Attention with a softcap, which sdpa refuses: exact, a block of queries at a time."""

import torch
from jaxtyping import Float
from torch import Tensor

_BLOCK = 256


def softcapped(
    query: Float[Tensor, "batch head query dim"],
    key: Float[Tensor, "batch key_head key dim"],
    value: Float[Tensor, "batch key_head key value_dim"],
    mask: Tensor | None,
    *,
    scaling: float | None,
    softcap: float,
    is_causal: bool,
) -> Float[Tensor, "batch query head value_dim"]:
    """Compute the outputs of softcapped attention; no more than a block of weights is held.

    Args:
        query: Queries.
        key: Keys, a head for each group.
        value: Values likewise.
        mask: True where allowed, or what is added to the scores; broadcasts to the scores.
        scaling: Factor of the products; 1/√d when absent.
        softcap: Every score s becomes c·tanh(s/c).
        is_causal: Whether later keys are hidden; used where there is no mask.
    """
    batch, _, n_queries, dim = query.shape
    # Heads that share a head of keys are an axis of their own.
    grouped = query.reshape(batch, key.shape[1], -1, n_queries, dim)
    scale = dim**-0.5 if scaling is None else scaling
    blocks = []
    for start in range(0, n_queries, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n_queries))
        scores = grouped[:, :, :, rows] @ key[:, :, None].transpose(-1, -2) * scale
        scores = softcap * torch.tanh(scores / softcap)
        scores = _masked(scores.flatten(1, 2), mask, rows, is_causal=is_causal)
        weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
        blocks.append(weights.unflatten(1, grouped.shape[1:3]) @ value[:, :, None])
    outputs = torch.cat(blocks, dim=3).flatten(1, 2)
    return outputs.transpose(1, 2).contiguous()


def _masked(scores: Tensor, mask: Tensor | None, rows: slice, *, is_causal: bool) -> Tensor:
    lowest = torch.finfo(scores.dtype).min
    if mask is None and is_causal:
        position = torch.arange(scores.shape[-1], device=scores.device)
        return scores.masked_fill(position > position[rows, None], lowest)
    if mask is None:
        return scores
    part = mask[:, :, rows] if mask.shape[2] > 1 else mask
    return scores.masked_fill(~part, lowest) if part.dtype == torch.bool else scores + part
