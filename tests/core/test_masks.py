"""Masks: what a block says of itself is what its cells say, however masks are joined."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from torch.nn.attention.flex_attention import create_block_mask, create_mask

from attention_core.errors import SpecError
from attention_core.masks import (
    And,
    AnyMask,
    Causal,
    Coverage,
    Extent,
    Full,
    Mask,
    Not,
    Or,
    Padding,
)

MASKS: TypeAdapter[Mask] = TypeAdapter(AnyMask)
CPU = torch.device("cpu")
COUNTS = st.integers(0, 23)
PREDICATES = (
    "j <= i and (i - j) % 2 == 0",
    "not (i // 3 == j // 5 or j == n_keys - 1)",
    "abs(i - j) <= min(4, n_queries) or i % 4 == 0",
    "i * j > 20 > j",
    "n_queries <= n_keys",
    "True",
)


def kind(name: str, **parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(name), **parameters})


def matrices(extent: Extent) -> st.SearchStrategy[list[list[bool]]]:
    row = st.lists(st.booleans(), min_size=extent.n_keys, max_size=extent.n_keys)
    return st.lists(row, min_size=extent.n_queries, max_size=extent.n_queries)


@st.composite
def grids(draw: st.DrawFn, n_tokens: int) -> dict[str, Any]:
    height = draw(st.sampled_from([n for n in range(1, n_tokens + 1) if n_tokens % n == 0]))
    grid = (height, n_tokens // height)
    kernel = tuple(draw(st.integers(0, (side - 1) // 2)) * 2 + 1 for side in grid)
    return {"kind": "neighborhood_2d", "grid": grid, "kernel": kernel}


def rules(extent: Extent) -> st.SearchStrategy[dict[str, Any]]:
    """Describe every mask that fits an extent and whose blocks are told exactly."""
    n_queries, n_keys = extent
    windows = st.tuples(COUNTS, COUNTS)
    positions = st.lists(st.integers(0, max(extent) - 1), max_size=9)
    anywhere = [
        kind("full"),
        kind("causal", align=st.sampled_from(["upper_left", "lower_right"])),
        kind("padding", key_length=st.integers(0, n_keys)),
        kind("sliding_window", window=windows),
        kind("strided", stride=st.integers(1, 9)),
        kind("dilated", window=COUNTS, dilation=st.integers(1, 5)),
        kind("prefix_lm", prefix_length=st.integers(0, n_keys)),
        kind("chunked", chunk_size=st.integers(1, 7)),
        kind("global_window", window=st.integers(0, 9), global_positions=positions),
        kind("sinks_window", num_sink_tokens=st.integers(0, 9), window=windows),
        kind("custom", matrix=matrices(extent)),
    ]
    of_itself = [
        kind(
            "bigbird",
            block_size=st.integers(1, 5),
            num_random_blocks=st.integers(0, 4),
            seed=st.integers(0, 99),
        ),
        kind(
            "document", document_ids=st.lists(st.integers(0, 3), min_size=n_keys, max_size=n_keys)
        ),
        grids(n_keys),
    ]
    return st.one_of(*anywhere, *(of_itself if n_queries == n_keys else []))


def composites(extent: Extent) -> st.SearchStrategy[dict[str, Any]]:
    predicates = kind("custom", predicate=st.sampled_from(PREDICATES))
    return st.recursive(
        st.one_of(rules(extent), predicates),
        lambda inner: st.one_of(
            kind("not", of=inner),
            st.fixed_dictionaries(
                {
                    "kind": st.sampled_from(["and", "or"]),
                    "of": st.lists(inner, min_size=1, max_size=3),
                }
            ),
        ),
        max_leaves=5,
    )


extents = st.one_of(
    st.builds(Extent, st.integers(1, 19), st.integers(1, 23)),
    st.integers(1, 23).map(lambda size: Extent(size, size)),
)


def drawn_span(data: st.DataObject, size: int) -> range:
    start = data.draw(st.integers(0, size - 1))
    return range(start, data.draw(st.integers(start + 1, size)))


@settings(deadline=None)
@given(extent=extents, data=st.data())
def test_a_block_is_empty_or_full_only_if_its_cells_are(
    extent: Extent, data: st.DataObject
) -> None:
    mask = MASKS.validate_python(data.draw(composites(extent)))
    query, key = (drawn_span(data, size) for size in extent)
    mask.check(extent)

    tile = mask.tile(query, key, extent, CPU)

    assert tile.shape == (len(query), len(key))
    coverage = mask.block(query, key, extent)
    assert coverage is not Coverage.EMPTY or not tile.any()
    assert coverage is not Coverage.FULL or tile.all()
    whole = mask.tile(range(extent.n_queries), range(extent.n_keys), extent, CPU)
    assert torch.equal(tile, whole[query.start : query.stop, key.start : key.stop])


def test_a_block_of_bigbird_with_both_ends_in_it_is_full() -> None:
    mask = MASKS.validate_python({"kind": "bigbird", "block_size": 2, "num_random_blocks": 1})

    # Five blocks: of the third, near ones are 1 to 3, and the ends 0 and 4.
    assert mask.block(range(4, 6), range(9), Extent(9, 9)) is Coverage.FULL


@settings(deadline=None)
@given(extent=extents, data=st.data())
def test_a_block_is_partial_only_if_its_cells_differ(extent: Extent, data: st.DataObject) -> None:
    mask = MASKS.validate_python(data.draw(rules(extent)))
    query, key = (drawn_span(data, size) for size in extent)

    tile = mask.tile(query, key, extent, CPU)

    expected = Coverage.FULL if tile.all() else Coverage.PARTIAL if tile.any() else Coverage.EMPTY
    assert mask.block(query, key, extent) is expected


@settings(deadline=None)
@given(extent=extents, data=st.data())
def test_every_mask_is_a_mask_mod(extent: Extent, data: st.DataObject) -> None:
    mask = MASKS.validate_python(data.draw(composites(extent)))
    mask_mod = mask.mask_mod(extent)

    made = create_mask(mask_mod, 1, 1, *extent, device="cpu")[0, 0]

    whole = mask.tile(range(extent.n_queries), range(extent.n_keys), extent, CPU)
    assert torch.equal(made, whole)
    rows, columns = torch.arange(extent.n_queries), torch.arange(extent.n_keys)
    assert torch.equal(mask.allows(rows[:, None], columns, extent), whole)
    by_pairs = torch.vmap(torch.vmap(lambda i, j: mask.allows(i, j, extent), (None, 0)), (0, None))
    assert torch.equal(by_pairs(rows, columns), whole)


WIDE = Extent(768, 768)
BIGBIRD = {"kind": "bigbird", "block_size": 64, "num_random_blocks": 2}
DESCRIPTIONS: list[dict[str, Any]] = [
    {"kind": "causal"},
    {"kind": "sliding_window", "window": (9, 0)},
    {"kind": "dilated", "window": 300, "dilation": 7},
    {"kind": "prefix_lm", "prefix_length": 300},
    {"kind": "chunked", "chunk_size": 256},
    {"kind": "document", "document_ids": [position // 300 for position in range(768)]},
    {"kind": "global_window", "window": 9, "global_positions": [0, 700]},
    BIGBIRD,
    {"kind": "sinks_window", "num_sink_tokens": 4, "window": (200, 0)},
    {"kind": "neighborhood_2d", "grid": (24, 32), "kernel": (5, 7)},
    {"kind": "custom", "predicate": "j <= i and i - j < 200"},
    {"kind": "and", "of": ["causal", BIGBIRD]},
    {"kind": "not", "of": "causal"},
]


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda given: given["kind"])
def test_flex_attention_finds_the_blocks_that_the_mask_tells(description: dict[str, Any]) -> None:
    mask = MASKS.validate_python(description)

    made = create_block_mask(mask.mask_mod(WIDE), 1, 1, *WIDE, device="cpu", BLOCK_SIZE=128)

    assert made.full_kv_num_blocks is not None
    found = made.to_dense()[0, 0].bool()
    spans = [range(start, start + 128) for start in range(0, 768, 128)]
    told = [[mask.block(query, key, WIDE) for key in spans] for query in spans]
    assert found.tolist() == [[one is not Coverage.EMPTY for one in row] for row in told]
    n_full = [sum(one is Coverage.FULL for one in row) for row in told]
    assert made.full_kv_num_blocks[0, 0].tolist() == n_full


@pytest.mark.parametrize(
    ("description", "query", "key", "expected"),
    [
        ({"kind": "causal"}, range(256), range(256, 512), Coverage.EMPTY),
        ({"kind": "causal"}, range(256, 512), range(256), Coverage.FULL),
        ({"kind": "causal"}, range(256), range(256), Coverage.PARTIAL),
        ({"kind": "padding", "key_length": 256}, range(256), range(256, 512), Coverage.EMPTY),
        ({"kind": "sliding_window", "window": (9, 0)}, range(512, 768), range(256), Coverage.EMPTY),
        ({"kind": "not", "of": "causal"}, range(256, 512), range(256), Coverage.EMPTY),
        (
            {"kind": "custom", "predicate": "j <= i and (i - j) % 2 == 0"},
            range(256),
            range(256, 512),
            Coverage.EMPTY,
        ),
        (
            {"kind": "custom", "predicate": "i // 256 == j // 256"},
            range(256, 512),
            range(256, 512),
            Coverage.FULL,
        ),
    ],
)
def test_blocks_that_cost_nothing_are_known(
    description: dict[str, Any], query: range, key: range, expected: Coverage
) -> None:
    mask = MASKS.validate_python(description)

    assert mask.block(query, key, WIDE) is expected


def test_masks_are_joined_by_operators() -> None:
    first, second, third = Causal(), Padding(key_length=3), Causal(align="lower_right")

    assert first & second & third == And(of=(first, second, third))
    assert first | (second | third) == Or(of=(first, second, third))
    assert (first | second) & third == And(of=(Or(of=(first, second)), third))
    assert ~first == Not(of=first)
    assert ~~first == first
    extent = Extent(5, 7)
    rows, columns = torch.arange(5)[:, None], torch.arange(7)
    joined = (first & ~second | third).allows(rows, columns, extent)
    expected = (columns <= rows) & (columns >= 3) | (columns <= rows + 2)
    assert torch.equal(joined, expected)


def test_a_mask_survives_a_round_trip_through_json() -> None:
    for description in DESCRIPTIONS:
        mask = MASKS.validate_python(description)

        assert MASKS.validate_json(MASKS.dump_json(mask)) == mask


@pytest.mark.parametrize(
    ("description", "extent", "field", "way_out"),
    [
        ({"kind": "prefix_lm", "prefix_length": 8}, (5, 7), "prefix_length", "smaller"),
        ({"kind": "document", "document_ids": [0, 1, 1]}, (5, 5), "document_ids", "one id per"),
        ({"kind": "document", "document_ids": [0] * 5}, (5, 7), "document_ids", "no context"),
        ({"kind": "global_window", "global_positions": [7]}, (5, 7), "global_positions", "from 0"),
        ({"kind": "bigbird"}, (5, 7), None, "leave the context out"),
        ({"kind": "neighborhood_2d", "grid": [3, 5]}, (13, 13), "grid", "product"),
        ({"kind": "custom", "matrix": [[True]]}, (5, 7), "matrix", "one row per query"),
        ({"kind": "custom", "predicate": "i % j == 0"}, (5, 7), "predicate", "max("),
    ],
)
def test_what_does_not_fit_the_sizes_is_refused_with_a_way_out(
    description: dict[str, Any], extent: tuple[int, int], field: str | None, way_out: str
) -> None:
    mask = MASKS.validate_python(description)

    with pytest.raises(SpecError, match=way_out.replace("(", r"\(")) as caught:
        (Full() & mask).check(Extent(*extent))

    assert caught.value.field == (("of", 1, field) if field else ("of", 1))


@pytest.mark.parametrize(
    "description",
    [
        {"kind": "dilated", "dilation": 0},
        {"kind": "dilated", "window": 2**31},
        {"kind": "chunked", "chunk_size": 0},
        {"kind": "document", "document_ids": []},
        {"kind": "document", "document_ids": [0.0]},
        {"kind": "document", "document_ids": ["0"]},
        {"kind": "document", "document_ids": [2**31]},
        {"kind": "global_window", "global_positions": [-1]},
        {"kind": "global_window", "global_positions": list(range(2**16 + 1))},
        {"kind": "bigbird", "num_random_blocks": 33},
        {"kind": "sinks_window", "window": [1, 2, 3]},
        {"kind": "neighborhood_2d"},
        {"kind": "neighborhood_2d", "grid": [2, 5]},
        {"kind": "neighborhood_2d", "grid": [3, 5], "kernel": [3, 4]},
        {"kind": "neighborhood_2d", "grid": [3, 5], "kernel": [5, 5]},
        {"kind": "custom"},
        {"kind": "custom", "matrix": [[True]], "predicate": "True"},
    ],
)
def test_parameters_out_of_range_are_refused(description: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MASKS.validate_python(description)


def test_a_custom_mask_without_a_rule_names_both_ways_to_give_one() -> None:
    with pytest.raises(ValidationError, match="either a predicate or a matrix, got neither"):
        MASKS.validate_python("custom")
