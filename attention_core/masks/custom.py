"""The custom mask: the user's own boolean matrix."""

from typing import ClassVar, Literal

import torch
from pydantic import Field

from attention_core.errors import SpecError
from attention_core.grid import as_slice
from attention_core.masks.mask import Coverage, Extent, Mask, coverage
from attention_core.numbers import BooleanMatrix
from attention_core.shapes import Allowed, Permitted, Positions


class Custom(Mask):
    """The user's own boolean matrix: true = may attend."""

    kind: Literal["custom"] = "custom"
    title: ClassVar[str] = "Custom"
    summary: ClassVar[str] = "Your own matrix of queries × keys: true = may attend."
    formula: ClassVar[str] = "matrix_ij"
    latex: ClassVar[str] = r"M_{ij}"

    matrix: BooleanMatrix = Field(
        title="Matrix", description="One row per query, one boolean per key; true = may attend."
    )

    def check(self, extent: Extent) -> None:
        if self.matrix.shape != extent:
            rows, columns = self.matrix.shape
            raise SpecError(
                f"a custom mask must be queries × keys, here {extent.n_queries} × "
                f"{extent.n_keys}, got {rows} × {columns}; give one row per query and one "
                "boolean per key.",
                field=("matrix",),
            )

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        cells = self.matrix.rectangle(as_slice(query), as_slice(key))
        return coverage(is_empty=not cells.any(), is_full=bool(cells.all()))

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        return torch.tensor(self.matrix.rectangle(as_slice(query), as_slice(key)), device=device)

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return torch.tensor(self.matrix.rectangle(), device=query.device)[query, key]
