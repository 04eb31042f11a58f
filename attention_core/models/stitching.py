"""One call out of the steps of a generation: a row for each token, against all keys."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from attention_core.models.recording import Call


def stitched(steps: Sequence[Call]) -> Call:
    """Join what a layer was handed in each step, as if it had been handed all at once.

    The first step has the keys of the prompt; each later one its new keys only, and none for
    cross-attention. A later token is hidden from every earlier one, as it was not there yet.

    Args:
        steps: The layer's calls, in order; their masks are of the keys that the kernel saw then.
    """
    first = steps[0]
    if len(steps) == 1:
        return first
    query = torch.cat([step.query for step in steps], dim=2)
    key = torch.cat([step.key for step in steps], dim=2)
    value = None
    if first.value is not None:
        value = torch.cat([step.value for step in steps if step.value is not None], dim=2)
    whole = replace(first, query=query, key=key, value=value, n_keys=key.shape[2])
    if _is_plain(steps):
        # Each step's token sees all that came before it, the prompt's among themselves likewise.
        return replace(whole, mask=None, is_causal=first.kind != "cross", bias=None)
    allowed = [allowed_by(step) for step in steps]
    mask = _laid(whole, steps, allowed, absent=True)
    bias = _laid(whole, steps, [bias_of(step) for step in steps], absent=0.0)
    if bias is not None and mask is not None:
        # Where nothing is seen, the prompt has numbers and later steps have none.
        bias = bias.masked_fill(~mask, 0.0)
    return replace(whole, mask=mask, is_causal=False, bias=bias)


def allowed_by(call: Call) -> Tensor | None:
    """Read where a call's mask lets queries attend; None where everywhere."""
    n_queries, mask = call.query.shape[2], call.mask
    if mask is None and call.is_causal:
        position = torch.arange(call.n_keys, device=call.query.device)
        return (position <= position[:n_queries, None])[None, None]
    if mask is None:
        return None
    mask = mask[..., : call.n_keys]
    # An additive mask hides with the lowest finite number, or twice of it where two were added.
    # NaN hides nothing: the model's own outputs are NaN then, and a map refuses it by name.
    return mask if mask.dtype == torch.bool else ~(mask <= torch.finfo(mask.dtype).min / 2)


def bias_of(call: Call) -> Tensor | None:
    """Read what a call adds to its scores where they are seen; None where nothing."""
    parts = [] if call.bias is None else [call.bias[..., : call.n_keys]]
    if call.mask is not None and call.mask.dtype != torch.bool:
        added = call.mask[..., : call.n_keys]
        parts.append(added.masked_fill(added <= torch.finfo(added.dtype).min / 2, 0.0))
    parts = [part for part in parts if bool(part.any())]
    return sum(parts[1:], parts[0]) if parts else None


def _is_plain(steps: Sequence[Call]) -> bool:
    first = steps[0]
    if any(step.mask is not None or bias_of(step) is not None for step in steps):
        return False
    if first.kind == "cross":
        return True
    if not first.is_causal and first.query.shape[2] > 1:
        return False
    n_keys = [step.n_keys for step in steps]
    return all(
        step.query.shape[2] == 1 and step.n_keys == before + 1
        for before, step in zip(n_keys, steps[1:], strict=False)
    )


def _laid(
    whole: Call, steps: Sequence[Call], parts: Sequence[Tensor | None], *, absent: float | bool
) -> Tensor | None:
    """Lay each step's rows into one matrix, under the keys that it saw; elsewhere is nothing."""
    like = next((part for part in parts if part is not None), None)
    if like is None and absent is not True:
        return None
    dtype = torch.bool if like is None else like.dtype
    n_heads = max([part.shape[1] for part in parts if part is not None], default=1)
    shape = (1, n_heads, whole.query.shape[2], whole.n_keys)
    laid = torch.zeros(shape, dtype=dtype, device=whole.query.device)
    row, n_seen = 0, 0
    for step, part in zip(steps, parts, strict=True):
        rows = slice(row, row + step.query.shape[2])
        n_seen += step.key.shape[2]
        # A windowed cache hands over its last keys only.
        laid[:, :, rows, n_seen - step.n_keys : n_seen] = absent if part is None else part
        row = rows.stop
    return laid
