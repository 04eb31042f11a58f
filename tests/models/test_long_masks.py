"""Windows over long texts: described and attended with to the same numbers, without a matrix."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import transformers as tf
from torch import Tensor, nn

from attention_core import SpecError
from attention_core.captures import Capture
from attention_core.masks import Extent
from attention_core.models import capture, long_masks
from attention_core.models.long_masks import LongMask, long_mask_of
from tests.models.tiny import case

N_TOKENS = 1031
WINDOW = 37
_SIZES: dict[str, Any] = {
    "vocab_size": 97, "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4,
    "intermediate_size": 29, "max_position_embeddings": 2**14,
}  # fmt: skip
_SHARED = {**_SIZES, "num_key_value_heads": 2, "head_dim": 6}
MODELS: dict[str, Callable[[], nn.Module]] = {
    "Mistral": lambda: tf.MistralForCausalLM(tf.MistralConfig(**_SHARED, sliding_window=WINDOW)),
    "Gemma 3": lambda: tf.Gemma3ForCausalLM(
        tf.Gemma3TextConfig(
            **_SHARED,
            sliding_window=WINDOW,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        )
    ),
    "ModernBERT": lambda: tf.ModernBertModel(
        tf.ModernBertConfig(
            **_SIZES,
            local_attention=2 * WINDOW,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
            pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2,
        )
    ),
}  # fmt: skip


def made(name: str) -> tuple[nn.Module, dict[str, Tensor]]:
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    model.set_attn_implementation("sdpa")  # type: ignore[operator]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.15)
    ids = torch.randint(5, 97, (1, N_TOKENS))
    return model, {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def numbers(taken: Capture) -> list[Tensor]:
    return [x for layer in taken.stacks["self"].layers for x in (layer.query, layer.key)
            if x is not None]  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_capture_is_the_same_without_a_matrix(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tensors = made(name)
    by_matrix = capture(model, tensors)
    monkeypatch.setattr(long_masks, "LONG_CELLS", 0)

    by_rule = capture(model, tensors)

    for found, expected in zip(numbers(by_rule), numbers(by_matrix), strict=True):
        assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max())
    stacks = (by_rule.stacks["self"], by_matrix.stacks["self"])
    for one, other in zip(*(stack.layers for stack in stacks), strict=True):
        assert one.spec is not None
        assert other.spec is not None
        assert one.spec.mask == other.spec.mask
        assert one.allowed is None


def test_a_window_over_a_long_text_is_never_a_matrix() -> None:
    model, _ = made("Mistral")
    n_tokens = 8209
    seen: list[Tensor] = []
    inner = long_masks.attended

    def watch(query: Tensor, *args: Any, **options: Any) -> Tensor:
        seen.append(query)
        return inner(query, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attention_core.models.recording.attended", watch)
        taken = capture(model, {"input_ids": torch.randint(5, 97, (1, n_tokens))}, layers=(1,))

    layer = taken.stacks["self"].layers[0]
    assert layer.spec is not None
    assert [mask.kind for mask in layer.spec.mask] == ["causal", "sliding_window"]
    assert len(seen) == 3
    assert n_tokens**2 > long_masks.LONG_CELLS


def test_a_model_that_writes_has_its_masks_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    model, tensors = made("Mistral")
    tensors = {name: x[:, :61] for name, x in tensors.items()}
    expected = capture(model, tensors, generate=3)
    monkeypatch.setattr(long_masks, "LONG_CELLS", 0)

    found = capture(model, tensors, generate=3)

    assert all(torch.equal(*pair) for pair in zip(numbers(found), numbers(expected), strict=True))


def test_padding_is_part_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    model, tensors = made("Mistral")
    tensors["attention_mask"][:, :3] = 0
    monkeypatch.setattr(long_masks, "LONG_CELLS", 0)

    with pytest.raises(SpecError, match="only a matrix could tell"):
        capture(model, tensors)


def test_a_softcap_under_a_long_window_gives_the_same_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tiny = case("Gemma 2")
    # As a user can force it, and as FlashAttention's kernel is replaced.
    tiny.model.config._attn_implementation_internal = "sdpa"  # type: ignore[union-attr]
    by_matrix = capture(tiny.model, tiny.tensors)
    monkeypatch.setattr(long_masks, "LONG_CELLS", 0)

    by_rule = capture(tiny.model, tiny.tensors)

    for found, expected in zip(numbers(by_rule), numbers(by_matrix), strict=True):
        torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)


def test_a_stand_in_that_was_changed_is_refused() -> None:
    def causal(_batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return key <= query

    extent = Extent(3, 5)
    stand_in = LongMask(causal, extent, (0, 0), torch.device("cpu")).stand_in()

    found = long_mask_of(stand_in)
    assert found is not None
    assert found.rows(range(1, 3), range(2)).tolist() == [[True, True], [True, True]]
    assert found.rows(range(2), range(1, 3)).tolist() == [[False, False], [True, False]]
    with pytest.raises(SpecError, match="the model changed"):
        long_mask_of(stand_in[:, :, :2])
