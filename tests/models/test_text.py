"""Tokens that a person can read, from tokenizers of every sort."""

from collections.abc import Callable
from typing import Any

import pytest

from attention_core.captures import Token
from attention_core.errors import SpecError
from attention_core.models.sentences import sentences_of, words_of
from attention_core.models.text import TextWriter, encoded, readable
from tests.models.tokenizers import byte_level, unigram, word_piece

TEXTS = [
    "The animal didn't.",
    "今天天气很好。我们去公园！",
    "مرحبا بالعالم",
    "👩‍🚀 ok 🎉",
    "naïve é",
]
MAKERS: list[Callable[[], Any]] = [byte_level, word_piece, unigram]


def _tokens(tokenizer: Any, text: str) -> tuple[Token, ...]:
    return encoded(tokenizer, text, max_tokens=None).tokens


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_token_reads_as_the_stretch_of_text_that_it_stands_for(
    make: Callable[[], Any], text: str
) -> None:
    for token in _tokens(make(), text):
        if token.span is not None:
            assert token.text == text[slice(*token.span)]
            assert token.text


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_visible_character_is_in_a_token(make: Callable[[], Any], text: str) -> None:
    covered: set[int] = set()

    for token in _tokens(make(), text):
        covered |= set(range(*token.span)) if token.span else set()

    assert {place for place, sign in enumerate(text) if not sign.isspace()} <= covered


def test_bytes_of_one_character_are_numbered_parts_of_it() -> None:
    tokens = _tokens(byte_level(), "好")

    assert [token.text for token in tokens] == ["好"] * 3
    assert [token.part for token in tokens] == [(0, 3), (1, 3), (2, 3)]
    assert [token.piece for token in tokens] == ["å", "¥", "½"]


def test_markers_are_kept_in_the_piece_and_left_out_of_the_text() -> None:
    assert [(t.text, t.piece) for t in _tokens(byte_level(), "to it")][-1] == ("it", "Ġit")
    goes_on = _tokens(word_piece(), "acrossed")[2]
    assert goes_on.piece == f"##{goes_on.text}"
    second = next(t for t in _tokens(unigram(), "the the") if t.word == 1)
    assert second.piece == f"▁{second.text}"


@pytest.mark.parametrize("trim_offsets", [True, False])
def test_a_space_before_a_word_is_no_part_of_it(*, trim_offsets: bool) -> None:
    tokens = _tokens(byte_level(trim_offsets=trim_offsets), "to it")

    assert tokens[-1].span == (3, 5)
    assert not tokens[-1].joins


def test_pieces_of_a_word_join_and_share_its_index() -> None:
    tokens = [t for t in _tokens(word_piece(), "acrossed streets") if t.kind == "text"]

    first_word = [t for t in tokens if t.word == 0]
    assert "".join(t.text for t in first_word) == "acrossed"
    assert [t.joins for t in first_word] == [False] + [True] * (len(first_word) - 1)
    assert {t.word for t in tokens} == {0, 1}


def test_special_tokens_are_told_from_text_and_stand_nowhere() -> None:
    tokens = _tokens(word_piece(), "the street")

    assert [(t.text, t.kind, t.span) for t in (tokens[0], tokens[-1])] == [
        ("[CLS]", "special", None),
        ("[SEP]", "special", None),
    ]


def test_a_special_token_in_the_text_has_its_place_there() -> None:
    mask = next(t for t in _tokens(word_piece(), "the [MASK] street") if t.piece == "[MASK]")

    assert (mask.kind, mask.span) == ("special", (4, 10))


def test_an_unknown_word_reads_as_it_was_written() -> None:
    token = _tokens(word_piece(), "Ω")[1]

    assert (token.text, token.piece, token.kind) == ("Ω", "[UNK]", "text")


def test_sentences_are_counted_in_latin_and_chinese() -> None:
    tokens = _tokens(word_piece(), "The street. What is it? 今天好。我们去！")

    seen = [t.sentence for t in tokens if t.sentence is not None]
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is 3.14 or so. Yes!", ["It is 3.14 or so.", "Yes!"]),
        ("“Why?” he said. 'No.'", ["“Why?”", "he said.", "'No.'"]),
        ("今天好。“走吧！”我说。", ["今天好。", "“走吧！”", "我说。"]),
        ("one\n\ntwo", ["one", "two"]),
        ("كيف حالك؟ بخير.", ["كيف حالك؟", "بخير."]),
        ("  ", []),
        ("no end", ["no end"]),
    ],
)
def test_a_sentence_ends_where_a_reader_would_say(text: str, sentences: list[str]) -> None:
    found = sentences_of(text)

    spans = zip(found.starts, found.stops, strict=True)
    assert [text[start:stop].strip() for start, stop in spans] == sentences


def test_words_are_found_where_they_stand() -> None:
    words = words_of("it is it's 好的")

    assert [words.at(place) for place in (0, 2, 3, 6, 9, 11, 12)] == [0, None, 1, 2, 2, 3, 4]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="must not be empty") as caught:
        encoded(word_piece(), text, max_tokens=None)

    assert caught.value.field == ("text",)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(SpecError, match="must be Unicode") as caught:
        encoded(word_piece(), "the \ud83d cat", max_tokens=None, field="target")

    assert caught.value.field == ("target",)


def test_a_text_that_is_too_long_is_refused_with_its_count() -> None:
    assert len(encoded(word_piece(), "the " * 5, max_tokens=7).ids) == 7
    with pytest.raises(SpecError, match="at most 7 tokens for this model, got 8"):
        encoded(word_piece(), "the " * 6, max_tokens=7)


class _Slow:
    """A tokenizer without offsets, as Marian's: the fast one's ids and decoding, and no more."""

    is_fast = False

    def __init__(self, fast: Any) -> None:
        self._fast = fast
        self.all_special_ids, self.unk_token_id = fast.all_special_ids, fast.unk_token_id
        self.convert_ids_to_tokens, self.decode = fast.convert_ids_to_tokens, fast.decode

    def __call__(self, text: str, **options: Any) -> Any:
        return self._fast(text, **{**options, "return_offsets_mapping": False})


@pytest.mark.parametrize("text", ["the animal didn't", "今天天气很好", "مرحبا بالعالم"])
@pytest.mark.parametrize("make", [byte_level, unigram])
def test_without_offsets_tokens_are_found_in_the_text(make: Callable[[], Any], text: str) -> None:
    fast = make()

    slow = _tokens(_Slow(fast), text)

    expected = [(t.text, t.span, t.word, t.part) for t in _tokens(fast, text)]
    assert [(t.text, t.span, t.word, t.part) for t in slow] == expected


def test_ids_without_their_text_read_as_what_they_decode_to() -> None:
    tokenizer = byte_level()
    ids = encoded(tokenizer, "the 好 animal", max_tokens=None).ids

    tokens = readable(tokenizer, ids)

    read = [t.text for t in tokens if t.text != " " and t.part in {None, (0, 3)}]
    assert "".join(read) == "the好animal"
    assert not any(t.is_generated for t in tokens)


def test_written_tokens_go_on_counting_words_and_sentences() -> None:
    tokenizer = byte_level()
    given = encoded(tokenizer, "The street. It", max_tokens=None)
    ids = (*given.ids, *encoded(tokenizer, " is tired. What", max_tokens=None).ids)

    tokens = TextWriter(tokenizer, given.tokens)(ids, len(given.ids))

    written = tokens[len(given.ids) :]
    assert all(t.is_generated and t.span is None for t in written)
    assert written[0].word == given.tokens[-1].word + 1  # type: ignore[operator]
    assert [t.sentence for t in written if t.text in {"is", "."}] == [1, 1]
    assert written[-1].sentence == 2
