"""What overviews are answered with, as it is documented."""

from typing import Literal

from pydantic import BaseModel, Field

from app.captures.answers import JobProgress
from app.schemas import Problem

State = Literal["none", "waiting", "running", "ready", "failed"]


class OverviewProgress(JobProgress):
    """How far an overview is, in rows, as an event tells it."""

    state: State


class SmallerOffer(BaseModel):
    """What there is without an overview."""

    says: str = Field(description="The offer in words.")
    sampled: bool = Field(description="Whether a region with `sampled=true` is drawn at once.")
    rectangle: tuple[int, int] | None = Field(
        description="Queries and keys of a rectangle that is drawn exactly."
    )


class OverviewEstimate(BaseModel):
    """What an overview would take."""

    seconds: float = Field(description="Until it is there, when nothing else runs.")
    bytes: int = Field(description="Memory at the peak.")
    disk_bytes: int = Field(description="Size of what is kept.")
    fits: bool = Field(description="Whether it can be made.")
    why: str | None = Field(description="Why it cannot.")
    offer: SmallerOffer | None = Field(description="What there is instead, where it cannot.")


class OverviewAnswer(BaseModel):
    """The overview of one head: how far it is, and what it takes."""

    kind: str
    layer: int
    head: int
    state: State
    needed: bool = Field(
        description="Whether pictures of the head are drawn of an overview; small ones need none."
    )
    cell: tuple[int, int] = Field(description="Queries and keys of its smallest cell.")
    progress: JobProgress = Field(description="In rows.")
    estimate: OverviewEstimate | None = Field(description="Null where none is needed.")
    problem: Problem | None = Field(description="Why the last one failed.")
