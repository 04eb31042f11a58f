"""What may be asked of captures, as it is read, checked and documented."""

import re
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from app.schemas import AttentionSource

MAX_NAME = 200
MAX_PAGE = 200
_MAX_DIGITS = 64
MAX_SIDE = 1024
"""Most cells of a region from top to bottom, and from left to right."""

CAPTURE_EXAMPLES: dict[str, dict[str, Any]] = {
    "model": {
        "summary": "A text through a model of the zoo",
        "value": {"source": {"kind": "model", "model": "dates", "text": "3 May 1979"}},
    },
    "tokens": {
        "summary": "Tokens, as POST /attention takes them",
        "value": {
            "source": {
                "kind": "tokens",
                "text": "The cat sat.",
                "spec": {"heads": {"kind": "mha", "n_heads": 2}},
            },
            "name": "A cat",
        },
    },
}
PATCH_EXAMPLES: dict[str, dict[str, Any]] = {
    "rename": {"summary": "Rename and pin", "value": {"name": "A cat", "pinned": True}}
}

_WHOLE = re.compile("-?[0-9]+")

Index = Annotated[int, Field(ge=0, le=2**31 - 1)]


def _whole(text: Any) -> Any:
    """Read digits only: as a number, ``1_0`` is ten and `` 1.0`` is one."""
    if isinstance(text, str) and (len(text) > _MAX_DIGITS or not _WHOLE.fullmatch(text)):
        raise ValueError(f"must be a whole number in digits, got {text[:40]!r}; write 0, or 12.")
    return text


QueryNumber = Annotated[int, BeforeValidator(_whole)]
"""A whole number of a query string."""

QueryIndex = Annotated[Index, BeforeValidator(_whole)]
"""An index in a query string."""


def _flag(text: Any) -> Any:
    """Read ``true`` and ``false`` only."""
    if isinstance(text, str):
        if text not in ("true", "false"):
            raise ValueError(f"must be true or false, got {text[:40]!r}; write either.")
        return text == "true"
    return text


QueryFlag = Annotated[bool, BeforeValidator(_flag)]
"""Yes or no in a query string."""


def _one_line(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValueError("must hold a letter, got none; write a word, or leave it out.")
    if not name.isprintable():
        raise ValueError("must be one line without control characters; leave them out.")
    return name


Name = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_one_line)]


class TokensSource(AttentionSource):
    """Tokens, a text or numbers, as ``POST /attention`` takes them."""

    kind: Literal["tokens"]


class ModelSource(BaseModel):
    """A text, and the model that reads it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["model"]
    model: str = Field(min_length=1, max_length=MAX_NAME, description="A name of GET /models.")
    text: str = Field(min_length=1, description="What the model reads.")
    target: str | None = Field(
        None, description="What the decoder has written; it writes itself when absent."
    )
    generate: int = Field(0, ge=0, le=4096, description="Tokens that the model may write.")
    values: bool = Field(default=False, description="Keep values too: outputs need them.")
    layers: list[Index] | None = Field(
        None, min_length=1, max_length=256, description="Layers to keep; all when absent."
    )


class CaptureRequest(BaseModel):
    """What to capture."""

    model_config = ConfigDict(extra="forbid", strict=True)

    source: Annotated[TokensSource | ModelSource, Field(discriminator="kind")]
    name: Name | None = Field(None, description="What to call it; made of its source when absent.")


class CapturePatch(BaseModel):
    """What to change of a capture."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name = Field("", description="What to call it.", validate_default=False)
    pinned: bool = Field(default=False, description="Whether it stays when space runs out.")


class UploadQuery(BaseModel):
    """What a raw body is."""

    model_config = ConfigDict(extra="forbid")

    source: Literal["tensors", "model"] = Field(description="Tensors, or an image for a model.")
    format: Literal["safetensors", "npz"] | None = Field(None, description="Of tensors.")
    model: str | None = Field(
        None, min_length=1, max_length=MAX_NAME, description="Of an image: a name of GET /models."
    )
    text: str | None = Field(None, min_length=1, description="Read beside the image.")
    name: Name | None = Field(None, description="What to call it.")


class ListQuery(BaseModel):
    """Which page of the list."""

    model_config = ConfigDict(extra="forbid")

    limit: QueryNumber = Field(50, ge=1, le=MAX_PAGE, description="Captures of a page.")
    cursor: str | None = Field(None, max_length=400, description="`next` of the page before.")


def _span(text: Any) -> Any:
    """Read ``start:stop`` of an axis, either of which may be left out."""
    if not isinstance(text, str):
        return text
    start, colon, stop = text.partition(":")
    for part in (start, stop):
        if part and not (part.isascii() and part.isdigit() and len(part) < 10):
            raise ValueError(
                f"must be start:stop, both counted from zero, got {text[:40]!r}; write 0:512."
            )
    if not colon:
        raise ValueError(f"must be start:stop, got {text[:40]!r}; write 0:512.")
    first, last = int(start or 0), int(stop) if stop else None
    if last is not None and last <= first:
        raise ValueError(f"must end after it starts, got {text[:40]!r}; write 0:512.")
    return first, last


Span = Annotated[
    tuple[int, int | None],
    BeforeValidator(_span),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{0,9}:[0-9]{0,9}$"}),
]
"""Some of an axis: its start, and its stop; None for the end of the axis."""


class HeadQuery(BaseModel):
    """Which head."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field("self", max_length=MAX_NAME, description="A kind of the capture.")
    layer: QueryIndex = Field(0, description="From zero.")
    head: QueryIndex = Field(0, description="From zero.")


class RegionQuery(HeadQuery):
    """Which rectangle of one head, and how to draw it."""

    query: Span = Field((0, None), description="Queries `start:stop`; all when absent.")
    key: Span = Field((0, None), description="Keys `start:stop`; all when absent.")
    height: QueryNumber = Field(
        512, ge=1, le=MAX_SIDE, description="Most cells from top to bottom."
    )
    width: QueryNumber = Field(512, ge=1, le=MAX_SIDE, description="Most cells from left to right.")
    reduce: Literal["max", "mean"] = Field("max", description="Of a cell's numbers.")
    what: Literal["weights", "scores"] = Field("weights", description="What is drawn.")
    encoding: Literal["json", "base64"] = Field("json", description="As of POST /attention.")
    dtype: Literal["f4", "f2", "u1"] | None = Field(
        None,
        description="Of base64: floats of 4 bytes (when absent) or 2; or one byte a weight.",
    )

    sampled: QueryFlag = Field(
        default=False,
        description="Whether some rows of each cell will do where all would take long.",
    )
    masked: QueryFlag = Field(
        default=False, description="Whether to tell which cells hold no pair that may attend."
    )

    @model_validator(mode="after")
    def _refuse_what_cannot_be_told(self) -> Self:
        if self.dtype is not None and self.encoding != "base64":
            _refuse_dtype("must be left out with encoding=json; ask for encoding=base64")
        if self.dtype == "u1" and self.what == "scores":
            _refuse_dtype("must be 'f4' or 'f2' for scores, got 'u1', which cannot say masked")
        return self


def _refuse_dtype(why: str) -> NoReturn:
    raise PydanticCustomError("dtype", "{why}", {"why": why})


class GridQuery(BaseModel):
    """How to draw every head of a kind."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field("self", max_length=MAX_NAME, description="A kind of the capture.")
    cell: QueryNumber = Field(32, ge=8, le=128, description="Most cells of a thumbnail's side.")


class TokensQuery(BaseModel):
    """Which tokens."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field("self", max_length=MAX_NAME, description="A kind of the capture.")
    side: Literal["query", "key"] = Field("query", description="What stands at queries, or keys.")
    span: Span = Field((0, None), description="Places `start:stop`; all when absent.")


class CaptureQuery(BaseModel):
    """What to tell of a capture."""

    model_config = ConfigDict(extra="forbid")

    tokens: QueryFlag = Field(
        default=True, description="Whether to tell the tokens; megabytes where there are many."
    )


class CellQuery(HeadQuery):
    """Which cell of one head."""

    query: QueryIndex = Field(description="From zero.")
    key: QueryIndex = Field(description="From zero.")
