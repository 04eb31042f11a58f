"""Captures of tokens and numbers weigh as the front door does, after a save and a load too."""

from pathlib import Path
from typing import Any

import pytest
import torch

from attention_core import (
    AttentionSpec,
    ShapeError,
    attend,
    attend_tokens,
    capture_numbers,
    capture_tokens,
    load_capture,
    save_capture,
)

TOKENS = ["the", "cat", "sat", "on", "mats"]
SPECS: dict[str, dict[str, Any]] = {
    "every default": {},
    "rotary positions": {"position": "rope", "heads": 2},
    "sinusoidal positions": {"position": "sinusoidal"},
    "biases of distance": {"position": "alibi", "heads": 2},
    "shared keys": {"heads": {"kind": "gqa", "n_heads": 4, "n_kv_heads": 2}},
    "latent heads": {"heads": "mla"},
    "differential heads": {"heads": "differential"},
    "the article": {"preset": "article"},
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_capture_of_tokens_weighs_as_attend_tokens_does(
    spec: dict[str, Any], tmp_path: Path
) -> None:
    expected = attend_tokens(TOKENS, spec=AttentionSpec(**spec))

    shot = capture_tokens(TOKENS, spec=AttentionSpec(**spec))
    save_capture(shot, tmp_path / "shot")
    found = load_capture(tmp_path / "shot").map("self", 0)

    assert found.spec == expected.spec
    torch.testing.assert_close(found.weights(), expected.weights(), rtol=0, atol=0)
    torch.testing.assert_close(found.outputs(), expected.outputs(), rtol=0, atol=0)


def test_a_context_is_asked() -> None:
    shot = capture_tokens(["a", "b"], ["x", "y", "z"])

    stack = shot.stacks["self"]
    assert [token.text for token in stack.query_tokens] == ["a", "b"]
    assert [token.text for token in stack.key_tokens] == ["x", "y", "z"]
    assert stack.n_given == 2
    expected = attend_tokens(["a", "b"], ["x", "y", "z"]).weights()
    torch.testing.assert_close(shot.map().weights(), expected, rtol=0, atol=0)


def test_tokens_that_attend_to_themselves_are_kept_once() -> None:
    stack = capture_tokens(TOKENS).stacks["self"]

    assert stack.key_tokens is stack.query_tokens


def test_numbers_are_captured_with_their_labels() -> None:
    made = torch.Generator().manual_seed(5)
    query, key = torch.randn(3, 5, 7, generator=made), torch.randn(3, 2, 7, generator=made)
    value = torch.randn(3, 2, 11, generator=made)

    shot = capture_numbers(query, key, value, labels=(list("abcde"), ["x", "y"]))

    expected = attend(query, key, value)
    torch.testing.assert_close(shot.map().weights(), expected.weights(), rtol=0, atol=0)
    torch.testing.assert_close(shot.map().outputs(), expected.outputs(), rtol=0, atol=0)
    assert [token.piece for token in shot.stacks["self"].key_tokens] == ["x", "y"]


def test_what_does_not_fit_is_refused_before_anything_is_kept() -> None:
    with pytest.raises(ShapeError):
        capture_numbers(torch.ones(3, 7), torch.ones(2, 5), labels=(["a"] * 3, ["b"] * 2))


def test_a_capture_that_is_stopped_ends() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        capture_tokens(TOKENS, check=stop)
