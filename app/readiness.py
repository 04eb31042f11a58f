"""Whether the service takes requests: from the end of its start-up to the start of its end."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class Readiness:
    """The one mutable fact that the lifespan writes and ``/readyz`` reads."""

    status: Literal["ok", "starting", "stopping"] = "starting"
