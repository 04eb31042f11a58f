"""The front door: tensors or tokens in, a lazy map out."""

from collections.abc import Sequence

import torch
from torch import Tensor

from attention_core.devices import Device, device_of
from attention_core.embeddings import AnyEmbedding, HashEmbedding
from attention_core.errors import ShapeError, SpecError
from attention_core.finite import require_finite
from attention_core.heads import Mha
from attention_core.maps import DENSE_BUDGET_BYTES, AttentionMap
from attention_core.prepared import Check
from attention_core.projected import Inputs, Projected
from attention_core.projections import AnyProjection, Identity
from attention_core.spec import AttentionSpec

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
    check: Check | None = None,
) -> AttentionMap:
    """Describe the attention of queries to keys; nothing dense is computed yet.

    Sinusoidal positions are added to all three inputs; pass ``position="none"`` when they are
    in already. Half types are upcast to float32, float64 stays. The tensors are copied; no
    gradient flows through a map.

    Args:
        query: ``[query, dim]``, or ``[head, query, dim]``.
        key: ``[key, dim]``, or ``[head, key, dim]``.
        value: ``[key, dim]``, or ``[head, key, dim]``; the keys when absent, or the queries
            under the preset ``article``.
        spec: How attention is computed. Its number of heads is that of the tensors, or one.
        device: Where to compute; where the query is when absent, a GPU if there is one under
            ``auto``.
        budget_bytes: How large a dense answer may be.
        check: Called between blocks of every pass; may raise to end the work.

    Raises:
        ShapeError: When sizes do not fit together.
        NonFiniteError: When an input holds NaN or infinity.
        SpecError: When a parameter does not fit the sizes.
        DeviceError: When the device is not there.
    """
    heads = project_numbers(query, key, value, spec, device=device)
    return AttentionMap(*heads, spec, budget_bytes=budget_bytes, check=check)


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
    check: Check | None = None,
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
        check: Called between blocks of every pass; may raise to end the work.

    Raises:
        AttentionError: As ``attend`` does.
    """
    heads = project_tokens(
        tokens,
        context,
        spec,
        embedding=embedding,
        projection=projection,
        device=device,
        dtype=dtype,
    )
    return AttentionMap(*heads, spec, budget_bytes=budget_bytes, check=check)


def project_numbers(
    query: Tensor,
    key: Tensor,
    value: Tensor | None,
    spec: AttentionSpec,
    *,
    device: Device | None = None,
) -> Projected:
    """Make numbers ready for a map: one axis of heads, one dtype, one device.

    Args and errors are those of ``attend``.
    """
    if value is None:
        value = query if spec.value_follows_query else key
    given = {"query": query, "key": key, "value": value}
    for name, x in given.items():
        _require_rows(name, x)
    dtype = torch.float32
    for x in given.values():
        dtype = torch.promote_types(dtype, x.dtype)
    target = query.device if device is None else device_of(device)
    if isinstance(spec.heads, Mha):
        _require_heads(spec.heads.n_heads, query)
    return Projected(
        *(
            spec.position.embed(_per_head(x.detach().to(target, dtype, copy=True)))
            for x in given.values()
        )
    )


def project_tokens(
    tokens: Sequence[str],
    context: Sequence[str] | None,
    spec: AttentionSpec,
    *,
    embedding: AnyEmbedding = _HASH,
    projection: AnyProjection = _IDENTITY,
    device: Device = "auto",
    dtype: torch.dtype = torch.float32,
) -> Projected:
    """Embed tokens and project them to the queries, keys and values of each head.

    Args and errors are those of ``attend_tokens``.
    """
    for name, sequence in (("tokens", tokens), ("context", context)):
        if sequence is not None and not sequence:
            raise ShapeError(
                f"{name} must not be empty, got none; give one token or more.", field=(name,)
            )
    if not dtype.is_floating_point:
        raise SpecError(f"dtype must be a floating-point type, got {dtype}.", field=("dtype",))
    spec.require_sense()
    target = device_of(device)
    precision = torch.promote_types(dtype, torch.float32)
    vectors = embedding.embed(tokens, context, spec.heads.n_score_heads)
    asking = spec.position.embed(_embedded(vectors[0], target, precision))
    is_self = vectors[1] is vectors[0]
    asked = asking if is_self else spec.position.embed(_embedded(vectors[1], target, precision))
    inputs = Inputs(asking, asked, asking if spec.value_follows_query else asked)
    return Projected(*projection.project(inputs, spec.heads))


def _require_rows(name: str, x: Tensor) -> None:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        came = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ShapeError(
            f"{name} must be a floating-point tensor, got {came}; convert with torch.tensor(…) "
            "or .float().",
            field=(name,),
        )
    if x.ndim not in (2, 3) or 0 in x.shape:
        raise ShapeError(
            f"{name} must be [token, dim] or [head, token, dim], none empty, got "
            f"{list(x.shape)}; add or remove an axis.",
            field=(name,),
        )


def _require_heads(n_heads: int, query: Tensor) -> None:
    actual = query.shape[0] if query.ndim == 3 else 1
    if n_heads not in (1, actual):
        raise ShapeError(
            f"heads must be those of the numbers, {actual}, or left out, got {n_heads}; numbers "
            "in two dimensions are one head, so give [head][query][dim] for more.",
            field=("spec", "heads"),
        )


def _per_head(x: Tensor) -> Tensor:
    return x if x.ndim == 3 else x[None]


def _embedded(x: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    ready = x.to(device, dtype)
    require_finite("vectors", ready, field=("embedding",))
    return ready
