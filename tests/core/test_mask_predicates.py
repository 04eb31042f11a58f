"""Predicates: Python's meaning, without Python's power."""

from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from attention_core.errors import SpecError
from attention_core.masks import Coverage, Custom, Extent

EXTENT = Extent(5, 7)
CPU = torch.device("cpu")


def table(predicate: str, extent: Extent) -> list[list[bool]]:
    """Ask Python itself, which only a test may do."""
    names = {"abs": abs, "min": min, "max": max, "__builtins__": {}, **extent._asdict()}
    code = compile(predicate, "predicate", "eval")
    return [
        [bool(eval(code, {**names, "i": i, "j": j})) for j in range(extent.n_keys)]
        for i in range(extent.n_queries)
    ]


def tile(predicate: str, extent: Extent) -> torch.Tensor:
    mask = Custom(predicate=predicate)
    mask.check(extent)
    return mask.tile(range(extent.n_queries), range(extent.n_keys), extent, CPU)


@pytest.mark.parametrize(
    "predicate",
    [
        "j <= i and (i - j) % 2 == 0",
        " j<=i ",
        "0 <= i - j < 3",
        "not i == j != 2",
        "i + -j * 2 - -(3) >= -i % 5",
        "-i // 3 == -(j // 2)",
        "(i - j) // -3 > (i - j) % -3",
        "7 // (i + 1) <= 9 % (j + 2)",
        "abs(i - j) == min(i, j, 3) or max(1, i) >= max(j, 2, n_queries - 2)",
        "min(2, 1) < max(3, 4)",
        "i < n_queries - 1 and j > n_keys // 2",
        "True",
        "False or not True",
        "True and j < 2",
        "not not i > 3",
        "i % max(j, 1) == 0",
    ],
)
def test_a_predicate_means_what_python_means(predicate: str) -> None:
    assert tile(predicate, EXTENT).tolist() == table(predicate.strip(), EXTENT)


leaves = st.one_of(st.sampled_from(["i", "j", "n_queries", "n_keys"]), st.integers(0, 9).map(str))
numbers = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("{} {} max({}, 1)".format, leaves, st.sampled_from(["//", "%"]), inner),
        st.builds(
            "({}) {} (0 - {})".format, inner, st.sampled_from(["//", "%"]), st.integers(1, 9)
        ),
        st.builds("-{}".format, leaves),
        st.builds("abs({})".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
    ),
    max_leaves=5,
)
conditions = st.recursive(
    st.builds(
        "{} {} {}".format, numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers
    ),
    lambda inner: st.one_of(
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=3,
)


@settings(deadline=None)
@given(
    predicate=conditions,
    extent=st.builds(Extent, st.integers(1, 7), st.integers(1, 7)),
    data=st.data(),
)
def test_any_predicate_means_what_python_means_and_its_blocks_tell_no_lie(
    predicate: str, extent: Extent, data: st.DataObject
) -> None:
    assume(len(predicate) <= 300)

    found = tile(predicate, extent)

    assert found.tolist() == table(predicate, extent)
    spans = []
    for size in extent:
        start = data.draw(st.integers(0, size - 1))
        spans.append(range(start, data.draw(st.integers(start + 1, size))))
    query, key = spans
    cells = found[query.start : query.stop, key.start : key.stop]
    coverage = Custom(predicate=predicate).block(query, key, extent)
    assert coverage is not Coverage.EMPTY or not cells.any()
    assert coverage is not Coverage.FULL or cells.all()
    # A range of one value leaves nothing unknown.
    one = Custom(predicate=predicate).block(query[:1], key[:1], extent)
    assert one is (Coverage.FULL if cells[0, 0] else Coverage.EMPTY)


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        ("__import__('os')", r"\"'\" is not allowed"),
        ("__import__(i)", r"'__import__\(i\)' is not allowed"),
        ("lambda: True", "':' is not allowed"),
        ("i.real < 3", "'.' is not allowed"),
        ("[i][0] < j", r"'\[' is not allowed"),
        ("i < 1e3", "'1e3' is neither"),
        ("i < 0x10", "'0x10' is neither"),
        ("i < 3or j < 2", "'3or' is neither"),
        ("i < 10**10**10", r"'10 \*\* 10 \*\* 10' is not allowed"),
        ("i / j < 2", "'i / j' is not allowed"),
        ("i << 2 < j", "'i << 2' is not allowed"),
        ("i < ３", "'３' is not allowed"),
        ("ｊ <= i", "'ｊ' is not allowed"),
        ("j ≤ i", "'≤' is not allowed"),
        ("i < 1\x00", r"'\\x00' is not allowed"),
        ("i\n< j", r"'\\n' is not allowed"),
        ("k < i", "'k' is not allowed"),
        ("i in j", "'i in j' is not allowed"),
        ("i is j", "'i is j' is not allowed"),
        ("(i, j) < (j, i)", r"'\(i, j\)' is not allowed"),
        ("i if j < i else j", "'i if j < i else j' is not allowed"),
        ("abs(i, j) < 2", r"'abs\(i, j\)' is not allowed"),
        ("min(i) < 2", r"'min\(i\)' is not allowed"),
        ("min(i, default=j) < 2", "'min.i, default=j.' is not allowed"),
        ("min(*i, j) < 2", r"'\*i' is not allowed"),
        ("exec(i, j) < 2", r"'exec\(i, j\)' is not allowed"),
        ("None == i", "'None' is not allowed"),
        ("+i < j", "'\\+i' is not allowed"),
        ("j <= ", "cannot be read: invalid syntax"),
        ("j <= i; i", "';' is not allowed"),
        ("i = j", "cannot be read"),
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("i - j", "'i - j' is a number; compare it"),
        ("7", "'7' is a number"),
        ("i and j", "'i' is a number where a condition must be"),
        ("not i", "'i' is a number where a condition must be"),
        ("(i < j) + 1 > 2", "'i < j' is a condition where a number must be"),
        ("True < i", "'True' is a condition where a number must be"),
        ("i < 9223372036854775808", r"at most 2\^62"),
        (f"i < {'9' * 290}", r"at most 2\^62"),
        ("-" * 200 + "i < j", "nested more than 50 deep"),
        ("not " * 60 + "i < j", "nested more than 50 deep"),
        ("abs(" * 60 + "i" + ")" * 50, "cannot be read"),
        ("i+" * 140 + "i < j", "nested more than 50 deep"),
        ("i < j or " * 40 + "i < j", "at most 300 characters"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_by_name(predicate: str, found: str) -> None:
    with pytest.raises(ValidationError, match=found) as caught:
        Custom(predicate=predicate)

    assert caught.value.errors()[0]["loc"] == ("predicate",)


def test_parentheses_alone_nest_nothing() -> None:
    assert tile("(" * 90 + "i < j" + ")" * 90, EXTENT).tolist() == table("i < j", EXTENT)


@pytest.mark.parametrize(
    "predicate",
    ["i % j == 0", "i // (j - 3) < 2", "i < j or 7 % (i - j) == 0", "i // 0 < j", "1 % 0 == 0"],
)
def test_a_divisor_that_may_be_zero_is_refused(predicate: str) -> None:
    mask = Custom(predicate=predicate)

    with pytest.raises(SpecError, match=r"must not divide by zero.*use max\(…, 1\)") as caught:
        mask.check(EXTENT)

    assert caught.value.field == ("predicate",)


@pytest.mark.parametrize(
    "predicate",
    [
        "i * j * 4611686018427387904 > 0",
        "4611686018427387904 * 4611686018427387904 > 0",
        "4611686018427387904 + n_keys > j",
        "-4611686018427387904 - i < 0",
        "*".join(["(i + 1000000000)"] * 16) + " > 0",
    ],
)
def test_a_number_that_may_overflow_is_refused(predicate: str) -> None:
    mask = Custom(predicate=predicate)

    with pytest.raises(SpecError, match=r"within ±2\^62") as caught:
        mask.check(EXTENT)

    assert caught.value.field == ("predicate",)


def test_the_largest_numbers_are_worked_exactly() -> None:
    largest = 2**62

    found = tile(f"{largest} - i >= {largest - 2}", EXTENT)

    assert found[:, 0].tolist() == [True, True, True, False, False]


def test_the_schema_offers_a_condition_or_a_matrix() -> None:
    properties: dict[str, Any] = Custom.model_json_schema()["properties"]

    assert properties["predicate"]["default"] is None
    assert properties["matrix"]["default"] is None
    text, nothing = properties["predicate"]["anyOf"]
    assert (text, nothing) == ({"maxLength": 300, "type": "string"}, {"type": "null"})
