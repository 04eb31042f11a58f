"""How long a request would compute, told before any work from its sizes alone."""

from collections.abc import Iterable
from typing import Any

import torch

from app.config import Limits
from app.errors import Exceeded, field_problem
from app.schemas import AttentionRequest
from app.sizes import Size, n_numbers_of_head

# What a job takes, measured on one CPU core at 2.5 GHz. A job that passes its deadline is stopped
# between blocks anyway; the estimate spares the worker that could not have ended.
_NS_PER_CELL = 3.0
"""A score through mask and normaliser, in one pass."""

_NS_PER_PRODUCT = 0.022
"""A multiplication and its addition, in a matrix product."""

_NS_PER_HIDDEN = 3.0
"""A hidden feature of one pair in an additive score: about 8 steps, the tanh among them."""

_NS_PER_CAP = 1.5
_NS_PER_DISTANCE = 2.0
_NS_PER_BIAS = 1.0
_NS_PER_MIX = 0.4
"""A cell of one head that goes into another."""

_NS_PER_MASK = 3.0
_NS_PER_SIGN = 1.0
"""A character of a predicate, at worst a product and its remainder in integers."""

_NS_PER_NUMBER_MADE = 15.0
"""A number made from a seed."""

_GPU_SPEED = 100.0


def require_time(size: Size, asked: AttentionRequest, limits: Limits) -> None:
    """Refuse work that cannot end before its deadline.

    Raises:
        ProblemError: 422, naming the limit and the way out.
    """
    needed_s, maximum = _seconds(size, asked, limits), limits.computing_s
    if needed_s <= maximum:
        return
    is_additive = asked.spec.score.kind == "additive"
    way_out = "a smaller attn_dim, " if is_additive else ""
    raise field_problem(
        ("spec", "score") if is_additive else size.fields.queries,
        f"An answer must be computed within {maximum:g} s, and this one would take about "
        f"{needed_s:.0f} s: {size.n_heads} heads × {size.n_queries} queries × {size.n_keys} keys, "
        f"{_n_passes(asked)} times over; use {way_out}fewer tokens or heads, or ask for fewer "
        "matrices in 'include'.",
        exceeded=Exceeded("computing_s", round(needed_s, 1), maximum),
    )


def _seconds(size: Size, asked: AttentionRequest, limits: Limits) -> float:
    n_cells = size.n_score_heads * size.n_queries * size.n_keys
    ns = n_cells * _n_passes(asked) * _ns_of_score(size, asked)
    if "outputs" in asked.include:
        ns += n_cells * size.value_head_dim * _NS_PER_PRODUCT
    ns += _ns_to_prepare(size, asked)
    return ns / 1e9 / _speed(asked, limits)


def _n_passes(asked: AttentionRequest) -> int:
    """Count the passes over all scores: one for the state of the rows, and one a matrix."""
    return 1 + len(set(asked.include))


def _ns_of_score(size: Size, asked: AttentionRequest) -> float:
    """Tell the time of one cell, once over: its score, its mask and its weight."""
    spec, hidden = asked.spec, asked.spec.score.hidden_dim(size.head_dim)
    ns = _NS_PER_CELL * spec.normalizer.times_softmax + _ns_of_masks(spec.mask)
    ns += 0.0 if spec.softcap is None else _NS_PER_CAP
    ns += _NS_PER_BIAS if spec.position.has_bias else 0.0
    if spec.heads.kind == "talking_heads":
        ns += 2 * size.n_heads * _NS_PER_MIX
    if hidden:
        return ns + hidden * _NS_PER_HIDDEN
    if spec.score.kind == "rbf":
        ns += _NS_PER_DISTANCE
    return ns + size.head_dim * _NS_PER_PRODUCT


def _ns_of_masks(masks: Iterable[Any]) -> float:
    """Tell the time of a cell of all masks, those inside others included."""
    ns, waiting = 0.0, list(masks)
    while waiting:
        mask = waiting.pop()
        ns += _NS_PER_MASK
        if mask.kind == "custom" and mask.predicate is not None:
            ns += len(str(mask.predicate)) * _NS_PER_SIGN
        members = getattr(mask, "of", ())
        waiting += members if isinstance(members, tuple) else [members]
    return ns


def _ns_to_prepare(size: Size, asked: AttentionRequest) -> float:
    """Tell the time to make tokens into vectors, and vectors into queries, keys and values."""
    n_tokens = size.n_queries + size.n_keys
    n_products = n_tokens * size.n_parameters // 2
    n_made = size.n_parameters + size.n_score_heads * n_numbers_of_head(size, asked)
    if asked.spec.score.kind == "general":
        n_products += size.n_keys * size.n_score_heads * size.head_dim * size.key_head_dim
    if asked.tokens is not None or asked.text is not None:
        n_made += n_tokens * size.dim
    return n_products * _NS_PER_PRODUCT + n_made * _NS_PER_NUMBER_MADE


def _speed(asked: AttentionRequest, limits: Limits) -> float:
    """Tell how much faster than one core the work is done, at best."""
    if asked.device != "cpu" and torch.cuda.is_available():
        return _GPU_SPEED
    return limits.threads_per_worker
