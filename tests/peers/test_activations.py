"""Normalisers that are no softmax: each score by itself, or products of features."""

import math
from collections.abc import Callable

import pytest
import torch
from attn_gym.mods import generate_activation_score_mod, undo_softmax
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention.flex_attention import AuxRequest

from tests.peers.comparison import BOTH
from tests.peers.conftest import Agree
from tests.peers.inputs import (
    DIM,
    N_KEYS,
    N_QUERIES,
    Qkv,
    flex,
    masking,
    ours,
    qkv,
    sdpa,
)
from tests.peers.lucidrains import Attend

N_HEADS = 3
TEMPERATURES = [1.0, 0.4]
CAUSAL = torch.ones(N_QUERIES, N_KEYS, dtype=torch.bool).tril()
THREADED = 1e-5
"""Of attn-gym's way round a softmax: it adds one to every activation, weighs, multiplies by the
sum of the row (about 20) and takes the ones away again, each rounded to float32."""


def activated(given: Qkv, activation: Callable[[Tensor], Tensor], offset: float) -> Tensor:
    """Let attn-gym weigh by an activation instead of a softmax."""
    outputs, seen = flex(
        given,
        score_mod=generate_activation_score_mod(activation, offset),
        return_aux=AuxRequest(lse=True),
    )
    total = given.value[None].sum(dim=-2, keepdim=True)
    undone: Tensor = undo_softmax(outputs, seen.lse, total, offset)
    return undone[0]


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize(("bias", "temperature"), [(None, 1.0), (0.3, 1.0), (0.3, 0.4)])
def test_sigmoid_agrees_with_x_transformers(
    agree: Agree, bias: float | None, temperature: float, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(dtype=dtype)
    added = -math.log(N_KEYS) if bias is None else bias
    outputs, seen = Attend(sigmoid=True, scale=DIM**-0.5 / temperature)(
        *given.batch, attn_bias=torch.tensor(added, dtype=dtype).expand(N_QUERIES, N_KEYS)
    )

    normalizer = {"kind": "sigmoid", "bias": bias, "temperature": temperature}
    result = ours(given, normalizer=normalizer)

    agree(
        "sigmoid",
        "x-transformers attn_sigmoid",
        tolerance,
        (result.weights(), seen.post_softmax_attn[0]),
        (result.outputs(), outputs[0]),
    )


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, THREADED), BOTH[1]])
def test_sigmoid_agrees_with_attn_gym(agree: Agree, dtype: torch.dtype, tolerance: float) -> None:
    given = qkv(dtype=dtype)
    outputs = activated(given, lambda s: torch.sigmoid(s + 0.3), offset=1.0)

    result = ours(given, normalizer={"kind": "sigmoid", "bias": 0.3})

    agree("sigmoid", "attn-gym activation", tolerance, (result.outputs(), outputs))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, THREADED), BOTH[1]])
@pytest.mark.parametrize(("divisor", "temperature"), [(None, 1.0), (2.5, 1.0), (2.5, 0.4)])
def test_relu_agrees_with_attn_gym(
    agree: Agree, divisor: float | None, temperature: float, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(dtype=dtype)
    outputs = activated(given, lambda s: functional.relu(s / temperature), offset=1.0)
    outputs = outputs / (divisor or N_KEYS)

    normalizer = {"kind": "relu", "divisor": divisor, "temperature": temperature}
    result = ours(given, normalizer=normalizer)

    agree("relu", "attn-gym activation", tolerance, (result.outputs(), outputs))


FEATURES: dict[str, Callable[[Tensor], Tensor]] = {
    "elu1": lambda x: functional.elu(x) + 1,
    "relu": functional.relu,
}


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("score", ["dot", "scaled_dot"])
@pytest.mark.parametrize("feature_map", FEATURES)
def test_linear_agrees_with_attn_gym_weighing_by_its_products(
    agree: Agree, feature_map: str, score: str, dtype: torch.dtype, tolerance: float
) -> None:
    # The softmax of a logarithm divides by the sum: log φ(q)·φ(k) weighs as linear attention.
    given = qkv(dtype=dtype)
    mapped = FEATURES[feature_map]
    outputs = flex(
        Qkv(mapped(given.query), mapped(given.key), given.value),
        score_mod=generate_activation_score_mod(nn.Identity(), offset=0.0),
    )

    result = ours(given, score=score, normalizer={"kind": "linear", "feature_map": feature_map})

    agree("linear", "attn-gym activation", tolerance, (result.outputs(), outputs[0]))


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
def test_causal_linear_agrees_with_the_softmax_of_its_logarithm(
    agree: Agree, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(dtype=dtype)
    products = (functional.elu(given.query) + 1) @ (functional.elu(given.key) + 1).mT
    outputs, weights = sdpa(
        Qkv(torch.zeros_like(given.query), torch.zeros_like(given.key), given.value),
        bias=products.log() + masking(CAUSAL, dtype),
    )

    result = ours(given, score="dot", normalizer="linear", mask="causal")

    pairs = (result.weights(), weights), (result.outputs(), outputs)
    agree("linear", "torch SDPA of log φ(q)·φ(k)", tolerance, *pairs)


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_none_agrees_with_x_transformers(
    agree: Agree, temperature: float, dtype: torch.dtype, tolerance: float
) -> None:
    given = qkv(dtype=dtype)
    attend = Attend(custom_attn_fn=nn.Identity(), scale=DIM**-0.5 / temperature)
    outputs, seen = attend(*given.batch)

    result = ours(given, normalizer={"kind": "none", "temperature": temperature})

    agree(
        "none",
        "x-transformers custom_attn_fn",
        tolerance,
        (result.weights(), seen.post_softmax_attn[0]),
        (result.outputs(), outputs[0]),
    )
