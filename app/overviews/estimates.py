"""What an overview would take, told before it is made, and what smaller thing there is."""

from dataclasses import dataclass
from typing import Any

from app.config import Limits
from app.errors import Exceeded, ProblemError
from app.overviews.kept import KeptOverviews
from app.overviews.pace import Pace
from app.overviews.sizes import Sizes

_EXACT_CELLS = 2**27
"""Rows × keys of a rectangle that is drawn exactly without an overview."""


@dataclass(frozen=True)
class Estimate:
    """What an overview would take.

    Attributes:
        seconds: Until it is there, when nothing else runs.
        bytes: Memory at the peak.
        disk_bytes: Size of what is kept.
        fits: Whether it can be made.
        why: Why not.
        offer: What there is instead.
    """

    seconds: float
    bytes: int
    disk_bytes: int
    fits: bool
    why: str | None = None
    offer: dict[str, Any] | None = None


class Estimates:
    """Tells what overviews would take.

    Args:
        limits: What they may take.
        kept: Where they would go.
        pace: How fast this machine is.
    """

    def __init__(self, limits: Limits, kept: KeptOverviews, pace: Pace) -> None:
        self._limits = limits
        self._kept = kept
        self._pace = pace

    def of(self, sizes: Sizes) -> Estimate:
        """Tell what an overview of a head would take; looks at the disk."""
        problem = self._refusal(sizes)
        return Estimate(
            round(self._pace.seconds(sizes.way, sizes.cells), 3),
            sizes.peak_bytes,
            sizes.overview_bytes,
            fits=problem is None,
            why=None if problem is None else problem.detail,
            offer=None if problem is None else _offer(sizes),
        )

    def require_fits(self, sizes: Sizes) -> None:
        """Refuse an overview that cannot be made.

        Raises:
            ProblemError: 422 where it would take too much memory, 507 where it could not be kept.
        """
        problem = self._refusal(sizes)
        if problem is not None:
            problem.detail += f" {_offer(sizes)['says']}"
            raise problem

    def _refusal(self, sizes: Sizes) -> ProblemError | None:
        maximum = self._limits.budget_bytes_per_worker
        if sizes.peak_bytes > maximum:
            return ProblemError(
                422,
                f"An overview may take {maximum} bytes of memory while it is made, and this one "
                f"needs about {sizes.peak_bytes}.",
                exceeded=Exceeded("memory_budget_bytes", sizes.peak_bytes, maximum),
            )
        if not self._kept.has_room(sizes.overview_bytes):
            return ProblemError(
                507,
                f"An overview of this head takes {sizes.overview_bytes} bytes, and neither the "
                "disk nor the memory for overviews has them; delete captures that nobody needs, "
                "or free space otherwise.",
                exceeded=Exceeded(
                    "max_overviews_bytes", sizes.overview_bytes, self._limits.max_overviews_bytes
                ),
            )
        return None


def _offer(sizes: Sizes) -> dict[str, Any]:
    """Tell what can be drawn without an overview, in words and in numbers."""
    n_queries, n_keys = sizes.extent
    n_rows = min(_EXACT_CELLS // n_keys, n_queries)
    rectangle = [n_rows, n_keys] if n_rows else None
    exact = f", and any {n_rows} queries are drawn exactly" if n_rows else ""
    return {
        "says": f"A picture of some rows of each cell is there at once (sampled=true){exact}.",
        "sampled": True,
        "rectangle": rectangle,
    }
