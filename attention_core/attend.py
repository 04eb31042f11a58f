"""The front door: tensors or tokens in, a lazy map out."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from attention_core.embeddings import AnyEmbedding, HashEmbedding
from attention_core.errors import DeviceError, NonFiniteError, ShapeError
from attention_core.maps import DENSE_BUDGET_BYTES, AttentionMap
from attention_core.masks import Extent
from attention_core.projections import AnyProjection, Identity, Inputs
from attention_core.spec import AttentionSpec

Device = Literal["auto", "cpu", "cuda"]

_DEFAULT = AttentionSpec()
_HASH = HashEmbedding()
_IDENTITY = Identity()


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor | None = None,
    spec: AttentionSpec = _DEFAULT,
    *,
    device: Device | None = None,
    budget_bytes: int = DENSE_BUDGET_BYTES,
) -> AttentionMap:
    """Describe the attention of queries to keys; nothing dense is computed yet.

    Sinusoidal positions are added to all three inputs; pass ``position="none"`` when they are
    in already. Half types are upcast to float32, float64 stays.

    Args:
        query: ``[query, dim]``, or ``[head, query, dim]``.
        key: ``[key, dim]``, or ``[head, key, dim]``.
        value: ``[key, dim]``, or ``[head, key, dim]``; the keys when absent, or the queries
            under the preset ``article``.
        spec: How attention is computed. Its number of heads is that of the tensors, or one.
        device: Where to compute; where the query is when absent, a GPU if there is one under
            ``auto``.
        budget_bytes: How large a dense answer may be.

    Raises:
        ShapeError: When sizes do not fit together.
        NonFiniteError: When an input holds NaN or infinity.
        SpecError: When a parameter does not fit the sizes.
        DeviceError: When the device is not there.
    """
    if value is None:
        value = query if spec.value_follows_query else key
    target = query.device if device is None else _device(device)
    dtype = torch.promote_types(query.dtype, torch.float32)
    given = {"query": query, "key": key, "value": value}
    ready = {name: _ready(name, x, target, dtype) for name, x in given.items()}
    _require_fit(ready["query"], ready["key"], ready["value"], spec)
    asking, asked, answering = (spec.position.embed(x) for x in ready.values())
    return AttentionMap(asking, asked, answering, spec, budget_bytes=budget_bytes)


def attend_tokens(
    tokens: Sequence[str],
    context: Sequence[str] | None = None,
    spec: AttentionSpec = _DEFAULT,
    *,
    embedding: AnyEmbedding = _HASH,
    projection: AnyProjection = _IDENTITY,
    device: Device = "auto",
    dtype: torch.dtype = torch.float32,
    budget_bytes: int = DENSE_BUDGET_BYTES,
) -> AttentionMap:
    """Embed tokens, project them, and describe their attention.

    Args:
        tokens: The sequence that asks.
        context: The sequence that is asked; the tokens themselves when absent.
        spec: How attention is computed.
        embedding: Tokens to vectors.
        projection: Vectors to queries, keys and values, a share of the features per head.
        device: Where to compute.
        dtype: ``torch.float32`` or ``torch.float64``.
        budget_bytes: How large a dense answer may be.

    Raises:
        AttentionError: As ``attend`` does.
    """
    for name, sequence in (("tokens", tokens), ("context", context)):
        if sequence is not None and not sequence:
            raise ShapeError(
                f"{name} must not be empty, got none; give one token or more.", field=(name,)
            )
    target, n_heads = _device(device), spec.heads.n_heads
    embedded = embedding.embed(tokens, context, n_heads)
    asking, asked = (spec.position.embed(x.to(target, dtype)) for x in embedded)
    inputs = Inputs(asking, asked, asking if spec.value_follows_query else asked)
    projected = projection.project(inputs, n_heads)
    for name, x in zip(Inputs._fields, projected, strict=True):
        _require_finite(name, x)
    return AttentionMap(
        projected.query, projected.key, projected.value, spec, budget_bytes=budget_bytes
    )


def _device(name: Device) -> torch.device:
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise DeviceError(
            "device must be one that is there, got 'cuda' where no GPU is; use 'auto' or 'cpu'.",
            field=("device",),
        )
    return torch.device("cuda" if name == "cuda" or (name == "auto" and has_cuda) else "cpu")


def _ready(name: str, x: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    if not x.is_floating_point():
        raise ShapeError(
            f"{name} must be floating-point numbers, got {x.dtype}; convert with .float().",
            field=(name,),
        )
    if x.ndim not in (2, 3) or 0 in x.shape:
        raise ShapeError(
            f"{name} must be [token, dim] or [head, token, dim], none empty, got {list(x.shape)}.",
            field=(name,),
        )
    ready = x.detach().to(device, dtype)
    _require_finite(name, ready)
    return ready if x.ndim == 3 else ready[None]


def _require_finite(name: str, x: Tensor) -> None:
    if not bool(x.isfinite().all()):
        raise NonFiniteError(
            f"{name} must hold finite numbers only, got NaN or infinity as {x.dtype}; one such "
            "number would spoil a whole row, even where it is masked.",
            field=(name,),
        )


def _require_fit(query: Tensor, key: Tensor, value: Tensor, spec: AttentionSpec) -> None:
    n_heads = query.shape[0]
    if key.shape[0] != n_heads or value.shape[0] != n_heads:
        raise ShapeError(
            f"query, key and value must have as many heads, got {n_heads}, {key.shape[0]} and "
            f"{value.shape[0]}.",
            field=("key",),
        )
    spec.check(Extent(query.shape[1], key.shape[1]))
    if value.shape[1] != key.shape[1]:
        raise ShapeError(
            f"value must have one row per key, got {value.shape[1]} rows for {key.shape[1]} keys.",
            field=("value",),
        )
    if spec.heads.n_heads not in (1, n_heads):
        raise ShapeError(
            f"heads must be those of the numbers, {n_heads}, or left out, got "
            f"{spec.heads.n_heads}; numbers in two dimensions are one head, so give "
            "[head][query][dim] for more.",
            field=("spec", "heads"),
        )
