"""A matrix seen from afar: one number for each aligned cell of weights."""

from __future__ import annotations

import math
from typing import Literal

from .vectors import Matrix


def pooled(
    weights: Matrix, cell_queries: int, cell_keys: int, reduce: Literal["max", "mean"]
) -> Matrix:
    """Reduce each cell of `cell_queries` x `cell_keys` weights, counted from the upper left.

    The last cells are smaller when the size does not divide, and a mean counts only the
    weights that exist.
    """
    return [
        [
            _reduced(
                [
                    weights[i][j]
                    for i in range(top, min(top + cell_queries, len(weights)))
                    for j in range(left, min(left + cell_keys, len(weights[0])))
                ],
                reduce,
            )
            for left in range(0, len(weights[0]), cell_keys)
        ]
        for top in range(0, len(weights), cell_queries)
    ]


def _reduced(cell: list[float], reduce: Literal["max", "mean"]) -> float:
    return max(cell) if reduce == "max" else math.fsum(cell) / len(cell)
