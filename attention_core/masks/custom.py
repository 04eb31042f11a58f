"""The custom mask: the user's own boolean matrix."""

from typing import ClassVar, Literal

from pydantic import Field

from attention_core.errors import SpecError
from attention_core.masks.mask import Extent, Mask
from attention_core.numbers import BooleanMatrix
from attention_core.shapes import Permitted, Positions


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

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return self.matrix.booleans(query.device)[query, key]
