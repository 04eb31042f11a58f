"""Captures on disk: one safetensors file each, whole or not there, mapped into memory when read.

The tokens, the specs and all else that is no tensor is JSON in the file's header, so that one hash
covers everything. Halves stay halves; a tensor that several layers share is kept once.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import torch
from pydantic import PlainSerializer, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from attention_core.captures.capture import Capture, Stack
from attention_core.captures.layer import ALIGNMENT, Layer
from attention_core.captures.token import Token
from attention_core.errors import CaptureError
from attention_core.notes import Note
from attention_core.spec import AttentionSpec

FILE_NAME = "capture.safetensors"
"""Name of a capture's file in its folder."""

VERSION = 1
"""Of the way that captures are written; others are refused."""

MAX_HEADER_BYTES = 100_000_000
"""The longest header that safetensors reads: tokens, specs and all else that is no tensor."""

_TENSOR_BYTES = 90
"""A tensor's name, type, shape and place in the header."""

_PARTIAL = ".partial"
_ENTRY = "attention_atlas.capture"
_WAY_OUT = "delete the capture and make it again, or bring the file back from a copy"
_DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.bool: "BOOL",
    torch.uint8: "U8",
}
_TENSORS = tuple(field.name for field in fields(Layer) if field.name != "spec")


class Saved(NamedTuple):
    """What was written.

    Attributes:
        sha256: Hash of the file, in hexadecimal.
        n_bytes: Size of the file.
    """

    sha256: str
    n_bytes: int


_TOKENS = TypeAdapter(tuple[Token, ...])


def _lean(tokens: tuple[Token, ...]) -> Any:
    """Leave out what most tokens have alike: there may be a hundred thousand."""
    return _TOKENS.dump_python(tokens, mode="json", exclude_defaults=True)


_Tokens = Annotated[tuple[Token, ...], PlainSerializer(_lean)]


@dataclass(frozen=True)
class _LayerRecord:
    """A layer as it is written: its spec, and by field the name of the tensor."""

    spec: AttentionSpec | None
    tensors: dict[str, str]


@dataclass(frozen=True)
class _StackRecord:
    layers: tuple[_LayerRecord, ...]
    query_tokens: _Tokens
    key_tokens: _Tokens | None
    n_given: int


@dataclass(frozen=True)
class _Record:
    version: int
    stacks: dict[str, _StackRecord]
    model: str | None
    notes: tuple[Note, ...]
    image: str | None


_RECORD = TypeAdapter(_Record)


def save_capture(capture: Capture, folder: Path) -> Saved:
    """Write a capture: after a crash its folder holds all of it, or what was there before.

    Args:
        capture: What to write.
        folder: Where to; made when it is not there.

    Returns:
        Hash and size of the file.

    Raises:
        CaptureError: When the text of a token is no Unicode, or there is more text than fits.
        OSError: When the disk is full or read-only; nothing is left behind then.
    """
    names = _Names()
    try:
        record = _RECORD.dump_json(_record_of(capture, names)).decode()
        entry = _padded(record, names.tensors)
    except PydanticSerializationError as error:
        raise CaptureError(
            "texts of tokens must be Unicode to be written, got a lone surrogate; leave it out."
        ) from error
    # A folder of its own, because safetensors writes to a name of its own choice first.
    partial = folder / _PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        path = partial / FILE_NAME
        save_file(names.tensors, path, {_ENTRY: entry})
        saved = Saved(_sha256(path), path.stat().st_size)
        _flush(path)
        path.replace(folder / FILE_NAME)
    except SafetensorError as error:
        raise _as_os_error(error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _flush(folder)
    _flush(folder.parent)
    return saved


def load_capture(folder: Path, *, sha256: str | None = None) -> Capture:
    """Read a capture; its tensors are mapped, so that only what is looked at is read.

    Args:
        folder: Where it was saved.
        sha256: Hash that the file must have; not checked when absent. Checking reads all of it.

    Raises:
        CaptureError: When the file is missing, cut short, changed, or of another version.
    """
    path = folder / FILE_NAME
    with _as_capture_error(path):
        if sha256 is not None and (actual := _sha256(path)) != sha256:
            raise CaptureError(
                f"{FILE_NAME} must have the hash {sha256[:12]}…, which it was saved with, got "
                f"{actual[:12]}…: its bytes have changed; {_WAY_OUT}."
            )
        with safe_open(path, framework="pt") as file:
            record = _read_record((file.metadata() or {}).get(_ENTRY))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _capture_of(record, tensors)


def text_bytes(capture: Capture) -> int:
    """Tell how much of a capture's file is no tensor of a layer: tokens, specs, an image."""
    names = _Names()
    entry = _padded(_RECORD.dump_json(_record_of(capture, names)).decode(), names.tensors)
    header = json.dumps({_ENTRY: entry}, ensure_ascii=False)
    return len(header.encode()) + len(names.tensors) * _TENSOR_BYTES + len(capture.image or b"")


class _Names:
    """The tensors of a file by name; each only once, however many layers share it."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, x: Tensor, name: str) -> str:
        place = (x.data_ptr(), x.dtype, tuple(x.shape), x.stride(), x.device)
        if place not in self._known:
            self._known[place] = name
            # Two views of one storage are two tensors here, and a view is only what it shows.
            own = x.detach().cpu().contiguous()
            is_whole = own.untyped_storage().nbytes() == own.nbytes
            self.tensors[name] = own if is_whole else own.clone()
        return self._known[place]


def _record_of(capture: Capture, names: _Names) -> _Record:
    image = None
    if capture.image is not None:
        x = torch.frombuffer(bytearray(capture.image), dtype=torch.uint8)
        image = names.of(x, "image")
    stacks = {
        kind: _StackRecord(
            tuple(
                _layer_record(layer, f"{kind}.{index}", names)
                for index, layer in enumerate(stack.layers)
            ),
            stack.query_tokens,
            None if stack.key_tokens is stack.query_tokens else stack.key_tokens,
            stack.n_given,
        )
        for kind, stack in capture.stacks.items()
    }
    return _Record(VERSION, stacks, capture.model, capture.notes, image)


def _padded(record: str, tensors: dict[str, Tensor]) -> str:
    """Add spaces, so that the numbers behind the header start where kernels read them in place.

    The header is worked out as safetensors will write it; were it wrong, a map would copy.
    """
    header: dict[str, object] = {"__metadata__": {_ENTRY: record}}
    start = 0
    for name, x in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        place = {"shape": list(x.shape), "data_offsets": [start, start + x.nbytes]}
        header[name] = {"dtype": _DTYPES[x.dtype], **place}
        start += x.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    n_bytes = len(text.encode())
    if n_bytes > MAX_HEADER_BYTES - ALIGNMENT:
        raise CaptureError(
            f"tokens and specs must be {MAX_HEADER_BYTES:,} bytes at most as JSON, got "
            f"{n_bytes:,}; give shorter texts of tokens, or fewer tokens."
        )
    return record + " " * (-(8 + n_bytes) % ALIGNMENT)


def _layer_record(layer: Layer, prefix: str, names: _Names) -> _LayerRecord:
    given = {name: getattr(layer, name) for name in _TENSORS}
    named = {name: names.of(x, f"{prefix}.{name}") for name, x in given.items() if x is not None}
    return _LayerRecord(layer.spec, named)


def _read_record(text: str | None) -> _Record:
    if text is None:
        raise CaptureError(
            f"{FILE_NAME} must be a capture, got a file of tensors without the record of one; "
            "upload it as tensors instead."
        )
    version = TypeAdapter(dict[str, object]).validate_json(text).get("version")
    if version != VERSION:
        raise CaptureError(
            f"{FILE_NAME} must be of version {VERSION}, got {version!r}; open it with the "
            "release that wrote it, or capture again."
        )
    return _RECORD.validate_json(text)


def _capture_of(record: _Record, tensors: dict[str, Tensor]) -> Capture:
    stacks = {}
    for kind, stack in record.stacks.items():
        layers = tuple(
            Layer(layer.spec, **{name: tensors[x] for name, x in layer.tensors.items()})
            for layer in stack.layers
        )
        key_tokens = stack.query_tokens if stack.key_tokens is None else stack.key_tokens
        stacks[kind] = Stack(layers, stack.query_tokens, key_tokens, stack.n_given)
    image = None if record.image is None else tensors[record.image].numpy().tobytes()
    return Capture(stacks, record.model, record.notes, image)


@contextmanager
def _as_capture_error(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CaptureError(
            f"a capture's folder must hold {FILE_NAME}, got none in {path.parent.name}; {_WAY_OUT}."
        ) from error
    except (SafetensorError, ValidationError, KeyError, TypeError, RuntimeError, OSError) as error:
        raise CaptureError(
            f"{FILE_NAME} must be a whole capture, got one that cannot be read: its bytes were "
            f"cut short or changed; {_WAY_OUT}."
        ) from error


def _as_os_error(error: SafetensorError) -> OSError:
    """Tell a full disk from a read-only one: the number is in the text alone."""
    number = re.search(r"os error (\d+)", str(error))
    code = int(number[1]) if number else errno.EIO
    return OSError(code, os.strerror(code), FILE_NAME)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Make sure that the disk has what was written to a file, or to the names of a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
