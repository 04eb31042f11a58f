"""Learned parameters of a mechanism: given by the user, or made from a seed."""

import math
from dataclasses import dataclass

from torch import Tensor

from attention_core import seeded
from attention_core.errors import Field, ShapeError
from attention_core.numbers import Numbers


@dataclass(frozen=True)
class Parameter:
    """A parameter's place and size.

    Attributes:
        field: Path of the input, such as ``("spec", "score", "weight")``.
        shape: ``(head, …)``, one vector or matrix per head.
        std: Standard deviation when made from a seed.
    """

    field: Field
    shape: tuple[int, ...]
    std: float

    @classmethod
    def matrix(cls, field: Field, n_heads: int, rows: int, columns: int) -> "Parameter":
        """A matrix per head, whose product keeps its input's variance (Glorot and Bengio 2010)."""
        return cls(field, (n_heads, rows, columns), math.sqrt(2 / (rows + columns)))

    def value(self, given: Numbers | None, *, seed: int, like: Tensor) -> Tensor:
        """Return what was given, or draw it.

        Raises:
            ShapeError: When what was given has another size.
        """
        if given is None:
            label = ".".join(str(part) for part in self.field)
            drawn = seeded.uniform(*self.shape, seed=seed, label=label)
            return (drawn * self.std).to(like)
        if given.shape not in (self.shape, self.shape[1:]):
            expected = " × ".join(str(size) for size in self.shape[1:])
            came = " × ".join(str(size) for size in given.shape)
            raise ShapeError(
                f"{self.field[-1]} must be {expected}, or one such for each of "
                f"{self.shape[0]} heads, got {came}; give it in that size or leave it out to "
                "have it made from the seed.",
                field=self.field,
            )
        return given.tensor(like).expand(self.shape)
