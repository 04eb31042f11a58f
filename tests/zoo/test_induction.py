"""``induction``: repeated sequences are completed, by a head that can be pointed at."""

import pytest
import torch

from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.zoo import ZooModel
from attention_core.zoo.networks.induction import SYMBOLS
from attention_core.zoo.training.induction import measured
from tests.zoo.asking import look, read, refusal


def test_the_card_holds_what_the_weights_reach_on_fresh_sequences(induction: ZooModel) -> None:
    measures = {each.name: each for each in induction.card.measures}
    for found in measured(induction.network, n_held_out=20):  # type: ignore[arg-type]
        assert found.value >= found.required
        assert found.value == pytest.approx(measures[found.name].value, abs=0.02)
    assert measures["accuracy"].value >= 0.95
    assert measures["induction_score"].value >= 0.5


def test_a_sequence_that_repeats_is_continued(induction: ZooModel) -> None:
    capture = look(induction, "W b 9 f T 2 m W", generate=9)

    assert read(capture.stacks["self"].query_tokens) == "<start>Wb9fT2mWb9fT2mWb9"
    assert capture.notes[0].message.startswith("Next the model expects 'f'")


def test_the_induction_head_looks_at_the_symbol_after_the_previous_occurrence(
    induction: ZooModel,
) -> None:
    order = torch.randperm(len(SYMBOLS), generator=torch.Generator().manual_seed(3))[:11]
    sequence = "".join(SYMBOLS[i] for i in order)
    capture = look(induction, sequence * 2)
    weights = capture.map("self", 1).weights()
    # The start is token 0, so the first round is 1…11 and the second 12…22.
    stripe = torch.stack([weights[:, i, i - 10] for i in range(12, 22)], dim=1).mean(dim=1)

    assert stripe.max() >= 0.9


def test_every_symbol_is_a_token_and_spaces_are_none(induction: ZooModel) -> None:
    stack = look(induction, "a bC 7").stacks["self"]

    assert [token.text for token in stack.query_tokens] == ["<start>", "a", "b", "C", "7"]
    assert [token.span for token in stack.query_tokens] == [None, (0, 1), (2, 3), (3, 4), (5, 6)]
    assert [token.kind for token in stack.query_tokens] == ["special", *["text"] * 4]
    assert stack.key_tokens == stack.query_tokens
    assert stack.n_given == 5


def test_generated_symbols_are_flagged_and_have_rows(induction: ZooModel) -> None:
    capture = look(induction, "abcab", generate=3)
    stack = capture.stacks["self"]

    assert [token.is_generated for token in stack.query_tokens] == [False] * 6 + [True] * 3
    assert stack.n_given == 6
    assert capture.map("self").weights().shape == (4, 9, 9)


@pytest.mark.parametrize("text", ["", " ", "a-b", "a é", "a" * 65, "一"])
def test_empty_strange_and_long_texts_are_refused(induction: ZooModel, text: str) -> None:
    assert refusal(induction, ModelInput(text=text)) == "text"


@pytest.mark.parametrize(("generate", "field"), [(-1, "generate"), (62, "text"), (64, "generate")])
def test_no_more_is_generated_than_the_model_has_places_for(
    induction: ZooModel, generate: int, field: str
) -> None:
    options = CaptureOptions(generate=generate)

    assert refusal(induction, ModelInput(text="abc"), options) == field
