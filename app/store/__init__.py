"""What is kept: the index of captures in SQL, their files in the data folder."""

from app.store.index import CaptureIndex, QueueFullError
from app.store.opened import OpenedCapture, OpenedCaptures
from app.store.records import CaptureRecord, Cursor, Facts, State, new_record
from app.store.store import Store

__all__ = [
    "CaptureIndex",
    "CaptureRecord",
    "Cursor",
    "Facts",
    "OpenedCapture",
    "OpenedCaptures",
    "QueueFullError",
    "State",
    "Store",
    "new_record",
]
