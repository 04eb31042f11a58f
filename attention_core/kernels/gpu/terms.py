"""What the Triton kernel is told and what it tells; Triton itself need not be there."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from jaxtyping import Float
from torch import Tensor

from attention_core.kernels.gpu.bands import Band
from attention_core.shapes import Rows

Wanted = Literal["max", "mean"]


class Survey(NamedTuple):
    """What one pass leaves.

    Attributes:
        maximum: Largest score of each row, float32; −inf where every key is masked.
        total: Sum of ``exp((score − maximum) / temperature)`` over the keys, float64.
        largest: Largest weight of each cell, float32; None where it was not wanted.
        summed: Sum of the weights of each cell, float32; None where no mean was wanted.
    """

    maximum: Rows
    total: Rows
    largest: Float[Tensor, "head height width"] | None
    summed: Float[Tensor, "head height width"] | None


@dataclass(frozen=True)
class Rule:
    """How a product of query and key becomes a weight.

    Attributes:
        band: Which keys a query sees.
        scale: Factor of the product; above zero.
        softcap: Bound of the score; none when absent.
        temperature: What divides the score.
        sinks: Logit of each head's sink, float64, undivided by the temperature; none when absent.
    """

    band: Band
    scale: float
    softcap: float | None = None
    temperature: float = 1.0
    sinks: Float[Tensor, " head"] | None = None


class Cells(NamedTuple):
    """How a matrix is pooled; powers of two are the fastest.

    Attributes:
        queries: Rows of a cell; the last cell may have fewer.
        keys: Columns of a cell; the last cell may have fewer.
        wanted: What to keep of a cell; nothing leaves the row state alone.
    """

    queries: int
    keys: int
    wanted: tuple[Wanted, ...] = ("max", "mean")
