"""Whether a map's inputs fit: told where they enter, before anything is computed."""

import torch
from torch import Tensor

from attention_core.errors import Field, NonFiniteError, ShapeError
from attention_core.masks import Extent
from attention_core.prepared import PreparedScore
from attention_core.spec import AttentionSpec


def require_fit(query: Tensor, key: Tensor, value: Tensor, spec: AttentionSpec) -> None:
    """Refuse inputs that do not fit each other or the spec.

    Raises:
        ShapeError: When sizes do not fit.
        SpecError: When a mask's parameter does not fit the sizes.
    """
    n_heads = query.shape[0]
    for name, x in (("key", key), ("value", value)):
        if x.shape[0] != n_heads:
            raise ShapeError(
                f"{name} must have as many heads as query, got {x.shape[0]} and {n_heads}; give "
                "every head its own.",
                field=(name,),
            )
    spec.check(Extent(query.shape[1], key.shape[1]))
    if value.shape[1] != key.shape[1]:
        raise ShapeError(
            f"value must have one row per key, got {value.shape[1]} rows for {key.shape[1]} keys; "
            "leave it out to use the keys.",
            field=("value",),
        )


def require_bounded(prepared: PreparedScore, query: Tensor, key: Tensor) -> None:
    """Refuse queries and keys whose scores could pass the largest float: they would weigh NaN.

    Raises:
        NonFiniteError: With the bound.
    """
    largest = torch.finfo(query.dtype).max
    # The comparison is false for NaN too, and a bound is NaN or infinite where an input is.
    if not prepared.bound() <= largest:
        require_finite("query", query, field=("query",))
        require_finite("key", key, field=("key",))
        raise NonFiniteError(
            f"scores must stay below {largest:.1e}, the largest {query.dtype}, got inputs whose "
            "scores could pass it; scale the inputs or the score's parameters down, or use "
            "float64.",
            field=("spec", "score"),
        )


def require_finite(name: str, x: Tensor, *, field: Field) -> None:
    """Refuse NaN, infinity, and what is so near the largest float that a mean could pass it.

    Raises:
        NonFiniteError: With the bound.
    """
    largest = torch.finfo(x.dtype).max * (1 - 2**-16)
    # NaN is in the extremes if it is anywhere, and compares false.
    if not all(abs(float(extreme)) <= largest for extreme in x.aminmax()):
        raise NonFiniteError(
            f"{name} must hold finite numbers up to {largest:.2e} in {x.dtype}, got NaN, infinity "
            "or a larger one, which would spoil whole rows even where it is masked; scale the "
            "numbers down, or use float64.",
            field=field,
        )
