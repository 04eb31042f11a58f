"""What a mask is: a rule over positions, told for whole blocks where it can be."""

from abc import abstractmethod
from enum import Enum
from typing import NamedTuple

import torch

from attention_core.part import Part
from attention_core.shapes import Allowed, Permitted, Positions


class Extent(NamedTuple):
    """The sizes of the whole matrix, which some rules need."""

    n_queries: int
    n_keys: int


class Coverage(Enum):
    """How much of a block a mask allows."""

    EMPTY = "empty"
    PARTIAL = "partial"
    FULL = "full"


class Mask(Part):
    """A rule that says which keys a query may attend to: True = may attend."""

    def check(self, extent: Extent) -> None:
        """Refuse a matrix that the mask does not fit.

        Raises:
            SpecError: With what must hold and what came.
        """

    @abstractmethod
    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        """Tell for each pair of positions whether it may attend; the two broadcast.

        With its extent bound this is FlexAttention's ``mask_mod`` but for batch and head.
        """

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        """Tell how much of a block is allowed, without looking at its cells.

        PARTIAL is always a right answer; EMPTY and FULL save work.
        """
        return Coverage.PARTIAL

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        """Compute the mask of a rectangle."""
        rows = torch.arange(query.start, query.stop, device=device)[:, None]
        columns = torch.arange(key.start, key.stop, device=device)[None, :]
        return self.allows(rows, columns, extent).expand(len(query), len(key))


def coverage(*, is_empty: bool, is_full: bool) -> Coverage:
    """Name the coverage of a block from two facts about it."""
    return Coverage.EMPTY if is_empty else Coverage.FULL if is_full else Coverage.PARTIAL
