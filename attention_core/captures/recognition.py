"""Descriptions of masks and biases that were handed over as tensors: exact to the cell, or none."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.grid import BLOCK, as_slice
from attention_core.masks import (
    AnyMask,
    Causal,
    Chunked,
    Custom,
    Extent,
    Padding,
    PrefixLm,
    SlidingWindow,
)
from attention_core.masks.predicate import MAX_LENGTH
from attention_core.spec import AttentionSpec

_HIDDEN_FRACTION = 0.9
"""Of the least number of a dtype: what is below it hides a key, a number added to it or not."""


@dataclass(frozen=True)
class MaskHints:
    """What a model says of its masks; tried first, so that a description says what was meant.

    A window that is longer than the text hides nothing, and only a hint can tell that it is there.

    Attributes:
        window: How many keys a query sees at most, itself included.
        chunk_size: Tokens of a chunk that queries stay within.
    """

    window: int | None = None
    chunk_size: int | None = None


_NO_HINTS = MaskHints()


def recognised(
    allowed: Bool[Tensor, "query key"], *, hints: MaskHints = _NO_HINTS
) -> tuple[list[AnyMask], Bool[Tensor, "query key"] | None]:
    """Find masks that together allow the same pairs, to the cell.

    Found are causal masks, windows and other diagonal bands, chunks, padding, and keys that no
    query sees; not found are documents and drawings.

    Args:
        allowed: True where a query may attend to a key.
        hints: What the model says of its masks.

    Returns:
        The masks, none of them where every pair is allowed; and the matrix itself where it is not
        found, with no masks then.
    """
    for masks in _candidates(allowed, hints):
        if _is_same(masks, allowed):
            return masks, None
    return [], allowed


def split_bias(
    additive: Float[Tensor, "head query key"],
) -> tuple[
    Bool[Tensor, "query key"] | None,
    Float[Tensor, "bias_head query key"] | None,
    Float[Tensor, "bias_head distance"] | None,
]:
    """Take what a model adds to its scores apart, into a mask and a bias.

    What is −inf, or so far down that a number added to it changes nothing, is a mask. The rest is
    a bias: by distance where that says the same to the bit, else as a matrix; of one head where
    all heads have the same.

    Args:
        additive: What is added; the mask must be the same in all heads.

    Returns:
        The mask, the matrix and the numbers by distance, from ``1 − n_queries`` to
        ``n_keys − 1``; each None where there is none. Of matrix and distances one is None.

    Raises:
        ShapeError: When heads have different masks.
    """
    # NaN stays in the bias, where a map refuses it; read as hidden it would go unseen.
    by_head = ~(additive <= torch.finfo(additive.dtype).min * _HIDDEN_FRACTION)
    allowed = by_head[0]
    if not torch.equal(by_head, allowed.expand_as(by_head)):
        raise ShapeError(
            "a mask must be the same in all heads, got heads with masks of their own; keep the "
            "weights of this layer instead.",
            field=("bias",),
        )
    bias = additive.masked_fill(~allowed, 0.0)
    mask = None if bool(allowed.all()) else allowed
    if not bias.any():
        return mask, None, None
    if torch.equal(bias, bias[:1].expand_as(bias)):
        bias = bias[:1]
    distances = _by_distance(bias, allowed)
    return (mask, bias, None) if distances is None else (mask, None, distances)


def _candidates(allowed: Tensor, hints: MaskHints) -> Iterator[list[AnyMask]]:
    """Guess descriptions, the simplest first but for what is hinted at; none need be right."""
    extent = Extent(*allowed.shape)
    upper, lower = _diagonals(allowed)
    sides = ((upper, None), (None, lower), (upper, lower))
    bands = [_band(*side, extent) for side in sides]
    hinted = _hinted_bands(upper, hints, extent)
    sizes = [hints.chunk_size, _chunk_size(allowed)]
    chunks = [Chunked(chunk_size=size) for size in dict.fromkeys(sizes) if size]
    insides: list[list[AnyMask]] = [*hinted, [], *bands]
    if hints.chunk_size is not None:
        insides = [[*band, chunks[0]] for band in ([], *bands)] + insides
    insides += [[*band, chunk] for band in ([], *bands) for chunk in chunks]
    insides += [[PrefixLm(prefix_length=upper + 1)]] if upper is not None and upper > 0 else []
    # Keys that no query sees may lie beyond a diagonal, and need not be hidden for themselves.
    for hiding in _hidings(~allowed.any(dim=1), ~allowed.any(dim=0)):
        for inside in insides:
            yield [*inside, *hiding]


def _diagonals(allowed: Tensor) -> tuple[int | None, int | None]:
    """Measure how far after a query its last key is at most, and its first one at least.

    None where every query that sees a key sees the last one, or the first one, that any does.
    """
    rows = allowed.any(dim=1).nonzero()[:, 0]
    if not len(rows):
        return None, None
    first = allowed[rows].to(torch.uint8).argmax(dim=1)
    last = allowed.shape[1] - 1 - allowed[rows].flip(1).to(torch.uint8).argmax(dim=1)
    upper = None if bool((last == last.max()).all()) else int((last - rows).max())
    lower = None if bool((first == first.min()).all()) else int((first - rows).min())
    return upper, lower


def _band(upper: int | None, lower: int | None, extent: Extent) -> list[AnyMask]:
    """Describe the keys from so far after a query, or before it, to so far."""
    if lower is None:
        return [] if upper is None else [_up_to(upper, extent)]
    if upper is None:
        return [_predicate(f"j >= {_moved(lower)}")]
    if upper == 0 and lower <= 0:
        return [Causal(), SlidingWindow(window=(-lower, 0))]
    if lower <= 0 <= upper:
        return [SlidingWindow(window=(-lower, upper))]
    return [_up_to(upper, extent), _predicate(f"j >= {_moved(lower)}")]


def _up_to(upper: int, extent: Extent) -> Causal | Custom:
    if upper == 0:
        return Causal()
    if upper == extent.n_keys - extent.n_queries:
        return Causal(align="lower_right")
    return _predicate(f"j <= {_moved(upper)}")


def _hinted_bands(upper: int | None, hints: MaskHints, extent: Extent) -> list[list[AnyMask]]:
    """Describe the window that a model says it has; where no key is too late, in all ways."""
    if hints.window is None:
        return []
    ends = [0, extent.n_keys - extent.n_queries] if upper is None else [upper]
    return [_band(end, end - hints.window + 1, extent) for end in dict.fromkeys(ends)]


def _chunk_size(allowed: Tensor) -> int | None:
    """Measure where the second chunk starts, were there chunks."""
    first = allowed.to(torch.uint8).argmax(dim=1)
    later = first[first > 0]
    return int(later.min()) if len(later) else None


def _hidings(queries: Tensor, keys: Tensor) -> Iterator[list[AnyMask]]:
    """Describe queries that see nothing and keys that nothing sees, as it may be meant."""
    yield []
    by_key: list[AnyMask] = []
    if keys.any():
        n_visible = int((~keys).sum())
        if not keys[:n_visible].any():
            by_key = [Padding(key_length=n_visible)]
        elif (text := _seen("j", keys)) is not None:
            by_key = [_predicate(text)]
        yield by_key
    if queries.any() and (text := _seen("i", queries)) is not None:
        yield [*by_key, _predicate(text)]


def _seen(name: str, hidden: Tensor) -> str | None:
    """Write the runs of an axis that are not hidden as a condition, if it is short enough."""
    edges = torch.cat([hidden.new_ones(1), hidden, hidden.new_ones(1)]).to(torch.int8).diff()
    starts, stops = (edges == -1).nonzero()[:, 0].tolist(), (edges == 1).nonzero()[:, 0].tolist()
    if len(starts) * len(" or 0 <= j < 0") > MAX_LENGTH:
        return None
    runs = [f"{start} <= {name} < {stop}" for start, stop in zip(starts, stops, strict=True)]
    text = " or ".join(runs) or "False"
    return text if len(text) <= MAX_LENGTH else None


def _predicate(text: str) -> Custom:
    return Custom(predicate=text)


def _moved(distance: int) -> str:
    return f"i {'-' if distance < 0 else '+'} {abs(distance)}"


def _is_same(masks: list[AnyMask], allowed: Tensor) -> bool:
    """Compare stripe by stripe, because most guesses are wrong in the first."""
    extent = Extent(*allowed.shape)
    joint = AttentionSpec(mask=tuple(masks)).joint_mask
    every_key = range(extent.n_keys)
    for start in range(0, extent.n_queries, BLOCK):
        rows = range(start, min(start + BLOCK, extent.n_queries))
        if not torch.equal(
            joint.tile(rows, every_key, extent, allowed.device), allowed[as_slice(rows)]
        ):
            return False
    return True


def _by_distance(
    bias: Float[Tensor, "bias_head query key"], allowed: Bool[Tensor, "query key"]
) -> Float[Tensor, "bias_head distance"] | None:
    """Tell a bias by distance, where all pairs of a distance that may attend have the same."""
    n_heads, n_queries, n_keys = bias.shape
    rows = torch.arange(n_queries, device=bias.device)[:, None]
    distance = torch.arange(n_keys, device=bias.device)[None] - rows + n_queries - 1
    # Numbers of pairs that are masked are not known, and never asked for: zero says so.
    table = bias.new_zeros(n_heads, n_queries + n_keys - 1)
    table[:, distance[allowed]] = bias[:, allowed]
    is_same = torch.equal(table[:, distance].masked_fill(~allowed, 0.0), bias)
    return table if is_same else None
