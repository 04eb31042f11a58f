"""Numbers inside a spec or a request: immutable, equal by value, nested lists in JSON."""

from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema
from torch import Tensor

_RANK_NAMES = {
    1: "a list of {item}s",
    2: "a list of rows of {item}s",
    3: "a list of matrices, one per head",
}


class Numbers:
    """An immutable array of finite numbers, or of booleans.

    Args:
        values: Nested lists, a NumPy array or a tensor; copied.

    Raises:
        ValueError: When rows differ in length, or an entry is neither number nor boolean, or
            is not finite.
    """

    __slots__ = ("_array",)

    def __init__(self, values: object) -> None:
        array = _as_array(values)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(
                "every number must be finite, got NaN or infinity; give finite numbers"
            )
        array.setflags(write=False)
        self._array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes, outermost first."""
        return self._array.shape

    @property
    def is_boolean(self) -> bool:
        """Whether the entries are booleans."""
        return self._array.dtype.kind == "b"

    def tensor(self, like: Tensor) -> Tensor:
        """Copy the numbers into a tensor of the dtype and device of another."""
        return torch.tensor(self._array, dtype=like.dtype, device=like.device)

    def rectangle(
        self, rows: slice = slice(None), columns: slice = slice(None)
    ) -> npt.NDArray[Any]:
        """Look at a rectangle of a matrix, not copied and not writable."""
        return self._array[rows, columns]

    def extremes(self) -> tuple[float, float]:
        """Return the least and the greatest number."""
        return float(self._array.min()), float(self._array.max())

    def tolist(self) -> list[Any]:
        """Return nested Python lists."""
        nested: list[Any] = self._array.tolist()
        return nested

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f"Numbers(shape={self.shape})"

    def _identity(self) -> tuple[Any, ...]:
        # Adding zero makes −0 the zero that it is equal to.
        plain = self._array if self.is_boolean else self._array + 0.0
        return self.shape, self.is_boolean, plain.tobytes()


@dataclass(frozen=True)
class OfRank:
    """Pydantic annotation: which ranks a field of ``Numbers`` takes, and of what item.

    Attributes:
        ranks: How deep the lists may nest.
        item: ``number`` or ``boolean``.
        or_flag: Whether a boolean alone will do instead.
    """

    ranks: tuple[int, ...]
    item: str = "number"
    or_flag: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_plain),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shapes = [{"type": "boolean"}] * self.or_flag
        shapes += [self._nested(rank) for rank in self.ranks]
        return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}

    def validate(self, values: object) -> Numbers | bool:
        """Read a field, or say which shape it must have."""
        if self.or_flag and isinstance(values, bool):
            return values
        names = ["true or false"] * self.or_flag
        names += [_RANK_NAMES[rank].format(item=self.item) for rank in self.ranks]
        expected = " or ".join(names)
        try:
            numbers = values if isinstance(values, Numbers) else Numbers(values)
        except ValueError as error:
            raise _problem(f"must be {expected}: {error}") from error
        if len(numbers.shape) not in self.ranks or 0 in numbers.shape:
            raise _problem(f"must be {expected}, none empty; got the shape {list(numbers.shape)}")
        if numbers.is_boolean != (self.item == "boolean"):
            came = "booleans" if numbers.is_boolean else "numbers"
            raise _problem(f"must be {expected}, got {came}")
        return numbers

    def _nested(self, rank: int) -> JsonSchemaValue:
        schema: JsonSchemaValue = {"type": self.item}
        for _ in range(rank):
            schema = {"type": "array", "items": schema, "minItems": 1}
        return schema


Vector = Annotated[Numbers, OfRank((1,))]
Matrix = Annotated[Numbers, OfRank((2,))]
HeadMatrices = Annotated[Numbers, OfRank((2, 3))]
"""One matrix for every head, or one for each."""

HeadVectors = Annotated[Numbers, OfRank((1, 2))]
"""One vector for every head, or one for each."""

HeadVectorsOrFlag = Annotated[Numbers | bool, OfRank((1, 2), or_flag=True)]
"""Head vectors, or whether to make them."""

BooleanMatrix = Annotated[Numbers, OfRank((2,), "boolean")]


def _problem(message: str) -> PydanticCustomError:
    # Braces would be read as a template of the message's context.
    return PydanticCustomError("numbers", "{message}", {"message": message})


def _as_array(values: object) -> npt.NDArray[Any]:
    if isinstance(values, Tensor):
        kept = values.detach().cpu()
        return kept.numpy().copy() if kept.dtype == torch.bool else kept.double().numpy().copy()
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        return values.copy() if values.dtype.kind == "b" else values.astype(np.float64)
    return _from_lists(values)


def _from_lists(values: object) -> npt.NDArray[Any]:
    """Read nested lists level by level, stopping at the first row or entry that is wrong.

    NumPy would do it in one call, but takes a list with one long string in it for gigabytes.
    """
    shape: list[int] = []
    level: list[Any] = [values]
    while level and type(level[0]) in (list, tuple):
        size = len(level[0])
        if not all(type(row) in (list, tuple) and len(row) == size for row in level):
            raise ValueError("every row must have the same length")
        shape.append(size)
        level = list(chain.from_iterable(level))
    kinds = set(map(type, level))
    if kinds == {bool}:
        return np.array(level).reshape(shape)
    if not kinds <= {int, float}:
        raise ValueError("every entry must be a number, or every entry a boolean")
    try:
        return np.array(level, dtype=np.float64).reshape(shape)
    except OverflowError as error:
        raise ValueError("every number must be finite, got one past 1.8e308") from error


def _plain(given: object) -> Any:
    return given.tolist() if isinstance(given, Numbers) else given
