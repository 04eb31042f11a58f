"""Captures of long texts: nothing is held that nobody looks at, and no mask as a matrix."""

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from attention_core import BudgetError, SpecError
from attention_core.models import CaptureOptions, ModelInput, OpenedModel, capture
from attention_core.models.recording import Recorder, recording
from attention_core.models.switching import recording_kernels
from tests.models.opened import opened_llama

N_TOKENS = 8209
WORDS = "the tired animal. "


def lengths_of_passes(model: nn.Module) -> list[int]:
    """Watch how many tokens each pass of a model reads."""
    lengths: list[int] = []

    def note(_module: nn.Module, _args: object, kwargs: dict[str, Tensor]) -> None:
        lengths.append(kwargs["input_ids"].shape[1])

    model.register_forward_pre_hook(note, with_kwargs=True)
    return lengths


def long_llama() -> tuple[nn.Module, Tensor]:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=97, hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=6, intermediate_size=29, max_position_embeddings=2**14,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval(), torch.randint(5, 97, (1, N_TOKENS))


def test_a_long_text_is_captured_to_the_cell_without_a_matrix_of_its_mask() -> None:
    model, ids = long_llama()

    taken = capture(model, {"input_ids": ids, "attention_mask": torch.ones_like(ids)})

    layer = taken.stacks["self"].layers[1]
    assert layer.spec is not None
    assert layer.query is not None
    assert layer.key is not None
    assert [mask.kind for mask in layer.spec.mask] == ["causal"]
    assert layer.allowed is None
    assert (layer.n_heads, layer.n_kv_heads, layer.n_queries) == (4, 2, N_TOKENS)
    row, head = 8101, 3
    scores = layer.query[head, row].double() @ layer.key[1].double().T / 6**0.5
    expected = scores[: row + 1].softmax(dim=-1)
    found = taken.map("self", 1).weights(query=slice(row, row + 1), head=head)[0, 0]
    assert float((found[: row + 1] - expected).abs().max()) <= 1e-6
    assert float(found[row + 1 :].abs().max()) == 0


def test_a_pass_makes_one_row_of_logits_and_no_cache() -> None:
    model, ids = long_llama()
    made: list[tuple[int, object]] = []
    model.register_forward_hook(
        lambda _module, _args, out: made.append((out.logits.shape[1], out.past_key_values))
    )

    capture(model, {"input_ids": ids[:, :11]})

    assert made == [(1, None)]


def test_what_a_user_asks_of_cache_and_logits_is_left_alone() -> None:
    model, ids = long_llama()
    made: list[int] = []
    model.register_forward_hook(lambda _module, _args, out: made.append(out.logits.shape[1]))

    capture(model, {"input_ids": ids[:, :11], "logits_to_keep": 3})  # type: ignore[dict-item]

    assert made == [3]


def test_layers_that_are_not_kept_are_not_held() -> None:
    model, ids = long_llama()
    recorder = Recorder(model, CaptureOptions(layers=(1,)))

    with recording_kernels(model), recording(recorder), torch.no_grad():
        model(input_ids=ids[:, :11])

    assert recorder.n_layers == {"self": 2}
    assert [len(step) for step in recorder.steps] == [1]


def test_numbers_lie_as_they_are_read_so_that_saving_copies_none() -> None:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=97, hidden_size=42, num_hidden_layers=2, num_attention_heads=7,
        intermediate_size=53,
    )  # fmt: skip

    taken = capture(BertModel(config), {"input_ids": torch.randint(5, 97, (1, 11))})

    for layer in taken.stacks["self"].layers:
        assert layer.query is not None
        assert layer.query.is_contiguous()
        assert layer.query.untyped_storage().nbytes() == layer.query.nbytes


def test_a_text_over_the_longest_of_the_options_is_refused() -> None:
    with pytest.raises(SpecError, match="at most 7 tokens"):
        opened_llama().capture(ModelInput(text=WORDS * 3), options=CaptureOptions(max_tokens=7))


def test_a_capture_over_its_budget_is_refused_before_the_model_reads_it() -> None:
    model: OpenedModel = opened_llama(n_layers=5)
    asked = ModelInput(text=WORDS * 300)
    whole = model.estimate(asked)
    lengths = lengths_of_passes(model.model)
    # Room for all but two layers.
    budget = whole.n_bytes - 2 * whole.layer_bytes

    with pytest.raises(BudgetError, match="keep fewer layers, such as 0, 2, 4") as caught:
        model.capture(asked, options=CaptureOptions(budget_bytes=budget))

    assert (caught.value.actual, caught.value.maximum) == (whole.n_bytes, budget)
    assert lengths == []
    fitting = CaptureOptions(budget_bytes=budget, layers=(0, 2, 4))
    assert model.capture(asked, options=fitting).kinds["self"].n_layers == 3
    assert lengths == [whole.n_key_tokens]


def test_a_capture_that_no_choice_of_layers_makes_fit_asks_for_a_shorter_text() -> None:
    with pytest.raises(BudgetError, match="give a shorter text"):
        opened_llama().capture(
            ModelInput(text=WORDS * 300), options=CaptureOptions(budget_bytes=1000)
        )
