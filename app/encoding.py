"""Matrices to bytes: JSON through orjson, or base64 for typed arrays; each byte made once.

An answer stays a list of pieces, which the server writes one after the other: joining them
would copy megabytes for nothing.
"""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import pybase64
from torch import Tensor

Encoding = Literal["json", "base64"]

_Array = npt.NDArray[np.float32]


class Pieces:
    """A JSON object under construction: few pieces, each made once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
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
    ) -> None:
        """Add a member that is a matrix; what is not finite becomes null, or NaN in base64."""
        array = matrix.detach().cpu().numpy().astype(np.float32, copy=False)
        self._open(name)
        self._small += orjson.dumps({"axes": list(axes), "shape": list(array.shape)})[:-1]
        if encoding == "json":
            self._small += b',"data":'
            self._add_large(_nested(array, decimals))
            self._small += b"}"
        else:
            self._small += b',"dtype":"f4","bdata":"'
            self._add_large(_typed(array))
            self._small += b'"}'

    def close(self) -> list[bytes]:
        """End the object and return what it is made of."""
        return [*self._pieces, bytes(self._small + b"}")]

    def _open(self, name: str) -> None:
        self._small += b"," if self._pieces or self._small else b"{"
        self._small += orjson.dumps(name) + b":"

    def _add_large(self, piece: bytes) -> None:
        self._pieces += [bytes(self._small), piece]
        self._small.clear()


def _nested(array: _Array, decimals: int | None) -> bytes:
    # orjson writes the shortest text that reads back as the same float32, and what is not
    # finite as null.
    shown = array if decimals is None else _rounded(array, decimals)
    return orjson.dumps(np.ascontiguousarray(shown), option=orjson.OPT_SERIALIZE_NUMPY)


def _typed(array: _Array) -> bytes:
    is_masked = array == -np.inf
    shown = np.where(is_masked, np.float32(np.nan), array) if is_masked.any() else array
    return pybase64.b64encode(np.ascontiguousarray(shown, dtype="<f4").data)


def _rounded(array: _Array, decimals: int) -> _Array:
    # In float32 the rounding itself would move the last bit, or overflow.
    rounded: npt.NDArray[Any] = np.round(array.astype(np.float64), decimals)
    return rounded.astype(np.float32)
