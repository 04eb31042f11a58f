"""Scores: what a query and a key have to say to each other."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers import Swinv2Config
from transformers.models.slanet.modeling_slanet import SLANetAttentionGRUCell
from transformers.models.swinv2.modeling_swinv2 import Swinv2SelfAttention

from tests.peers.comparison import BOTH, FLOAT32
from tests.peers.conftest import Agree
from tests.peers.inputs import (
    DIM,
    N_KEYS,
    N_QUERIES,
    Qkv,
    drawn,
    heads_of,
    made,
    merged,
    ours,
    qkv,
    sdpa,
)
from tests.peers.lucidrains import Attend, Attention


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("scale", [None, 0.3])
def test_scaled_dot_agrees_with_torch(
    agree: Agree, dtype: torch.dtype, tolerance: float, scale: float | None
) -> None:
    given = qkv(dtype=dtype)
    outputs, weights = sdpa(given, scale=scale)

    result = ours(given, score={"kind": "scaled_dot", "scale": scale})

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("scaled_dot", "torch SDPA", tolerance, *pairs)


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_dot_agrees_with_torch(agree: Agree, dtype: torch.dtype, tolerance: float) -> None:
    given = qkv(dtype=dtype)
    outputs, weights = sdpa(given, scale=1.0)

    result = ours(given, score="dot")

    agree("dot", "torch SDPA", tolerance, (result.weights(), weights), (result.outputs(), outputs))


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_general_agrees_with_a_bilinear_layer(
    agree: Agree, dtype: torch.dtype, tolerance: float
) -> None:
    query_dim, key_dim = DIM, 7
    layer = made(lambda: nn.Bilinear(query_dim, key_dim, 1, bias=False), dtype=dtype)
    query = drawn(1, N_QUERIES, query_dim, seed=1, dtype=dtype)
    key = drawn(1, N_KEYS, key_dim, seed=2, dtype=dtype)
    pairs = query[0, :, None].expand(-1, N_KEYS, -1), key[0, None].expand(N_QUERIES, -1, -1)
    scores = layer(pairs[0].contiguous(), pairs[1].contiguous())[..., 0]

    score = {"kind": "general", "weight": layer.weight[0].tolist()}
    result = ours(Qkv(query, key, key), score=score)

    agree("general", "torch nn.Bilinear", tolerance, (result.scores()[0], scores))


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_general_with_a_bias_agrees_with_a_linear_layer(
    agree: Agree, dtype: torch.dtype, tolerance: float
) -> None:
    layer = made(lambda: nn.Linear(7, DIM), dtype=dtype)
    query, value = (drawn(1, n, DIM, seed=n, dtype=dtype) for n in (N_QUERIES, N_KEYS))
    key = drawn(1, N_KEYS, 7, seed=2, dtype=dtype)
    outputs, weights = sdpa(Qkv(query, layer(key), value), scale=1.0)

    score = {"kind": "general", "weight": layer.weight.tolist(), "bias": layer.bias.tolist()}
    result = ours(Qkv(query, key, value), score=score)

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("general with a bias", "torch nn.Linear and SDPA", tolerance, *pairs)


def test_the_article_agrees_with_its_own_lines(agree: Agree) -> None:
    layer = made(lambda: nn.Linear(DIM, DIM))
    asking, asked = (drawn(1, N_KEYS, DIM, seed=seed) for seed in (1, 2))
    weights = functional.softmax(torch.matmul(asking, layer(asked).transpose(1, 2)), dim=2)
    outputs = torch.matmul(weights, asking)

    score = {"kind": "general", "weight": layer.weight.tolist(), "bias": layer.bias.tolist()}
    result = ours(Qkv(asking, asked, asking), preset="article", score=score)

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("preset article", "torch nn.Linear and matmul", FLOAT32, *pairs)


@pytest.mark.parametrize("kind", ["additive", "concat"])
def test_additive_agrees_with_slanet(agree: Agree, kind: str) -> None:
    hidden = 7
    cell = made(lambda: SLANetAttentionGRUCell(DIM, hidden, num_embeddings=2))
    query, key = drawn(1, N_QUERIES, hidden, seed=1), drawn(1, N_KEYS, DIM, seed=2)
    # Its queries are the states of a batch, which all look at the same keys.
    keys = key.expand(N_QUERIES, -1, -1)
    weights = cell(query[0], keys, torch.zeros(N_QUERIES, 2))[1][:, 0]

    score = {
        "kind": kind,
        "weight_query": cell.hidden_to_hidden.weight.tolist(),
        "weight_key": cell.input_to_hidden.weight.tolist(),
        "bias": cell.hidden_to_hidden.bias.tolist(),
        "v": cell.score.weight[0].tolist(),
    }
    result = ours(Qkv(query, key, key), score=score)

    agree(kind, "transformers SLANet", FLOAT32, (result.weights()[0], weights))


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_cosine_agrees_with_swin_2(agree: Agree, dtype: torch.dtype, tolerance: float) -> None:
    n_heads, window, tau = 3, (1, N_KEYS), 7.0
    config = Swinv2Config(qkv_bias=False, attention_probs_dropout_prob=0.0)
    module = made(lambda: Swinv2SelfAttention(config, n_heads * DIM, n_heads, window), dtype=dtype)
    with torch.no_grad():
        module.logit_scale.fill_(tau).log_()
        # Its own bias of positions is then the same everywhere, so that a softmax forgets it.
        module.continuous_position_bias_mlp[2].weight.zero_()
    x = drawn(1, N_KEYS, n_heads * DIM, seed=1, dtype=dtype)
    x[0, 4] = 0  # one token without a direction
    outputs, weights = module(x, output_attentions=True)

    given = Qkv(
        *(heads_of(layer(x), n_heads) for layer in (module.query, module.key, module.value))
    )
    result = ours(given, score={"kind": "cosine", "scale": tau})

    pairs = (result.weights(), weights[0]), (merged(result.outputs()), outputs[0])
    agree("cosine", "transformers Swin v2", tolerance, *pairs)


def test_cosine_agrees_with_x_transformers(agree: Agree) -> None:
    n_heads = 3
    module = made(lambda: Attention(DIM, heads=n_heads, dim_head=DIM, qk_norm=True))
    x = drawn(1, N_KEYS, DIM, seed=1)
    outputs, seen = module(x, return_intermediates=True)

    given = Qkv(*(heads_of(layer(x), n_heads) for layer in (module.to_q, module.to_k, module.to_v)))
    result = ours(given, score={"kind": "cosine", "scale": 10.0})

    agree(
        "cosine",
        "x-transformers qk_norm",
        FLOAT32,
        (result.scores(), seen.qk_similarities[0]),
        (result.weights(), seen.post_softmax_attn[0]),
        (module.to_out(merged(result.outputs())), outputs[0]),
    )


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("gamma", [None, 0.7])
def test_rbf_agrees_with_x_transformers(
    agree: Agree, dtype: torch.dtype, tolerance: float, gamma: float | None
) -> None:
    # With 25 points or fewer torch.cdist, which it uses, takes differences and is exact.
    given = qkv(dtype=dtype)
    outputs, seen = Attend(l2_distance=True, scale=gamma)(*given.batch)

    result = ours(given, score={"kind": "rbf", "gamma": gamma})

    agree(
        "rbf",
        "x-transformers l2_distance, scores",
        tolerance,
        (result.scores(), seen.qk_similarities[0]),
    )
    agree(
        "rbf",
        "x-transformers l2_distance, weights",
        FLOAT32,  # its softmax is in float32
        (result.weights(), seen.post_softmax_attn[0]),
        (result.outputs(), outputs[0]),
    )
