"""One mechanism beside one peer, and the table of all of them."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

CELLS = 0.0
"""Of masks: every cell is the same."""

FLOAT64 = 1e-12
"""Of peers that keep float64: some thousand roundings of numbers near one."""

FLOAT32 = 1e-6
"""Of peers in float32, or with a softmax in float32: some eight roundings of numbers near one."""

BOTH = [(torch.float32, FLOAT32), (torch.float64, FLOAT64)]
"""For tests of peers that keep the dtype that they are given."""

FLOAT32_ANGLES = 2e-6
"""Of peers that turn by float32 angles: at position 13 one is off by up to 5e-7 radians."""


class Comparison(NamedTuple):
    """How far the library was from one peer.

    Attributes:
        mechanism: What was compared, by the library's own ids.
        peer: Whose answer was taken for right.
        dtype: In what the peer answered.
        error: Largest difference, relative to the largest number where that is over one.
        tolerance: Largest difference that passes.
    """

    mechanism: str
    peer: str
    dtype: str
    error: float
    tolerance: float


WITHOUT_PEER = {
    "`adaptive_span`": "no installed package has it",
    "`shaw` with embeddings of one head each": "the peer's heads share them",
    "numbers made from a `seed`": "the draws are the library's own: peers are handed them",
}
"""What no installed peer computes; float64 plain loops in ``tests/reference`` hold it."""


def distance(ours: Tensor, theirs: Tensor) -> float:
    """Measure the largest difference, relative to the largest number where that is over one.

    Infinite when shapes differ, where a number is missing, or when not the same cells are
    infinite.
    """
    ours, theirs = ours.detach().double(), theirs.detach().double()
    finite = theirs.isfinite()
    # A NaN equals nothing, not even itself.
    if ours.shape != theirs.shape or not torch.equal(ours[~finite], theirs[~finite]):
        return float("inf")
    if not ours[finite].isfinite().all():
        return float("inf")
    if not finite.any():
        return 0.0
    largest = max(1.0, float(theirs[finite].abs().max()))
    return float((ours[finite] - theirs[finite]).abs().max()) / largest


def table(comparisons: Iterable[Comparison]) -> str:
    """Write the comparisons in Markdown, one row per mechanism, peer and dtype."""
    worst: dict[tuple[str, str, str, float], float] = {}
    for mechanism, peer, dtype, error, tolerance in comparisons:
        row = (mechanism, peer, dtype, tolerance)
        worst[row] = max(error, worst.get(row, 0.0))
    lines = ["| mechanism | peer | dtype | largest error | tolerance |", "|---|---|---|---|---|"]
    lines += [
        f"| {mechanism} | {peer} | {dtype} | {error:.1e} | {tolerance:.0e} |"
        for (mechanism, peer, dtype, tolerance), error in worst.items()
    ]
    lines += ["", "| without a peer | why |", "|---|---|"]
    lines += [f"| {mechanism} | {why} |" for mechanism, why in WITHOUT_PEER.items()]
    return "\n".join(lines)
