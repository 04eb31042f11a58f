"""The softcap, and that it comes before what positions add."""

import pytest
import torch
from attn_gym.mods import generate_tanh_softcap
from transformers import Gemma2Config
from transformers.models.gemma2.modeling_gemma2 import Gemma2Attention

from tests.peers.comparison import BOTH, FLOAT32
from tests.peers.conftest import Agree
from tests.peers.inputs import (
    DIM,
    N_KEYS,
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
from tests.peers.lucidrains import AlibiPositionalBias, Attend

CAP = 1.5


@pytest.mark.parametrize("position", ["none", "alibi"])
def test_softcap_agrees_with_gemma_2_before_a_bias(agree: Agree, position: str) -> None:
    n_heads, n_key_heads = 6, 2
    config = Gemma2Config(
        hidden_size=12,
        num_attention_heads=n_heads,
        num_key_value_heads=n_key_heads,
        head_dim=DIM,
        query_pre_attn_scalar=2,
        num_hidden_layers=1,
        attn_logit_softcapping=CAP,
        attn_implementation="eager",
    )
    module = made(lambda: Gemma2Attention(config, layer_idx=0))
    x = drawn(1, N_KEYS, 12, seed=1)
    added = causal_bias(N_KEYS)[None, None]
    if position == "alibi":
        added = added + AlibiPositionalBias(n_heads)(N_KEYS, N_KEYS)
    outputs, weights = module(x, standing_still(N_KEYS, DIM, x.dtype), added)

    given = Qkv(
        heads_of(module.q_proj(x), n_heads),
        heads_of(module.k_proj(x), n_key_heads),
        heads_of(module.v_proj(x), n_key_heads),
    )
    result = ours(
        given,
        score={"kind": "scaled_dot", "scale": 2**-0.5},
        softcap=CAP,
        position=position,
        mask="causal",
        heads={"kind": "gqa", "n_heads": n_heads, "n_kv_heads": n_key_heads},
    )

    agree(
        "softcap" if position == "none" else "softcap, then bias",
        "transformers Gemma 2",
        FLOAT32,
        (result.weights(), weights[0]),
        (module.o_proj(merged(result.outputs())), outputs[0]),
    )


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_softcap_agrees_with_attn_gym(agree: Agree, dtype: torch.dtype, tolerance: float) -> None:
    given = qkv(dtype=dtype)
    cap = 2  # its caps are whole numbers
    outputs = flex(given, score_mod=generate_tanh_softcap(cap))

    result = ours(given, softcap=float(cap))

    agree("softcap", "attn-gym", tolerance, (result.outputs(), outputs[0]))


def test_softcap_agrees_with_x_transformers(agree: Agree) -> None:
    given = qkv()
    attend = Attend(softclamp_logits=True, logit_softclamp_value=CAP)
    outputs, seen = attend(*given.batch)

    result = ours(given, softcap=CAP)

    agree(
        "softcap",
        "x-transformers softclamp_logits",
        FLOAT32,
        (result.scores(), seen.pre_softmax_attn[0]),
        (result.weights(), seen.post_softmax_attn[0]),
        (result.outputs(), outputs[0]),
    )
