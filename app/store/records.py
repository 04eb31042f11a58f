"""One capture as the index knows it."""

import base64
import binascii
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

import orjson

State = Literal["queued", "running", "ready", "failed"]

_ID_BYTES = 16
"""Enough that nobody guesses an id; 22 characters that fit a URL and a folder's name."""


@dataclass(frozen=True)
class Facts:
    """What a listing shows of a ready capture.

    Attributes:
        kinds: Sizes of each kind's stack.
        n_given: By kind, how many queries were given and not generated.
        notes: What a reader may trip over.
        has_image: Whether there is an image to show.
    """

    kinds: dict[str, dict[str, int | None]] = field(default_factory=dict)
    n_given: dict[str, int] = field(default_factory=dict)
    notes: list[dict[str, str]] = field(default_factory=list)
    has_image: bool = False


@dataclass(frozen=True)
class CaptureRecord:
    """One capture as the index knows it.

    Attributes:
        id: Made here, never by a client.
        name: What people call it.
        state: How far it is.
        is_pinned: Whether it stays when space runs out.
        created_us: When it was asked for, in microseconds since 1970.
        source: What it is made of, as posted.
        facts: What is known once it is ready.
        n_bytes: Size of its files.
        sha256: Digest of its file.
        problem: Why it failed.
    """

    id: str
    name: str
    state: State
    is_pinned: bool
    created_us: int
    source: dict[str, Any]
    facts: Facts = Facts()
    n_bytes: int = 0
    sha256: str | None = None
    problem: dict[str, Any] | None = None


class Cursor(NamedTuple):
    """The place of a capture in the list; the next page begins behind it."""

    is_pinned: bool
    created_us: int
    id: str

    @classmethod
    def of(cls, record: CaptureRecord) -> Self:
        """Return the place of a capture."""
        return cls(record.is_pinned, record.created_us, record.id)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a cursor that ``write`` wrote.

        Raises:
            ValueError: When it is none.
        """
        try:
            is_pinned, created_us, name = orjson.loads(
                base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            )
        except (binascii.Error, TypeError, ValueError):
            raise ValueError("it is none that a page of captures ended with") from None
        is_cursor = isinstance(is_pinned, bool) and isinstance(name, str)
        if not is_cursor or type(created_us) is not int or not 0 <= created_us < 2**63:
            raise ValueError("it is none that a page of captures ended with")
        return cls(is_pinned, created_us, name[:32])

    def write(self) -> str:
        """Write the cursor for a URL."""
        return base64.urlsafe_b64encode(orjson.dumps(list(self))).decode().rstrip("=")


def new_record(name: str, source: dict[str, Any]) -> CaptureRecord:
    """Make the record of a capture that was asked for just now."""
    return CaptureRecord(
        id=secrets.token_urlsafe(_ID_BYTES),
        name=name,
        state="queued",
        is_pinned=False,
        created_us=time.time_ns() // 1000,
        source=source,
    )
