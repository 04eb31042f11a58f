"""``dates``: held-out dates are read right, looking where they stand; tokens; refusals."""

import datetime
import random
from collections.abc import Iterator

import pytest
import torch

from attention_core.captures import Capture, Token
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.zoo import ZooModel, open_zoo
from attention_core.zoo.date_forms import FORMS, is_held_out, write
from attention_core.zoo.training.date_batches import PARTS, drawn
from attention_core.zoo.training.dates import measured
from tests.zoo.asking import look, read, refusal

THE_DATE = datetime.date(1979, 5, 3)


@pytest.fixture(scope="module")
def captures(dates: ZooModel) -> list[tuple[Capture, dict[str, tuple[int, int]]]]:
    samples = drawn(101, random.Random(7), held_out=True)
    return [(look(dates, each.written.text), dict(each.written.spans)) for each in samples]


def test_the_card_holds_what_the_weights_reach_on_held_out_dates(dates: ZooModel) -> None:
    measures = {each.name: each for each in open_zoo("dates").card.measures}
    for found in measured(dates.network, n_held_out=1000):  # type: ignore[arg-type]
        assert found.value >= found.required
        assert found.value == pytest.approx(measures[found.name].value, abs=0.01)
    assert measures["exact_match"].value >= 0.99
    assert measures["alignment"].value >= 0.9


def test_digits_look_most_at_what_they_stand_for_in_the_capture(
    captures: list[tuple[Capture, dict[str, tuple[int, int]]]],
) -> None:
    hits = [hit for capture, spans in captures for hit in hits_of(capture, spans)]

    assert len(hits) == 8 * len(captures)
    assert sum(hits) / len(hits) >= 0.9


def hits_of(capture: Capture, spans: dict[str, tuple[int, int]]) -> Iterator[bool]:
    looked_at = capture.map("cross").weights().mean(dim=0).argmax(dim=-1)
    for part, key in zip(PARTS, looked_at.tolist(), strict=True):
        if part is not None:
            assert capture.stacks["cross"].key_tokens[key].span == (key, key + 1)
            yield spans[part][0] <= key < spans[part][1]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: write(THE_DATE, form).text)
def test_every_form_of_the_third_of_may_is_read(dates: ZooModel, form: object) -> None:
    written = write(THE_DATE, form)  # type: ignore[arg-type]

    assert read(look(dates, written.text).stacks["cross"].query_tokens) == "1979-05-03"


@pytest.mark.parametrize("text", ["3 MAY 1979", "  3 may 1979\n", "３ May １９７９"])
def test_case_width_and_outer_space_change_nothing(dates: ZooModel, text: str) -> None:
    assert read(look(dates, text).stacks["cross"].query_tokens) == "1979-05-03"


def test_a_form_is_written_with_its_parts_where_the_spans_say() -> None:
    written = [write(THE_DATE, form) for form in FORMS]

    assert "Thursday, 3rd of May 1979" in [each.text for each in written]
    assert "一九七九年五月三日" in [each.text for each in written]
    for each in written:
        parts = {part: each.text[start:stop] for part, (start, stop) in each.spans.items()}
        assert parts["year"] in ("1979", "79", "一九七九")
        assert parts["month"] in ("May", "5", "05", "五")
        assert parts["day"] in ("3", "03", "三")


def test_a_tenth_of_all_dates_is_held_out_and_no_sample_mixes_them() -> None:
    first = datetime.date(1900, 1, 1).toordinal()
    share = sum(is_held_out(datetime.date.fromordinal(first + i)) for i in range(36_500)) / 36_500

    assert share == pytest.approx(0.1, abs=0.01)
    assert all(is_held_out(each.date) for each in drawn(50, random.Random(1), held_out=True))
    assert not any(is_held_out(each.date) for each in drawn(50, random.Random(1)))


def test_a_capture_has_the_three_kinds_with_readable_tokens(dates: ZooModel) -> None:
    capture = look(dates, " 3rd May 79")
    encoder, decoder, cross = (capture.stacks[kind] for kind in ("encoder", "decoder", "cross"))

    assert list(capture.stacks) == ["encoder", "decoder", "cross"]
    assert [len(stack.layers) for stack in (encoder, decoder, cross)] == [2, 1, 1]
    assert [token.text for token in decoder.query_tokens] == ["<start>", *"1979-05-0"]
    assert read(cross.query_tokens) == "1979-05-03"
    assert cross.key_tokens == encoder.query_tokens
    assert encoder.query_tokens[0] == Token("3", "3", id=9, span=(1, 2), word=0, sentence=0)
    assert [token.joins for token in encoder.query_tokens[:6]] == [
        False,
        False,
        True,
        *[False] * 2,
        True,
    ]
    assert encoder.query_tokens[4].piece == "m"
    assert [token.word for token in encoder.query_tokens] == [0, 1, 1, None, 2, 2, 2, None, 3, 3]


def test_what_the_model_wrote_is_flagged_and_a_target_is_not(dates: ZooModel) -> None:
    written, given = look(dates, "3 May 1979"), look(dates, "3 May 1979", "1979-05")

    assert all(token.is_generated for token in written.stacks["cross"].query_tokens)
    assert [written.stacks[kind].n_given for kind in ("encoder", "decoder", "cross")] == [10, 1, 0]
    assert read(given.stacks["cross"].query_tokens) == "1979-05"
    assert [given.stacks[kind].n_given for kind in ("encoder", "decoder", "cross")] == [10, 7, 7]
    assert not any(token.is_generated for token in given.stacks["cross"].query_tokens)


def test_a_given_answer_is_seen_as_the_same_answer_written(dates: ZooModel) -> None:
    written, given = look(dates, "3 May 1979"), look(dates, "3 May 1979", "1979-05-03")

    for kind in written.stacks:
        torch.testing.assert_close(written.map(kind).weights(), given.map(kind).weights())


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        (ModelInput(text=""), "text"),
        (ModelInput(text=" \n"), "text"),
        (ModelInput(text="3 May 1979!"), "text"),
        (ModelInput(text="3 mai 19\u0000"), "text"),
        (ModelInput(text="9" * 41), "text"),
        (ModelInput(text="03/05/1979"), "text"),
        (ModelInput(text="3-5-79"), "text"),
        (ModelInput(), "text"),
        (ModelInput(text="3 May 1979", target=""), "target"),
        (ModelInput(text="3 May 1979", target="1979/05"), "target"),
        (ModelInput(text="3 May 1979", target="1979-05-033"), "target"),
        (ModelInput(text="3 May 1979", image=b"x"), "image"),
    ],
)
def test_what_is_no_date_is_refused_with_its_field(
    dates: ZooModel, inputs: ModelInput, field: str
) -> None:
    assert refusal(dates, inputs) == field


def test_progress_ends_with_all_done_and_a_check_may_end_it(dates: ZooModel) -> None:
    told: list[tuple[int, int]] = []
    options = CaptureOptions(on_progress=lambda done, total: told.append((done, total)))
    dates.capture(ModelInput(text="3.5.79"), options=options)

    assert told == [(done, 44) for done in range(1, 45)]

    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        dates.capture(ModelInput(text="3.5.79"), options=CaptureOptions(check=stop))
