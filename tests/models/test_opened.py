"""Opened models: texts, targets, and what they write."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import (
    BertConfig,
    T5Config,
    T5EncoderModel,
    T5Model,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
)

from attention_core.errors import SpecError, UnknownModelError
from attention_core.models import ModelInput, capture, describe_model, open_model
from attention_core.models.opened import N_TRANSLATED
from tests.models.folders import bert_folder, gpt2_folder, marian_folder, t5_folder, vit_folder
from tests.models.tiny import case
from tests.models.tokenizers import word_piece


def test_the_library_imports_no_model_library() -> None:
    names = "{'transformers', 'tokenizers', 'huggingface_hub'}"
    code = (
        f"import sys, attention_core, attention_core.models; assert not {names} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_language_model_writes_after_its_text(tmp_path: Path) -> None:
    model = open_model(str(gpt2_folder(tmp_path)))

    taken = capture(model, "the tired animal", generate=5)

    stack = taken.stacks["self"]
    n_given = stack.n_given
    assert model.can_generate
    assert "".join(t.piece for t in stack.query_tokens[:n_given]) == "theĠtiredĠanimal"
    assert [t.is_generated for t in stack.query_tokens] == [False] * n_given + [True] * 5
    assert stack.query_tokens[n_given - 1].span == (10, 16)


def test_what_is_written_counts_towards_the_longest_text(tmp_path: Path) -> None:
    model = open_model(str(gpt2_folder(tmp_path)))
    text = " the" * 60

    assert capture(model, text, generate=4).kinds["self"].n_keys == 64
    with pytest.raises(SpecError, match="at most 59 tokens"):
        capture(model, text, generate=5)


def test_writing_that_leaves_no_room_for_a_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="64 in all") as caught:
        capture(open_model(str(gpt2_folder(tmp_path))), "the", generate=67)

    assert caught.value.field == ("generate",)


def test_a_translator_of_few_positions_writes_as_many_as_it_has(tmp_path: Path) -> None:
    taken = capture(open_model(str(marian_folder(tmp_path))), "the cat")

    assert taken.kinds["decoder"].n_queries == 64


def test_an_encoder_alone_opens_without_the_decoder_that_it_was_made_with(tmp_path: Path) -> None:
    t5_folder(tmp_path)
    T5EncoderModel.from_pretrained(tmp_path).save_pretrained(tmp_path)

    taken = capture(open_model(str(tmp_path)), "the tired animal")

    assert list(taken.kinds) == ["self"]
    assert taken.kinds["self"].n_layers == 2


@pytest.mark.parametrize("name", ["~nobody-of-this-name/model", "x" * 5000, "owner/a.git"])
def test_a_name_of_no_file_is_unknown_and_not_here(name: str) -> None:
    assert not describe_model(name).is_here
    with pytest.raises(UnknownModelError):
        open_model(name, allow_download=False)


def test_a_translator_writes_where_no_target_is_given(tmp_path: Path) -> None:
    model = open_model(str(t5_folder(tmp_path)))

    taken = capture(model, "the tired animal")

    assert taken.stacks["decoder"].n_given == 1
    assert taken.kinds["decoder"].n_queries == 1 + N_TRANSLATED
    assert taken.stacks["encoder"].query_tokens[-1].piece == "</s>"
    assert taken.stacks["cross"].key_tokens == taken.stacks["encoder"].query_tokens


def test_tokens_of_a_slow_tokenizer_are_found_in_source_and_target(tmp_path: Path) -> None:
    model = open_model(str(marian_folder(tmp_path)))
    inputs = ModelInput(text="The animal didn't. 今天天气", target="The tired street")

    taken = capture(model, inputs)

    source, target = (taken.stacks[kind].query_tokens for kind in ("encoder", "decoder"))
    for tokens, text in ((source, inputs.text), (target, inputs.target)):
        read = [t for t in tokens if t.span is not None]
        assert "".join(t.text for t in read) == str(text).replace(" ", "")
        assert all(t.text == str(text)[slice(*t.span or ())] for t in read)
    assert {t.sentence for t in source if t.span is not None} == {0, 1}
    assert target[0].piece == "<pad>"


def test_words_of_a_translation_are_counted_from_its_own_beginning(tmp_path: Path) -> None:
    model = open_model(str(marian_folder(tmp_path)))

    taken = capture(model, "The tired animal", generate=5)

    written = [t for t in taken.stacks["decoder"].query_tokens if t.word is not None]
    assert written
    assert written[0].word == 0


def test_a_target_is_read_after_the_token_that_begins_it(tmp_path: Path) -> None:
    model = open_model(str(t5_folder(tmp_path)))

    taken = capture(model, ModelInput(text="the tired animal", target="the street"))

    tokens = taken.stacks["decoder"].query_tokens
    assert tokens[0].kind == "special"
    assert "".join(t.text for t in tokens[1:]).replace(" ", "") == "thestreet"
    assert taken.stacks["decoder"].n_given == len(tokens)
    assert not any(t.is_generated for t in tokens)


def test_a_translator_writes_on_after_a_target_when_asked_to(tmp_path: Path) -> None:
    model = open_model(str(t5_folder(tmp_path)))
    inputs = ModelInput(text="the tired animal", target="the street")
    n_given = capture(model, inputs).kinds["decoder"].n_queries

    taken = capture(model, inputs, generate=3)

    assert taken.stacks["decoder"].n_given == n_given
    assert taken.kinds["cross"].n_queries == n_given + 3


def test_a_target_without_a_decoder_is_refused(tmp_path: Path) -> None:
    model = open_model(str(bert_folder(tmp_path)))

    with pytest.raises(SpecError, match="target must be left out") as caught:
        capture(model, ModelInput(text="the", target="the"))

    assert caught.value.field == ("target",)


def test_weights_are_kept_as_they_are_stored_or_as_asked(tmp_path: Path) -> None:
    bert_folder(tmp_path)
    stored = open_model(str(tmp_path))
    half = open_model(str(tmp_path), dtype=torch.bfloat16)

    assert {p.dtype for p in stored.model.parameters()} == {torch.float32}
    assert {p.dtype for p in half.model.parameters()} == {torch.bfloat16}
    assert capture(half, "the").map().weights().dtype == torch.float32


def test_an_opened_model_cannot_be_trained_by_accident(tmp_path: Path) -> None:
    model = open_model(str(bert_folder(tmp_path)))

    assert not model.model.training
    assert not any(p.requires_grad for p in model.model.parameters())


def test_an_own_model_reads_texts_with_its_tokenizer() -> None:
    tiny = case("BERT")
    tokenizer = word_piece()
    tiny.model.resize_token_embeddings(len(tokenizer))  # type: ignore[operator]

    taken = capture(tiny.model, "the animal", tokenizer=tokenizer)

    assert taken.model == "BertModel"
    assert [t.text for t in taken.stacks["self"].query_tokens] == [
        "[CLS]",
        "the",
        "animal",
        "[SEP]",
    ]


def test_an_own_model_without_tokenizer_is_given_tensors() -> None:
    tiny = case("BERT")

    with pytest.raises(SpecError, match="mapping of tensors"):
        capture(tiny.model, "the animal")
    tokens = capture(tiny.model, tiny.tensors).stacks["self"].query_tokens
    assert [t.id for t in tokens] == tiny.tensors["input_ids"][0].tolist()


def test_what_a_tokenizer_made_reads_as_text() -> None:
    tiny = case("BERT")
    tokenizer = word_piece()
    tiny.model.resize_token_embeddings(len(tokenizer))  # type: ignore[operator]
    made = tokenizer("the animal", return_tensors="pt")

    taken = capture(tiny.model, made, tokenizer=tokenizer)

    assert [t.text for t in taken.stacks["self"].query_tokens][1:-1] == ["the", "animal"]


def test_a_translator_without_its_head_needs_a_target(tmp_path: Path) -> None:
    T5Model(T5Config.from_pretrained(t5_folder(tmp_path))).save_pretrained(tmp_path)
    model = open_model(str(tmp_path))

    with pytest.raises(SpecError, match="target must be given") as caught:
        capture(model, "the animal")
    assert caught.value.field == ("target",)
    taken = capture(model, ModelInput(text="the animal", target="the street"))
    assert set(taken.stacks) == {"encoder", "decoder", "cross"}


def test_an_own_model_refuses_texts_that_are_longer_than_it_takes() -> None:
    tiny = case("RoBERTa")
    tokenizer = word_piece()
    tiny.model.resize_token_embeddings(len(tokenizer))  # type: ignore[operator]

    with pytest.raises(SpecError, match="at most 62 tokens for this model, got 63"):
        capture(tiny.model, "the " * 61, tokenizer=tokenizer)


def test_a_model_of_speech_takes_tensors_only(tmp_path: Path) -> None:
    tiny = case("Whisper")
    tiny.model.save_pretrained(tmp_path)  # type: ignore[operator]
    word_piece().save_pretrained(tmp_path)
    model = open_model(str(tmp_path))

    assert model.accepts == frozenset()
    assert set(capture(model, tiny.tensors).stacks) == {"encoder", "decoder", "cross"}
    with pytest.raises(SpecError, match="must be given tensors"):
        capture(model, "the animal")


def test_an_image_is_captioned_with_cross_attention(tmp_path: Path) -> None:
    vit_folder(tmp_path)
    tokenizer = word_piece()
    decoder = BertConfig(
        vocab_size=len(tokenizer), hidden_size=42, num_hidden_layers=2, num_attention_heads=7,
        intermediate_size=53, is_decoder=True, add_cross_attention=True,
    )  # fmt: skip
    vision = ViTConfig.from_pretrained(tmp_path)
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(vision, decoder)
    config.decoder_start_token_id, config.pad_token_id = 2, 0
    model = VisionEncoderDecoderModel(config)
    model.generation_config.eos_token_id = None
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    file = io.BytesIO()
    Image.new("RGB", (20, 20), (7, 11, 13)).save(file, format="PNG")

    taken = capture(open_model(str(tmp_path)), ModelInput(image=file.getvalue()), generate=5)

    cross = taken.stacks["cross"]
    assert [t.kind for t in cross.key_tokens[:2]] == ["special", "patch"]
    assert [t.is_generated for t in cross.query_tokens] == [False] + [True] * 5
    assert cross.query_tokens[0].piece == "[CLS]"
