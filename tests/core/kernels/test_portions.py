"""Scores of many keys at once: the numbers of tiles, and no block that a mask empties."""

from typing import Any

import pytest
import torch

from attention_core import AttentionMap, AttentionSpec, attend, matrix_products
from attention_core.grid import BLOCK, aligned_blocks
from attention_core.kernels.portions import portion_scores, portions
from attention_core.kernels.products import WideProduct


def attended(
    spec: dict[str, Any], dim: int, *, n_queries: int = 513, n_keys: int = 2563
) -> AttentionMap:
    generator = torch.Generator().manual_seed(dim)
    query, key = (torch.randn(2, n, dim, generator=generator) * 2 for n in (n_queries, n_keys))
    return attend(query, key, spec=AttentionSpec.model_validate(spec))


SPECS: list[dict[str, Any]] = [
    {},
    {"score": "rbf"},
    {"score": "cosine", "position": "rope"},
    {"score": {"kind": "general", "bias": True}},
    {"softcap": 3.0, "position": "alibi"},
    {"position": "shaw", "mask": "causal"},
    {"heads": {"kind": "talking_heads", "n_heads": 2}, "mask": {"kind": "strided", "stride": 7}},
]


@pytest.mark.parametrize("dim", [1, 2, 17, 64, 128, 192, 256, 300])
def test_scores_of_a_portion_are_those_of_tiles_to_the_bit_at_any_feature_size(dim: int) -> None:
    assert_scores_of_tiles(attended({}, dim))


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_scores_of_a_portion_are_those_of_tiles_to_the_bit(spec: dict[str, Any]) -> None:
    assert_scores_of_tiles(attended(spec, 18))


def assert_scores_of_tiles(result: AttentionMap) -> None:
    source, wide = result.source, WideProduct.of(result.source)
    for query in aligned_blocks(range(result.n_queries), result.n_queries):
        for key in portions(source, query):
            found = portion_scores(source, wide, 1, query, key)
            tiles = result.scores(
                slice(query.start, query.stop), slice(key.start, key.stop), head=1
            )
            assert torch.equal(found[: len(key)], tiles[0].T)
            assert (found[len(key) :] == -torch.inf).all()


def test_vectors_that_lie_apart_in_memory_have_the_scores_of_their_copies() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(n, 3, 20, generator=generator) for n in (300, 2100))
    apart = attend(query.transpose(0, 1), key.transpose(0, 1))
    copied = attend(query.transpose(0, 1).contiguous(), key.transpose(0, 1).contiguous())

    assert_scores_of_tiles(apart)
    assert torch.equal(apart.scores(), copied.scores())


def test_a_product_that_adds_up_otherwise_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        half = left.shape[1] // 2
        return left[:, half:] @ right[:, half:].T + left[:, :half] @ right[:, :half].T

    monkeypatch.setattr(matrix_products, "_one_dnn", other)
    matrix_products.fastest.cache_clear()
    try:
        assert matrix_products.fastest(64, torch.get_num_threads()) is not other
    finally:
        matrix_products.fastest.cache_clear()


@pytest.mark.parametrize(
    ("mask", "query", "expected"),
    [
        ([], range(256), [range(2048), range(2048, 2560), range(2560, 2563)]),
        (["causal"], range(256), [range(256)]),
        (["causal"], range(512, 513), [range(768)]),
        (
            ["causal", {"kind": "sliding_window", "window": [40, 0]}],
            range(512, 513),
            [range(256, 768)],
        ),
        ([{"kind": "padding", "key_length": 2561}], range(256), "all"),
        ([{"kind": "not", "of": "full"}], range(256), []),
    ],
)
def test_portions_begin_and_end_with_blocks_that_a_mask_leaves(
    mask: list[Any], query: range, expected: Any
) -> None:
    source = attended({"mask": mask}, 4).source
    if expected == "all":
        expected = [range(2048), range(2048, 2560), range(2560, 2563)]

    assert list(portions(source, query)) == expected
    assert all(key.start % BLOCK == 0 for key in expected)
