"""Raw bodies that go to the disk as they come: tensors and images, never held in memory."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from starlette.datastructures import Headers
from starlette.requests import Request

from app.captures.schemas import UploadQuery
from app.errors import ProblemError, field_problem
from app.store import Store

TENSOR_TYPES = (
    "application/octet-stream",
    "application/x-npz",
    "application/safetensors",
)
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")

_CHUNK_BYTES = 2**20
_MOST_AT_ONCE = 8
"""Uploads under way; each may take as long as its client sends."""


def require_upload_type(asked: UploadQuery, headers: Headers) -> None:
    """Refuse a raw body whose Content-Type is none of its source.

    Raises:
        ProblemError: 415.
    """
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise ProblemError(415, "The body must come without Content-Encoding; send it plain.")
    known = TENSOR_TYPES if asked.source == "tensors" else IMAGE_TYPES
    came = headers.get("content-type", "")
    if came.partition(";")[0].strip().lower() not in known:
        listed = ", ".join(known)
        raise ProblemError(
            415,
            f"The Content-Type of {asked.source} must be one of {listed}, got "
            f"{came[:64] or 'none'!r}; set that header.",
        )


def require_upload_fields(asked: UploadQuery) -> None:
    """Refuse parameters that do not go with the source.

    Raises:
        ProblemError: 422.
    """
    is_tensors = asked.source == "tensors"
    needed = "format" if is_tensors else "model"
    if getattr(asked, needed) is None:
        raise field_problem((needed,), f"{needed} must be given with source={asked.source}.")
    for name in ("model", "text") if is_tensors else ("format",):
        if getattr(asked, name) is not None:
            raise field_problem(
                (name,), f"{name} must be left out with source={asked.source}, got one."
            )


class Uploads:
    """Writes raw bodies into the data folder.

    Args:
        store: Where they wait for their capture.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._n_running = 0

    async def receive(self, request: Request, capture_id: str) -> int:
        """Write a request's body to the disk, whole and safe when this returns its size.

        Raises:
            ProblemError: 429 when too many come at once, 507 when the disk has no room; 413 and
                408 as the body passes its limits.
        """
        if self._n_running >= _MOST_AT_ONCE:
            raise ProblemError(
                429,
                f"At most {_MOST_AT_ONCE} uploads may come at once, and so many do; ask again "
                "later.",
                headers={"Retry-After": "5"},
            )
        self._n_running += 1
        partial = self._store.folder.partial_upload(capture_id)
        try:
            n_bytes = await self._write(request, partial)
            await self._store.run(self._store.folder.keep_upload, capture_id)
        except BaseException:
            # Also where the client has gone: half a file is nobody's.
            await asyncio.shield(self._store.run(partial.unlink, missing_ok=True))
            raise
        finally:
            self._n_running -= 1
        return n_bytes

    async def _write(self, request: Request, partial: Path) -> int:
        announced = request.headers.get("content-length", "")
        n_announced = int(announced) if announced.isascii() and announced.isdigit() else 0
        folder, n_bytes = self._store.folder, 0
        await self._store.run(folder.require_room, n_announced)
        file: BinaryIO = await self._store.run(partial.open, "wb")
        try:
            async for chunk in _chunks(request):
                await self._store.run(folder.require_room, len(chunk))
                n_bytes += await self._store.run(file.write, chunk)
            await self._store.run(_flush(file))
        finally:
            await asyncio.shield(self._store.run(file.close))
        if not n_bytes:
            raise ProblemError(400, "The body must hold the file, and it is empty; send the file.")
        return n_bytes


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Gather what comes into pieces that are worth a write."""
    waiting = bytearray()
    async for piece in request.stream():
        waiting += piece
        if len(waiting) >= _CHUNK_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _flush(file: BinaryIO) -> Callable[[], None]:
    def flush() -> None:
        file.flush()
        os.fsync(file.fileno())

    return flush
