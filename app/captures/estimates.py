"""What a capture would cost, as the service tells it: whether it fits, and what would."""

from dataclasses import dataclass

from app.config import Limits
from app.sizes import Size
from attention_core import CaptureEstimate

_SAVED_BYTES_PER_S = 2e8
"""A capture is written, hashed and flushed to the disk at about this pace."""

_FLOAT_BYTES = 4
_TOKEN_BYTES = 60
"""A token's texts in a file."""


@dataclass(frozen=True)
class Estimate:
    """What a capture would cost.

    Attributes:
        n_tokens: Tokens that ask, ``query``, and that are asked, ``key``.
        seconds: How long it would take, once it is its turn; None where nobody knows.
        bytes: Memory at its peak.
        disk_bytes: Size of its file.
        fits: Whether it may be taken.
        why: What it is too large for, where it does not fit.
        offer: What would fit instead: which ``layers`` to keep.
    """

    n_tokens: dict[str, int] | None
    seconds: float | None
    bytes: int
    disk_bytes: int
    fits: bool = True
    why: str | None = None
    offer: dict[str, list[int]] | None = None


def estimate_of_tokens(size: Size, n_bytes: int, room_bytes: int | None) -> Estimate:
    """Tell what a capture of tokens or numbers costs: their limits are checked already.

    Args:
        size: Sizes of what was posted.
        n_bytes: Memory that it takes.
        room_bytes: How large a file may be; without a limit when absent.
    """
    n_tokens = {"query": size.n_queries, "key": size.n_keys}
    disk_bytes = size.n_kept * _FLOAT_BYTES + sum(n_tokens.values()) * _TOKEN_BYTES
    why = _too_large_for_the_disk(disk_bytes, room_bytes)
    return Estimate(n_tokens, None, n_bytes, disk_bytes, why is None, why)


def estimate_of_model(found: CaptureEstimate, limits: Limits, room_bytes: int | None) -> Estimate:
    """Tell whether a model's capture fits, and which layers would.

    Args:
        found: What the library expects of it.
        limits: How much memory a job may take.
        room_bytes: How large a file may be; without a limit when absent.
    """
    maximum = limits.budget_bytes_per_worker
    why = _too_large_for_the_disk(found.disk_bytes, room_bytes)
    if found.n_bytes > maximum:
        why = (
            f"A capture may take about {maximum} bytes of memory (memory_budget_bytes for each "
            f"worker), and this one needs about {found.n_bytes}."
        )
    layers = None if why is None else found.layers_within(maximum, room_bytes)
    return Estimate(
        n_tokens={"query": found.n_query_tokens, "key": found.n_key_tokens},
        seconds=found.seconds + found.disk_bytes / _SAVED_BYTES_PER_S,
        bytes=found.n_bytes,
        disk_bytes=found.disk_bytes,
        fits=why is None,
        why=why,
        offer=None if layers is None else {"layers": list(layers)},
    )


def _too_large_for_the_disk(disk_bytes: int, room_bytes: int | None) -> str | None:
    if room_bytes is None or disk_bytes <= room_bytes:
        return None
    return (
        f"Captures may take another {room_bytes} bytes on the disk, and this one needs "
        f"{disk_bytes}."
    )
