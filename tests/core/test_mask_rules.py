"""Each mask's rule against plain loops and against the field's own mask_mods."""

import math
from collections.abc import Callable
from typing import Any

import attn_gym.masks as gym
import pytest
import torch
from pydantic import TypeAdapter
from torch.nn.attention.flex_attention import create_mask

from attention_core.masks import AnyMask, BigBird, Extent, Mask
from tests.reference import masks

MASKS: TypeAdapter[Mask] = TypeAdapter(AnyMask)
CPU = torch.device("cpu")
CROSS, OWN, WIDE = Extent(11, 13), Extent(21, 21), Extent(13, 11)
DOCUMENTS = (0, 0, 0, 2, 2, 1, 1, 1, 1, 0, 3, 3, 3, 3, 3, 2, 4, 4, 4, 4, 5)
BIGBIRD = BigBird(block_size=2, num_random_blocks=2, seed=5)

RULES: dict[str, tuple[Any, Extent, Callable[[int, int], bool]]] = {
    "strided": ("strided", CROSS, masks.strided(4)),
    "dilated": ("dilated", CROSS, masks.dilated(4, 2)),
    "dilated off the beat": (
        {"kind": "dilated", "window": 7, "dilation": 3},
        WIDE,
        masks.dilated(7, 3),
    ),
    "prefix_lm": ({"kind": "prefix_lm", "prefix_length": 5}, CROSS, masks.prefix_lm(5)),
    "prefix_lm of nothing": ({"kind": "prefix_lm", "prefix_length": 0}, WIDE, masks.prefix_lm(0)),
    "chunked": ("chunked", CROSS, masks.chunked(4)),
    "chunked by five": ({"kind": "chunked", "chunk_size": 5}, WIDE, masks.chunked(5)),
    "document": (
        {"kind": "document", "document_ids": DOCUMENTS},
        OWN,
        masks.document(DOCUMENTS),
    ),
    "global_window": ("global_window", CROSS, masks.global_window(2, (0,))),
    "global_window of several": (
        {"kind": "global_window", "window": 1, "global_positions": [12, 3, 4]},
        CROSS,
        masks.global_window(1, (3, 4, 12)),
    ),
    "bigbird": (
        BIGBIRD,
        OWN,
        masks.bigbird(2, *OWN, random_blocks=BIGBIRD.random_blocks(OWN.n_queries)),
    ),
    "sinks_window": ("sinks_window", CROSS, masks.sinks_window(4, 8, 0)),
    "sinks_window on both sides": (
        {"kind": "sinks_window", "num_sink_tokens": 1, "window": [2, 1]},
        WIDE,
        masks.sinks_window(1, 2, 1),
    ),
    "neighborhood_2d": (
        {"kind": "neighborhood_2d", "grid": [3, 7]},
        OWN,
        masks.neighborhood_2d((3, 7), (3, 3)),
    ),
    "neighborhood_2d of an oblong box": (
        {"kind": "neighborhood_2d", "grid": [3, 7], "kernel": [1, 5]},
        OWN,
        masks.neighborhood_2d((3, 7), (1, 5)),
    ),
    "custom": (
        {"kind": "custom", "predicate": "j <= i and (i - j) % 2 == 0"},
        CROSS,
        lambda i, j: j <= i and (i - j) % 2 == 0,
    ),
}


def whole(description: Any, extent: Extent) -> torch.Tensor:
    mask = MASKS.validate_python(description)
    mask.check(extent)
    return mask.tile(range(extent.n_queries), range(extent.n_keys), extent, CPU)


@pytest.mark.parametrize("name", RULES)
def test_a_mask_is_its_rule_in_plain_loops(name: str) -> None:
    description, extent, allowed = RULES[name]
    expected = [[allowed(i, j) for j in range(extent.n_keys)] for i in range(extent.n_queries)]

    assert whole(description, extent).tolist() == expected


N_TOKENS = 49
PACKED = sorted(DOCUMENTS) + [9] * (N_TOKENS - len(DOCUMENTS))
OFFSETS = gym.document_mask.length_to_offsets(
    [PACKED.count(document) for document in sorted(set(PACKED))], "cpu"
)
IS_GLOBAL = torch.zeros(N_TOKENS, dtype=torch.bool)
IS_GLOBAL[[0, 17]] = True
PEERS: dict[str, tuple[Any, Any]] = {
    "causal": ("causal", gym.causal_mask),
    # Its window W keeps W + 1 keys: itself and W before.
    "sliding window": (
        {"kind": "sliding_window", "window": (5, 0)},
        gym.generate_sliding_window(5),
    ),
    "prefix": ({"kind": "prefix_lm", "prefix_length": 7}, gym.generate_prefix_lm_mask(7)),
    "dilated": (
        {"kind": "dilated", "window": 7, "dilation": 3},
        gym.generate_dilated_sliding_window(7, 3),
    ),
    "causal documents": (
        {"kind": "and", "of": ["causal", {"kind": "document", "document_ids": PACKED}]},
        gym.generate_doc_mask_mod(gym.causal_mask, OFFSETS),
    ),
    "global window": (
        {"kind": "global_window", "window": 3, "global_positions": [17, 0]},
        gym.global_sliding_window.generate_global_sliding_window(3, IS_GLOBAL),
    ),
    # Its axes are swapped off the square.
    "neighbourhood": (
        {"kind": "neighborhood_2d", "grid": (7, 7), "kernel": (5, 5)},
        gym.generate_natten(7, 7, 5, 5),
    ),
}


@pytest.mark.parametrize("name", PEERS)
def test_attention_gym_makes_the_same_mask(name: str) -> None:
    description, peer = PEERS[name]

    expected = create_mask(peer, 1, 1, N_TOKENS, N_TOKENS, device="cpu")[0, 0]

    assert torch.equal(whole(description, Extent(N_TOKENS, N_TOKENS)), expected)


@pytest.mark.parametrize("n_tokens", [1, 2, 5, 7, 11, 23, 97])
@pytest.mark.parametrize("num_random_blocks", [0, 1, 3, 32])
def test_random_blocks_are_new_ones_and_as_many_as_there_are(
    n_tokens: int, num_random_blocks: int
) -> None:
    drawn = BigBird(block_size=3, num_random_blocks=num_random_blocks).random_blocks(n_tokens)

    last = math.ceil(n_tokens / 3) - 1
    assert len(drawn) == last + 1
    for block, row in enumerate(drawn):
        left = {b for b in range(1, last) if abs(b - block) > 1} if 0 < block < last else set()
        assert set(row) <= left
        assert len(row) == len(set(row)) == min(num_random_blocks, len(left))


def test_random_blocks_are_drawn_evenly() -> None:
    counts = torch.zeros(11, 11)
    for seed in range(2000):
        for block, row in enumerate(
            BigBird(block_size=1, num_random_blocks=2, seed=seed).random_blocks(11)
        ):
            counts[block, row] += 1

    # Blocks 4 to 6 have six left; the standard deviation of 2000 · 2/6 draws is 21.
    some = counts[4:7]
    assert ((some == 0) | ((some - 2000 / 3).abs() < 100)).all()
    assert ((some > 0).sum(1) == 6).all()


def test_random_blocks_are_the_same_for_ever() -> None:
    drawn = [[], [8, 9], [7, 8], [1, 6], [6, 9], [3, 8], [1, 3], [2, 5], [1, 3], [1, 6], []]

    assert BIGBIRD.random_blocks(21) == drawn
