"""Masks, and the rules by which peers say the same."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from attn_gym import masks as gym
from torch import Tensor
from torch.nn.attention.flex_attention import (
    and_masks,
    noop_mask,
    or_masks,
)
from transformers import masking_utils as hugging

Rule = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]

LONG, SHORT = 19, 13
DOCUMENTS = [5, 5, 5, 2, 2, 9, 9, 9, 9, 1, 0, 0, 0]
SCATTERED = [5, 2, 5, 5, 9, 2, 9, 5, 1, 2, 9, 9, 0]
GLOBAL = [0, 7]


def offsets() -> Tensor:
    """Count the documents' lengths up."""
    starts: Tensor = gym.document_mask.length_to_offsets([3, 2, 4, 1, 3], "cpu")
    return starts


def at_positions(chosen: list[int], n: int) -> Tensor:
    """Mark some of n positions."""
    return torch.isin(torch.arange(n), torch.tensor(chosen))


def keys_up_to(length: int) -> Rule:
    """Forbid padding, as transformers does: one row of booleans per sequence."""
    rule: Rule = hugging.padding_mask_function(torch.arange(LONG)[None] < length)
    return rule


def shifted_causal(offset: int) -> Rule:
    """Start the queries later, as transformers does when it has a cache."""
    rule: Rule = hugging.add_offsets_to_mask_function(hugging.causal_mask_function, offset, 0)
    return rule


class Case(NamedTuple):
    """One mask: what the library is told, and the rule of a peer."""

    mechanism: str
    spec: Any
    peer: str
    rule: Rule
    n_queries: int = SHORT
    n_keys: int = SHORT


def window(left: int, right: int) -> dict[str, Any]:
    return {"kind": "sliding_window", "window": [left, right]}


CASES = [
    Case("full", "full", "transformers", hugging.bidirectional_mask_function, SHORT, LONG),
    Case(
        "padding", {"kind": "padding", "key_length": 7}, "transformers", keys_up_to(7), SHORT, LONG
    ),
    Case("causal", "causal", "attn-gym", gym.causal_mask, SHORT, LONG),
    Case("causal", "causal", "attn-gym", gym.causal_mask, LONG, SHORT),
    Case("causal", "causal", "transformers", hugging.causal_mask_function, LONG, SHORT),
    Case(
        "causal, lower_right",
        {"kind": "causal", "align": "lower_right"},
        "transformers",
        shifted_causal(LONG - SHORT),
        SHORT,
        LONG,
    ),
    Case(
        "causal, lower_right",
        {"kind": "causal", "align": "lower_right"},
        "transformers",
        shifted_causal(SHORT - LONG),
        LONG,
        SHORT,
    ),
    # attn-gym's window of 3 keeps four keys, transformers' keeps three.
    Case("sliding_window", window(3, 0), "attn-gym", gym.generate_sliding_window(3), LONG, SHORT),
    Case(
        "sliding_window",
        window(2, 0),
        "transformers",
        hugging.sliding_window_causal_mask_function(3),
        SHORT,
        LONG,
    ),
    Case(
        "sliding_window",
        window(3, 3),
        "transformers",
        hugging.sliding_window_bidirectional_mask_function(3),
        SHORT,
        LONG,
    ),
    Case(
        "dilated",
        {"kind": "dilated", "window": 7, "dilation": 3},
        "attn-gym",
        gym.generate_dilated_sliding_window(7, 3),
        SHORT,
        LONG,
    ),
    Case(
        "prefix_lm",
        {"kind": "prefix_lm", "prefix_length": 5},
        "attn-gym",
        gym.generate_prefix_lm_mask(5),
        SHORT,
        LONG,
    ),
    Case(
        "document",
        {"kind": "document", "document_ids": DOCUMENTS},
        "attn-gym",
        gym.generate_doc_mask_mod(noop_mask, offsets()),
    ),
    Case(
        "document and causal",
        [{"kind": "document", "document_ids": DOCUMENTS}, "causal"],
        "attn-gym",
        gym.generate_packed_causal_doc_mask_mod(offsets()),
    ),
    Case(
        "document",
        {"kind": "document", "document_ids": SCATTERED},
        "transformers",
        hugging.packed_sequence_mask_function(torch.tensor([SCATTERED])),
    ),
    Case(
        "chunked",
        {"kind": "chunked", "chunk_size": 5},
        "transformers",
        hugging.chunked_overlay(5, torch.zeros(1, dtype=torch.long)),
        SHORT,
        LONG,
    ),
    Case(
        "chunked and causal",
        [{"kind": "chunked", "chunk_size": 5}, "causal"],
        "transformers",
        hugging.chunked_causal_mask_function(5, torch.zeros(1, dtype=torch.long)),
        LONG,
        SHORT,
    ),
    Case(
        "global_window",
        {"kind": "global_window", "window": 2, "global_positions": GLOBAL},
        "attn-gym",
        gym.generate_global_sliding_window(2, at_positions(GLOBAL, LONG)),
        LONG,
        SHORT,
    ),
    Case(
        "sinks_window",
        {"kind": "sinks_window", "num_sink_tokens": 2, "window": [3, 0]},
        "transformers or_masks of padding and window",
        hugging.or_masks(keys_up_to(2), hugging.sliding_window_causal_mask_function(4)),
        LONG,
        SHORT,
    ),
    Case(
        "sinks_window",
        {"kind": "sinks_window", "num_sink_tokens": 2, "window": [3, 3]},
        "transformers or_masks of padding and window",
        hugging.or_masks(keys_up_to(2), hugging.sliding_window_bidirectional_mask_function(3)),
        SHORT,
        LONG,
    ),
    # On a square attn-gym's swapped axes meet again; its first number is then the rows.
    Case(
        "neighborhood_2d",
        {"kind": "neighborhood_2d", "grid": [7, 7], "kernel": [5, 3]},
        "attn-gym",
        gym.generate_natten(7, 7, 5, 3),
        49,
        49,
    ),
    Case(
        "neighborhood_2d",
        {"kind": "neighborhood_2d", "grid": [5, 7], "kernel": [3, 5]},
        "attn-gym STA, tiles of one",
        gym.generate_sta_mask_mod_2d((5, 7), (3, 5), (1, 1)),
        35,
        35,
    ),
    Case(
        "neighborhood_2d",
        {"kind": "neighborhood_2d", "grid": [3, 11], "kernel": [3, 1]},
        "attn-gym STA, tiles of one",
        gym.generate_sta_mask_mod_2d((3, 11), (3, 1), (1, 1)),
        33,
        33,
    ),
    Case(
        "and",
        {"kind": "and", "of": ["causal", {"kind": "prefix_lm", "prefix_length": 5}, window(4, 4)]},
        "torch and_masks",
        and_masks(
            gym.causal_mask,
            gym.generate_prefix_lm_mask(5),
            hugging.sliding_window_bidirectional_mask_function(4),
        ),
        SHORT,
        LONG,
    ),
    Case(
        "or",
        {"kind": "or", "of": [window(2, 0), {"kind": "dilated", "window": 9, "dilation": 3}]},
        "torch or_masks",
        or_masks(gym.generate_sliding_window(2), gym.generate_dilated_sliding_window(9, 3)),
        SHORT,
        LONG,
    ),
    Case(
        "not",
        {"kind": "not", "of": {"kind": "prefix_lm", "prefix_length": 5}},
        "attn-gym, turned round",
        lambda b, h, i, j: ~gym.generate_prefix_lm_mask(5)(b, h, i, j),
        SHORT,
        LONG,
    ),
]
