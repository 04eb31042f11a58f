"""The fixture by which every test of this package compares, so that none goes unreported."""

from collections.abc import Callable
from typing import Protocol

import pytest
from torch import Tensor

from tests.peers.comparison import Comparison, distance


class Agree(Protocol):
    """Hold pairs of our tensor and a peer's to a tolerance."""

    def __call__(
        self, mechanism: str, peer: str, tolerance: float, *pairs: tuple[Tensor, Tensor]
    ) -> None: ...


@pytest.fixture
def agree(record_property: Callable[[str, object], None]) -> Agree:
    """Compare, record what was seen, and only then assert."""

    def _agree(mechanism: str, peer: str, tolerance: float, *pairs: tuple[Tensor, Tensor]) -> None:
        dtype = str(pairs[0][1].dtype).removeprefix("torch.")
        error = max(distance(ours, theirs) for ours, theirs in pairs)
        seen = Comparison(mechanism, peer, dtype, error, tolerance)
        record_property("peer", list(seen))  # plain data, which travels between processes
        assert error <= tolerance

    return _agree
