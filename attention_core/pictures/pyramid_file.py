"""Pyramids on disk: one safetensors file each, whole or not there, mapped into memory when read.

The file's hash is in its own header. It is that of the file with zeros in its place, so that it
covers every byte and needs no second file.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from attention_core.captures.layer import ALIGNMENT
from attention_core.errors import CaptureError
from attention_core.pictures.pyramid import Level, Pyramid, RowNumbers
from attention_core.pictures.pyramid_sizes import Sizes, level_cells, shape_of

VERSION = 1
"""Of the way that pyramids are made and written; others are refused."""

PARTIAL_SUFFIX = ".part"
"""Ends the name of a file that is not whole yet."""

_ENTRY = "attention_atlas.pyramid"
_HASH = "sha256"
_NO_HASH = "0" * 64
_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 2**20
_DTYPES = {torch.float64: "F64", torch.float32: "F32"}
_WAY_OUT = "remove it, and survey the head again"


@dataclass(frozen=True)
class _Record:
    """What a pyramid is of, as it is written."""

    version: int
    torch: str
    of: str
    head: int
    extent: Sizes
    cell: Sizes


_RECORD = TypeAdapter(_Record)


class _Wanted(NamedTuple):
    """What a file must be a pyramid of."""

    of: str
    extent: Sizes
    head: int


def save_pyramid(pyramid: Pyramid, path: Path, *, of: str) -> int:
    """Write a pyramid: after a crash the file is whole, or what was there before.

    Args:
        pyramid: What to write; complete.
        path: The file to write; its folder is made when it is not there.
        of: Names what was surveyed; who reads the file must name the same.

    Returns:
        Size of the file, in bytes.

    Raises:
        CaptureError: When rows are not done yet.
        OSError: When the disk is full or read-only; nothing is left behind then.
    """
    if not pyramid.is_complete:
        raise CaptureError(
            f"a pyramid must be complete to be written, got {pyramid.n_rows_done} of "
            f"{pyramid.extent.n_queries} rows; end the survey first."
        )
    n_queries, n_keys = pyramid.extent
    record = _Record(
        VERSION, str(torch.__version__), of, pyramid.head, (n_queries, n_keys), pyramid.cell
    )
    tensors = _tensors_of(pyramid)
    header = _header(record, tensors)
    digest = hashlib.sha256(header)
    for x in tensors.values():
        digest.update(_bytes_of(x))
    header = header.replace(_NO_HASH.encode(), digest.hexdigest().encode(), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    try:
        with partial.open("wb") as file:
            file.write(header)
            for x in tensors.values():
                file.write(_bytes_of(x))
            file.flush()
            os.fsync(file.fileno())
            n_bytes = file.tell()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return n_bytes


def load_pyramid(path: Path, *, of: str, extent: Sizes, head: int) -> Pyramid:
    """Read a pyramid; it is mapped, so that only what is looked at stays in memory.

    Args:
        path: The file.
        of: What it must be of, as it was named when it was written.
        extent: Queries and keys of the matrix that it must be of.
        head: The head that it must be of.

    Raises:
        CaptureError: When the file is missing, cut short, changed, or of something else.
    """
    with _as_capture_error(path):
        digest = _hashed(path)
        with safe_open(path, framework="pt") as file:
            entries = file.metadata() or {}
            record = _record_of(entries.get(_ENTRY), _Wanted(of, extent, head))
            if entries.get(_HASH) != digest:
                raise CaptureError(
                    f"{path.name} must have the hash that its header tells, got {digest[:12]}…: "
                    f"its bytes have changed; {_WAY_OUT}."
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _pyramid_of(record, tensors)


def _tensors_of(pyramid: Pyramid) -> dict[str, Tensor]:
    """Name the tensors: those of the widest numbers first, so that all begin where they may."""
    rows = pyramid.row_numbers
    tensors = {} if rows is None else {"total": rows.total, "maximum": rows.maximum}
    for index, level in enumerate(pyramid.levels):
        tensors |= {f"largest.{index}": level.largest, f"mean.{index}": level.mean}
    return tensors


def _header(record: _Record, tensors: dict[str, Tensor]) -> bytes:
    """Write the header of a safetensors file, with zeros for the hash, filled up with spaces."""
    entries: dict[str, object] = {
        "__metadata__": {_HASH: _NO_HASH, _ENTRY: _RECORD.dump_json(record).decode()}
    }
    start = 0
    for name, x in tensors.items():
        place = {"shape": list(x.shape), "data_offsets": [start, start + x.nbytes]}
        entries[name] = {"dtype": _DTYPES[x.dtype], **place}
        start += x.nbytes
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-(_LENGTH_BYTES + len(text)) % ALIGNMENT)
    return len(text).to_bytes(_LENGTH_BYTES, "little") + text


def _bytes_of(x: Tensor) -> memoryview:
    return x.numpy().data.cast("B")


def _hashed(path: Path) -> str:
    """Hash a file with zeros in place of the hash that its header tells."""
    with path.open("rb") as file:
        length = file.read(_LENGTH_BYTES)
        header = file.read(min(int.from_bytes(length, "little"), _MAX_HEADER_BYTES))
        before, mark, rest = header.partition(f'"{_HASH}":"'.encode())
        digest = hashlib.sha256(length + before + mark + _NO_HASH.encode() + rest[len(_NO_HASH) :])
        while piece := file.read(_MAX_HEADER_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _record_of(text: str | None, wanted: _Wanted) -> _Record:
    if text is None:
        raise CaptureError(f"a file must be a pyramid, got tensors without its record; {_WAY_OUT}.")
    version = TypeAdapter(dict[str, object]).validate_json(text).get("version")
    if version != VERSION:
        raise CaptureError(f"a pyramid must be of version {VERSION}, got {version!r}; {_WAY_OUT}.")
    record = _RECORD.validate_json(text)
    if record.torch != torch.__version__:
        # Its numbers must be to the last bit those that tiles have now.
        raise CaptureError(
            f"a pyramid must be made by torch {torch.__version__}, got one by {record.torch}; "
            f"{_WAY_OUT}."
        )
    came = _Wanted(record.of, record.extent, record.head)
    if came != wanted:
        raise CaptureError(
            f"a pyramid must be of head {wanted.head} of {wanted.of!r} and {wanted.extent[0]} × "
            f"{wanted.extent[1]} cells, got head {came.head} of {came.of!r} and {came.extent[0]} × "
            f"{came.extent[1]}; {_WAY_OUT}."
        )
    return record


def _pyramid_of(record: _Record, tensors: dict[str, Tensor]) -> Pyramid:
    levels = []
    for index, cell in enumerate(level_cells(record.extent, record.cell)):
        largest, mean = (tensors[f"{name}.{index}"] for name in ("largest", "mean"))
        if not largest.shape == mean.shape == shape_of(record.extent, cell):
            raise ValueError("a level of another size than its matrix says")
        levels.append(Level(cell, largest, mean))
    n_rows = record.extent[0]
    rows = None
    if "total" in tensors:
        # Copied, to begin where torch's own tensors do: askew, a kernel may round otherwise.
        rows = RowNumbers(tensors["maximum"].clone(), tensors["total"].clone())
        if not rows.maximum.shape == rows.total.shape == (n_rows,):
            raise ValueError("other states than there are rows")
    return Pyramid(record.extent, record.head, levels, rows=rows, n_rows_done=n_rows)


@contextmanager
def _as_capture_error(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CaptureError(f"there must be a file {path.name}, got none; {_WAY_OUT}.") from error
    except (
        SafetensorError,
        ValidationError,
        KeyError,
        TypeError,
        ValueError,
        RuntimeError,
        OSError,
    ) as error:
        if isinstance(error, CaptureError):
            raise
        raise CaptureError(
            f"{path.name} must be a whole pyramid, got one that cannot be read: its bytes were "
            f"cut short or changed; {_WAY_OUT}."
        ) from error
