"""How a matrix is cut, so that the texts of its portions, one after the other, are its own."""

import math
from dataclasses import dataclass

import numpy as np

from app.writing.helper_main import Array, text_of

_PORTION = 2**15
"""Numbers of a portion, about: written in less than a millisecond."""


@dataclass
class Portion:
    """Part of a matrix.

    Attributes:
        numbers: What it holds.
        before: What is written before its members.
        after: What is written after them.
        text: All of that, once it is written.
    """

    numbers: Array
    before: bytes
    after: bytes = b""
    text: bytes | None = None

    def write(self) -> None:
        """Write it here."""
        self.text = b"".join(text_of(self.numbers, self.before, self.after))


def portions_of(array: Array) -> list[Portion]:
    """Cut an array, which must not be empty, along the first axis whose members are small."""
    axis = next(i for i in range(array.ndim) if math.prod(array.shape[i + 1 :]) <= _PORTION)
    step = _PORTION // math.prod(array.shape[axis + 1 :])
    portions = []
    for place in np.ndindex(array.shape[:axis]):
        for start in range(0, array.shape[axis], step):
            before = b"," if start else _between(place)
            portions.append(Portion(array[place][start : start + step], before))
    portions[0].before = b"[" * (axis + 1)
    portions[-1].after = b"]" * (axis + 1)
    return portions


def _between(place: tuple[int, ...]) -> bytes:
    """Tell what is written before a list: the ends of those that end, the starts of the new."""
    n_begun = next((i for i, index in enumerate(reversed(place)) if index), 0) + 1
    return b"]" * n_begun + b"," + b"[" * n_begun
