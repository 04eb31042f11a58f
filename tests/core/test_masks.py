"""Masks: what a block says of itself is what its cells say."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from attention_core.masks import AnyMask, Coverage, Extent, Mask

MASKS: TypeAdapter[Mask] = TypeAdapter(AnyMask)
CPU = torch.device("cpu")

rules = st.one_of(
    st.just({"kind": "full"}),
    st.fixed_dictionaries(
        {"kind": st.just("causal"), "align": st.sampled_from(["upper_left", "lower_right"])}
    ),
    st.fixed_dictionaries({"kind": st.just("padding"), "key_length": st.integers(0, 23)}),
    st.fixed_dictionaries(
        {
            "kind": st.just("sliding_window"),
            "window": st.tuples(st.integers(0, 23), st.integers(0, 23)),
        }
    ),
)
masks = st.recursive(
    rules,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"kind": st.just("not"), "of": inner}),
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["and", "or"]),
                "of": st.lists(inner, min_size=1, max_size=3),
            }
        ),
    ),
    max_leaves=5,
)


@given(
    description=masks,
    extent=st.builds(Extent, st.integers(1, 19), st.integers(1, 23)),
    data=st.data(),
)
def test_a_block_is_empty_or_full_only_if_its_cells_are(
    description: dict[str, Any], extent: Extent, data: st.DataObject
) -> None:
    mask = MASKS.validate_python(description)
    spans = []
    for size in extent:
        start = data.draw(st.integers(0, size - 1))
        spans.append(range(start, data.draw(st.integers(start + 1, size))))
    query, key = spans

    tile = mask.tile(query, key, extent, CPU)

    assert tile.shape == (len(query), len(key))
    coverage = mask.block(query, key, extent)
    assert coverage is not Coverage.EMPTY or not tile.any()
    assert coverage is not Coverage.FULL or tile.all()
    whole = mask.tile(range(extent.n_queries), range(extent.n_keys), extent, CPU)
    assert torch.equal(tile, whole[query.start : query.stop, key.start : key.stop])


@pytest.mark.parametrize(
    ("description", "query", "key", "expected"),
    [
        ({"kind": "causal"}, range(256), range(256, 512), Coverage.EMPTY),
        ({"kind": "causal"}, range(256, 512), range(256), Coverage.FULL),
        ({"kind": "causal"}, range(256), range(256), Coverage.PARTIAL),
        ({"kind": "padding", "key_length": 256}, range(256), range(256, 512), Coverage.EMPTY),
        ({"kind": "sliding_window", "window": (9, 0)}, range(512, 768), range(256), Coverage.EMPTY),
        ({"kind": "not", "of": "causal"}, range(256, 512), range(256), Coverage.EMPTY),
    ],
)
def test_blocks_that_cost_nothing_are_known(
    description: dict[str, Any], query: range, key: range, expected: Coverage
) -> None:
    mask = MASKS.validate_python(description)

    assert mask.block(query, key, Extent(768, 768)) is expected


def test_a_mask_is_a_mask_mod_once_its_extent_is_bound() -> None:
    mask, extent = MASKS.validate_python("causal"), Extent(3, 5)

    def mask_mod(b: torch.Tensor, h: torch.Tensor, q: torch.Tensor, k: torch.Tensor) -> Any:
        return mask.allows(q, k, extent)

    from torch.nn.attention.flex_attention import create_mask

    made = create_mask(mask_mod, 1, 1, 3, 5, device="cpu")[0, 0]

    assert torch.equal(made, torch.ones(3, 5).tril().bool())
