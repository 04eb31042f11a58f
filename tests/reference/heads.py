"""How heads share keys, mix with each other, and are made from a latent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .positions import Position, unchanged
from .vectors import Matrix, Vector, inner_product, product


class LatentHeads(NamedTuple):
    """One matrix per head, ready for `attention_heads` with the score q . k * scale."""

    queries: list[Matrix]
    keys: list[Matrix]
    values: list[Matrix]
    scale: float


def key_head(query_head: int, n_heads: int, n_kv_heads: int) -> int:
    """Return floor(h / (H / H_kv)): neighbours share a key head (Ainslie 2023, 2305.13245).

    One key head is multi-query attention (Shazeer 2019, 1911.02150), H of them multi-head.
    """
    if n_heads % n_kv_heads:
        raise ValueError(f"{n_heads} query heads do not share {n_kv_heads} key heads evenly.")
    return query_head // (n_heads // n_kv_heads)


def for_each_query_head(kv_heads: Sequence[Matrix], n_heads: int) -> list[Matrix]:
    """Return keys, or values, one matrix per query head, those shared written out."""
    return [kv_heads[key_head(head, n_heads, len(kv_heads))] for head in range(n_heads)]


def mixed(mixing: Matrix, heads: Sequence[Matrix]) -> list[Matrix]:
    """Return new head g = sum over h of mixing[g][h] * head h (Shazeer 2020, 2003.02436).

    The premix takes scores before the mask, the postmix weights. A score that is not finite is
    refused: zero or less times minus infinity has no meaning here.
    """
    if not all(math.isfinite(x) for matrix in heads for row in matrix for x in row):
        raise ValueError("mixed heads must be finite; mix scores before they are masked.")
    return [
        [
            [inner_product(shares, across_heads) for across_heads in zip(*rows, strict=True)]
            for rows in zip(*heads, strict=True)
        ]
        for shares in mixing
    ]


def differential_lambda_init(layer: int) -> float:
    """Return 0.8 - 0.6 exp(-0.3 layer), layers from 0 (Ye 2024, 2410.05258, section 2.1)."""
    return 0.8 - 0.6 * math.exp(-0.3 * layer)


def differential_lambda(
    lambda_init: float,
    lambda_q1: Vector | None = None,
    lambda_k1: Vector | None = None,
    lambda_q2: Vector | None = None,
    lambda_k2: Vector | None = None,
) -> float:
    """Return exp(q1 . k1) - exp(q2 . k2) + lambda_init (2410.05258, eq. 2).

    Without vectors `lambda_init` itself, as with vectors of zeros.
    """
    if lambda_q1 is None or lambda_k1 is None or lambda_q2 is None or lambda_k2 is None:
        return lambda_init
    first, second = inner_product(lambda_q1, lambda_k1), inner_product(lambda_q2, lambda_k2)
    return math.exp(first) - math.exp(second) + lambda_init


def difference(weights: Sequence[Matrix], subtracted_share: float) -> list[Matrix]:
    """Return A_2h - lambda * A_(2h + 1) for each head h (2410.05258, eq. 1)."""
    return [
        [
            [a - subtracted_share * b for a, b in zip(row, other_row, strict=True)]
            for row, other_row in zip(first, second, strict=True)
        ]
        for first, second in zip(weights[::2], weights[1::2], strict=True)
    ]


def mla(
    queries: Sequence[Matrix],
    latent: Matrix,
    key_rope: Matrix,
    weight_uk: Sequence[Matrix],
    weight_uv: Sequence[Matrix],
    position: Position = unchanged,
) -> LatentHeads:
    """Write latent attention out per head (DeepSeek-V2, 2405.04434, section 2.1).

    k_h = [c W_uk_h, rotated k_rope], q_h = [q_nope_h, rotated q_rope_h], v_h = c W_uv_h. The
    absorbed form, which never makes k_h, must give the same scores.

    Args:
        queries: For each head a row per query: the features that do not rotate, then those
            that do.
        latent: c, one row per key.
        key_rope: One row per key, the same for every head; its size is that of q_rope.
        weight_uk: For each head one row per latent feature, a column per feature of q_nope.
        weight_uv: For each head one row per latent feature, a column per value feature.
        position: The rotation of q_rope and k_rope.
    """
    n_rotating = len(key_rope[0])
    rotated_key = position(key_rope)
    return LatentHeads(
        [_rotated_end(query, n_rotating, position) for query in queries],
        [_joined(product(latent, weight), rotated_key) for weight in weight_uk],
        [product(latent, weight) for weight in weight_uv],
        1.0 / math.sqrt(len(queries[0][0])),
    )


def _rotated_end(rows: Matrix, n_rotating: int, position: Position) -> Matrix:
    n_still = len(rows[0]) - n_rotating
    return _joined([row[:n_still] for row in rows], position([row[n_still:] for row in rows]))


def _joined(left: Matrix, right: Matrix) -> Matrix:
    return [[*a, *b] for a, b in zip(left, right, strict=True)]
