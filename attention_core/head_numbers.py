"""A parameter that is one number for every head, or one for each."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema
from torch import Tensor

from attention_core.errors import Field, ShapeError
from attention_core.numbers import Numbers, OfRank

_VECTOR = OfRank((1,))


@dataclass(frozen=True)
class PerHead:
    """Pydantic annotation: a finite number, or a list of them with an entry per head."""

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
        number = {"type": "number"}
        return {"anyOf": [number, {"type": "array", "items": number, "minItems": 1}]}

    def validate(self, values: object) -> Numbers | float:
        """Read a field, or say what it must be."""
        if isinstance(values, int | float) and not isinstance(values, bool):
            number = _as_float(values)
            if math.isfinite(number):
                return number
        elif isinstance(values, list | tuple | Numbers):
            return _VECTOR.validate(values)
        raise PydanticCustomError("numbers", "must be a finite number or a list of numbers")


HeadNumbers = Annotated[Numbers | float, PerHead()]
"""One number for every head, or one for each."""


def per_head(given: Numbers | float, n_heads: int, *, field: Field) -> Float[Tensor, " head"]:
    """Spread a parameter over the heads, in float64 on the CPU.

    Raises:
        ShapeError: When a list has another length than there are heads.
    """
    if not isinstance(given, Numbers):
        return torch.full((n_heads,), given, dtype=torch.float64)
    if given.shape != (n_heads,):
        raise ShapeError(
            f"{field[-1]} must have one number per head of scores, got {given.shape[0]} for "
            f"{n_heads}; give {n_heads} numbers.",
            field=field,
        )
    return given.tensor(torch.empty(0, dtype=torch.float64))


def within(least: float, most: float) -> Callable[[Numbers | float], Numbers | float]:
    """Make a validator that refuses a number out of range, alone or in a list."""

    def checked(given: Numbers | float) -> Numbers | float:
        extremes = given.extremes() if isinstance(given, Numbers) else (given, given)
        for number in extremes:
            if not least <= number <= most:
                raise ValueError(
                    f"must be between {least:g} and {most:g}, got {number:g}; give a number in "
                    "that range"
                )
        return given

    return checked


def _as_float(number: float | int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _plain(given: object) -> Any:
    return given.tolist() if isinstance(given, Numbers) else given
