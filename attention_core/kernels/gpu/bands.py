"""Masks that leave each query one run of keys, as a band: all that the Triton kernel knows."""

from typing import NamedTuple

from attention_core.masks import And, Causal, Extent, Full, Mask, Padding, SlidingWindow


class Band(NamedTuple):
    """Query i sees the keys j with ``i + least ≤ j ≤ i + greatest`` and ``j < key_stop``.

    Attributes:
        least: Of ``j − i``.
        greatest: Of ``j − i``, itself included.
        key_stop: Keys from here on are not seen.
    """

    least: int
    greatest: int
    key_stop: int

    def __and__(self, other: "Band") -> "Band":
        return Band(
            max(self.least, other.least),
            min(self.greatest, other.greatest),
            min(self.key_stop, other.key_stop),
        )


def band_of(mask: Mask, extent: Extent) -> Band | None:
    """Tell the band of a mask, or None where it is none."""
    everything = Band(-extent.n_queries, extent.n_keys, extent.n_keys)
    if isinstance(mask, And):
        whole = everything
        for member in mask.of:
            band = band_of(member, extent)
            if band is None:
                return None
            whole &= band
        return whole
    own = _own_band(mask, extent)
    return None if own is None else everything & own


def _own_band(mask: Mask, extent: Extent) -> Band | None:
    n_queries, n_keys = extent
    if isinstance(mask, Full):
        return Band(-n_queries, n_keys, n_keys)
    if isinstance(mask, Causal):
        offset = n_keys - n_queries if mask.align == "lower_right" else 0
        return Band(-n_queries, offset, n_keys)
    if isinstance(mask, SlidingWindow):
        left, right = mask.window
        return Band(-left, right, n_keys)
    if isinstance(mask, Padding):
        return Band(-n_queries, n_keys, mask.key_length)
    return None
