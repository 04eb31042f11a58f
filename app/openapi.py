"""What ``/openapi.json`` says where the framework cannot see it: raw bodies and raw answers."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from app.schemas import AttentionAnswer, AttentionRequest, Problem

_REFERENCE = "#/components/schemas/{model}"
_MODELS: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    (AttentionRequest, "validation"),
    (AttentionAnswer, "serialization"),
    (Problem, "serialization"),
]
_MEANINGS = {
    400: "The body, the path or the Host cannot be read.",
    401: "The API key is missing or wrong.",
    403: "A page of another origin asked.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A field is at fault, or the answer would pass a limit.",
    429: "Too many jobs wait.",
    500: "The service failed.",
    503: "No worker came free in time, or no memory.",
    504: "The computation passed its deadline.",
}


def json_body(model: type[BaseModel], examples: dict[str, Any]) -> dict[str, Any]:
    """Describe a JSON body that the endpoint reads itself."""
    return {
        "required": True,
        "content": {"application/json": {"schema": _reference(model), "examples": examples}},
    }


def json_answer(model: type[BaseModel]) -> dict[str, Any]:
    """Describe an answer that the endpoint writes itself."""
    return {"description": "Done.", "content": {"application/json": {"schema": _reference(model)}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that an endpoint may answer with."""
    content = {"application/problem+json": {"schema": _reference(Problem)}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Make the function that describes an application, once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            _, schema = models_json_schema(_MODELS, ref_template=_REFERENCE)
            document.setdefault("components", {}).setdefault("schemas", {}).update(schema["$defs"])
            app.openapi_schema = document
        return app.openapi_schema

    return openapi


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
