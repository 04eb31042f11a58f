"""Whether a map's inputs fit: told where they enter, before anything is computed."""

import torch
from torch import Tensor

from attention_core.errors import NonFiniteError, ShapeError
from attention_core.finite import require_finite
from attention_core.heads import Differential, Heads, Mha, Mla, growth
from attention_core.masks import Extent
from attention_core.normalizers import NoNormalizer, Normalizer, Relu
from attention_core.projected import Projected
from attention_core.sources import ScoreSource
from attention_core.spec import AttentionSpec


def require_fit(given: Projected, spec: AttentionSpec) -> None:
    """Refuse inputs that do not fit each other or the spec.

    Raises:
        ShapeError: When sizes do not fit.
        SpecError: When a mask's parameter does not fit the sizes.
    """
    query, key, value = given
    for name, x, wanted in _heads_wanted(given, spec.heads):
        if x.shape[0] not in wanted:
            expected = " or ".join(str(count) for count in wanted)
            raise ShapeError(
                f"{name} must have {expected} heads under the heads '{spec.heads.kind}', got "
                f"{x.shape[0]}; {_way_out(spec.heads)}.",
                field=(name,),
            )
    if isinstance(spec.heads, Mla):
        _require_latent(given, spec.heads)
    spec.check(Extent(query.shape[1], key.shape[1]))
    if value.shape[1] != key.shape[1]:
        raise ShapeError(
            f"value must have one row per key, got {value.shape[1]} rows for {key.shape[1]} keys; "
            "leave it out to use the keys.",
            field=("value",),
        )


def _heads_wanted(given: Projected, heads: Heads) -> list[tuple[str, Tensor, tuple[int, ...]]]:
    query, key, value = given
    if isinstance(heads, Mha):
        # As many heads as the queries have, so that numbers need not say it twice.
        n_heads = query.shape[0]
        return [("key", key, (n_heads,)), ("value", value, (n_heads,))]
    n_values = dict.fromkeys((heads.n_value_heads, heads.n_heads))
    return [
        ("query", query, (heads.n_score_heads,)),
        ("key", key, (heads.n_key_heads,)),
        ("value", value, tuple(n_values)),
    ]


def _way_out(heads: Heads) -> str:
    if isinstance(heads, Mha):
        return "give as many heads as query, or use 'gqa' where heads share their keys"
    if isinstance(heads, Differential):
        return "give two matrices of queries and of keys for each head, and one of values"
    return "give as many, or change n_heads or n_kv_heads"


def _require_latent(given: Projected, heads: Mla) -> None:
    """Refuse queries and keys that are not a latent part and a turning part."""
    wanted = heads.kv_lora_rank + heads.qk_rope_head_dim
    for name, x in (("query", given.query), ("key", given.key)):
        if x.shape[2] != wanted:
            raise ShapeError(
                f"{name} must have kv_lora_rank + qk_rope_head_dim = {wanted} features under the "
                f"heads 'mla', the latent part first, got {x.shape[2]}; give queries with W_UK "
                "folded in, or change the sizes.",
                field=(name,),
            )


def require_bounded(source: ScoreSource, query: Tensor, key: Tensor, spec: AttentionSpec) -> None:
    """Refuse inputs whose scores could pass the largest float: they would weigh NaN.

    Raises:
        NonFiniteError: Naming the first part that could pass it.
    """
    largest = torch.finfo(query.dtype).max
    bounds = source.bounds()
    weights = bounds.heads * _growth(spec.normalizer, spec.heads)
    mixes = spec.heads.score_mixing() or spec.heads.weight_mixing()
    steps = {
        "score": bounds.score,
        "position": bounds.position,
        "heads" if mixes else "normalizer": max(bounds.heads, weights),
    }
    # The comparison is false for NaN too, and a bound is NaN or infinite where an input is.
    culprit = next((part for part, bound in steps.items() if not bound <= largest), None)
    if culprit is not None:
        require_finite("query", query, field=("query",))
        require_finite("key", key, field=("key",))
        # What was given is added in the same step, and may be all that is.
        is_given = culprit == "position" and not spec.position.has_bias
        part, field = ("bias", ("bias",)) if is_given else (culprit, ("spec", culprit))
        raise NonFiniteError(
            f"scores and weights must stay below {largest:.1e}, the largest {query.dtype}, got "
            f"inputs that could pass it; scale the inputs or the parameters of the {part} "
            "down, or use float64.",
            field=field,
        )


def _growth(normalizer: Normalizer, heads: Heads) -> float:
    """Tell how many times larger than a score a weight may be; one where it is never larger."""
    if not isinstance(normalizer, NoNormalizer | Relu):
        return 1.0
    divisor = normalizer.divisor if isinstance(normalizer, Relu) else None
    own = max(1.0, 1 / normalizer.temperature) * max(1.0, 1 / (divisor or 1.0))
    return own * max(1.0, growth(heads.weight_mixing()))
