"""A recorded call made into a layer: what was handed over, and the spec that it amounts to."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from attention_core.captures.layer import Layer
from attention_core.captures.recognition import MaskHints, recognised, split_bias
from attention_core.errors import SpecError
from attention_core.masks import AnyMask
from attention_core.models.long_masks import long_mask_of
from attention_core.models.recording import Call
from attention_core.models.stitching import allowed_by, bias_of, stitched
from attention_core.spec import AttentionSpec


class NotDescribedError(SpecError):
    """A kernel was handed what a layer cannot say, such as a mask for each head."""


@dataclass(frozen=True)
class _Given:
    masks: tuple[AnyMask, ...] = ()
    allowed: Tensor | None = None
    bias: Tensor | None = None
    distances: Tensor | None = None


@dataclass
class Layers:
    """Makes layers of calls; a mask that layers share is recognised once."""

    _known: dict[Hashable, _Given] = field(default_factory=dict)

    def made(self, steps: Sequence[Call]) -> Layer:
        """Make one layer of its calls, one for each step of a generation.

        Raises:
            NotDescribedError: When a layer cannot hold what the kernel was handed.
        """
        call = stitched(steps)
        if call.query.shape[0] != 1 or call.key.shape[0] != 1:
            raise NotDescribedError(
                f"a capture must be of one sequence, got {call.query.shape[0]} of queries and "
                f"{call.key.shape[0]} of keys in one call; give one sequence at a time.",
                field=("inputs",),
            )
        known = tuple(_identity(step) for step in steps)
        if known not in self._known:
            self._known[known] = _given(call)
        given = self._known[known]
        return Layer(
            spec=_spec(call, given.masks),
            query=call.query[0],
            key=call.key[0],
            value=None if call.value is None else call.value[0],
            bias=given.bias,
            distances=given.distances,
            allowed=given.allowed,
        )


def _identity(call: Call) -> Hashable:
    """Tell calls apart by the memory of their masks, which the calls keep alive."""
    # What stands in for a long mask has no memory of its own.
    tensors = [
        None if x is None else (x.data_ptr() or id(x), x.shape, x.stride(), x.dtype)
        for x in (call.mask, call.bias)
    ]
    return (*tensors, call.is_causal, call.window, call.query.shape[2], call.n_keys)


def _given(call: Call) -> _Given:
    masks: tuple[AnyMask, ...] = ()
    allowed: Tensor | None = None
    if call.mask is None and call.is_causal:
        # Said without a matrix, which a long text has no room for.
        masks = _causal(call.window, call.n_keys)
    elif (long := long_mask_of(call.mask)) is not None:
        return _Given(long.masks)
    elif (seen := allowed_by(call)) is not None:
        found, allowed = recognised(_of_all_heads(seen, call), hints=MaskHints(window=call.window))
        masks = tuple(found)
    added = bias_of(call)
    if added is None:
        return _Given(masks, allowed)
    added = added[0].expand(-1, call.query.shape[2], call.n_keys)
    if (seen := allowed_by(call)) is not None:
        # A bias is the same by distance as a rule; hidden pairs need not follow it.
        added = added.masked_fill(~_of_all_heads(seen, call), -torch.inf)
    _, bias, distances = split_bias(added)
    return _Given(masks, allowed, bias, distances)


def _causal(window: int | None, n_keys: int) -> tuple[AnyMask, ...]:
    masks: list[dict[str, Any]] = [{"kind": "causal"}]
    # A kernel that was handed no mask hides nothing for being far, whatever the model says.
    if window is not None and n_keys <= window:
        masks.append({"kind": "sliding_window", "window": (window - 1, 0)})
    return AttentionSpec.model_validate({"mask": masks}).mask


def _of_all_heads(allowed: Tensor, call: Call) -> Tensor:
    heads = allowed[0].expand(-1, call.query.shape[2], call.n_keys)
    if not bool((heads == heads[:1]).all()):
        raise NotDescribedError(
            f"a mask must be the same for all heads, got {len(heads)} that differ; the model's "
            "own weights are kept instead.",
            field=("model",),
        )
    return heads[0]


def _spec(call: Call, masks: tuple[AnyMask, ...]) -> AttentionSpec:
    n_heads, n_kv_heads = call.query.shape[1], call.key.shape[1]
    heads: dict[str, Any] = {"kind": "mha", "n_heads": n_heads}
    if n_kv_heads == 1 and n_heads > 1:
        heads = {"kind": "mqa", "n_heads": n_heads}
    elif n_kv_heads != n_heads:
        heads = {"kind": "gqa", "n_heads": n_heads, "n_kv_heads": n_kv_heads}
    normalizer: dict[str, Any] = {"kind": "softmax"}
    if call.sinks is not None:
        sinks = call.sinks.detach().to(torch.float32).reshape(-1).tolist()
        normalizer = {"kind": "sink", "sink": sinks}
    scale = None if call.scaling is None else float(call.scaling)
    return AttentionSpec.model_validate(
        {
            "score": {"kind": "scaled_dot", "scale": scale},
            "mask": masks,
            "normalizer": normalizer,
            "heads": heads,
            "softcap": None if call.softcap is None else float(call.softcap),
        }
    )
