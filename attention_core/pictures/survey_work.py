"""What a survey takes, told from sizes and spec alone: a guess, before anything is computed."""

import math

from attention_core.grid import BLOCK
from attention_core.maps import AttentionMap
from attention_core.masks import Coverage, Extent
from attention_core.normalizers import Exponential
from attention_core.normalizers.threshold import Threshold
from attention_core.pictures.pyramid_sizes import Sizes
from attention_core.scores import Rbf, Score
from attention_core.spec import AttentionSpec

_DIM = 64
"""Features of a query whose product takes as long as the rest of a cell of softmax."""

_PRODUCT = 0.5
_PER_HIDDEN_FEATURE = 1.6
_DISTANCE, _SOFTCAP, _BIAS, _MIX = 0.6, 1.1, 0.5, 0.7
_POOLED = 0.5
"""Shares of the time of a cell under softmax: of its product, a hidden feature, what a distance,
a softcap, a bias or a mix of scores adds, and all that is not the score."""

_STATE, _WEIGHT = 0.5, 0.8
"""Likewise of other normalisers' two passes, besides the scores; times softmax."""

_USUAL = 0.4
"""How long a threshold takes as a rule, of the time where every key may get weight."""

_SHORT_CELLS = 2**26
"""Cells of softmax that take some tenths of a second on one thread."""

_LOOKED_AT = 32
"""Rows of blocks whose masks are looked at."""


def survey_cells(extent: Sizes, spec: AttentionSpec, *, dim: int = _DIM, n_heads: int = 1) -> float:
    """Tell how long a survey will take, in cells of unmasked softmax with 64 features.

    From measurements, so that who has timed a few cells can tell seconds, give or take a third.

    Args:
        extent: Queries and keys of the matrix.
        spec: How attention is computed; a bias or a mask that is given besides is not known here.
        dim: Features of a head's query.
        n_heads: Heads of the layer: the states of some normalisers are found for all together.
    """
    per_cell = times_softmax(spec, dim=dim, n_heads=n_heads)
    return math.prod(extent) * _share_computed(extent, spec) * per_cell


def is_short_survey(whole: AttentionMap) -> bool:
    """Tell whether all of a head is surveyed as soon as some of its rows would be drawn."""
    extent = whole.n_queries, whole.n_keys
    dim, n_heads = whole.query.shape[2], whole.n_heads
    return survey_cells(extent, whole.spec, dim=dim, n_heads=n_heads) <= _SHORT_CELLS


def times_softmax(spec: AttentionSpec, *, dim: int = _DIM, n_heads: int = 1) -> float:
    """Tell how many times longer a cell takes than one of softmax with 64 features.

    Args are those of ``survey_cells``.
    """
    heads, normalizer = spec.heads, spec.normalizer
    mixing = heads.weight_mixing()
    n_used = 1 if mixing is None else sum(factor != 0 for factor in mixing[0])
    one = _score(spec.score, dim) + (_SOFTCAP if spec.softcap is not None else 0.0)
    one += _BIAS if spec.position.has_bias else 0.0
    # Where heads exchange scores, each takes those of all.
    score = one if heads.score_mixing() is None else heads.n_score_heads * (one + _MIX)
    at_worst = normalizer.times_softmax
    factor = at_worst * _USUAL if isinstance(normalizer, Threshold) else at_worst
    if not isinstance(normalizer, Exponential):
        n_states = n_heads if mixing is None else heads.n_score_heads
        return n_states * (score + _STATE * factor) + score + n_used * _WEIGHT * factor
    if mixing is None:
        return score + _POOLED
    return n_used * (score + _POOLED) + n_used * (one + _WEIGHT)


def _score(score: Score, dim: int) -> float:
    if hidden := score.hidden_dim(dim):
        return _PER_HIDDEN_FEATURE * hidden
    return _PRODUCT * dim / _DIM + (_DISTANCE if isinstance(score, Rbf) else 0.0)


def _share_computed(extent: Sizes, spec: AttentionSpec) -> float:
    """Tell which share of the blocks a mask does not empty, from some rows of blocks."""
    if not spec.mask:
        return 1.0
    sizes, joint = Extent(*extent), spec.joint_mask
    tops = range(0, sizes.n_queries, BLOCK)
    keys = [
        range(start, min(start + BLOCK, sizes.n_keys)) for start in range(0, sizes.n_keys, BLOCK)
    ]
    looked_at = tops[len(tops) // _LOOKED_AT // 2 :: max(len(tops) // _LOOKED_AT, 1)]
    n_computed = sum(
        joint.block(range(top, min(top + BLOCK, sizes.n_queries)), key, sizes) is not Coverage.EMPTY
        for top in looked_at
        for key in keys
    )
    return n_computed / (len(looked_at) * len(keys))
