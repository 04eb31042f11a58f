"""Masks as predicates of query i and key j: true where the query may attend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

Allowed = Callable[[int, int], bool]
Align = Literal["upper_left", "lower_right"]


def full() -> Allowed:
    """Allow every key."""
    return lambda i, j: True


def causal(align: Align, n_queries: int, n_keys: int) -> Allowed:
    """Allow j <= i, or j <= i + n_keys - n_queries when aligned to the lower right.

    The upper left is the convention of PyTorch's scaled dot product, the lower right that of
    FlashAttention since 2.1.
    """
    offset = n_keys - n_queries if align == "lower_right" else 0
    return lambda i, j: j <= i + offset


def padding(key_length: int) -> Allowed:
    """Allow the first `key_length` keys."""
    return lambda i, j: j < key_length


def sliding_window(left: int, right: int) -> Allowed:
    """Allow -right <= i - j <= left, both ends included."""
    return lambda i, j: -right <= i - j <= left


def dilated(window: int = 4, dilation: int = 2) -> Allowed:
    """Allow |i - j| <= window where i - j is a multiple of `dilation`."""
    return lambda i, j: abs(i - j) <= window and (i - j) % dilation == 0


def strided(stride: int = 4) -> Allowed:
    """Allow |i - j| < stride, and i - j a multiple of it (Child 2019, 1904.10509, both ways)."""
    return lambda i, j: abs(i - j) < stride or (i - j) % stride == 0


def prefix_lm(prefix_length: int) -> Allowed:
    """Allow the prefix to everyone, and j <= i: a prefix read whole, then text in order."""
    return lambda i, j: j < prefix_length or j <= i


def chunked(chunk_size: int = 4) -> Allowed:
    """Allow keys of the query's own chunk: i // chunk_size = j // chunk_size."""
    return lambda i, j: i // chunk_size == j // chunk_size


def document(document_ids: Sequence[int]) -> Allowed:
    """Allow keys of the query's own document, told by one number per token."""
    return lambda i, j: document_ids[i] == document_ids[j]


def global_window(window: int = 2, global_positions: Sequence[int] = (0,)) -> Allowed:
    """Allow |i - j| <= window, and all where i or j is global (Longformer, 2004.05150, 3.1)."""
    return lambda i, j: abs(i - j) <= window or i in global_positions or j in global_positions


def bigbird(
    block_size: int, n_queries: int, n_keys: int, random_blocks: list[list[int]]
) -> Allowed:
    """Allow blocks: neighbours, first and last, and random ones (BigBird, 2007.14062, section 2).

    Args:
        block_size: Positions in a block of queries or of keys; the last block may be shorter.
        n_queries: How many queries there are, which tells the last block of queries.
        n_keys: How many keys there are, which tells the last block of keys.
        random_blocks: For each block of queries, the random blocks of keys that it sees.
    """
    last_query_block = (n_queries - 1) // block_size
    last_key_block = (n_keys - 1) // block_size

    def may_attend(i: int, j: int) -> bool:
        query_block, key_block = i // block_size, j // block_size
        return (
            abs(query_block - key_block) <= 1
            or query_block in {0, last_query_block}
            or key_block in {0, last_key_block}
            or key_block in random_blocks[query_block]
        )

    return may_attend


def sinks_window(num_sink_tokens: int = 4, left: int = 8, right: int = 0) -> Allowed:
    """Allow the first keys and a sliding window (StreamingLLM, 2309.17453, section 3.2)."""
    return any_of(padding(num_sink_tokens), sliding_window(left, right))


def neighborhood_2d(grid: tuple[int, int], kernel: tuple[int, int] = (3, 3)) -> Allowed:
    """Allow a box of keys around each query on a grid (Neighborhood Attention, 2204.07143).

    Position i stands at row i // W and column i % W of a grid of H rows and W columns. The box
    keeps its size at an edge: it moves inside, so that every query sees as many keys.
    """
    _, n_columns = grid

    def may_attend(i: int, j: int) -> bool:
        query_place, key_place = divmod(i, n_columns), divmod(j, n_columns)
        for q, k, side, width in zip(query_place, key_place, grid, kernel, strict=True):
            start = min(max(q - width // 2, 0), side - width)
            if not start <= k < start + width:
                return False
        return True

    return may_attend


def custom(matrix: Sequence[Sequence[bool]]) -> Allowed:
    """Allow what the matrix, one row per query and one column per key, says."""
    return lambda i, j: bool(matrix[i][j])


def all_of(*masks: Allowed) -> Allowed:
    """Allow what every mask allows: `and`, and the meaning of a list of masks."""
    return lambda i, j: all(mask(i, j) for mask in masks)


def any_of(*masks: Allowed) -> Allowed:
    """Allow what at least one mask allows: `or`."""
    return lambda i, j: any(mask(i, j) for mask in masks)


def not_(mask: Allowed) -> Allowed:
    """Allow what the mask forbids: `not`."""
    return lambda i, j: not mask(i, j)
