"""Heads: what they share, and how they are mixed."""

import pytest
import torch
from attn_gym.mods import generate_mla_rope_score_mod
from torch import Tensor
from torch.nn import functional
from transformers import DeepseekV3Config, DiffLlamaConfig, LlamaConfig
from transformers.models.deepseek_v3.modeling_deepseek_v3 import (
    DeepseekV3Attention,
    DeepseekV3RotaryEmbedding,
)
from transformers.models.diffllama.modeling_diffllama import DiffLlamaAttention
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRotaryEmbedding

from tests.peers.comparison import BOTH, FLOAT32, FLOAT32_ANGLES, FLOAT64
from tests.peers.conftest import Agree
from tests.peers.inputs import (
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
    standing_still,
)
from tests.peers.lucidrains import Attend


def shared(kind: str, n_heads: int, n_key_heads: int) -> dict[str, object]:
    described: dict[str, object] = {"kind": kind, "n_heads": n_heads}
    return described if kind == "mqa" else {**described, "n_kv_heads": n_key_heads}


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize(("kind", "n_key_heads"), [("gqa", 3), ("gqa", 2), ("gqa", 6), ("mqa", 1)])
def test_shared_keys_agree_with_torch(
    agree: Agree, kind: str, n_key_heads: int, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(6, dtype, n_key_heads=n_key_heads)
    outputs = functional.scaled_dot_product_attention(*given.batch, enable_gqa=True)

    result = ours(given, heads=shared(kind, 6, n_key_heads))

    agree(kind, "torch SDPA enable_gqa", tolerance, (result.outputs(), outputs[0]))


@pytest.mark.parametrize(("kind", "n_key_heads"), [("gqa", 3), ("mqa", 1)])
def test_shared_keys_agree_with_a_layer_of_llama(agree: Agree, kind: str, n_key_heads: int) -> None:
    n_heads, head_dim = 6, 8
    config = LlamaConfig(
        hidden_size=12,
        num_attention_heads=n_heads,
        num_key_value_heads=n_key_heads,
        head_dim=head_dim,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        attn_implementation="eager",
    )
    module = made(lambda: LlamaAttention(config, layer_idx=0))
    x = drawn(1, N_KEYS, 12, seed=1)
    waves = LlamaRotaryEmbedding(config)(x, torch.arange(N_KEYS)[None])
    outputs, weights = module(x, waves, causal_bias(N_KEYS)[None, None])

    given = Qkv(
        heads_of(module.q_proj(x), n_heads),
        heads_of(module.k_proj(x), n_key_heads),
        heads_of(module.v_proj(x), n_key_heads),
    )
    heads = shared(kind, n_heads, n_key_heads)
    result = ours(given, position="rope", mask="causal", heads=heads)

    agree(
        kind,
        "transformers Llama",
        FLOAT32_ANGLES,
        (result.weights(), weights[0]),
        (module.o_proj(merged(result.outputs())), outputs[0]),
    )


def test_mqa_agrees_with_x_transformers(agree: Agree) -> None:
    given = qkv(5, n_key_heads=1)
    outputs, seen = Attend()(*given.batch)

    result = ours(given, heads={"kind": "mqa", "n_heads": 5})

    pairs = (result.weights(), seen.post_softmax_attn[0]), (result.outputs(), outputs[0])
    agree("mqa", "x-transformers one_kv_head", FLOAT32, *pairs)


@pytest.mark.parametrize("interleaved", [True, False])
@pytest.mark.parametrize("turning", [True, False])
def test_mla_with_absorbed_matrices_agrees_with_deepseek_3(
    agree: Agree, *, turning: bool, interleaved: bool
) -> None:
    n_heads, rank, fixed, rotary, value_dim = 3, 7, 5, 4, 11
    config = DeepseekV3Config(
        hidden_size=13,
        num_attention_heads=n_heads,
        num_key_value_heads=n_heads,
        q_lora_rank=None,
        kv_lora_rank=rank,
        qk_nope_head_dim=fixed,
        qk_rope_head_dim=rotary,
        v_head_dim=value_dim,
        rope_interleave=interleaved,
        rope_parameters={"rope_type": "default", "rope_theta": 100.0},
        attn_implementation="eager",
    )
    module = made(lambda: DeepseekV3Attention(config, layer_idx=0))
    x = drawn(1, N_KEYS, 13, seed=1)
    if turning:
        waves = DeepseekV3RotaryEmbedding(config)(x, torch.arange(N_KEYS)[None])
    else:
        waves = standing_still(N_KEYS, rotary, x.dtype)
    outputs, weights = module(x, waves, causal_bias(N_KEYS)[None, None])

    result = ours(
        absorbed(module, x),
        position={"kind": "rope", "rope_theta": 100.0, "interleaved": interleaved}
        if turning
        else "none",
        mask="causal",
        heads={
            "kind": "mla",
            "n_heads": n_heads,
            "kv_lora_rank": rank,
            "qk_nope_head_dim": fixed,
            "qk_rope_head_dim": rotary,
            "v_head_dim": value_dim,
        },
    )

    agree(
        "mla",
        "transformers DeepSeek-V3",
        FLOAT32_ANGLES,
        (result.weights(), weights[0]),
        (module.o_proj(merged(result.outputs())), outputs[0]),
    )


def absorbed(module: DeepseekV3Attention, x: Tensor) -> Qkv:
    """Move the matrix that makes keys of latents over to the queries (DeepSeek-V2, 2.1.2)."""
    n_heads, fixed, rank = module.num_heads, module.qk_nope_head_dim, module.kv_lora_rank
    up = module.kv_b_proj.weight.unflatten(0, (n_heads, -1))
    up_key, up_value = up[:, :fixed], up[:, fixed:]
    query = heads_of(module.q_proj(x), n_heads)
    latent, turning = module.kv_a_proj_with_mqa(x).split([rank, module.qk_rope_head_dim], dim=-1)
    latent = module.kv_a_layernorm(latent)
    return Qkv(
        torch.cat([query[..., :fixed] @ up_key, query[..., fixed:]], dim=-1),
        torch.cat([latent, turning], dim=-1),
        latent @ up_value.mT,
    )


def test_mla_agrees_with_attn_gym(agree: Agree) -> None:
    n_heads, rank, rotary, fixed = 3, 7, 4, 5
    dtype = torch.float64
    query = drawn(n_heads, N_QUERIES, rank + rotary, seed=1, dtype=dtype)
    key = drawn(1, N_KEYS, rank + rotary, seed=2, dtype=dtype)
    value = drawn(n_heads, N_KEYS, 11, seed=3, dtype=dtype)
    scale = (fixed + rotary) ** -0.5
    score_mod = generate_mla_rope_score_mod(
        query[None, ..., rank:], key[None, ..., rank:], n_heads, scale
    )
    latents = Qkv(query[..., :rank], key[..., :rank].expand(n_heads, -1, -1), value)
    outputs = flex(latents, score_mod=score_mod, scale=scale)

    heads = {
        "kind": "mla",
        "n_heads": n_heads,
        "kv_lora_rank": rank,
        "qk_rope_head_dim": rotary,
        "qk_nope_head_dim": fixed,
        "v_head_dim": 11,
    }
    result = ours(Qkv(query, key, value), heads=heads)

    agree("mla", "attn-gym", FLOAT64, (result.outputs(), outputs[0]))


@pytest.mark.parametrize(
    ("before", "after"), [(True, False), (False, True), (True, True)], ids=["pre", "post", "both"]
)
def test_talking_heads_agree_with_x_transformers(
    agree: Agree, *, before: bool, after: bool
) -> None:
    n_heads = 3
    given = qkv(n_heads, n_queries=N_KEYS)
    attend = made(
        lambda: Attend(
            heads=n_heads, pre_talking_heads=before, post_talking_heads=after, causal=True
        )
    )
    outputs, seen = attend(*given.batch)

    premix = postmix = torch.eye(n_heads)
    if before:  # its scores stay in the mix, by a residual path
        premix = premix + attend.pre_softmax_talking_heads.weight[..., 0, 0]
    if after:
        postmix = attend.post_softmax_talking_heads.weight[..., 0, 0]
    heads = {
        "kind": "talking_heads",
        "n_heads": n_heads,
        "premix": premix.tolist(),
        "postmix": postmix.tolist(),
    }
    result = ours(given, heads=heads, mask="causal")

    # What it hands out as weights is not mixed yet.
    weights = torch.einsum("gh,hij->gij", postmix, seen.post_softmax_attn[0])
    agree(
        "talking_heads",
        "x-transformers",
        FLOAT32,
        (result.weights(), weights),
        (result.outputs(), outputs[0]),
    )


@pytest.mark.parametrize("n_key_heads", [6, 2])
@pytest.mark.parametrize("layer", [0, 3])
def test_differential_agrees_with_diff_llama(agree: Agree, layer: int, n_key_heads: int) -> None:
    n_heads, head_dim = 3, 8
    config = DiffLlamaConfig(
        hidden_size=7,
        num_attention_heads=2 * n_heads,
        num_key_value_heads=n_key_heads,
        head_dim=head_dim,
        num_hidden_layers=layer + 1,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        attn_implementation="eager",
    )
    module = made(lambda: DiffLlamaAttention(config, layer_idx=layer))
    x = drawn(1, N_KEYS, 7, seed=1)
    waves = LlamaRotaryEmbedding(config)(x, torch.arange(N_KEYS)[None])
    outputs, weights = module(x, waves, causal_bias(N_KEYS)[None, None])

    vectors = {
        name: getattr(module, name).tolist()
        for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2")
    }
    heads = {"kind": "differential", "n_heads": n_heads, "layer": layer, **vectors}
    result = ours(paired(module, x), heads=heads, position="rope", mask="causal")

    lambda_ = (
        (module.lambda_q1 @ module.lambda_k1).exp()
        - (module.lambda_q2 @ module.lambda_k2).exp()
        + module.lambda_init
    )
    # It hands out the weights of both halves; the first halves of all heads come first.
    first, second = weights[0].chunk(2)
    normed = (1 - module.lambda_init) * module.groupnorm(result.outputs())
    agree(
        "differential",
        "transformers DiffLlama",
        FLOAT32_ANGLES,
        (result.weights(), first - lambda_ * second),
        (module.o_proj(merged(normed)), outputs[0]),
    )


def paired(module: DiffLlamaAttention, x: Tensor) -> Qkv:
    """Lay the halves of a head next to each other, and give it the values of both."""
    n_key_heads = module.config.num_key_value_heads
    group = module.config.num_attention_heads // n_key_heads
    query = heads_of(module.q_proj(x), module.config.num_attention_heads)
    key = heads_of(module.k_proj(x), n_key_heads).repeat_interleave(group, dim=0)
    # The halves of its keys' values are told off before the heads of a group share them.
    halves = heads_of(module.v_proj(x), n_key_heads).chunk(2)
    wide = torch.cat([half.repeat(2, 1, 1).repeat_interleave(group, dim=0) for half in halves], -1)
    n_heads = len(query) // 2
    order = [half * n_heads + head for head in range(n_heads) for half in (0, 1)]
    return Qkv(query[order], key[order], wide[:n_heads])
