"""Matrices to bytes: JSON text, or base64 for typed arrays; each byte made once.

An answer stays a list of pieces, which the server writes one after the other: joining them
would copy megabytes for nothing.
"""

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import pybase64
from torch import Tensor

from app.writing import Text, Writing

Encoding = Literal["json", "base64"]
Dtype = Literal["f4", "f2", "u1"]
"""Types of numbers in base64: floats of 4 or 2 bytes, or bytes between an offset and a scale."""

_Array = npt.NDArray[np.float32]

_LARGEST_HALF = np.float32(np.finfo(np.float16).max)


class Pieces:
    """A JSON object under construction: few pieces, each made once.

    Args:
        writing: Who writes its matrices as JSON; alone when absent.
    """

    def __init__(self, writing: Writing | None = None) -> None:
        self._writing = Writing() if writing is None else writing
        self._pieces: list[bytes | Text] = []
        self._small = bytearray()

    def add(self, name: str, value: object) -> None:
        """Add a member from plain data."""
        self._open(name)
        self._small += orjson.dumps(value)

    def add_matrix(
        self,
        name: str,
        matrix: Tensor,
        axes: Iterable[str],
        *,
        encoding: Encoding,
        decimals: int | None = None,
        dtype: Dtype = "f4",
    ) -> None:
        """Add a member that is a matrix; what is not finite becomes null, or NaN in base64.

        A number of ``u1`` is ``offset + byte / 255 · scale``, and must be finite.
        """
        array = matrix.detach().cpu().numpy().astype(np.float32, copy=False)
        self._open(name)
        self._small += orjson.dumps({"axes": list(axes), "shape": list(array.shape)})[:-1]
        if encoding == "json":
            self._small += b',"data":'
            shown = array if decimals is None else _rounded(array, decimals)
            self._add_large(self._writing.start(shown))
            self._small += b"}"
        elif dtype == "u1":
            self._add_scaled(array)
        else:
            self._small += b',"dtype":' + orjson.dumps(dtype) + b',"bdata":"'
            self._add_large(_typed(array, dtype))
            self._small += b'"}'

    def add_bytes(self, name: str, matrix: Tensor, axes: Iterable[str]) -> list[Any]:
        """Add a member that is a matrix of weights, each written as a byte.

        A weight is ``byte / 255 · scale``; a negative one is written as zero.

        Returns:
            The scale of each picture: its largest number, nested as the axes before are.
        """
        array = matrix.detach().cpu().numpy()
        scale = np.maximum(array.max(axis=(-2, -1)), 0.0)
        divisor = np.where(scale > 0, scale, 1.0)[..., None, None]
        shown = np.rint(np.clip(array / divisor, 0.0, 1.0) * 255).astype(np.uint8)
        self._open(name)
        self._small += orjson.dumps({"axes": list(axes), "shape": list(array.shape)})[:-1]
        self._small += b',"dtype":"u1","bdata":"'
        self._add_large(pybase64.b64encode(np.ascontiguousarray(shown).data))
        self._small += b'"}'
        listed: list[Any] = scale.tolist()
        return listed

    def finish_matrices(self) -> None:
        """Wait until the matrices are written; what is added may still be computed before."""
        self._writing.finish()

    def close(self) -> list[bytes]:
        """End the object and return what it is made of."""
        self.finish_matrices()
        pieces = [
            part
            for piece in self._pieces
            for part in (piece.pieces if isinstance(piece, Text) else [piece])
        ]
        return [*pieces, bytes(self._small + b"}")]

    def _add_scaled(self, array: _Array) -> None:
        offset = min(0.0, float(array.min(initial=0.0)))
        scale = float(array.max(initial=0.0)) - offset
        # In place: fresh megabytes cost more than the arithmetic.
        shares = array - offset
        shares *= 255 / (scale or 1.0)
        shown = np.rint(shares, out=shares).astype(np.uint8)
        told = orjson.dumps({"dtype": "u1", "scale": scale, "offset": offset})
        self._small += b"," + told[1:-1] + b',"bdata":"'
        self._add_large(pybase64.b64encode(np.ascontiguousarray(shown).data))
        self._small += b'"}'

    def _open(self, name: str) -> None:
        self._small += b"," if self._pieces or self._small else b"{"
        self._small += orjson.dumps(name) + b":"

    def _add_large(self, piece: bytes | Text) -> None:
        self._pieces += [bytes(self._small), piece]
        self._small.clear()


def finite_range(matrix: Tensor) -> tuple[float, float] | None:
    """Return the least and the largest finite number of a matrix; None where there is none."""
    array = matrix.detach().cpu().numpy()
    if not array.size:
        return None
    least, largest = float(array.min()), float(array.max())
    if math.isfinite(least) and math.isfinite(largest):
        return least, largest
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def packed(flags: Tensor) -> str:
    """Write yes and no as bits in base64, each row from the highest bit of a byte of its own."""
    bits = np.packbits(flags.cpu().numpy(), axis=-1)
    return pybase64.b64encode(np.ascontiguousarray(bits).data).decode()


def _typed(array: _Array, dtype: Literal["f4", "f2"]) -> bytes:
    is_masked = array == -np.inf
    shown = np.where(is_masked, np.float32(np.nan), array) if is_masked.any() else array
    if dtype == "f2":
        # The largest half stands for what is larger still.
        shown = np.clip(shown, -_LARGEST_HALF, _LARGEST_HALF)
    return pybase64.b64encode(np.ascontiguousarray(shown, dtype=f"<{dtype}").data)


def _rounded(array: _Array, decimals: int) -> _Array:
    # In float32 the rounding itself would move the last bit, or overflow.
    rounded: npt.NDArray[Any] = np.round(array.astype(np.float64), decimals)
    return rounded.astype(np.float32)
