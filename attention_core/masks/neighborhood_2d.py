"""The neighbourhood on a grid: tokens are cells of an image, and a cell sees a box around it."""

from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from attention_core.errors import SpecError
from attention_core.masks.mask import Coverage, Extent, Mask, coverage
from attention_core.part import Source
from attention_core.shapes import Permitted, Positions

Size = Annotated[int, Field(ge=1, lt=2**31)]


class Neighborhood2D(Mask):
    """Tokens are a grid, row by row; a token attends to a box around it, moved in at the edges."""

    kind: Literal["neighborhood_2d"] = "neighborhood_2d"
    title: ClassVar[str] = "Neighbourhood on a grid"
    summary: ClassVar[str] = "Tokens are a grid, row by row; each attends to a box around it."
    formula: ClassVar[str] = "j in the box of kernel rows × columns around i"
    latex: ClassVar[str] = r"j \in \mathrm{box}_{h \times w}(i)"
    source: ClassVar[Source] = Source("Hassani et al. 2022", "https://arxiv.org/abs/2204.07143")

    grid: tuple[Size, Size] = Field(
        strict=False,
        title="Grid",
        json_schema_extra={"fit": "grid"},
        description="Rows and columns of the grid, which together hold every token.",
    )
    kernel: tuple[Size, Size] = Field(
        default=(3, 3),
        strict=False,
        title="Kernel",
        description="Rows and columns of the box: odd, and at most those of the grid. At an edge "
        "the box moves in, so that every token sees as many keys.",
        validate_default=True,
    )

    @field_validator("kernel")
    @classmethod
    def _require_fit(cls, kernel: tuple[int, int], info: Any) -> tuple[int, int]:
        # pydantic's ValidationInfo is a protocol that cannot be checked at run time.
        grid = info.data.get("grid", kernel)
        if any(box % 2 == 0 or box > size for box, size in zip(kernel, grid, strict=True)):
            message = (
                f"must be odd and at most the grid, {grid[0]} × {grid[1]}, got "
                f"{kernel[0]} × {kernel[1]}; give a smaller odd kernel or a larger grid"
            )
            raise PydanticCustomError("kernel", "{message}", {"message": message})
        return kernel

    def check(self, extent: Extent) -> None:
        height, width = self.grid
        if extent != (height * width, height * width):
            raise SpecError(
                "grid must hold every token of one sequence that attends to itself, got "
                f"{height} × {width} cells for {extent.n_queries} queries and {extent.n_keys} "
                "keys; give rows and columns whose product is the number of tokens, and no "
                "context.",
                field=("grid",),
            )

    def allows(self, query: Positions, key: Positions, extent: Extent) -> Permitted:
        width = self.grid[1]
        rows, columns = self._sides
        first_row = (query // width - rows.box // 2).clamp(0, rows.size - rows.box)
        first_column = (query % width - columns.box // 2).clamp(0, columns.size - columns.box)
        below, right = key // width - first_row, key % width - first_column
        return (below >= 0) & (below < rows.box) & (right >= 0) & (right < columns.box)

    def block(self, query: range, key: range, extent: Extent) -> Coverage:
        rows, columns = self._sides
        found = {
            _both(rows.block(asking.rows, asked.rows), columns.block(asking.columns, asked.columns))
            for asking in _rectangles(query, columns.size)
            for asked in _rectangles(key, columns.size)
        }
        return found.pop() if len(found) == 1 else Coverage.PARTIAL

    @property
    def _sides(self) -> tuple["_Side", "_Side"]:
        (height, width), (rows, columns) = self.grid, self.kernel
        return _Side(height, rows), _Side(width, columns)


class _Side(NamedTuple):
    """One side of the grid and of the box."""

    size: int
    box: int

    def block(self, asking: range, asked: range) -> Coverage:
        """Tell how much is allowed on this side alone."""
        # Boxes of neighbours overlap or touch, so that those of a range leave no gap.
        first, last = self._start(asking[0]), self._start(asking[-1])
        return coverage(
            is_empty=asked[-1] < first or asked[0] >= last + self.box,
            is_full=asked[0] >= last and asked[-1] < first + self.box,
        )

    def _start(self, position: int) -> int:
        return min(max(position - self.box // 2, 0), self.size - self.box)


class _Rectangle(NamedTuple):
    """Cells of the grid."""

    rows: range
    columns: range


def _rectangles(span: range, width: int) -> list[_Rectangle]:
    """Cut a span of tokens into rectangles: part of a row, whole rows, part of a row."""
    first, last = span[0] // width, span[-1] // width
    left, right = span[0] % width, span[-1] % width + 1
    if first == last:
        return [_Rectangle(range(first, first + 1), range(left, right))]
    rectangles = [
        _Rectangle(range(first, first + 1), range(left, width)),
        _Rectangle(range(last, last + 1), range(right)),
    ]
    between = range(first + 1, last)
    return [*rectangles, _Rectangle(between, range(width))] if between else rectangles


def _both(rows: Coverage, columns: Coverage) -> Coverage:
    sides = (rows, columns)
    return coverage(is_empty=Coverage.EMPTY in sides, is_full=set(sides) == {Coverage.FULL})
