"""The custom mask: the user's own boolean matrix, or a predicate over positions."""

from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from attention_core.errors import SpecError
from attention_core.grid import as_slice
from attention_core.masks.mask import Coverage, Extent, Mask, Rule, coverage, looked_up
from attention_core.masks.predicate import MAX_LENGTH, Node, holds, parse, require_safe, verdict
from attention_core.numbers import BooleanMatrix, Numbers
from attention_core.shapes import Allowed, Permitted, Positions

_EXAMPLE = "j <= i and (i - j) % 2 == 0"


def _readable(text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        message = f"must be a condition over i and j: {error}"
        raise PydanticCustomError("predicate", "{message}", {"message": message}) from error
    return text


Predicate = Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(_readable)]


class Custom(Mask):
    """The user's own boolean matrix, true = may attend, or a predicate over i and j.

    A predicate is read by ``attention_core.masks.predicate`` and never run as Python.
    """

    kind: Literal["custom"] = "custom"
    title: ClassVar[str] = "Custom"
    summary: ClassVar[str] = "Your own condition on query i and key j, or your own matrix."
    formula: ClassVar[str] = "predicate(i, j), or matrix_ij"
    latex: ClassVar[str] = r"P(i, j) \text{ or } M_{ij}"
    starter: ClassVar[dict[str, Any]] = {"predicate": _EXAMPLE}

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["predicate"]}, {"required": ["matrix"]}]}
    )

    predicate: Predicate | None = Field(
        default=None,
        title="Condition",
        description=f"A condition on query i and key j, counted from 0, such as {_EXAMPLE}. "
        "Integers, i, j, n_queries, n_keys, + - * // %, abs, min, max, comparisons, and, or, not.",
    )
    matrix: BooleanMatrix | None = Field(
        default=None,
        title="Matrix",
        description="One row per query, one boolean per key; true = may attend. Instead of a "
        "condition.",
    )

    @model_validator(mode="after")
    def _require_one(self) -> "Custom":
        if (self.matrix is None) == (self.predicate is None):
            came = "neither" if self.matrix is None else "both"
            message = (
                f"a custom mask must have either a predicate or a matrix, got {came}; give one, "
                f"such as the predicate '{_EXAMPLE}'"
            )
            raise PydanticCustomError("custom", "{message}", {"message": message})
        return self

    def check(self, extent: Extent) -> None:
        if self._node is not None:
            require_safe(self._node, extent)
        elif self.matrix is not None and self.matrix.shape != extent:
            rows, columns = self.matrix.shape
            raise SpecError(
                f"a custom mask must be queries × keys, here {extent.n_queries} × "
                f"{extent.n_keys}, got {rows} × {columns}; give one row per query and one "
                "boolean per key.",
                field=("matrix",),
            )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        return self.rule(extent, query.device)(query, key)

    def rule(self, extent: Extent, device: torch.device) -> Rule:
        node = self._node
        if node is not None:
            return lambda query, key: holds(node, query, key, extent)
        matrix = torch.tensor(self._given.rectangle(), device=device)
        return lambda query, key: looked_up(matrix, query, key)

    def tile(self, query: range, key: range, extent: Extent, device: torch.device) -> Allowed:
        if self.matrix is None:
            return super().tile(query, key, extent, device)
        return torch.tensor(self.matrix.rectangle(as_slice(query), as_slice(key)), device=device)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        if self._node is not None:
            found = verdict(self._node, query, key, extent)
            return coverage(is_empty=found is False, is_full=found is True)
        cells = self._given.rectangle(as_slice(query), as_slice(key))
        return coverage(is_empty=not cells.any(), is_full=bool(cells.all()))

    @property
    def _node(self) -> Node | None:
        return None if self.predicate is None else parse(self.predicate)

    @property
    def _given(self) -> Numbers:
        if self.matrix is None:
            raise TypeError("a mask given as a predicate has no matrix.")
        return self.matrix
