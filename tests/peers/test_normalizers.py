"""Normalisers that are a softmax of something."""

import pytest
import torch
from torch import nn
from transformers import GptOssConfig
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssAttention

from tests.peers.comparison import BOTH, FLOAT32
from tests.peers.conftest import Agree
from tests.peers.inputs import (
    DIM,
    N_KEYS,
    N_QUERIES,
    Qkv,
    causal_bias,
    drawn,
    heads_of,
    made,
    masking,
    merged,
    ours,
    qkv,
    sdpa,
    standing_still,
)
from tests.peers.lucidrains import Attend

N_HEADS = 3
TEMPERATURES = [1.0, 0.4]
CAUSAL = torch.ones(N_QUERIES, N_KEYS, dtype=torch.bool).tril()


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("temperature", [1.0, 0.4, 3.0])
def test_softmax_agrees_with_torch(
    agree: Agree, temperature: float, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(dtype=dtype)
    scale = DIM**-0.5 / temperature
    outputs, weights = sdpa(given, scale=scale, bias=masking(CAUSAL, dtype))

    normalizer = {"kind": "softmax", "temperature": temperature}
    result = ours(given, normalizer=normalizer, mask="causal")

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("softmax", "torch SDPA", tolerance, *pairs)


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_softmax1_agrees_with_a_key_of_zeros_in_multihead_attention(
    agree: Agree, dtype: torch.dtype, tolerance: float
) -> None:
    layer = nn.MultiheadAttention(
        N_HEADS * DIM, N_HEADS, bias=False, add_zero_attn=True, batch_first=True, dtype=dtype
    )
    query = drawn(1, N_QUERIES, N_HEADS * DIM, seed=1, dtype=dtype)
    key = drawn(1, N_KEYS, N_HEADS * DIM, seed=2, dtype=dtype)
    outputs, weights = layer(query, key, key, attn_mask=~CAUSAL, average_attn_weights=False)

    projected = zip((query, key, key), layer.in_proj_weight.chunk(3), strict=True)
    given = Qkv(*(heads_of(x @ matrix.T, N_HEADS) for x, matrix in projected))
    result = ours(given, normalizer="softmax1", mask="causal")

    agree(
        "softmax1",
        "torch nn.MultiheadAttention add_zero_attn",
        tolerance,
        (result.weights(), weights[0, ..., :N_KEYS]),  # the zero logit is its last column
        (layer.out_proj(merged(result.outputs())), outputs[0]),
    )


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_softmax1_agrees_with_x_transformers(agree: Agree, temperature: float) -> None:
    given = qkv()
    attend = Attend(add_zero_kv=True, scale=DIM**-0.5 / temperature)
    outputs, seen = attend(*given.batch)

    result = ours(given, normalizer={"kind": "softmax1", "temperature": temperature})

    agree(
        "softmax1",
        "x-transformers add_zero_kv",
        FLOAT32,
        (result.weights(), seen.post_softmax_attn[0, ..., 1:]),
        (result.outputs(), outputs[0]),
    )


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_sink_agrees_with_gpt_oss(agree: Agree, dtype: torch.dtype, tolerance: float) -> None:
    n_heads, n_key_heads = 6, 2
    config = GptOssConfig(
        hidden_size=7,
        num_attention_heads=n_heads,
        num_key_value_heads=n_key_heads,
        head_dim=DIM,
        num_hidden_layers=1,
        attn_implementation="eager",
    )
    module = made(lambda: GptOssAttention(config, layer_idx=0), dtype=dtype)
    x = drawn(1, N_KEYS, 7, seed=1, dtype=dtype)
    # gpt-oss turns halves, so it takes the cosines of half the features.
    outputs, weights = module(
        x, standing_still(N_KEYS, DIM // 2, dtype), causal_bias(N_KEYS, dtype)[None, None]
    )

    given = Qkv(
        heads_of(module.q_proj(x), n_heads),
        heads_of(module.k_proj(x), n_key_heads),
        heads_of(module.v_proj(x), n_key_heads),
    )
    result = ours(
        given,
        normalizer={"kind": "sink", "sink": module.sinks.tolist()},
        mask="causal",
        heads={"kind": "gqa", "n_heads": n_heads, "n_kv_heads": n_key_heads},
    )

    agree(
        "sink",
        "transformers gpt-oss",
        tolerance,
        (result.weights(), weights[0]),
        (module.o_proj(merged(result.outputs())), outputs[0]),
    )


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_sink_agrees_with_x_transformers(agree: Agree, temperature: float) -> None:
    given = qkv(N_HEADS)
    scale = DIM**-0.5 / temperature
    attend = made(lambda: Attend(heads=N_HEADS, head_learned_sink=True, scale=scale))
    outputs, seen = attend(*given.batch)

    sink = attend.head_attn_sink.tolist()
    normalizer = {"kind": "sink", "sink": sink, "temperature": temperature}
    result = ours(given, normalizer=normalizer)

    agree(
        "sink",
        "x-transformers head_learned_sink",
        FLOAT32,
        (result.weights(), seen.post_softmax_attn[0, ..., 1:]),  # the sink is its first column
        (result.outputs(), outputs[0]),
    )


@pytest.mark.parametrize("k", [1, 3, N_KEYS])
@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_topk_agrees_with_x_transformers_where_nothing_ties(
    agree: Agree, dtype: torch.dtype, tolerance: float, temperature: float, k: int
) -> None:
    given = qkv(dtype=dtype)
    outputs, seen = Attend(sparse_topk=k, scale=DIM**-0.5 / temperature)(*given.batch)

    result = ours(given, normalizer={"kind": "topk", "k": k, "temperature": temperature})

    agree(
        "topk",
        "x-transformers sparse_topk",
        tolerance,
        (result.weights(), seen.post_softmax_attn[0]),
        (result.outputs(), outputs[0]),
    )


def test_topk_agrees_with_x_transformers_under_a_causal_mask(agree: Agree) -> None:
    given = qkv(n_queries=N_KEYS)
    outputs, seen = Attend(sparse_topk=3, causal=True)(*given.batch)

    result = ours(given, normalizer={"kind": "topk", "k": 3}, mask="causal")

    agree(
        "topk",
        "x-transformers sparse_topk, causal",
        FLOAT32,
        (result.weights(), seen.post_softmax_attn[0]),
        (result.outputs(), outputs[0]),
    )
