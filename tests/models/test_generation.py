"""What a model writes, row by row, is what it would have read at once."""

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import DynamicCache

from attention_core.captures import Capture
from attention_core.errors import SpecError
from attention_core.models import capture
from tests.models.tiny import Case, case, eager_weights

WRITERS = ["GPT-2", "GPT-NeoX", "Llama", "Qwen3", "Gemma 2", "gpt-oss", "Mistral", "BLOOM"]
TRANSLATORS = ["T5", "Marian", "BART", "Whisper"]
N_WRITTEN = 7


def _endless(name: str) -> Case:
    tiny = case(name)
    tiny.model.generation_config.eos_token_id = None  # type: ignore[union-attr]
    return tiny


def _given(tiny: Case, n_target: int = 0) -> dict[str, Tensor]:
    given = {k: x for k, x in tiny.tensors.items() if k != "decoder_input_ids"}
    if n_target:
        ids = tiny.tensors["decoder_input_ids"][:, :n_target].clone()
        config: Any = tiny.model.config
        ids[:, 0] = config.decoder_start_token_id
        given["decoder_input_ids"] = ids
    if "input_ids" in given:
        given["attention_mask"] = torch.ones_like(given["input_ids"])
    return given


def _largest_error(tiny: Case, taken: Capture, given: dict[str, Tensor]) -> float:
    """Compare with one pass over all that was written."""
    kind = "decoder" if "decoder" in taken.stacks else "self"
    ids = torch.tensor([[token.id or 0 for token in taken.stacks[kind].query_tokens]])
    if kind == "decoder":
        whole = {**given, "decoder_input_ids": ids}
    else:
        whole = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    return max(
        float((taken.map(name, i).weights() - layer).abs().max())
        for name, layers in eager_weights(Case(tiny.model, whole)).items()
        for i, layer in enumerate(layers)
    )


@pytest.mark.parametrize("name", WRITERS)
def test_stitched_rows_of_a_language_model_are_those_of_one_pass(name: str) -> None:
    tiny = _endless(name)
    given = _given(tiny)

    taken = capture(tiny.model, given, generate=N_WRITTEN)

    stack = taken.stacks["self"]
    assert stack.n_given == 13
    assert [t.is_generated for t in stack.query_tokens] == [False] * 13 + [True] * N_WRITTEN
    assert _largest_error(tiny, taken, given) <= 2e-6


@pytest.mark.parametrize("name", TRANSLATORS)
@pytest.mark.parametrize("n_target", [1, 3])
def test_stitched_rows_of_an_encoder_decoder_are_those_of_one_pass(
    name: str, n_target: int
) -> None:
    tiny = _endless(name)
    given = _given(tiny, n_target)

    taken = capture(tiny.model, given, generate=N_WRITTEN)

    assert set(taken.stacks) == {"encoder", "decoder", "cross"}
    assert taken.stacks["decoder"].n_given == taken.stacks["cross"].n_given == n_target
    assert taken.kinds["cross"].n_queries == n_target + N_WRITTEN
    assert _largest_error(tiny, taken, given) <= 2e-6


def test_a_target_without_the_token_that_begins_it_is_given_it() -> None:
    tiny = _endless("BART")
    given = {**_given(tiny), "decoder_input_ids": torch.tensor([[11, 13, 17]])}

    taken = capture(tiny.model, given, generate=N_WRITTEN)

    stack = taken.stacks["decoder"]
    assert stack.n_given == 4
    assert [token.id for token in stack.query_tokens[:4]] == [2, 11, 13, 17]
    assert _largest_error(tiny, taken, given) <= 2e-6


@pytest.mark.parametrize("name", ["GPT-2", "T5", "Mistral"])
def test_the_model_writes_what_it_writes_alone(name: str) -> None:
    tiny = _endless(name)
    given = _given(tiny)
    with torch.no_grad():
        expected = tiny.model.generate(  # type: ignore[operator]
            **given, do_sample=False, max_new_tokens=N_WRITTEN
        )[0].tolist()

    taken = capture(tiny.model, given, generate=N_WRITTEN)

    kind = "decoder" if "decoder" in taken.stacks else "self"
    assert [token.id for token in taken.stacks[kind].query_tokens] == expected


def test_a_text_ends_before_the_token_that_ends_it() -> None:
    tiny = _endless("GPT-2")
    given = _given(tiny)
    ids = [t.id for t in capture(tiny.model, given, generate=5).stacks["self"].query_tokens]
    tiny.model.generation_config.eos_token_id = ids[15]  # type: ignore[union-attr]
    first_end = ids.index(ids[15], 13)

    taken = capture(tiny.model, given, generate=5)

    assert [t.id for t in taken.stacks["self"].query_tokens] == ids[:first_end]


def test_the_generation_config_is_left_as_it_was() -> None:
    tiny = _endless("GPT-2")
    config = tiny.model.generation_config
    config.do_sample, config.temperature, config.max_length = True, 0.7, 99  # type: ignore[union-attr]
    before = config.to_dict()  # type: ignore[union-attr,operator]

    capture(tiny.model, _given(tiny), generate=2)

    assert tiny.model.generation_config is config
    assert config.to_dict() == before  # type: ignore[union-attr,operator]


@pytest.mark.parametrize(
    "found",
    [
        {"cache_implementation": "static"},
        {"guidance_scale": 3.0},
        {"stop_strings": ["a"]},
        {"penalty_alpha": 0.6, "top_k": 4},
        {"dola_layers": "high"},
        {"watermarking_config": {"bias": 2.0}},
        {"is_assistant": True},
    ],
)
def test_what_a_model_says_of_sampling_search_and_caches_changes_nothing(found: Any) -> None:
    tiny = _endless("Llama")
    expected = capture(tiny.model, _given(tiny), generate=3)
    config = tiny.model.generation_config
    for name, value in found.items():
        setattr(config, name, value)

    taken = capture(tiny.model, _given(tiny), generate=3)

    assert torch.equal(taken.map("self", 2).weights(), expected.map("self", 2).weights())
    assert tiny.model.generation_config is config


def test_a_filled_cache_is_refused_where_a_model_writes() -> None:
    tiny = _endless("Llama")
    given = {**tiny.tensors, "past_key_values": DynamicCache(config=tiny.model.config)}

    with pytest.raises(SpecError, match="past_key_values") as caught:
        capture(tiny.model, given, generate=2)

    assert caught.value.field == ("inputs",)


@pytest.mark.parametrize("name", TRANSLATORS)
def test_no_layer_is_missed_where_an_encoder_ran_once_and_a_decoder_often(name: str) -> None:
    tiny = _endless(name)

    assert capture(tiny.model, _given(tiny), generate=3).notes == ()


@pytest.mark.parametrize("name", ["GPT-2", "BART"])
def test_writing_past_the_last_position_is_refused(name: str) -> None:
    tiny = _endless(name)

    with pytest.raises(SpecError, match="write fewer") as caught:
        capture(tiny.model, _given(tiny), generate=64)

    assert caught.value.field == ("generate",)


def test_values_of_written_tokens_are_kept_when_asked_for() -> None:
    tiny = _endless("Llama")

    taken = capture(tiny.model, _given(tiny), generate=3, values=True)

    assert taken.map().outputs().shape == (10, 16, 6)


def test_progress_counts_the_written_tokens() -> None:
    told: list[tuple[int, int]] = []
    tiny = _endless("GPT-2")

    capture(tiny.model, _given(tiny), generate=3, on_progress=lambda *x: told.append(x))

    assert told[-1] == (3, 3)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_check_ends_the_writing() -> None:
    tiny = _endless("GPT-2")
    n_checks = 0

    def check() -> None:
        nonlocal n_checks
        n_checks += 1
        if n_checks > 20:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        capture(tiny.model, _given(tiny), generate=40, check=check)


def test_a_model_that_does_not_write_is_refused() -> None:
    with pytest.raises(SpecError, match="does not write") as caught:
        capture(*case("BERT"), generate=3)

    assert caught.value.field == ("generate",)


def test_a_negative_number_of_tokens_is_refused() -> None:
    with pytest.raises(SpecError, match="zero or more"):
        capture(*case("GPT-2"), generate=-1)
