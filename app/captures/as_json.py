"""Captures as JSON: what a list shows, what a look at one shows, what an event tells."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson

from app.api import API_PREFIX
from app.captures.progress import DONE, WAITING, Progress, ProgressBoard
from app.store import CaptureRecord, State

_MAX_MADE_NAME = 60
_NO_DETAILS = b'{"tokens":{},"specs":{}}'


def capture_path(capture_id: str) -> str:
    """Return where a capture is."""
    return f"{API_PREFIX}/captures/{capture_id}"


def progress_of(record: CaptureRecord, board: ProgressBoard) -> Progress:
    """Tell how far a capture is."""
    if record.state == "ready":
        return DONE
    return board.look(record.id) or WAITING


def state_of(record: CaptureRecord, board: ProgressBoard) -> State:
    """Tell the state of a capture, which may have begun to run since it was looked up."""
    is_running = record.state == "queued" and board.look(record.id) is not None
    return "running" if is_running else record.state


def event_of(record: CaptureRecord, board: ProgressBoard) -> dict[str, Any]:
    """Write how far a capture is, for an event."""
    return {"state": state_of(record, board), **asdict(progress_of(record, board))}


def summary_of(record: CaptureRecord, board: ProgressBoard) -> dict[str, Any]:
    """Write a capture as a list shows it."""
    created = datetime.fromtimestamp(record.created_us / 1e6, tz=UTC)
    has_image = record.facts.has_image
    return {
        "id": record.id,
        "name": record.name,
        "state": state_of(record, board),
        "pinned": record.is_pinned,
        "created": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "source": record.source,
        "progress": asdict(progress_of(record, board)),
        "kinds": record.facts.kinds,
        "n_given": record.facts.n_given,
        "notes": record.facts.notes,
        "image": f"{capture_path(record.id)}/image" if has_image else None,
        "n_bytes": record.n_bytes,
        "sha256": record.sha256,
        "problem": record.problem,
    }


def whole(record: CaptureRecord, details: bytes | None, board: ProgressBoard) -> list[bytes]:
    """Write all of a capture, in pieces.

    Args:
        record: The capture.
        details: Its tokens and specs as JSON; None before it is ready.
        board: How far it is.
    """
    rest = details or _NO_DETAILS
    return [orjson.dumps(summary_of(record, board))[:-1], b",", rest[1:]]


def made_name(source: dict[str, Any]) -> str:
    """Make a name of what was posted, one line and not long."""
    text = source.get("text") or " ".join(source.get("tokens") or ())
    kind = {"tensors": "tensors", "tokens": "numbers"}.get(source["kind"]) or source["model"]
    line = "".join(each if each.isprintable() else " " for each in text[: 4 * _MAX_MADE_NAME])
    line = " ".join(line.split()) or kind
    return line if len(line) <= _MAX_MADE_NAME else f"{line[: _MAX_MADE_NAME - 1]}…"
