"""Captured weights against those that transformers computes itself, for every family of models."""

import pytest
import torch

from attention_core.captures import Capture
from attention_core.models import capture
from tests.models.errors_table import largest_errors
from tests.models.tiny import BY_FALLBACK, MAKERS, case

LARGEST = 2e-6


@pytest.mark.parametrize("name", MAKERS)
def test_every_head_of_every_layer_has_the_weights_of_the_eager_kernel(name: str) -> None:
    tiny = case(name)

    taken = capture(tiny.model, tiny.tensors)

    errors = largest_errors(tiny, taken)
    assert max(errors.values()) <= LARGEST, errors


@pytest.mark.parametrize("name", MAKERS)
def test_only_models_that_bypass_the_interface_are_captured_by_their_weights(name: str) -> None:
    tiny = case(name)

    taken = capture(tiny.model, tiny.tensors)

    has_weights_only = {
        layer.spec is None for stack in taken.stacks.values() for layer in stack.layers
    }
    assert has_weights_only == {name in BY_FALLBACK}
    assert [note.code for note in taken.notes] == (["eager_weights"] if name in BY_FALLBACK else [])


def _masks(taken: Capture, kind: str) -> list[list[str]]:
    layers = taken.stacks[kind].layers
    return [sorted(m.kind for m in layer.spec.mask) for layer in layers if layer.spec is not None]


def test_a_window_shorter_than_the_text_is_described() -> None:
    tiny = case("Mistral")

    taken = capture(tiny.model, tiny.tensors)

    assert _masks(taken, "self") == [["causal", "sliding_window"]] * 3
    assert all(layer.allowed is None for layer in taken.stacks["self"].layers)


def test_layers_with_and_without_a_window_are_told_apart() -> None:
    tiny = case("gpt-oss")

    taken = capture(tiny.model, tiny.tensors)

    window, full = ["causal", "sliding_window"], ["causal"]
    assert _masks(taken, "self") == [window, full, window]


def test_sinks_softcap_and_shared_keys_are_in_the_spec() -> None:
    sinks = capture(*case("gpt-oss")).stacks["self"].layers[0].spec
    capped = capture(*case("Gemma 2")).stacks["self"].layers[0].spec

    assert sinks is not None
    assert capped is not None
    assert sinks.normalizer.kind == "sink"
    assert sinks.heads.kind == "gqa"
    assert sinks.heads.n_key_heads == 5
    assert capped.softcap == 0.5


def test_the_bias_of_t5_is_kept_by_distance() -> None:
    tiny = case("T5")

    taken = capture(tiny.model, tiny.tensors)

    for kind, n_tokens in {"encoder": 11, "decoder": 13}.items():
        for layer in taken.stacks[kind].layers:
            assert layer.bias is None
            assert layer.distances is not None
            assert layer.distances.shape == (7, 2 * n_tokens - 1)


@pytest.mark.parametrize("name", ["BERT", "GPT-2", "Llama", "BART", "T5"])
def test_padding_at_the_end_is_described_and_has_no_weight(name: str) -> None:
    tiny = case(name)
    mask = torch.ones_like(tiny.tensors["input_ids"])
    mask[:, -3:] = 0
    padded = tiny._replace(tensors={**tiny.tensors, "attention_mask": mask})

    taken = capture(padded.model, padded.tensors)

    errors = largest_errors(padded, taken)
    assert max(errors.values()) <= LARGEST, errors
    kind = "self" if "self" in taken.stacks else "encoder"
    assert all("padding" in masks for masks in _masks(taken, kind))


@pytest.mark.parametrize("name", ["BERT", "Llama"])
def test_a_mask_drawn_by_hand_is_kept_as_it_was_given(name: str) -> None:
    tiny = case(name)
    n = tiny.tensors["input_ids"].shape[1]
    drawn = torch.rand(1, 1, n, n, generator=torch.Generator().manual_seed(5)) < 0.6
    drawn = (
        (drawn | torch.eye(n, dtype=torch.bool))
        .float()
        .log()
        .clamp(min=torch.finfo(torch.float32).min)
    )
    masked = tiny._replace(tensors={**tiny.tensors, "attention_mask": drawn})

    taken = capture(masked.model, masked.tensors)

    errors = largest_errors(masked, taken)
    assert max(errors.values()) <= LARGEST, errors


def test_a_mask_for_each_head_leaves_the_models_own_weights() -> None:
    tiny = case("BERT")
    drawn = torch.rand(1, 7, 13, 13, generator=torch.Generator().manual_seed(5)) < 0.6
    drawn = (
        (drawn | torch.eye(13, dtype=torch.bool))
        .float()
        .log()
        .clamp(min=torch.finfo(torch.float32).min)
    )
    masked = tiny._replace(tensors={**tiny.tensors, "attention_mask": drawn})

    taken = capture(masked.model, masked.tensors)

    assert [note.code for note in taken.notes] == ["eager_weights"]
    assert largest_errors(masked, taken) == {"self": 0.0}


def test_numbers_that_are_low_but_hide_nothing_are_kept_as_a_bias() -> None:
    tiny = case("BERT")
    drawn = torch.rand(1, 7, 13, 13, generator=torch.Generator().manual_seed(5)) * -9
    biased = tiny._replace(tensors={**tiny.tensors, "attention_mask": drawn})

    taken = capture(biased.model, biased.tensors)

    assert max(largest_errors(biased, taken).values()) <= LARGEST
    assert all(layer.bias is not None for layer in taken.stacks["self"].layers)


def test_outputs_need_values_and_have_them_when_asked_for() -> None:
    tiny = case("Llama")

    with_values = capture(tiny.model, tiny.tensors, values=True)
    without = capture(tiny.model, tiny.tensors)

    layer = with_values.stacks["self"].layers[0]
    assert layer.value is not None
    assert layer.value.shape == (5, 13, 6)
    expected = with_values.map("self", 0).weights() @ layer.value.repeat_interleave(2, dim=0)
    torch.testing.assert_close(with_values.map("self", 0).outputs(), expected)
    assert without.stacks["self"].layers[0].value is None
