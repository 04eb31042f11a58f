"""How the scores of a row become weights, and the state that lets one tile be had alone."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import BeforeValidator, Field
from torch import Tensor

from attention_core.part import Part, Source, from_id
from attention_core.shapes import Matrices, Rows


@dataclass(frozen=True)
class RowState:
    """What one row of scores must remember for any of its weights to be recomputed.

    The maximum and the sum are kept apart instead of as one log-sum-exp: at scores of magnitude
    2,000 a float32 log-sum-exp would cost 3e-5 in every weight, while the maximum is one of the
    scores and so is exact.

    Attributes:
        maximum: Largest score over temperature; −inf where every key is masked.
        total: Sum of ``exp(score − maximum)``, float64; zero where every key is masked.
    """

    maximum: Rows
    total: Rows

    @cached_property
    def lse(self) -> Rows:
        """Log-sum-exp of each row, float64; −inf where every key is masked."""
        return self.maximum.double() + self.total.log()

    @property
    def is_empty(self) -> Tensor:
        """True for the rows whose every key is masked, ``[head, query]``."""
        return self.total == 0

    def rows(self, head: slice, query: slice) -> "RowState":
        """Restrict the state to some heads and rows."""
        return RowState(self.maximum[head, query], self.total[head, query])


class Normalizer(Part):
    """A normaliser that streams: ``init``, ``update`` over blocks of keys, ``merge``, ``apply``."""

    temperature: float = Field(
        default=1.0, title="Temperature", description="Divides the scores; below 1 sharpens.", gt=0
    )

    @abstractmethod
    def init(self, scores: Matrices) -> RowState:
        """Start with no key seen, for rows as those of ``scores``."""

    @abstractmethod
    def update(self, state: RowState, scores: Matrices) -> RowState:
        """Take a block of scores into the state."""

    @abstractmethod
    def merge(self, first: RowState, second: RowState) -> RowState:
        """Join the states of two sets of keys; associative."""

    @abstractmethod
    def apply(self, scores: Matrices, state: RowState) -> Matrices:
        """Turn a tile of scores into weights, given the state of its rows."""


class Softmax(Normalizer):
    """Exponentials over their sum."""

    kind: Literal["softmax"] = "softmax"
    title: ClassVar[str] = "Softmax"
    summary: ClassVar[str] = "Exponentials over their sum: every row sums to one."
    formula: ClassVar[str] = "exp(s − lse_i)"
    latex: ClassVar[str] = r"\frac{e^{s_{ij}}}{\sum_t e^{s_{it}}}"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": True,
        "signed": False,
        "shift_invariant": True,
    }

    def init(self, scores: Matrices) -> RowState:
        maximum = scores.new_full(scores.shape[:2], -torch.inf)
        return RowState(maximum, torch.zeros_like(maximum, dtype=torch.float64))

    def update(self, state: RowState, scores: Matrices) -> RowState:
        scaled = self._scaled(scores)
        maximum = scaled.amax(dim=-1)
        total = (scaled - _finite(maximum)[..., None]).exp_().sum(dim=-1, dtype=torch.float64)
        return self.merge(state, RowState(maximum, total))

    def merge(self, first: RowState, second: RowState) -> RowState:
        maximum = torch.maximum(first.maximum, second.maximum)
        finite = _finite(maximum).double()
        total = sum(part.total * (part.maximum.double() - finite).exp() for part in (first, second))
        return RowState(maximum, torch.as_tensor(total))

    def apply(self, scores: Matrices, state: RowState) -> Matrices:
        weights = (self._scaled(scores) - _finite(state.maximum)[..., None]).exp_()
        # An empty row has exp(−inf) = 0 everywhere, so any divisor but zero will do.
        divisor = torch.where(state.is_empty, 1.0, state.total)
        return weights.div_(divisor[..., None].to(weights.dtype))

    def _scaled(self, scores: Matrices) -> Matrices:
        return scores if self.temperature == 1.0 else scores / self.temperature


AnyNormalizer = Annotated[Softmax, BeforeValidator(from_id)]


def _finite(maximum: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    # −inf − (−inf) is NaN; a row that saw no key may subtract any number.
    return maximum.masked_fill(maximum == -torch.inf, 0.0)
