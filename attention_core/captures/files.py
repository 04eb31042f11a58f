"""Files of tensors that someone sends: read without running anything or trusting a size."""

import json
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from attention_core.errors import CaptureError

MAX_TENSORS = 10_000
"""How many tensors a file may hold."""

MAX_TOKENS = 2**18
"""How many tokens a sequence may have: each is an object, a hundred times its bytes in a file."""

MAX_TEXT_BYTES = 2**22
"""How long the texts of all tokens of a sequence may be together."""

_SPEC = "spec"
_TOKENS = ("tokens.query", "tokens.key")
_TEXTS = TypeAdapter(list[str])
_MAX_HEADER_BYTES = 10_000
_PIECE_BYTES = 2**20

_HEADERS: Mapping[tuple[int, int], Callable[..., Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

_Array = npt.NDArray[Any]


class Contents(NamedTuple):
    """What a file holds.

    Attributes:
        tensors: By name.
        tokens: Texts of tokens, by name.
        spec: How attention is computed, as JSON; None where the file does not say.
    """

    tensors: dict[str, Tensor]
    tokens: dict[str, tuple[str, ...]]
    spec: str | None


def read_safetensors(path: Path, max_bytes: int) -> Contents:
    """Read a safetensors file, mapped into memory; tokens and spec are JSON in its header.

    Raises:
        CaptureError: When it cannot be read, or is too large.
    """
    with _as_capture_error("safetensors"):
        _require_room(path.stat().st_size, max_bytes)
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            _require_few(len(names))
            tensors = {name: file.get_tensor(name) for name in names}
            metadata: dict[str, str] = file.metadata() or {}
    tokens = {
        name: _texts(name, _parsed(text))
        for name, text in metadata.items()
        if name.endswith(_TOKENS)
    }
    return Contents(tensors, tokens, metadata.get(_SPEC))


def read_npz(path: Path, max_bytes: int) -> Contents:
    """Read an npz file; tokens are an array of texts, and the spec is a single text.

    Raises:
        CaptureError: When it cannot be read, unpacks to too much, or holds pickles.
    """
    tensors: dict[str, Tensor] = {}
    tokens: dict[str, tuple[str, ...]] = {}
    spec: str | None = None
    with _as_capture_error("npz"), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _require_few(len(members))
        # What the directory promises is all that is ever unpacked.
        _require_room(sum(member.file_size for member in members), max_bytes)
        for member in members:
            name = member.filename.removesuffix(".npy")
            if name in tensors or name in tokens or (name == _SPEC and spec is not None):
                raise CaptureError(
                    f"a file must hold each tensor once, got {name[:80]!r} twice; name them apart.",
                    field=(name[:80],),
                )
            array = _read_array(name, archive, member)
            if name == _SPEC:
                spec = str(array)
            elif name.endswith(_TOKENS):
                require_tokens(name, array.size)
                tokens[name] = _texts(name, np.atleast_1d(array).astype(str).tolist())
            else:
                tensors[name] = _tensor(name, array)
    return Contents(tensors, tokens, spec)


def require_tokens(name: str, count: int) -> None:
    """Refuse more tokens than there may be, before any is made.

    Raises:
        CaptureError: With the limit.
    """
    if count > MAX_TOKENS:
        raise CaptureError(
            f"a sequence must have {MAX_TOKENS:,} tokens at most, got {count:,}; send fewer.",
            field=(name,),
        )


def _read_array(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> _Array:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"version {version} of an array")
        shape, is_fortran, dtype = _HEADERS[version](file, max_header_size=_MAX_HEADER_BYTES)
        if dtype.hasobject:
            raise CaptureError(
                f"{name} must be an array of numbers, got Python objects, which would have to be "
                "unpickled; save numbers, or texts with dtype=str.",
                field=(name,),
            )
        if math.prod(shape) * dtype.itemsize != member.file_size - file.tell():
            raise ValueError("an array of another size than its header says")
        flat: _Array = _content(file.read, member.file_size - file.tell()).view(dtype)
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _content(read: Callable[[int], bytes], n_bytes: int) -> npt.NDArray[np.uint8]:
    """Read in pieces, between which other threads get their turn."""
    content = np.empty(n_bytes, dtype=np.uint8)
    for start in range(0, n_bytes, _PIECE_BYTES):
        piece = read(min(_PIECE_BYTES, n_bytes - start))
        content[start : start + _PIECE_BYTES] = np.frombuffer(piece, dtype=np.uint8)
    return content


def _tensor(name: str, array: _Array) -> Tensor:
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    try:
        return torch.from_numpy(native)
    except TypeError as error:
        raise CaptureError(
            f"{name} must be an array of numbers, got {array.dtype}; save it as float32.",
            field=(name,),
        ) from error


def _texts(name: str, texts: object) -> tuple[str, ...]:
    try:
        found = tuple(_TEXTS.validate_python(texts, strict=True))
        # A lone surrogate is in a Python text, and in no file.
        n_bytes = len("".join(found).encode())
    except (ValidationError, UnicodeEncodeError) as error:
        raise CaptureError(
            f"{name} must be a list of texts in Unicode, such as "
            f'["the", "cat"] in JSON, got {str(texts)[:40]!a}; write one text for each token.',
            field=(name,),
        ) from error
    if n_bytes > MAX_TEXT_BYTES:
        raise CaptureError(
            f"{name} must be {MAX_TEXT_BYTES:,} bytes of text at most, got {n_bytes:,}; give "
            "shorter texts.",
            field=(name,),
        )
    return found


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _require_room(n_bytes: int, max_bytes: int) -> None:
    if n_bytes > max_bytes:
        raise CaptureError(
            f"the tensors of a file must be {max_bytes:,} bytes at most, got {n_bytes:,} once "
            "unpacked; send fewer layers, or half types."
        )


def _require_few(count: int) -> None:
    if count > MAX_TENSORS:
        raise CaptureError(
            f"a file must hold {MAX_TENSORS:,} tensors at most, got {count:,}; send fewer layers."
        )


@contextmanager
def _as_capture_error(name: str) -> Iterator[None]:
    try:
        yield
    except CaptureError:
        raise
    except (
        SafetensorError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError,
        RuntimeError, ValueError, TypeError, OSError, MemoryError,
        SystemError,  # of texts with numbers that are no characters
        TokenError,  # of an array's header with brackets that never end
    ) as error:  # fmt: skip
        raise CaptureError(
            f"the file must be a whole {name} file, got one that cannot be read; save it again, "
            "or name the other format, 'safetensors' or 'npz'."
        ) from error
