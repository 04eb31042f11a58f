"""Masks that peers never write down: Longformer and BigBird compute their blocks alone."""

import pytest
import torch
from torch import Tensor
from transformers import BigBirdConfig, LongformerConfig
from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

from tests.peers.comparison import FLOAT32
from tests.peers.conftest import Agree
from tests.peers.inputs import DIM, Qkv, allowed, drawn, heads_of, made, merged, ours, replaced

N_HEADS = 3


@pytest.mark.parametrize("chosen", [[], [0], [3, 11, 12]])
def test_global_window_agrees_with_longformer(agree: Agree, chosen: list[int]) -> None:
    n, one_side = 24, 2
    config = LongformerConfig(
        hidden_size=N_HEADS * DIM,
        num_attention_heads=N_HEADS,
        attention_window=[2 * one_side],  # the total width
        attention_probs_dropout_prob=0.0,
    )
    module = made(lambda: LongformerSelfAttention(config, layer_id=0))
    # Its global tokens have projections of their own: here the same ones.
    module.query_global, module.key_global, module.value_global = (
        module.query,
        module.key,
        module.value,
    )
    x = drawn(1, n, N_HEADS * DIM, seed=1)
    is_global = torch.isin(torch.arange(n), torch.tensor(chosen))[None]
    outputs = module(
        x,
        attention_mask=is_global * 10_000.0,
        is_index_masked=torch.zeros(1, n, dtype=torch.bool),
        is_index_global_attn=is_global,
        is_global_attn=bool(chosen),
    )[0]

    layers = (module.query, module.key, module.value)
    given = Qkv(*(heads_of(layer(x), N_HEADS) for layer in layers))
    mask = {"kind": "global_window", "window": one_side, "global_positions": chosen}
    result = ours(given, mask=mask)

    pair = (merged(result.outputs()), outputs[0])
    agree("global_window", "transformers Longformer", FLOAT32, pair)


@pytest.mark.parametrize(("n_random", "seed"), [(1, 0), (2, 5)])
def test_bigbird_agrees_with_big_bird_given_our_random_blocks(
    agree: Agree, n_random: int, seed: int
) -> None:
    size, n_blocks = 3, 11
    n = size * n_blocks
    mask = {"kind": "bigbird", "block_size": size, "num_random_blocks": n_random, "seed": seed}
    blocks = allowed(n, n, mask)[::size, ::size]
    table = random_blocks(blocks, n_random)
    config = BigBirdConfig(
        hidden_size=N_HEADS * DIM,
        num_attention_heads=N_HEADS,
        num_random_blocks=n_random,
        block_size=size,
        attention_probs_dropout_prob=0.0,
        use_bias=False,
    )
    module = made(lambda: BigBirdBlockSparseAttention(config, seed=0)).train()
    x = drawn(1, n, N_HEADS * DIM, seed=1)
    nothing_masked = torch.ones(1, n_blocks, size)
    with replaced(module, "_bigbird_block_rand_mask_with_head", lambda **_: [table] * N_HEADS):
        outputs, weights = module(
            x,
            band_mask=torch.ones(1, 1, n_blocks - 4, size, 3 * size),
            from_mask=torch.ones(1, 1, n, 1),
            to_mask=torch.ones(1, 1, 1, n),
            from_blocked_mask=nothing_masked,
            to_blocked_mask=nothing_masked,
        )

    layers = (module.query, module.key, module.value)
    given = Qkv(*(heads_of(layer(x), N_HEADS) for layer in layers))
    result = ours(given, mask=mask)

    pairs = (result.weights(), weights[0]), (merged(result.outputs()), outputs[0])
    agree("bigbird", "transformers BigBird", FLOAT32, *pairs)


def random_blocks(blocks: Tensor, n_random: int) -> list[list[int]]:
    """Read the random blocks of each middle row of blocks, as BigBird wants them told."""
    n = len(blocks)
    table = []
    for row in range(1, n - 1):
        known = {0, row - 1, row, row + 1, n - 1}
        table.append([k for k in range(n) if blocks[row, k] and k not in known])
    assert {len(row) for row in table} == {n_random}
    return table
