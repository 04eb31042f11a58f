"""What may be asked of overviews, as it is read, checked and documented."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.captures.schemas import MAX_NAME, Index

OVERVIEW_EXAMPLES: dict[str, dict[str, Any]] = {
    "head": {"summary": "One head", "value": {"kind": "self", "layer": 0, "head": 0}}
}


class OverviewRequest(BaseModel):
    """Which head to make an overview of."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: str = Field("self", max_length=MAX_NAME, description="A kind of the capture.")
    layer: Index = Field(0, description="From zero.")
    head: Index = Field(0, description="From zero.")
