"""Masks of long texts, for which a matrix has no room: told by rows, and attended with by blocks.

transformers writes a window as a matrix of tokens × tokens, of which torch's kernel makes floats:
five gigabytes at 32,768 tokens. Here the model is handed an empty stand-in instead, which its
recording kernel knows the rule of.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attention_core.errors import SpecError
from attention_core.masks import AnyMask, Causal, Chunked, Coverage, Extent, SlidingWindow
from attention_core.models.softcap import softcapped
from attention_core.prepared import Check
from attention_core.spec import AttentionSpec

LONG_CELLS = 2**26
"""Cells up to which a mask may be a matrix: those of 8,192 tokens."""

_BLOCK: Final = 512
_NAME: Final = "attention_atlas_rule"
_WAY_OUT = "give a shorter text, or open a model whose masks are causal, windows or chunks"

_Rule = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""Of transformers: indices of sequence, head, query and key, to whether they may attend."""


class _NeededError(Exception):
    """A mask cannot be left out."""


@dataclass(frozen=True)
class Attending:
    """How a kernel makes weights of products.

    Attributes:
        scaling: Factor of the products; 1/√d when absent.
        softcap: Bound of the scores; none when absent.
        check: Called between blocks; may raise to end the work.
    """

    scaling: float | None
    softcap: float | None
    check: Check | None


class LongMask:
    """A mask by its rule.

    Args:
        rule: Tells of indices, which broadcast, whether they may attend.
        extent: Queries and keys.
        first: Index of the first query, and of the first key.
        device: Where indices are.
    """

    def __init__(
        self, rule: _Rule, extent: Extent, first: tuple[int, int], device: torch.device
    ) -> None:
        self.extent = extent
        self._rule, self._first, self._device = rule, first, device

    def rows(self, query: range, key: range) -> Bool[Tensor, "query key"]:
        """Tell of a rectangle which pairs may attend."""
        nothing = torch.zeros(1, 1, 1, 1, dtype=torch.int64, device=self._device)
        queries, keys = (
            torch.arange(span.start + first, span.stop + first, device=self._device)
            for span, first in zip((query, key), self._first, strict=True)
        )
        told = self._rule(nothing, nothing, queries[:, None], keys[None])
        return told.expand(1, 1, len(query), len(key))[0, 0]

    @property
    def masks(self) -> tuple[AnyMask, ...]:
        """Masks that together allow the same pairs, to the cell.

        Raises:
            SpecError: When it is none that is known of.
        """
        _, found = self._seen
        if found is None:
            raise SpecError(
                f"a mask must be one that is known of to be kept for {self.extent.n_keys:,} "
                f"tokens, got one that only a matrix could tell; {_WAY_OUT}.",
                field=("inputs",),
            )
        return found

    @property
    def spans(self) -> tuple[tuple[range, range], ...]:
        """Each block of queries, with the keys from the first to the last that one of it sees."""
        spans, _ = self._seen
        return spans

    def stand_in(self) -> Tensor:
        """Make a tensor of the mask's shape that holds nothing; whoever reads it fails."""
        made = torch.empty((1, 1, *self.extent), dtype=torch.bool, device="meta")
        setattr(made, _NAME, self)
        return made

    @cached_property
    def _seen(self) -> tuple[tuple[tuple[range, range], ...], tuple[AnyMask, ...] | None]:
        """Look at every pair once, for its keys and for the masks that say the same."""
        spans, left = [], self._candidates()
        for rows in self._blocks():
            told = self.rows(rows, range(self.extent.n_keys))
            seen = told.any(dim=0).nonzero()[:, 0]
            keys = range(int(seen[0]), int(seen[-1]) + 1) if len(seen) else range(0)
            left = [masks for masks in left if self._is_same(masks, (rows, keys), told)]
            spans.append((rows, keys))
        return tuple(spans), left[0] if left else None

    def _blocks(self) -> Iterator[range]:
        """Cut the queries into blocks."""
        n_queries = self.extent.n_queries
        for start in range(0, n_queries, _BLOCK):
            yield range(start, min(start + _BLOCK, n_queries))

    def _candidates(self) -> list[tuple[AnyMask, ...]]:
        """Guess from one row in the middle, and from the queries that see the first key."""
        n_queries, n_keys = self.extent
        middle = n_queries // 2
        seen = self.rows(range(middle, middle + 1), range(n_keys))[0].nonzero()[:, 0]
        first, last = (int(seen[0]), int(seen[-1])) if len(seen) else (middle, middle)
        sees_first = self.rows(range(n_queries), range(1))[:, 0]
        chunk = int(sees_first.int().argmin()) or n_queries
        window = SlidingWindow(window=(max(middle - first, 0), max(last - middle, 0)))
        return [
            (Causal(), window),
            (Causal(), Chunked(chunk_size=chunk)),
            (Causal(),),
            (window,),
            (),
        ]

    def _is_same(self, masks: tuple[AnyMask, ...], span: tuple[range, range], told: Tensor) -> bool:
        """Compare a block of queries: cell by cell where it sees keys, at a glance elsewhere."""
        joint, (rows, keys) = AttentionSpec(mask=masks).joint_mask, span
        for rest in (range(keys.start), range(keys.stop, self.extent.n_keys)):
            if rest and joint.block(rows, rest, self.extent) is not Coverage.EMPTY:
                return False
        inside = joint.tile(rows, keys, self.extent, told.device)
        return torch.equal(inside, told[:, keys.start : keys.stop])


def long_mask_of(mask: Tensor | None) -> LongMask | None:
    """Find the rule that a stand-in stands for; None for a mask that is a matrix, or none.

    Raises:
        SpecError: When the model made something else of a stand-in.
    """
    if mask is None or not mask.is_meta:
        return None
    found: LongMask | None = getattr(mask, _NAME, None)
    if found is None:
        raise SpecError(
            f"a mask must reach the kernel as it was made to be kept for {mask.shape[-1]:,} "
            f"tokens, got one that the model changed; {_WAY_OUT}.",
            field=("inputs",),
        )
    return found


def mask_or_stand_in(make: Callable[..., Tensor | None], options: Mapping[str, Any]) -> Any:
    """Make a mask as transformers would, or its stand-in where that would be a large matrix.

    Args:
        make: transformers' ``sdpa_mask``, or what took its place.
        options: What it is called with.
    """
    extent = Extent(int(options["q_length"]), int(options["kv_length"]))
    is_long = extent.n_queries * extent.n_keys > LONG_CELLS
    if not is_long or options.get("use_vmap") or int(options["batch_size"]) != 1:
        return make(**options)
    try:
        # Without a rule it makes a mask only where it can be left out.
        return make(**{**options, "mask_function": _refuse})
    except _NeededError:
        pass
    first = (int(options.get("q_offset", 0)), int(options.get("kv_offset", 0)))
    device = torch.device(options.get("device", "cpu"))
    return LongMask(_padded(options, extent, first), extent, first, device).stand_in()


def attended(
    query: Float[Tensor, "batch head query dim"],
    key: Float[Tensor, "batch key_head key dim"],
    value: Float[Tensor, "batch key_head key value_dim"],
    mask: LongMask,
    how: Attending,
) -> Float[Tensor, "batch query head value_dim"]:
    """Attend with torch's own kernel, a block of queries at a time, over the keys that it sees.

    Args:
        query: Queries.
        key: Keys, a head for each group.
        value: Values likewise.
        mask: Which pairs may attend.
        how: What happens to the scores.
    """
    batch, n_heads, n_queries, _ = query.shape
    outputs = query.new_zeros(batch, n_queries, n_heads, value.shape[-1])
    for rows, keys in mask.spans:
        if not keys:
            continue  # Nothing to see, and nothing comes out.
        if how.check is not None:
            how.check()
        those, these = slice(rows.start, rows.stop), slice(keys.start, keys.stop)
        parts = (query[:, :, those], key[:, :, these], value[:, :, these])
        outputs[:, those] = _block(*parts, mask.rows(rows, keys)[None, None], how)
    return outputs


def _block(query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, how: Attending) -> Tensor:
    if how.softcap is not None:
        cap = how.softcap
        return softcapped(
            query, key, value, allowed, scaling=how.scaling, softcap=cap, is_causal=False
        )
    is_shared = key.shape[1] != query.shape[1]
    made = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=allowed, scale=how.scaling, enable_gqa=is_shared
    )
    return made.transpose(1, 2)


def _refuse(*_: object) -> Tensor:
    raise _NeededError


def _padded(options: Mapping[str, Any], extent: Extent, first: tuple[int, int]) -> _Rule:
    """Join the rule with the keys that are padding, as transformers does."""
    from transformers import masking_utils  # noqa: PLC0415

    rule: _Rule = options["mask_function"]
    padding = masking_utils.prepare_padding_mask(
        options.get("attention_mask"), extent.n_keys, first[1]
    )
    if padding is None or bool(padding.all()):
        return rule
    joined: _Rule = masking_utils.and_masks(rule, masking_utils.padding_mask_function(padding))
    return joined
