"""Normalisers that give exact zeros: the entmax family."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import entmax
import pytest
import torch
from torch import Tensor

from tests.peers.comparison import BOTH
from tests.peers.conftest import Agree
from tests.peers.inputs import (
    N_KEYS,
    N_QUERIES,
    Qkv,
    masking,
    ours,
    qkv,
)

CAUSAL = torch.ones(N_QUERIES, N_KEYS, dtype=torch.bool).tril()


def scores_of(given: Qkv) -> Tensor:
    return given.query @ given.key.mT / math.sqrt(given.query.shape[-1])


ENTMAX: dict[str, tuple[Any, Callable[[Tensor], Tensor]]] = {
    "sparsemax": ({"kind": "sparsemax"}, lambda s: entmax.sparsemax(s, dim=-1)),
    "entmax15": ({"kind": "entmax15"}, lambda s: entmax.entmax15(s, dim=-1)),
}
for alpha in (1.05, 1.25, 1.5, 1.75, 2.0):
    bisected = partial(entmax.entmax_bisect, alpha=alpha, dim=-1, n_iter=100)
    ENTMAX[f"entmax, alpha {alpha}"] = ({"kind": "entmax", "alpha": alpha}, bisected)


@pytest.mark.parametrize(("dtype", "tolerance"), BOTH)
@pytest.mark.parametrize("temperature", [1.0, 0.1, 5.0])
@pytest.mark.parametrize("mask", [[], ["causal"]])
@pytest.mark.parametrize("name", ENTMAX)
def test_the_entmax_family_agrees_with_entmax(
    agree: Agree,
    name: str,
    mask: list[str],
    temperature: float,
    dtype: torch.dtype,
    tolerance: float,
) -> None:
    given = qkv(dtype=dtype)
    normalizer, theirs = ENTMAX[name]
    scores = scores_of(given) / temperature
    if mask:
        scores = scores + masking(CAUSAL, dtype)
    weights = theirs(scores)

    result = ours(given, normalizer={**normalizer, "temperature": temperature}, mask=mask)

    pairs = (result.weights(), weights), (result.outputs(), weights @ given.value)
    if temperature < 1:  # it divides the roundings of the scores too
        name, tolerance = f"{name}, temperature {temperature}", tolerance / temperature
    agree(name, "entmax", tolerance, *pairs)
