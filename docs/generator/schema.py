"""A part's parameters in words: a table made from its JSON Schema."""

import json
from collections.abc import Iterator
from typing import Any

from generator.markdown import plain, table

Schema = dict[str, Any]

_PLURALS = {"number": "numbers", "integer": "integers", "boolean": "booleans", "mask": "masks"}
_NAMES = {"number": "number", "integer": "integer", "boolean": "boolean", "string": "text"}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_POWERS = {2.0**20: "2²⁰", 2.0**31: "2³¹", 2.0**53: "2⁵³", 1e-6: "10⁻⁶", 1e6: "10⁶", 1e12: "10¹²"}
_HEADINGS = ("parameter", "type", "default", "range", "meaning")


def parameter_tables(schema: Schema) -> Iterator[str]:
    """Write the table of an object's parameters, then one for each object that one may hold."""
    if not schema["properties"]:
        yield "No parameters."
        return
    yield _table(schema, leave_out=())
    for name, each in schema["properties"].items():
        for member in _members(each):
            for nested in member.get("oneOf", ()):
                yield from _nested(name, nested)


def _nested(name: str, schema: Schema) -> Iterator[str]:
    told_by = next(key for key, each in schema["properties"].items() if "const" in each)
    value = schema["properties"][told_by]["const"]
    yield f'`{name}` with `"{told_by}": "{value}"` — {schema["title"]}: {schema["description"]}'
    yield _table(schema, leave_out=(told_by,))


def _table(schema: Schema, *, leave_out: tuple[str, ...]) -> str:
    rows = []
    for name, each in schema["properties"].items():
        if name not in leave_out:
            meaning = f"**{plain(each['title'])}.** {plain(each.get('description', ''))}".strip()
            rows.append((f"`{name}`", _type(each), _default(each), _range(each), meaning))
    return table(_HEADINGS, rows)


def _default(schema: Schema) -> str:
    if "default" not in schema:
        return "required"
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`"


def _members(schema: Schema) -> list[Schema]:
    """Return what a value may be, null left out."""
    return [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]


def _type(schema: Schema) -> str:
    names = [_type_of_one(each) for each in _members(schema)]
    is_nullable = any(each.get("type") == "null" for each in schema.get("anyOf", ()))
    return ", or ".join([*names, *(["`null`"] if is_nullable else [])])


def _type_of_one(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "oneOf" in schema:
        return "object, see below"
    if "part" in schema:
        return str(schema["part"])
    if "prefixItems" in schema:
        return f"[{', '.join(_type(each) for each in schema['prefixItems'])}]"
    if schema["type"] == "array":
        return f"list of {_plural(schema['items'])}"
    return _NAMES[schema["type"]]


def _plural(schema: Schema) -> str:
    if schema.get("type") == "array":
        return f"lists of {_plural(schema['items'])}"
    return _PLURALS[_type_of_one(schema)]


def _range(schema: Schema) -> str:
    found = [_range_of_one(each) for each in _members(schema)]
    # Members of a union often share a range; each is told once.
    return ", or ".join(dict.fromkeys(each for each in found if each)) or "—"


def _range_of_one(schema: Schema) -> str:
    if schema.get("type") == "array":
        inner = schema["prefixItems"][0] if "prefixItems" in schema else schema["items"]
        each = _range_of_one(inner) if inner.get("type") != "array" else ""
        return ", ".join(filter(None, [_length(schema), each and f"each {each}"]))
    facts = [_interval(schema)]
    if "multipleOf" in schema:
        facts.append(f"a multiple of {schema['multipleOf']}")
    if "maxLength" in schema:
        facts.append(f"at most {schema['maxLength']} characters")
    return ", ".join(filter(None, facts))


def _length(schema: Schema) -> str:
    if "prefixItems" in schema:
        return ""
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    if high is None:
        return "no empty list" if low == 1 else f"{low} items or more" if low else ""
    return f"{low} to {_number(high)} items" if low else f"at most {_number(high)} items"


def _interval(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    if low is not None and "exclusiveMaximum" in schema and schema["type"] == "integer":
        return f"{_number(low)} to {_number(schema['exclusiveMaximum'])} − 1"
    bounds = [f"{word} {_number(schema[key])}" for key, word in _BOUNDS.items() if key in schema]
    return " and ".join(bounds)


def _number(value: float) -> str:
    sign, size = "−" if value < 0 else "", abs(value)
    if size in _POWERS:
        return sign + _POWERS[size]
    return sign + (f"{size:,.0f}" if size >= 1e3 else f"{size:g}")
