"""The shapes of requests and answers, as they are read, checked and documented."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel
from pydantic_core import PydanticCustomError

from attention_core import (
    AnyEmbedding,
    AnyProjection,
    AttentionSpec,
    Cell,
    HashEmbedding,
    HeadMatrices,
    Identity,
)

Included = Literal["scores", "weights", "outputs"]

Tokens = Annotated[list[str], Field(min_length=1, fail_fast=True)]

EXAMPLES: dict[str, dict[str, Any]] = {
    "self_attention": {
        "summary": "Self-attention with four heads, causal",
        "value": {
            "tokens": ["the", "cat", "sat"],
            "spec": {"mask": "causal", "heads": 4},
        },
    },
    "cross_attention": {
        "summary": "Cross-attention with Luong's general score",
        "value": {
            "text": "我爱自然语言处理",
            "context_text": "I love natural language processing",
            "spec": {"score": {"kind": "general", "seed": 1}},
            "decimals": 4,
        },
    },
    "numbers": {
        "summary": "Queries and keys as numbers, one cell explained",
        "value": {
            "query": [[1.0, 0.0], [0.0, 1.0]],
            "key": [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]],
            "include": ["weights"],
            "cell": {"head": 0, "query": 1, "key": 2},
        },
    },
}


_MAX_MASKS = 64


def _few_masks(spec: Any) -> Any:
    """Refuse a spec of very many masks before each of them is looked at."""
    waiting = [spec.get("mask")] if isinstance(spec, dict) else []
    n_masks = 0
    while waiting:
        mask = waiting.pop()
        members = mask.get("of") if isinstance(mask, dict) else mask
        if isinstance(members, list):
            n_masks += len(members)
            waiting += members[:_MAX_MASKS]
        elif isinstance(members, dict):
            waiting.append(members)
        if n_masks > _MAX_MASKS:
            raise PydanticCustomError(
                "masks",
                "must hold at most {maximum} masks in all, got {actual} or more",
                {"maximum": _MAX_MASKS, "actual": n_masks},
            )
    return spec


class CellPlace(BaseModel):
    """Which cell to explain; counted from zero."""

    model_config = ConfigDict(extra="forbid", strict=True)

    head: int = Field(0, ge=0)
    query: int = Field(ge=0)
    key: int = Field(ge=0)


class AttentionSource(BaseModel):
    """What to attend with, and how.

    Exactly one of ``tokens``, ``text`` and ``query`` with ``key`` must be given.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    tokens: Tokens | None = Field(None, description="The tokens that ask.")
    context: Tokens | None = Field(
        None, description="The tokens that are asked; the same tokens when absent."
    )
    text: str | None = Field(
        None,
        description="Text to split into tokens: words, punctuation apart, Chinese and Japanese "
        "by character.",
    )
    context_text: str | None = Field(None, description="Text to split into the context.")
    query: HeadMatrices | None = Field(
        None, description="Queries, `[query][dim]` or `[head][query][dim]`."
    )
    key: HeadMatrices | None = Field(None, description="Keys, `[key][dim]` or `[head][key][dim]`.")
    value: HeadMatrices | None = Field(None, description="Values; the keys when absent.")
    query_labels: Tokens | None = Field(None, description="What to call the queries in numbers.")
    key_labels: Tokens | None = Field(None, description="What to call the keys in numbers.")
    embedding: Annotated[AnyEmbedding, Field(description="Tokens to vectors.")] = HashEmbedding()
    projection: Annotated[
        AnyProjection, Field(description="Vectors to queries, keys and values.")
    ] = Identity()
    spec: Annotated[AttentionSpec, BeforeValidator(_few_masks)] = Field(
        AttentionSpec(), description="How attention is computed."
    )


class AttentionRequest(AttentionSource):
    """What to attend with, how, and what to answer.

    Exactly one of ``tokens``, ``text`` and ``query`` with ``key`` must be given.
    """

    include: list[Included] = Field(
        ["scores", "weights", "outputs"], description="The matrices to answer.", max_length=16
    )
    cell: CellPlace | None = Field(None, description="A cell to explain as well.")
    encoding: Literal["json", "base64"] = Field(
        "json", description="Nested lists, or little-endian float32 in base64 for typed arrays."
    )
    decimals: int | None = Field(
        None,
        description="Digits after the point in JSON; full float32 precision when absent.",
        ge=0,
        le=8,
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to compute.")


class NestedMatrix(BaseModel):
    """A matrix as nested lists; a masked score is null."""

    axes: list[str] = Field(examples=[["head", "query", "key"]])
    shape: list[int] = Field(examples=[[1, 3, 3]])
    data: list[list[list[float | None]]]


class TypedMatrix(BaseModel):
    """A matrix as a typed array, by Plotly's convention; a masked score is NaN."""

    axes: list[str] = Field(examples=[["head", "query", "key"]])
    shape: list[int] = Field(examples=[[1, 3, 3]])
    dtype: Literal["f4"]
    bdata: str = Field(description="Little-endian float32, last axis fastest, in base64.")


Matrix = NestedMatrix | TypedMatrix


class AxisTokens(BaseModel):
    """What stands at each query and at each key."""

    query: list[str]
    key: list[str]


class Row(BaseModel):
    """One row of a head."""

    head: int
    query: int


class Remark(BaseModel):
    """What a reader of the answer may trip over."""

    code: str
    message: str


class TimingMs(BaseModel):
    """Where the time went, in milliseconds."""

    compute: float
    encode: float


class Flags(BaseModel):
    """What holds for every weight of the answer."""

    row_stochastic: bool = Field(description="Every row that is not empty sums to one.")
    signed: bool = Field(description="Weights may be negative.")
    shift_invariant: bool = Field(
        description="A number added to a whole row of scores changes no weight."
    )


class AttentionAnswer(BaseModel):
    """Scores, weights and outputs, those that were asked for."""

    tokens: AxisTokens
    scores: Matrix | None = None
    weights: Matrix | None = None
    outputs: Matrix | None = None
    cell: Cell | None = None
    empty_rows: list[Row] = Field(
        description="Rows that no key takes weight of, as a rule because every key is masked."
    )
    flags: Flags
    spec: AttentionSpec = Field(description="The spec with every default spelled out.")
    notes: list[Remark]
    device: str
    dtype: str
    timing_ms: TimingMs


class CellAnswer(RootModel[Cell]):
    """One cell explained."""


class Device(BaseModel):
    """Something that computes."""

    id: str = Field(examples=["cpu"])
    name: str


class Info(BaseModel):
    """What serves, and within which limits."""

    name: str
    version: str
    torch: str
    devices: list[Device]
    limits: dict[str, int | float] = Field(description="Every limit by name; times in seconds.")


class Health(BaseModel):
    """Whether the service lives, or takes requests."""

    status: Literal["ok", "starting", "stopping"]


class FieldFault(BaseModel):
    """One field at fault."""

    loc: list[str | int] = Field(description="Path of the field inside the request body.")
    message: str = Field(description="What must hold, what came, and the way out.")


class Problem(BaseModel):
    """Why a request was not answered; RFC 9457."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str = Field(description="What must hold, what came, and the way out.")
    instance: str = Field(description="The path that was asked.")
    request_id: str = Field(description="Names the request in the service's log.")
    errors: list[FieldFault] | None = None
    limit: str | None = Field(None, description="The limit that was passed, as in /api/v1/info.")
    actual: float | None = None
    max: float | None = None
