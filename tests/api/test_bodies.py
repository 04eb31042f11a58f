"""How deep a body nests, told before anything recursive reads it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bodies import json_structure

STRINGS = st.text(alphabet='[]{}"\\ab\n')
VALUES = st.recursive(
    STRINGS | st.integers() | st.none(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(STRINGS, inside, max_size=4),
    max_leaves=30,
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(VALUES)
def test_depth_is_that_of_the_value_whatever_its_strings_hold(value: object) -> None:
    padded = [value, *([[]] * 9)]

    assert json_structure(json.dumps(padded).encode()).depth == max(depth_of(padded), 2)


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (b"", 0),
        (b"{}", 0),
        (b"[" * 20, 20),
        (b'["' + b"[" * 20 + b'"]', 1),
        (b'["\\"' + b"[" * 20 + b'"]', 1),
        (b'["\\\\"' + b"[" * 20, 21),
        (b"[]" * 20, 1),
        (b"[]]]]]]" + b"[" * 20, 15),
    ],
)
def test_depth_of_a_body(body: bytes, depth: int) -> None:
    assert json_structure(body).depth == depth


def test_lists_objects_and_fields_are_counted_outside_strings() -> None:
    body = json.dumps({"a:[{": [[1]] * 10, "b": {"c": ":::"}}).encode()

    assert json_structure(body).n_parts == 2 + 11 + 3
