"""Which head an overview is of."""

import hashlib
from typing import NamedTuple, Self

from app.captures.schemas import HeadQuery
from app.store import CaptureRecord


class Place(NamedTuple):
    """One head of one capture.

    Attributes:
        capture_id: The capture.
        sha256: Digest of its file.
        kind: Which stack of layers.
        layer: Which of them.
        head: Which head.
    """

    capture_id: str
    sha256: str
    kind: str
    layer: int
    head: int

    @classmethod
    def of(cls, record: CaptureRecord, asked: HeadQuery) -> Self:
        """Return the place that was asked for."""
        return cls(record.id, record.sha256 or "", asked.kind, asked.layer, asked.head)

    @property
    def whole(self) -> str:
        """What names the layer's numbers wherever they lie."""
        return f"{self.sha256} {self.kind} {self.layer}"

    @property
    def key(self) -> str:
        """What names it among all that are made."""
        return f"{self.capture_id} {self.file_name}"

    @property
    def file_name(self) -> str:
        """Name of its file; a kind may be any text, so it is not in it."""
        told = f"{self.whole} {self.head}".encode(errors="surrogatepass")
        return f"{hashlib.sha256(told).hexdigest()[:32]}.overview"
