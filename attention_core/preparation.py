"""Inputs of a map made ready: rotated, shared out to heads, and what any tile is computed from."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.finite import require_finite
from attention_core.fit import require_bounded, require_fit
from attention_core.given import Given, summed
from attention_core.heads import Heads, Mha, repeated
from attention_core.masks import Extent
from attention_core.normalizers import Exponential, Linear
from attention_core.positions import Position
from attention_core.prepared import Check, PreparedScore, Product
from attention_core.projected import Projected
from attention_core.shapes import Queries
from attention_core.sources import ScoreSource
from attention_core.spec import AttentionSpec, Sizes


def resolved(given: Projected, spec: AttentionSpec) -> AttentionSpec:
    """Spell out every default of a spec for these inputs.

    Raises:
        ShapeError: When the inputs do not fit each other or the spec.
        SpecError: When parts do not go together, or a parameter does not fit the sizes.
    """
    query, key, _ = given
    spec.require_sense()
    require_fit(given, spec)
    extent = Extent(query.shape[1], key.shape[1])
    return spec.resolve(Sizes(query.shape[0], query.shape[2], key.shape[2], extent))


def rotated(given: Projected, spec: AttentionSpec) -> Projected:
    """Turn queries and keys by their positions, and repeat what heads share."""
    query, key, value = given
    heads, n_positions = spec.heads, max(query.shape[1], key.shape[1])
    turned = [_turned(x, spec.position, heads, n_positions) for x in (query, key)]
    return Projected(
        turned[0], repeated(turned[1], heads.n_score_heads), repeated(value, heads.n_heads)
    )


def source_of(
    ready: Projected, spec: AttentionSpec, given: Given, *, check: Check | None
) -> ScoreSource:
    """Make what any tile of scores is computed from.

    Raises:
        ShapeError: When a parameter, or what is given, has another size than the inputs need.
        SpecError: When a bias is given that cannot be added.
        NonFiniteError: When an input is not finite, or scores could pass the largest float.
    """
    query, key, value = ready
    fitted = given.fitted(query, key.shape[1], spec)
    prepared = _prepared(query, key, spec)
    scale = prepared.scale if isinstance(prepared, Product) else 1.0
    source = ScoreSource(
        prepared=prepared,
        bias=summed(spec.position.prepare(query, key.shape[1], scale), fitted.bias),
        mixing=spec.heads.score_mixing(),
        mask=spec.joint_mask,
        extent=Extent(query.shape[1], key.shape[1]),
        softcap=spec.softcap,
        n_heads=spec.heads.n_score_heads,
        dtype=query.dtype,
        device=query.device,
        check=check,
        given_mask=fitted.allowed,
    )
    require_bounded(source, query, key, spec)
    if value.numel():
        require_finite("value", value, field=("value",))
    return source


def without_values(
    query: Queries, key: Float[Tensor, "key_head key key_dim"], spec: AttentionSpec
) -> Float[Tensor, "value_head key no_dim"]:
    """Stand in for values that were not kept: as many heads and rows, but no features."""
    # As many heads as the queries have where the spec need not say how many.
    n_heads = query.shape[0] if isinstance(spec.heads, Mha) else spec.heads.n_heads
    return key.new_empty(n_heads, key.shape[1], 0)


def _turned(x: Queries, position: Position, heads: Heads, n_positions: int) -> Queries:
    turning = heads.rotary_dim(x.shape[2])
    if turning == x.shape[2]:
        return position.rotate(x, n_positions)
    fixed, rest = x.split([x.shape[2] - turning, turning], dim=2)
    return torch.cat([fixed, position.rotate(rest, n_positions)], dim=2)


def _prepared(
    query: Queries, key: Float[Tensor, "head key key_dim"], spec: AttentionSpec
) -> PreparedScore:
    prepared = spec.score.prepare(query, key)
    if not isinstance(prepared, Product):
        return prepared
    if isinstance(spec.normalizer, Linear):
        prepared = prepared.mapped(spec.normalizer.features)
    if isinstance(spec.normalizer, Exponential):
        return prepared
    # Where a weight may be a score, or a difference of two, the rounding of a score is its own. An
    # exponential's weight is small where its score is not the largest, and so is its rounding.
    return replace(prepared, is_precise=True)
