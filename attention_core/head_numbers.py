"""A parameter that is one number for every head, or one for each."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

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


def _as_float(number: float | int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _plain(given: object) -> Any:
    return given.tolist() if isinstance(given, Numbers) else given
