"""How near two matrices must be for a test to call them equal."""

from __future__ import annotations

import math

from .vectors import Matrix


def is_close(actual: Matrix, expected: Matrix, tolerance: float = 1e-12) -> bool:
    """Say whether no number is further than `tolerance` from its fellow; shapes must agree."""
    return all(
        math.isclose(a, e, rel_tol=0.0, abs_tol=tolerance)
        for row, expected_row in zip(actual, expected, strict=True)
        for a, e in zip(row, expected_row, strict=True)
    )
