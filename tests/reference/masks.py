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
