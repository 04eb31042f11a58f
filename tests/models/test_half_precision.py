"""Models in half precision: their numbers are kept as they came, and computed with in float32."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from attention_core import save_capture
from attention_core.captures import Capture, Layer
from attention_core.models import capture
from tests.models.tiny import case, eager_weights

HALVES = [torch.bfloat16, torch.float16]
NAMES = ["Llama", "BERT"]
LARGEST = 2e-6
LARGEST_OF_HALVES = {torch.bfloat16: 2e-2, torch.float16: 3e-3}
"""How far the model's own weights may be, which it rounds: scores first, and weights again."""


def taken_in(name: str, dtype: torch.dtype) -> Capture:
    tiny = case(name)
    return capture(tiny.model.to(dtype), tiny.tensors, values=True)


def textbook(layer: Layer, *, is_causal: bool) -> Tensor:
    """Softmax of the scaled products of what was kept, all in float64."""
    assert layer.query is not None
    assert layer.key is not None
    query = layer.query.double()
    key = layer.key.double().repeat_interleave(query.shape[0] // layer.key.shape[0], dim=0)
    scores = query @ key.mT / query.shape[-1] ** 0.5
    if is_causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[1:]).tril().bool(), -torch.inf)
    return torch.softmax(scores, dim=-1)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_kept_in_the_precision_of_the_model(name: str, dtype: torch.dtype) -> None:
    taken = taken_in(name, dtype)

    kept = [x for layer in taken.stacks["self"].layers for x in (layer.query, layer.key)]
    assert {x.dtype for x in kept if x is not None} == {dtype}
    (note,) = [note for note in taken.notes if note.code == "half_precision"]
    assert str(dtype).removeprefix("torch.") in note.message


@pytest.mark.parametrize("name", NAMES)
def test_a_model_in_full_precision_carries_no_note_of_it(name: str) -> None:
    assert taken_in(name, torch.float32).notes == ()


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_the_rounded_numbers_in_float32(name: str, dtype: torch.dtype) -> None:
    taken = taken_in(name, dtype)

    for index, layer in enumerate(taken.stacks["self"].layers):
        found = taken.map("self", index).weights()
        assert found.dtype == torch.float32
        error = (found - textbook(layer, is_causal=name == "Llama")).abs().max()
        assert float(error) <= LARGEST


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", NAMES)
def test_weights_differ_from_the_models_own_by_its_rounding_only(
    name: str, dtype: torch.dtype
) -> None:
    tiny = case(name)
    tiny.model.to(dtype)
    taken = capture(tiny.model, tiny.tensors)

    own = eager_weights(tiny)["self"]
    errors = [
        float((taken.map("self", index).weights() - layer.float()).abs().max())
        for index, layer in enumerate(own)
    ]
    assert max(errors) <= LARGEST_OF_HALVES[dtype], errors


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", NAMES)
def test_a_capture_in_half_precision_takes_half_the_space(
    tmp_path: Path, name: str, dtype: torch.dtype
) -> None:
    def tensor_bytes(taken: Capture) -> int:
        layers = taken.stacks["self"].layers
        return sum(x.nbytes for each in layers for x in (each.query, each.key, each.value)
                   if x is not None)  # fmt: skip

    whole, half = taken_in(name, torch.float32), taken_in(name, dtype)
    saved = [save_capture(taken, tmp_path / str(i)) for i, taken in enumerate((whole, half))]

    assert 2 * tensor_bytes(half) == tensor_bytes(whole)
    # The text of both differs by the note and a few digits.
    spared = saved[0].n_bytes - saved[1].n_bytes
    assert abs(spared - tensor_bytes(half)) < 400
