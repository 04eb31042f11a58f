"""Where a field of a request is: pydantic's path to it, followed through the JSON Schema.

Pydantic puts the tag of each union into its paths, ``("spec", "score", "scaled_dot", "scale")``; a
client knows ``spec.score.scale``. Only the schema tells a tag from a field.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from pydantic import BaseModel

Schema = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A place in a request.

    Attributes:
        path: The way from the body, as a client wrote it.
        schemas: What may stand there.
        definitions: What the schemas' references stand for.
        parent_fields: Names of the fields beside it.
    """

    path: tuple[str | int, ...]
    schemas: tuple[Schema, ...]
    definitions: dict[str, Schema]
    parent_fields: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the parts that may stand there, the first one first; none for no part."""
        found: list[str] = []
        for schema in self._plain_schemas():
            if "discriminator" in schema:
                names = {ref: name for name, ref in schema["discriminator"]["mapping"].items()}
                found += [names[choice["$ref"]] for choice in schema["oneOf"]]
        return tuple(found)

    def follow(self, path: tuple[str | int, ...]) -> Self:
        """Walk a path of pydantic's."""
        place = self
        for part in path:
            place = place._step(part)
        return place

    def _step(self, part: str | int) -> Self:
        schemas = self._plain_schemas()
        if isinstance(part, int):
            inside = tuple(each["items"] for each in schemas if "items" in each)
            return self._at(part, inside or self.schemas, ())
        tagged = [each["discriminator"]["mapping"] for each in schemas if "discriminator" in each]
        if chosen := tuple({"$ref": mapping[part]} for mapping in tagged if part in mapping):
            return type(self)(self.path, chosen, self.definitions, self.parent_fields)
        fields = [each.get("properties", {}) for each in schemas]
        names = tuple(name for each in fields for name in each)
        return self._at(part, tuple(each[part] for each in fields if part in each), names)

    def _at(self, part: str | int, schemas: tuple[Schema, ...], names: tuple[str, ...]) -> Self:
        return type(self)((*self.path, part), schemas, self.definitions, names)

    def _plain_schemas(self) -> list[Schema]:
        plain: list[Schema] = []
        waiting = list(self.schemas)
        while waiting:
            schema = waiting.pop(0)
            if "$ref" in schema:
                waiting.append(self.definitions[schema["$ref"].rpartition("/")[2]])
            elif "anyOf" in schema:
                waiting += schema["anyOf"]
            else:
                plain.append(schema)
        return plain


@cache
def body_place(model: type[BaseModel]) -> Place:
    """Return the place that is the whole body of a request of a model."""
    schema = model.model_json_schema()
    return Place((), (schema,), schema.get("$defs", {}))
