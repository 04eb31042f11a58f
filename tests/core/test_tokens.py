"""From text to tokens and from tokens to maps."""

import math

import pytest
import torch

from attention_core import (
    AttentionSpec,
    GivenEmbedding,
    GivenProjection,
    HashEmbedding,
    NonFiniteError,
    OneHot,
    RandomProjection,
    ShapeError,
    SpecError,
    attend_tokens,
    split_text,
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The animal didn't cross.", ["The", "animal", "didn't", "cross", "."]),
        ("我爱自然 语言", ["我", "爱", "自", "然", "语", "言"]),
        ("ラーメンを食べる", ["ラ", "ー", "メ", "ン", "を", "食", "べ", "る"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("مرحبا بالعالم،", ["مرحبا", "بالعالم", "،"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("👩‍👩‍👧‍👦 hi 👍🏽!", ["👩‍👩‍👧‍👦", "hi", "👍🏽", "!"]),
        ("a_b 3.14 <s>", ["a_b", "3", ".", "14", "<", "s", ">"]),
        ("one\ttwo\r\nthree", ["one", "two", "three"]),
        (" \n\u3000", []),
    ],
)
def test_text_splits_into_words_with_punctuation_apart(text: str, tokens: list[str]) -> None:
    assert split_text(text) == tokens


def test_text_splits_no_further_than_asked() -> None:
    assert split_text("a b c d", 2) == ["a", "b"]


def test_vectors_and_projections_that_overflow_are_told_where() -> None:
    huge = GivenEmbedding.model_validate({"kind": "given", "vectors": [[3.4e38] * 8]})

    with pytest.raises(NonFiniteError, match="projected vectors must") as caught:
        attend_tokens(["a"], embedding=huge, projection=RandomProjection())
    assert caught.value.field == ("projection",)
    too_huge = GivenEmbedding.model_validate({"kind": "given", "vectors": [[1e39]]})
    with pytest.raises(NonFiniteError) as caught:
        attend_tokens(["a"], embedding=too_huge)
    assert caught.value.field == ("embedding",)


def test_the_same_word_has_the_same_vector_everywhere() -> None:
    first = attend_tokens(["cat", "sat", "cat"], embedding=HashEmbedding(dim=8)).query[0]
    second = attend_tokens(["the", "cat"], ["cat"], embedding=HashEmbedding(dim=8))
    other_seed = attend_tokens(["cat"], embedding=HashEmbedding(dim=8, seed=1)).query[0]

    assert torch.equal(first[0], first[2])
    assert torch.equal(first[0], second.query[0, 1])
    assert torch.equal(first[0], second.key[0, 0])
    assert not torch.equal(first[0], other_seed[0])


def test_hash_vectors_are_fixed_for_ever() -> None:
    vector = attend_tokens(["cat"], embedding=HashEmbedding(dim=4), dtype=torch.float64).query[0, 0]

    # SHAKE128 of the bytes 0, NUL, hash:cat; four bytes a number; worked with hashlib alone.
    expected = [0.025114558950, -1.685333143942, -1.480387672915, 0.712317011487]
    assert vector.tolist() == pytest.approx(expected, abs=1e-11)


def test_hash_vectors_have_mean_zero_and_variance_one() -> None:
    vectors = HashEmbedding(dim=4096).embed([f"token {i}" for i in range(64)], None, 1)[0]

    assert abs(float(vectors.mean())) < 5 / math.sqrt(vectors.numel())
    assert abs(float(vectors.var()) - 1) < 0.02
    assert float(vectors.abs().max()) <= math.sqrt(3)


def test_one_hot_vectors_tell_distinct_tokens_apart_and_divide_by_the_heads() -> None:
    result = attend_tokens(
        ["a", "b", "a"], ["c"], AttentionSpec.model_validate({"heads": 2}), embedding=OneHot()
    )

    rows = result.query.movedim(0, 1).flatten(1)
    assert rows.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]]
    assert result.key.movedim(0, 1).flatten(1).tolist() == [[0, 0, 1, 0]]
    with pytest.raises(SpecError, match="got 2 features for 3 tokens"):
        attend_tokens(["a", "b", "c"], embedding=OneHot(dim=2))


def test_given_vectors_and_projections_give_the_products_worked_by_hand() -> None:
    embedding = GivenEmbedding.model_validate(
        {"kind": "given", "vectors": [[1, 2], [3, 4]], "context_vectors": [[5, 6]]}
    )
    projection = GivenProjection.model_validate(
        {
            "kind": "given",
            "weight_query": [[1, 0], [0, 2]],
            "weight_key": [[1, 1], [0, 1]],
            "weight_value": [[2, 0, 1, 0], [0, 2, 0, 1]],
        }
    )

    result = attend_tokens(
        ["a", "b"],
        ["c"],
        AttentionSpec.model_validate({"score": "dot"}),
        embedding=embedding,
        projection=projection,
    )

    assert result.query.tolist() == [[[1, 4], [3, 8]]]
    assert result.key.tolist() == [[[5, 11]]]
    assert result.scores().tolist() == [[[1 * 5 + 4 * 11], [3 * 5 + 8 * 11]]]
    assert result.outputs().tolist() == [[[10, 12, 5, 6], [10, 12, 5, 6]]]


def test_random_projections_keep_the_variance_and_differ_for_q_k_and_v() -> None:
    result = attend_tokens(
        [f"token {i}" for i in range(97)],
        embedding=HashEmbedding(dim=256),
        projection=RandomProjection(seed=3),
    )

    for x in (result.query, result.key, result.value):
        assert abs(float(x.var()) - 1) < 0.1
    assert not torch.equal(result.query, result.key)
    assert not torch.equal(result.key, result.value)


def test_sinusoids_enter_before_the_projection() -> None:
    spec = AttentionSpec.model_validate({"position": "sinusoidal", "heads": 2})
    zeros = GivenEmbedding.model_validate({"kind": "given", "vectors": [[0, 0, 0, 0]] * 3})

    result = attend_tokens(["a", "a", "a"], spec=spec, embedding=zeros, dtype=torch.float64)

    for place, row in enumerate(result.value.movedim(0, 1).flatten(1).tolist()):
        expected = [f(place / c) for c in (1, 100) for f in (math.sin, math.cos)]
        assert row == pytest.approx(expected, abs=1e-12)


def test_the_articles_values_are_the_tokens_not_the_context() -> None:
    spec = AttentionSpec(preset="article")

    result = attend_tokens(["a", "b"], ["c", "d"], spec)

    assert torch.equal(result.value, result.query)
    assert [note.code for note in result.notes] == ["bias_without_effect"]


@pytest.mark.parametrize(
    ("tokens", "context", "heads", "field", "message"),
    [
        ([], None, 1, ("tokens",), "tokens must not be empty"),
        (["a"], [], 1, ("context",), "context must not be empty"),
        (["a"], None, 3, ("spec", "heads", "n_heads"), "got 64 features for 3 heads"),
    ],
)
def test_tokens_that_cannot_be_used_are_refused(
    tokens: list[str],
    context: list[str] | None,
    heads: int,
    field: tuple[str, ...],
    message: str,
) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        attend_tokens(tokens, context, AttentionSpec.model_validate({"heads": heads}))

    assert caught.value.field == field


def test_given_vectors_must_match_the_tokens() -> None:
    embedding = GivenEmbedding.model_validate({"kind": "given", "vectors": [[1, 2]]})

    with pytest.raises(ShapeError, match="got 1 rows for 2 tokens"):
        attend_tokens(["a", "b"], embedding=embedding)
    with pytest.raises(SpecError, match="must have context_vectors"):
        attend_tokens(["a"], ["b"], embedding=embedding)
