"""What ``/openapi.json`` says where the framework cannot see it: raw bodies and raw answers."""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from app.captures.answers import (
    CaptureAnswer,
    CaptureEstimate,
    CaptureList,
    GridAnswer,
    ProgressEvent,
    RegionAnswer,
    TokensAnswer,
)
from app.captures.schemas import CapturePatch, CaptureRequest
from app.overviews.answers import OverviewAnswer, OverviewProgress
from app.overviews.schemas import OverviewRequest
from app.schemas import AttentionAnswer, AttentionRequest, CellAnswer, Problem

_REFERENCE = "#/components/schemas/{model}"
_MODELS: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    (AttentionRequest, "validation"),
    (AttentionAnswer, "serialization"),
    (CaptureRequest, "validation"),
    (CapturePatch, "validation"),
    (CaptureAnswer, "serialization"),
    (CaptureList, "serialization"),
    (CaptureEstimate, "serialization"),
    (RegionAnswer, "serialization"),
    (GridAnswer, "serialization"),
    (CellAnswer, "serialization"),
    (TokensAnswer, "serialization"),
    (ProgressEvent, "serialization"),
    (OverviewRequest, "validation"),
    (OverviewAnswer, "serialization"),
    (OverviewProgress, "serialization"),
    (Problem, "serialization"),
]
_SCHEMES = ("bearer", "basic")
_MEANINGS = {
    400: "The body, the path or the Host cannot be read.",
    401: "The API key is missing or wrong.",
    403: "A page of another origin asked.",
    404: "There is none of this id.",
    408: "The body came too slowly.",
    409: "It is not ready.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "A field is at fault, or the answer would pass a limit.",
    424: "A file that it is made of is missing, or has changed.",
    429: "Too many jobs wait, or too many clients follow events.",
    500: "The service failed.",
    503: "No worker came free in time, or no memory, or saving is off.",
    504: "The computation passed its deadline.",
    507: "The storage is full.",
}

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What the client has is what there is."}
}
"""What an answer with an ETag may be instead."""


def json_body(
    model: type[BaseModel], examples: dict[str, Any], *, or_raw: Iterable[str] = ()
) -> dict[str, Any]:
    """Describe a JSON body that the endpoint reads itself, or a raw one of some types instead."""
    content: dict[str, Any] = {
        "application/json": {"schema": _reference(model), "examples": examples}
    }
    for media_type in or_raw:
        content[media_type] = {"schema": {"type": "string", "format": "binary"}}
    return {"required": True, "content": content}


def parameters(model: type[BaseModel], *, optional: bool = False) -> list[dict[str, Any]]:
    """Describe the query string that the endpoint reads itself.

    Args:
        model: What it is read as.
        optional: Whether it may be left out as a whole.
    """
    schema = model.model_json_schema(ref_template=_REFERENCE)
    required = () if optional else schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            **({"description": text} if (text := each.get("description")) else {}),
            "schema": {key: value for key, value in each.items() if key != "description"},
        }
        for name, each in schema["properties"].items()
    ]


def json_answer(model: type[BaseModel], description: str = "Done.") -> dict[str, Any]:
    """Describe an answer that the endpoint writes itself."""
    content = {"application/json": {"schema": _reference(model)}}
    return {"description": description, "content": content}


def event_stream(model: str = "ProgressEvent") -> dict[str, Any]:
    """Describe the events of a job, the data of each of which is of a model."""
    text = "event: progress\ndata: " + '{"state":"running","done":3,"total":6,"eta_s":0.4}' + "\n\n"
    # FastAPI tells the rest of an event.
    data = {
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": _REFERENCE.format(model=model)},
    }
    event = {"required": ["event", "data"], "properties": {"data": data}}
    return {
        "description": f"Events named `progress`; the data of each is of {model}.",
        "content": {"text/event-stream": {"itemSchema": event, "example": text}},
    }


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
            _mend(document)
            app.openapi_schema = document
        return app.openapi_schema

    return openapi


def _mend(document: dict[str, Any]) -> None:
    """Leave out the errors of FastAPI's own, which are never answered, and tell of the key."""
    schemas = document["components"]["schemas"]
    for theirs in ("HTTPValidationError", "ValidationError"):
        schemas.pop(theirs, None)
    for path in document["paths"].values():
        for operation in path.values():
            answer = operation["responses"].get("422", {})
            if "application/json" in answer.get("content", {}):
                del operation["responses"]["422"]
    document["components"]["securitySchemes"] = {
        scheme: {"type": "http", "scheme": scheme} for scheme in _SCHEMES
    }
    # On loopback no key is needed.
    document["security"] = [{}, *({scheme: []} for scheme in _SCHEMES)]


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
