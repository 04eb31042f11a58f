"""Rotary positions, plain and stretched."""

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import GPTJConfig, LlamaConfig
from transformers.models.gpt_neox.modeling_gpt_neox import apply_rotary_pos_emb as turn_some
from transformers.models.gptj.modeling_gptj import GPTJAttention
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from tests.peers import lucidrains
from tests.peers.comparison import FLOAT32_ANGLES, FLOAT64
from tests.peers.conftest import Agree
from tests.peers.inputs import (
    N_KEYS,
    N_QUERIES,
    Qkv,
    causal_bias,
    drawn,
    heads_of,
    made,
    merged,
    ours,
    qkv,
    sdpa,
)

HEAD_DIM = 8
SHORT, LONG = [1.0, 1.2, 1.5, 2.0], [1.5, 2.0, 3.0, 5.0]
SCALINGS: dict[str, dict[str, Any]] = {
    "linear": {"factor": 3.0},
    "dynamic, short": {"factor": 3.0, "original_max_position_embeddings": 64},
    "dynamic, as long as in training": {"factor": 3.0, "original_max_position_embeddings": 13},
    "dynamic, long": {"factor": 3.0, "original_max_position_embeddings": 7},
    "yarn": {"factor": 4.0, "original_max_position_embeddings": 64},
    "yarn, not truncated": {
        "factor": 4.0,
        "original_max_position_embeddings": 2048,
        "truncate": False,
    },
    "yarn, betas": {
        "factor": 4.0,
        "original_max_position_embeddings": 64,
        "beta_fast": 8.0,
        "beta_slow": 2.0,
    },
    "yarn, mscales": {
        "factor": 40.0,
        "original_max_position_embeddings": 64,
        "mscale": 0.7,
        "mscale_all_dim": 1.3,
    },
    "yarn, one mscale": {
        "factor": 40.0,
        "original_max_position_embeddings": 64,
        "mscale": 0.7,
    },
    "yarn, attention factor": {
        "factor": 4.0,
        "original_max_position_embeddings": 64,
        "attention_factor": 0.6,
    },
    "yarn, a ramp of no width": {"factor": 4.0, "original_max_position_embeddings": 6},
    "llama3": {
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
    "longrope, short": {
        "factor": 4.0,
        "short_factor": SHORT,
        "long_factor": LONG,
        "original_max_position_embeddings": 13,
    },
    "longrope, long": {
        "factor": 4.0,
        "short_factor": SHORT,
        "long_factor": LONG,
        "original_max_position_embeddings": 12,
    },
    "longrope, attention factor": {
        "attention_factor": 1.7,
        "short_factor": SHORT,
        "long_factor": LONG,
        "original_max_position_embeddings": 12,
    },
}


def llama_turned(given: Qkv, parameters: dict[str, Any], trained: int) -> Qkv:
    """Rotate by the Llama of a config that knows no more than ``rope_parameters``."""
    config = LlamaConfig(
        head_dim=given.query.shape[-1],
        max_position_embeddings=trained,
        rope_parameters=parameters,
    )
    positions = torch.arange(N_KEYS)[None]
    cos, sin = LlamaRotaryEmbedding(config)(given.query, positions)
    query, key = given.query[None], given.key[None]
    n = query.shape[-2]
    query = apply_rotary_pos_emb(query, query, cos[:, :n], sin[:, :n])[0]
    key = apply_rotary_pos_emb(key, key, cos, sin)[0]
    return Qkv(query[0], key[0], given.value)


@pytest.mark.parametrize("theta", [10_000.0, 100.0])
def test_rope_agrees_with_llama(agree: Agree, theta: float) -> None:
    given = qkv(dim=HEAD_DIM)
    turned = llama_turned(given, {"rope_type": "default", "rope_theta": theta}, 64)
    outputs, weights = sdpa(turned)

    result = ours(given, position={"kind": "rope", "rope_theta": theta})

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("rope", "transformers Llama", FLOAT32_ANGLES, *pairs)


@pytest.mark.parametrize("theta", [10_000.0, 100.0])
@pytest.mark.parametrize("name", SCALINGS)
def test_a_stretched_rope_agrees_with_llama(agree: Agree, name: str, theta: float) -> None:
    given = qkv(dim=HEAD_DIM)
    scaling = {"rope_type": name.partition(",")[0], **SCALINGS[name]}
    # For 'dynamic' its config has no original length but the longest one.
    parameters = dict(scaling)
    trained = scaling.get("original_max_position_embeddings", 64)
    if name.startswith("dynamic"):
        del parameters["original_max_position_embeddings"]
    turned = llama_turned(given, {**parameters, "rope_theta": theta}, trained)
    outputs, weights = sdpa(turned)

    position = {"kind": "rope", "rope_theta": theta, "rope_scaling": scaling}
    result = ours(given, position=position)

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree(f"rope {scaling['rope_type']}", "transformers Llama", FLOAT32_ANGLES, *pairs)


def test_rope_on_some_features_agrees_with_gpt_neox(agree: Agree) -> None:
    given = qkv(n_queries=N_KEYS, dim=HEAD_DIM)
    config = LlamaConfig(head_dim=4, rope_parameters={"rope_type": "default", "rope_theta": 100.0})
    cos, sin = LlamaRotaryEmbedding(config)(given.query, torch.arange(N_KEYS)[None])
    query, key = turn_some(given.query[None], given.key[None], cos, sin)
    outputs, weights = sdpa(Qkv(query[0], key[0], given.value))

    result = ours(given, position={"kind": "rope", "rope_theta": 100.0, "rotary_dim": 4})

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("rope, rotary_dim", "transformers GPT-NeoX", FLOAT32_ANGLES, *pairs)


@pytest.mark.parametrize("rotary_dim", [None, 4])
def test_interleaved_rope_agrees_with_gpt_j(agree: Agree, rotary_dim: int | None) -> None:
    n_heads = 3
    size = n_heads * HEAD_DIM
    config = GPTJConfig(n_embd=size, n_head=n_heads, rotary_dim=rotary_dim or HEAD_DIM)
    module = made(lambda: GPTJAttention(config, layer_idx=0))
    x = drawn(1, N_KEYS, size, seed=1)
    outputs, weights = module(
        x,
        attention_mask=causal_bias(N_KEYS)[None, None],
        position_ids=torch.arange(N_KEYS)[None],
    )

    layers = (module.q_proj, module.k_proj, module.v_proj)
    given = Qkv(*(heads_of(layer(x), n_heads) for layer in layers))
    position = {"kind": "rope", "interleaved": True, "rotary_dim": rotary_dim}
    result = ours(given, position=position, mask="causal")

    agree(
        "rope, interleaved",
        "transformers GPT-J",
        FLOAT32_ANGLES,
        (result.weights(), weights[0]),
        (module.out_proj(merged(result.outputs())), outputs[0]),
    )


def test_interleaved_rope_agrees_with_x_transformers(agree: Agree) -> None:
    given = qkv(dim=HEAD_DIM)
    rotary = lucidrains.RotaryEmbedding(HEAD_DIM, base=100)

    def turned(x: Tensor) -> Tensor:
        frequencies, _ = rotary.forward_from_seq_len(x.shape[-2])
        return lucidrains.apply_rotary_pos_emb(x[None], frequencies)[0]  # type: ignore[no-any-return]

    outputs, weights = sdpa(Qkv(turned(given.query), turned(given.key), given.value))

    position = {"kind": "rope", "interleaved": True, "rope_theta": 100.0}
    result = ours(given, position=position)

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("rope, interleaved", "x-transformers", FLOAT32_ANGLES, *pairs)


def test_rope_looks_at_distances_only_as_llama_does(agree: Agree) -> None:
    given = qkv(n_queries=N_KEYS, dim=HEAD_DIM)
    config = LlamaConfig(head_dim=HEAD_DIM, rope_parameters={"rope_type": "default"})
    cos, sin = LlamaRotaryEmbedding(config)(given.query, torch.arange(N_QUERIES, 24)[None])
    query, key = apply_rotary_pos_emb(given.query[None], given.key[None], cos, sin)

    result = ours(given, position="rope")

    theirs = query[0] @ key[0].mT / HEAD_DIM**0.5
    agree("rope, shifted", "transformers Llama", FLOAT32_ANGLES, (result.scores(), theirs))


def test_rope_turns_by_angles_in_float64_where_float32_has_run_out(agree: Agree) -> None:
    # Its rotation, by a table of float64 angles: what its float32 ones cost is not our error.
    n, dtype = 61, torch.float64
    given = qkv(1, dtype, n_queries=n, n_keys=n, dim=HEAD_DIM)
    inverse = 1.0 / 10_000 ** (torch.arange(0, HEAD_DIM, 2, dtype=dtype) / HEAD_DIM)
    turns = torch.arange(n, dtype=dtype)[:, None] * inverse
    cos, sin = (torch.cat([wave, wave], dim=-1)[None] for wave in (turns.cos(), turns.sin()))
    query, key = apply_rotary_pos_emb(given.query[None], given.key[None], cos, sin)
    outputs, weights = sdpa(Qkv(query[0], key[0], given.value))

    result = ours(given, position="rope")

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("rope", "transformers Llama, angles in float64", FLOAT64, *pairs)
