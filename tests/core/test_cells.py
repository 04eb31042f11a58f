"""One cell explained: its numbers lead from q and k to the weight."""

import itertools
import math
from typing import Any

import pytest
import torch

from attention_core import AttentionSpec, SpecError, attend

SCORES = [
    "dot",
    "scaled_dot",
    {"kind": "general", "bias": True, "seed": 5},
    {"kind": "additive", "attn_dim": 3},
]


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("score", "softcap"), list(itertools.product(SCORES, [None, 1.5])))
def test_the_arithmetic_leads_to_the_weight(score: Any, softcap: float | None) -> None:
    spec = AttentionSpec.model_validate(
        {"score": score, "softcap": softcap, "mask": "causal", "position": "rope",
         "normalizer": {"kind": "softmax", "temperature": 0.8}}
    )  # fmt: skip
    result = attend(drawn(2, 5, 4, seed=0), drawn(2, 7, 4, seed=1), drawn(2, 7, 3, seed=2), spec)

    cell = result.cell(head=1, query=3, key=2)

    terms = [a * b for a, b in zip(cell.left, cell.right, strict=True)]
    assert cell.terms == pytest.approx(terms, abs=1e-9)
    assert cell.product == pytest.approx(sum(terms), abs=1e-9)
    plain = cell.product * cell.scale + cell.offset
    capped = plain if softcap is None else softcap * math.tanh(plain / softcap)
    assert cell.bias is not None
    assert cell.score is not None
    assert cell.score == pytest.approx(capped + cell.bias, abs=1e-6)
    assert cell.score == pytest.approx(float(result.scores()[1, 3, 2]), abs=1e-6)
    allowed = [score for score in cell.row_scores if score is not None]
    assert cell.row_scores[4:] == [None, None, None]
    total = sum(math.exp(s / cell.temperature) for s in allowed)
    assert cell.lse == pytest.approx(math.log(total), abs=1e-6)
    assert cell.row_maximum == pytest.approx(max(allowed), abs=1e-6)
    assert cell.weight == pytest.approx(math.exp(cell.score / cell.temperature) / total, abs=1e-6)
    assert cell.share == pytest.approx([cell.weight * v for v in cell.value], abs=1e-7)
    assert cell.value == pytest.approx(result.value[1, 2].tolist())


def test_a_masked_cell_says_so_and_weighs_nothing() -> None:
    result = attend(drawn(3, 4, seed=0), drawn(3, 4, seed=1), spec=AttentionSpec(mask="causal"))

    cell = result.cell(0, 0, 2)

    assert not cell.allowed
    assert cell.weight == 0
    assert cell.row_scores[1:] == [None, None]
    assert cell.score is not None
    assert math.isfinite(cell.score)


def test_a_cell_of_an_empty_row_has_no_row_state() -> None:
    spec = AttentionSpec.model_validate({"mask": {"kind": "padding", "key_length": 0}})

    cell = attend(drawn(3, 4, seed=0), drawn(3, 4, seed=1), spec=spec).cell(0, 1, 1)

    assert (cell.lse, cell.row_maximum, cell.weight) == (None, None, 0.0)


@pytest.mark.parametrize("place", [(2, 0, 0), (0, 3, 0), (0, 0, 5), (-1, 0, 0)])
def test_a_cell_that_is_not_there_is_refused(place: tuple[int, int, int]) -> None:
    result = attend(drawn(2, 3, 4, seed=0), drawn(2, 5, 4, seed=1))

    with pytest.raises(SpecError, match="count from zero"):
        result.cell(*place)
