"""What captures are answered with, as it is documented."""

from typing import Literal

from pydantic import BaseModel, Field

from app.schemas import Problem, Remark
from attention_core import AttentionSpec, TokenKind


class CapturedToken(BaseModel):
    """One token, readable in any script."""

    text: str = Field(description="What a person reads.", examples=["ing"])
    piece: str = Field(description="The tokenizer's own name of it.", examples=["##ing"])
    kind: TokenKind
    id: int | None = Field(description="Index in the vocabulary.")
    joins: bool = Field(description="Whether it goes on with the word before it.")
    span: tuple[int, int] | None = Field(description="Start and stop in the source text.")
    word: int | None
    sentence: int | None
    part: tuple[int, int] | None = Field(
        description="Which part of how many, where several tokens share one character."
    )
    place: tuple[int, int] | None = Field(description="Row and column of a patch.")
    is_generated: bool = Field(description="Whether the model wrote it.")


class CapturedTokens(BaseModel):
    """What stands at each query and at each key."""

    query: list[CapturedToken]
    key: list[CapturedToken]


class TokenCounts(BaseModel):
    """How long a capture would be."""

    query: int
    key: int


class LayersOffer(BaseModel):
    """Fewer layers, which would fit."""

    layers: list[int]


class CaptureEstimate(BaseModel):
    """What a capture would take."""

    n_tokens: TokenCounts | None = Field(description="Null where nobody knows before.")
    seconds: float | None = Field(description="Until it is ready; null where nobody knows before.")
    bytes: int = Field(description="Memory at the peak.")
    disk_bytes: int = Field(description="Size of what is kept.")
    fits: bool = Field(description="Whether it can be made.")
    why: str | None = Field(description="Why it cannot.")
    offer: LayersOffer | None = Field(description="What would fit, where something does.")


class TokensAnswer(BaseModel):
    """Some tokens of one side of a kind."""

    kind: str
    side: Literal["query", "key"]
    span: tuple[int, int] = Field(description="First place that is told, and the one after.")
    tokens: list[CapturedToken]


class CapturedKind(BaseModel):
    """How much there is of one kind."""

    n_layers: int
    n_heads: int
    n_kv_heads: int | None
    n_queries: int
    n_keys: int


class JobProgress(BaseModel):
    """How far a capture is."""

    done: int
    total: int
    eta_s: float | None = Field(description="Seconds that it may still take; null when unknown.")


class ProgressEvent(JobProgress):
    """How far a capture is, as an event tells it."""

    state: Literal["queued", "running", "ready", "failed"]


class CaptureSummary(BaseModel):
    """One thing looked at, as a list shows it."""

    id: str = Field(examples=["3hkqzZ0vT0yQhCqXW3uB4g"])
    name: str
    state: Literal["queued", "running", "ready", "failed"]
    pinned: bool = Field(description="Whether it stays when space runs out.")
    created: str = Field(examples=["2026-11-22T10:00:00Z"])
    source: dict[str, object] = Field(
        description="What was posted, without bytes; a list leaves out what is long."
    )
    progress: JobProgress
    kinds: dict[str, CapturedKind] = Field(description="By kind; empty until it is ready.")
    n_given: dict[str, int] = Field(description="By kind: queries that were not generated.")
    notes: list[Remark]
    image: str | None = Field(description="Where the image is, as the model saw it.")
    n_bytes: int
    sha256: str | None
    problem: Problem | None = Field(description="Why it failed.")


class CaptureAnswer(CaptureSummary):
    """One thing looked at."""

    tokens: dict[str, CapturedTokens] = Field(
        description="By kind; empty until it is ready, and where `tokens=false` leaves them out."
    )
    specs: dict[str, list[AttentionSpec | None]] = Field(
        description="By kind, one a layer; null where only weights are known."
    )


class CaptureList(BaseModel):
    """A page of captures: pinned ones first, the newest first."""

    captures: list[CaptureSummary]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class NestedTile(BaseModel):
    """A tile as nested lists; a masked score is null."""

    axes: list[str] = Field(examples=[["query", "key"]])
    shape: list[int] = Field(examples=[[3, 3]])
    data: list[list[float | None]]


class TypedTile(BaseModel):
    """A tile as a typed array, by Plotly's convention; a masked score is NaN."""

    axes: list[str] = Field(examples=[["query", "key"]])
    shape: list[int] = Field(examples=[[3, 3]])
    dtype: Literal["f4", "f2"]
    bdata: str = Field(description="Little-endian floats, last axis fastest, in base64.")


class ScaledTile(BaseModel):
    """A tile of weights as bytes; a weight is offset + byte / 255 × scale."""

    axes: list[str] = Field(examples=[["query", "key"]])
    shape: list[int] = Field(examples=[[3, 3]])
    dtype: Literal["u1"]
    scale: float
    offset: float = Field(description="Zero where no weight is negative.")
    bdata: str = Field(description="Bytes, last axis fastest, in base64.")


class SampledRows(BaseModel):
    """How a region was sampled: all keys of some queries of each cell."""

    queries: int = Field(description="Queries that were looked at in each cell that is not exact.")
    done: int = Field(description="Cells whose queries all come before this one are exact.")


class SampledGrid(BaseModel):
    """How thumbnails were sampled: all keys of some queries of each cell."""

    queries: int = Field(description="Queries that were looked at in each cell.")


class RegionAnswer(BaseModel):
    """A rectangle of one head at bounded resolution."""

    matrix: NestedTile | TypedTile | ScaledTile
    query: tuple[int, int] = Field(description="First query that is drawn, and the one after.")
    key: tuple[int, int] = Field(description="First key that is drawn, and the one after.")
    cell: tuple[int, int] = Field(description="Queries and keys of a cell; powers of two.")
    reduce: Literal["max", "mean"]
    what: Literal["weights", "scores"]
    exact: bool = Field(description="Whether each cell is one pair of query and key.")
    range: tuple[float, float] | None = Field(
        description="Least and largest finite number; null where there is none."
    )
    sampled: SampledRows | None = Field(
        description="How it was sampled; null where every pair of each cell was looked at."
    )
    masked: str | None = Field(
        description="Where asked for, cells of which every pair is masked: a bit a cell, each row "
        "from the highest bit of a byte of its own, in base64; null where there are none."
    )


class BytesMatrix(BaseModel):
    """A matrix as bytes, by Plotly's convention."""

    axes: list[str] = Field(examples=[["layer", "head", "query", "key"]])
    shape: list[int] = Field(examples=[[6, 12, 14, 14]])
    dtype: Literal["u1"]
    bdata: str = Field(description="Bytes, last axis fastest, in base64.")


class GridAnswer(BaseModel):
    """Every head of a kind as a thumbnail; a weight is byte / 255 × scale."""

    matrix: BytesMatrix
    scale: list[list[float]] = Field(description="By layer and head: the largest weight drawn.")
    kind: str
    cell: tuple[int, int] = Field(description="Queries and keys of a cell.")
    reduce: Literal["max"]
    sampled: SampledGrid | None = Field(
        description="How it was sampled; null where every pair of each cell was looked at."
    )
