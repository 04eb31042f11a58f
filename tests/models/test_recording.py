"""A capture leaves the model as it was, and what it computes as well."""

import inspect
import threading
from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers as tf
from torch import Tensor, nn

from attention_core.errors import NonFiniteError, SpecError
from attention_core.models import CaptureOptions, capture
from attention_core.models.calls import Layers
from attention_core.models.recording import Call, Recorder, recording
from attention_core.models.switching import recording_kernels, switchable_configs
from tests.models.tiny import BY_FALLBACK, MAKERS, Case, case

RECORDED = [name for name in MAKERS if name not in BY_FALLBACK]


def _outputs(tiny: Case) -> list[Tensor]:
    with torch.no_grad():
        outputs = tiny.model(**tiny.tensors)
    return [value for value in outputs.values() if isinstance(value, Tensor)]


def _implementations(model: nn.Module) -> list[str | None]:
    configs = switchable_configs(model)
    return [config._attn_implementation for config in configs]


@pytest.mark.parametrize("name", RECORDED)
def test_outputs_with_recording_are_those_without_to_the_bit(name: str) -> None:
    tiny = case(name)
    if name == "Gemma 2":
        # sdpa refuses its softcap, so that there is nothing to compare with but eager.
        tiny.model.set_attn_implementation("eager")  # type: ignore[operator]
    without = _outputs(tiny)

    recorder = Recorder(tiny.model, CaptureOptions())
    with recording_kernels(tiny.model), recording(recorder):
        recorded = _outputs(tiny)

    assert recorder.n_layers
    assert all(torch.equal(a, b) for a, b in zip(without, recorded, strict=True))


def test_softcapped_outputs_under_sdpa_are_those_of_eager() -> None:
    tiny = case("Gemma 2")
    tiny.model.set_attn_implementation("eager")  # type: ignore[operator]
    (eager, *_) = _outputs(tiny)
    # As a user can force it: transformers itself then stops in the first layer.
    tiny.model.config._attn_implementation_internal = "sdpa"  # type: ignore[union-attr]

    with recording_kernels(tiny.model), recording(Recorder(tiny.model, CaptureOptions())):
        (ours, *_) = _outputs(tiny)

    torch.testing.assert_close(ours, eager, atol=2e-6, rtol=0)


def test_kernels_of_every_sub_config_are_put_back() -> None:
    tiny = case("CLIP")
    tiny.model.set_attn_implementation({"text_config": "eager", "vision_config": "sdpa"})  # type: ignore[operator]
    before = _implementations(tiny.model)
    assert set(before) == {"eager", "sdpa"}

    capture(tiny.model, tiny.tensors)

    assert _implementations(tiny.model) == before


def test_kernels_hooks_and_dropout_are_put_back_after_an_error() -> None:
    tiny = case("BERT")
    tiny.model.train()
    frozen: Any = tiny.model.get_submodule("encoder.layer.1")
    frozen.eval()
    before = _implementations(tiny.model)
    modes = [module.training for module in tiny.model.modules()]

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        capture(tiny.model, tiny.tensors, check=stop)

    assert _implementations(tiny.model) == before
    assert [module.training for module in tiny.model.modules()] == modes
    assert not tiny.model._forward_pre_hooks
    capture(tiny.model, tiny.tensors)


def test_a_model_whose_dropout_is_on_is_captured_without() -> None:
    tiny = case("BERT")
    expected = capture(tiny.model, tiny.tensors).map().weights()
    tiny.model.train()

    taken = capture(tiny.model, tiny.tensors)

    assert torch.equal(taken.map().weights(), expected)
    assert tiny.model.training


def test_captures_of_one_model_in_many_threads_do_not_mix() -> None:
    tiny = case("Llama")
    texts = [torch.randint(5, 97, (1, n)) for n in (3, 5, 7, 11, 13, 17)]
    alone = [capture(tiny.model, {"input_ids": ids}).map().weights() for ids in texts]
    together: dict[int, Tensor] = {}

    def take(place: int) -> None:
        together[place] = capture(tiny.model, {"input_ids": texts[place]}).map().weights()

    threads = [threading.Thread(target=take, args=(place,)) for place in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(torch.equal(together[place], alone[place]) for place in range(len(texts)))


def test_a_forward_pass_of_another_thread_is_not_recorded() -> None:
    tiny = case("BERT")
    recorder = Recorder(tiny.model, CaptureOptions())

    with recording_kernels(tiny.model), recording(recorder):
        other = threading.Thread(target=_outputs, args=(tiny,))
        other.start()
        other.join()

    assert recorder.steps == [[]]


def test_a_forward_pass_of_another_thread_is_no_step_of_a_generation() -> None:
    tiny = case("GPT-2")
    config: Any = tiny.model.generation_config
    config.eos_token_id = None
    expected = capture(tiny.model, tiny.tensors, generate=3).map().weights()

    def pass_elsewhere() -> None:
        other = threading.Thread(target=_outputs, args=(tiny,))
        other.start()
        other.join()

    taken = capture(tiny.model, tiny.tensors, generate=3, check=pass_elsewhere)

    assert torch.equal(taken.map().weights(), expected)
    assert taken.notes == ()


def test_a_window_that_came_with_no_mask_hides_nothing() -> None:
    x = torch.randn(1, 2, 7, 3, generator=torch.Generator().manual_seed(0))
    call = Call("self", x, x, None, None, True, None, None, None, None, 3, 7)

    narrow = Layers().made([call]).map().weights()
    wide = Layers().made([replace(call, window=None)]).map().weights()

    assert torch.equal(narrow, wide)


def test_a_mask_that_holds_nan_is_refused_and_not_read_as_hidden() -> None:
    tiny = case("BERT")
    mask = torch.zeros(1, 1, 13, 13)
    mask[0, 0, 3, 5] = torch.nan

    with pytest.raises(NonFiniteError) as caught:
        capture(tiny.model, {**tiny.tensors, "attention_mask": mask}).map()

    assert caught.value.field == ("bias",)


@pytest.mark.parametrize("name", RECORDED)
def test_nothing_is_kept_with_queries_and_keys_that_they_were_cut_from(name: str) -> None:
    taken = capture(*case(name))

    for stack in taken.stacks.values():
        for layer in stack.layers:
            for x in (layer.query, layer.key):
                assert x is not None
                assert x.untyped_storage().nbytes() == x.nbytes


def test_a_capture_stays_as_it_is_when_its_cache_is_used_again() -> None:
    tiny = case("Llama")
    cache = tf.StaticCache(config=tiny.model.config, max_cache_len=31)
    expected = capture(tiny.model, tiny.tensors).map().weights()

    taken = capture(tiny.model, {**tiny.tensors, "past_key_values": cache})
    cache.reset()

    assert torch.equal(taken.map().weights(), expected)


@pytest.mark.parametrize("inputs", [["a text"], None, 3])
def test_inputs_of_another_sort_are_refused(inputs: Any) -> None:
    # As a user calls it, whose types nobody checks.
    unchecked = inspect.unwrap(capture)

    with pytest.raises(SpecError, match="a mapping of tensors") as caught:
        unchecked(case("BERT").model, inputs)

    assert caught.value.field == ("inputs",)


def test_chosen_layers_alone_are_kept_and_named_in_a_note() -> None:
    tiny = case("GPT-2")
    every = capture(tiny.model, tiny.tensors)

    some = capture(tiny.model, tiny.tensors, layers=(0, 2))

    assert some.kinds["self"].n_layers == 2
    assert torch.equal(some.map("self", 1).weights(), every.map("self", 2).weights())
    assert [note.code for note in some.notes] == ["layers_kept"]
    assert "0, 2 of 3" in some.notes[0].message


@pytest.mark.parametrize("layers", [(3,), (-1,), ()])
def test_layers_that_a_model_has_not_are_refused(layers: tuple[int, ...]) -> None:
    with pytest.raises(SpecError, match="between 0 and 2") as caught:
        capture(*case("GPT-2"), layers=layers)

    assert caught.value.field == ("layers",)


def test_progress_counts_up_to_all_layers() -> None:
    told: list[tuple[int, int]] = []

    capture(*case("BART"), on_progress=lambda done, total: told.append((done, total)))

    assert told == [(done, 8) for done in range(1, 9)]


def test_several_sequences_at_once_are_refused() -> None:
    tiny = case("BERT")

    with pytest.raises(SpecError, match="one sequence, got 2"):
        capture(tiny.model, {"input_ids": tiny.tensors["input_ids"].expand(2, -1)})


def test_a_model_of_another_library_is_refused() -> None:
    with pytest.raises(SpecError, match="one of transformers"):
        capture(nn.Linear(2, 3), {"input": torch.ones(1, 2)})


def test_an_unknown_option_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SpecError, match=r"generate, values, layers"):
        capture(*case("BERT"), layer=3)


def test_a_half_precision_model_stays_half_and_is_compared_in_float32() -> None:
    tiny = case("Llama")
    half = tiny.model.to(torch.bfloat16)

    taken = capture(half, tiny.tensors)

    layer = taken.stacks["self"].layers[0]
    assert layer.query is not None
    assert layer.query.dtype == torch.bfloat16
    assert taken.map().weights().dtype == torch.float32


def test_layers_that_share_one_module_are_all_kept() -> None:
    config = tf.AlbertConfig(
        vocab_size=97, embedding_size=11, hidden_size=42, num_hidden_layers=5,
        num_attention_heads=7, intermediate_size=53,
    )  # fmt: skip
    model = tf.AlbertModel(config).eval()

    taken = capture(model, {"input_ids": torch.arange(5, 16)[None]})

    assert taken.kinds["self"].n_layers == 5


def test_a_decoder_made_of_bert_has_the_three_kinds() -> None:
    sizes = {
        "vocab_size": 97, "hidden_size": 42, "num_hidden_layers": 2,
        "num_attention_heads": 7, "intermediate_size": 53,
    }  # fmt: skip
    config = tf.EncoderDecoderConfig.from_encoder_decoder_configs(
        tf.BertConfig(**sizes), tf.BertConfig(**sizes)
    )
    model = tf.EncoderDecoderModel(config).eval()
    tensors = {"input_ids": torch.arange(5, 16)[None], "decoder_input_ids": torch.arange(7)[None]}

    taken = capture(model, tensors)

    assert {kind: (s.n_queries, s.n_keys) for kind, s in taken.kinds.items()} == {
        "encoder": (11, 11), "decoder": (7, 7), "cross": (7, 11),
    }  # fmt: skip


def test_a_kernel_that_cannot_be_recorded_gives_way_and_comes_back() -> None:
    tiny = case("Llama")
    expected = capture(tiny.model, tiny.tensors).map().weights()
    config: Any = tiny.model.config
    # Set as it is where FlashAttention is installed.
    config._attn_implementation_internal = "flash_attention_2"

    taken = capture(tiny.model, tiny.tensors)

    assert torch.equal(taken.map().weights(), expected)
    assert [note.code for note in taken.notes] == ["kernel_replaced"]
    assert config._attn_implementation == "flash_attention_2"


@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method:DeprecationWarning")
def test_a_compiled_model_is_captured_as_what_it_wraps() -> None:
    tiny = case("BERT")

    taken = capture(torch.compile(tiny.model), tiny.tensors)

    assert taken.kinds["self"].n_layers == 3


class _Adapter(nn.Module):
    """Wrapped around a model as LoRA's adapters are, with its config and its way of writing."""

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        self.base, self.config = base, base.config
        self.generation_config = base.generation_config
        self.can_generate, self.generate = base.can_generate, base.generate

    def forward(self, **tensors: Tensor) -> Any:
        return self.base(**tensors)


def test_a_model_within_an_adapter_is_captured_while_it_writes() -> None:
    tiny = case("GPT-2")
    config: Any = tiny.model.generation_config
    config.eos_token_id = None
    expected = capture(tiny.model, tiny.tensors, generate=3).map().weights()

    taken = capture(_Adapter(tiny.model), tiny.tensors, generate=3)

    assert torch.equal(taken.map().weights(), expected)


def test_layers_without_attention_are_told_of() -> None:
    tiny = case("Qwen3")
    config: Any = tiny.model.config
    decoder: Any = tiny.model.get_submodule("model")
    # As in a model that has something else in every second layer.
    del decoder.layers[1]
    config.num_hidden_layers = 3

    without_cache: dict[str, Any] = {**tiny.tensors, "use_cache": False}
    taken = capture(tiny.model, without_cache)

    assert [note.code for note in taken.notes] == ["layers_missing"]
    assert "2 of 3 layers" in taken.notes[0].message
