"""Positions that are added: to the inputs, or to the scores."""

import pytest
import torch
from attn_gym.mods import generate_alibi_bias
from torch import Tensor
from transformers import T5Config, Wav2Vec2BertConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding
from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor
from transformers.models.t5.modeling_t5 import T5Attention
from transformers.models.wav2vec2_bert.modeling_wav2vec2_bert import Wav2Vec2BertSelfAttention
from transformers.models.xlm.modeling_xlm import create_sinusoidal_embeddings

from attention_core import AttentionSpec
from tests.peers import lucidrains
from tests.peers.comparison import BOTH, FLOAT32, FLOAT64
from tests.peers.conftest import Agree
from tests.peers.inputs import (
    DIM,
    N_KEYS,
    N_QUERIES,
    Qkv,
    causal_bias,
    drawn,
    flex,
    heads_of,
    made,
    merged,
    ours,
    qkv,
    sdpa,
)


def bias_of(position: object, n_heads: int, n_queries: int, n_keys: int) -> Tensor:
    """Ask the library for a bias alone: queries of zeros have no score of their own."""
    silent = Qkv(*(torch.zeros(n_heads, n, 2) for n in (n_queries, n_keys, n_keys)))
    return ours(silent, score="dot", position=position).scores()


def test_sinusoidal_agrees_with_xlm(agree: Agree) -> None:
    given = qkv(dim=DIM)
    waves = create_sinusoidal_embeddings(N_KEYS, DIM, torch.empty(N_KEYS, DIM))
    value_waves = create_sinusoidal_embeddings(N_KEYS, 4, torch.empty(N_KEYS, 4))
    query, key, value = given.query, given.key, given.value[..., :4]
    moved = Qkv(query + waves[:N_QUERIES], key + waves, value + value_waves)
    outputs, weights = sdpa(moved)

    result = ours(Qkv(query, key, value), position="sinusoidal")

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("sinusoidal", "transformers XLM", FLOAT32, *pairs)


def test_sinusoidal_agrees_with_marian_whose_cosines_come_last(agree: Agree) -> None:
    given = qkv(n_queries=N_KEYS, dim=DIM)
    embedding = MarianSinusoidalPositionalEmbedding(N_KEYS, DIM)
    embedding.weight.data = embedding.create_weight()
    waves = embedding(torch.Size((1, N_KEYS)))
    # Sines first, cosines last, is a shuffle of features that no dot product notices.
    shuffled = [0, 2, 4, 1, 3, 5]
    query, key = (x[..., shuffled] + waves for x in (given.query, given.key))
    _, weights = sdpa(Qkv(query, key, given.value))

    result = ours(given, position="sinusoidal")

    agree("sinusoidal", "transformers Marian", FLOAT32, (result.weights(), weights))


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("n_heads", [1, 2, 4, 8])
def test_one_sided_alibi_agrees_with_attn_gym_for_powers_of_two(
    agree: Agree, n_heads: int, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(n_heads, dtype)
    outputs = flex(given, score_mod=generate_alibi_bias(n_heads))

    result = ours(given, position={"kind": "alibi", "bidirectional": False})

    # Its slopes are float32 powers of two, exact for up to eight heads.
    agree("alibi", "attn-gym", tolerance, (result.outputs(), outputs[0]))


@pytest.mark.parametrize("n_heads", [3, 5, 8, 11])
def test_one_sided_alibi_agrees_with_bloom_after_a_causal_softmax(
    agree: Agree, n_heads: int
) -> None:
    given = qkv(n_heads, n_queries=N_KEYS)
    alibi = build_alibi_tensor(torch.ones(1, N_KEYS, dtype=torch.long), n_heads, torch.float32)
    outputs, weights = sdpa(given, bias=causal_bias(N_KEYS) + alibi)

    result = ours(given, position={"kind": "alibi", "bidirectional": False}, mask="causal")

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("alibi", "transformers BLOOM", FLOAT32, *pairs)


@pytest.mark.parametrize("n_heads", [3, 5, 8, 11])
def test_one_sided_alibi_agrees_with_the_differences_of_bloom(agree: Agree, n_heads: int) -> None:
    # It adds slope · j; that is slope · (j − i) less its own number at the query.
    alibi = build_alibi_tensor(torch.ones(1, N_KEYS, dtype=torch.long), n_heads, torch.float32)
    theirs = alibi - alibi.mT

    bias = bias_of({"kind": "alibi", "bidirectional": False}, n_heads, N_KEYS, N_KEYS)

    agree("alibi", "transformers BLOOM, bias", FLOAT32, (bias, theirs))


def test_one_sided_alibi_agrees_with_mpt_after_a_causal_softmax(agree: Agree) -> None:
    n_heads = 4
    given = qkv(n_heads, n_queries=N_KEYS)
    bias = causal_bias(N_KEYS) + build_mpt_alibi_tensor(n_heads, N_KEYS)
    outputs, weights = sdpa(given, bias=bias)

    result = ours(given, position={"kind": "alibi", "bidirectional": False}, mask="causal")

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("alibi", "transformers MPT", FLOAT32, *pairs)


@pytest.mark.parametrize("n_heads", [1, 3, 4, 7, 12])
def test_alibi_agrees_with_x_transformers(agree: Agree, n_heads: int) -> None:
    theirs = lucidrains.AlibiPositionalBias(n_heads)(N_KEYS, N_KEYS)

    bias = bias_of("alibi", n_heads, N_KEYS, N_KEYS)

    agree("alibi, bidirectional", "x-transformers", FLOAT32, (bias, theirs))


def test_alibi_with_given_slopes_agrees_with_x_transformers(agree: Agree) -> None:
    slopes = [0.7, 0.01, 2.5]
    theirs = lucidrains.AlibiPositionalBias(3, slopes=slopes)(N_KEYS, N_KEYS)

    bias = bias_of({"kind": "alibi", "alibi_slopes": slopes}, 3, N_KEYS, N_KEYS)

    agree("alibi, alibi_slopes", "x-transformers", FLOAT32, (bias, theirs))


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("n_buckets", "max_distance"), [(32, 128), (16, 100), (8, 20), (64, 256)])
def test_t5_agrees_with_t5_at_every_distance(
    agree: Agree, n_buckets: int, max_distance: int, *, bidirectional: bool
) -> None:
    n_heads, n_queries, n_keys = 2, 151, 307
    config = T5Config(
        d_model=DIM,
        d_kv=DIM,
        num_heads=n_heads,
        relative_attention_num_buckets=n_buckets,
        relative_attention_max_distance=max_distance,
        is_decoder=not bidirectional,
    )
    module = made(lambda: T5Attention(config, has_relative_attention_bias=True, layer_idx=0))

    position = {
        "kind": "t5",
        "num_buckets": n_buckets,
        "max_distance": max_distance,
        "bidirectional": bidirectional,
        "bias": module.relative_attention_bias.weight.T.tolist(),
    }
    bias = bias_of(position, n_heads, n_queries, n_keys)

    theirs = module.compute_bias(n_queries, n_keys)[0]
    agree("t5", "transformers T5, bias", FLOAT32, (bias, theirs))


def test_t5_agrees_with_a_layer_of_t5(agree: Agree) -> None:
    n_heads = 3
    config = T5Config(d_model=7, d_kv=DIM, num_heads=n_heads, attn_implementation="eager")
    module = made(lambda: T5Attention(config, has_relative_attention_bias=True, layer_idx=0))
    x = drawn(1, N_KEYS, 7, seed=1)
    outputs, _, weights = module(x)

    given = Qkv(*(heads_of(layer(x), n_heads) for layer in (module.q, module.k, module.v)))
    bias = module.relative_attention_bias.weight.T.tolist()
    result = ours(given, score="dot", position={"kind": "t5", "bias": bias})

    agree(
        "t5",
        "transformers T5, layer",
        FLOAT32,
        (result.weights(), weights[0]),
        (module.o(merged(result.outputs())), outputs[0]),
    )


@pytest.mark.parametrize("bidirectional", [True, False])
def test_t5_agrees_with_x_transformers(agree: Agree, *, bidirectional: bool) -> None:
    n_heads, n_buckets = 2, 8
    causal = not bidirectional
    module = made(
        lambda: lucidrains.RelativePositionBias(1.0, causal, n_buckets, 20, heads=n_heads)
    )

    position = {
        "kind": "t5",
        "num_buckets": n_buckets,
        "max_distance": 20,
        "bidirectional": bidirectional,
        "bias": module.relative_attention_bias.weight.T.tolist(),
    }
    bias = bias_of(position, n_heads, 61, 61)

    agree("t5", "x-transformers", FLOAT32, (bias, module(61, 61)))


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("reach", [3, 17])
def test_shaw_agrees_with_wav2vec2_bert(
    agree: Agree, reach: int, dtype: torch.dtype, tolerance: float
) -> None:
    n_heads = 3
    config = Wav2Vec2BertConfig(
        hidden_size=n_heads * DIM,
        num_attention_heads=n_heads,
        position_embeddings_type="relative_key",
        left_max_position_embeddings=reach,
        right_max_position_embeddings=reach,
        attention_dropout=0.0,
        attn_implementation="eager",
    )
    module = made(lambda: Wav2Vec2BertSelfAttention(config), dtype=dtype)
    x = drawn(1, N_KEYS, n_heads * DIM, seed=1, dtype=dtype)
    outputs, weights = module(x)

    layers = (module.linear_q, module.linear_k, module.linear_v)
    given = Qkv(*(heads_of(layer(x), n_heads) for layer in layers))
    embeddings = module.distance_embedding.weight.tolist()
    position = {"kind": "shaw", "max_relative_position": reach, "embeddings": embeddings}
    result = ours(given, position=position)

    agree(
        "shaw",
        "transformers Wav2Vec2-BERT relative_key",
        tolerance,
        (result.weights(), weights[0]),
        (module.linear_out(merged(result.outputs())), outputs[0]),
    )


BIASES = {
    "alibi": ({"kind": "alibi"}, torch.float64),
    "t5": ({"kind": "t5", "num_buckets": 8, "max_distance": 9}, torch.float64),
    "shaw": ({"kind": "shaw", "max_relative_position": 3}, torch.float64),
    "adaptive_span": ({"kind": "adaptive_span", "span": 2.5, "ramp": 3.0}, torch.float64),
}


@pytest.mark.parametrize("name", BIASES)
def test_flex_attention_under_our_score_mod_agrees(agree: Agree, name: str) -> None:
    position, dtype = BIASES[name]
    given = qkv(dtype=dtype)
    spec = AttentionSpec.model_validate({"position": position})
    bias = spec.position.prepare(given.query, N_KEYS, DIM**-0.5)
    assert bias is not None
    outputs = flex(given, score_mod=bias.score_mod)

    result = ours(given, position=position)

    pair = (result.outputs(), outputs[0])
    agree(f"{name}, as its score_mod", "torch FlexAttention", FLOAT64, pair)
