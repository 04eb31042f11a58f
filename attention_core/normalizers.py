"""How the scores of a row become weights, and the state that lets one tile be had alone."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import BeforeValidator, Field
from torch import Tensor

from attention_core.part import Part, Source, from_id
from attention_core.shapes import Matrices, Rows


@dataclass(frozen=True)
class RowState:
    """What one row of scores must remember for any of its weights to be recomputed.

    The maximum and the sum are kept apart instead of as one log-sum-exp: at scores of magnitude
    2,000 a float32 log-sum-exp would cost 3e-5 in every weight, while the maximum is one of the
    scores, to the bit.

    Attributes:
        maximum: Largest score of the row; −inf where every key is masked.
        total: Sum of ``exp((score − maximum) / temperature)``, float64; zero where every key is
            masked.
        temperature: What divides the scores.
    """

    maximum: Rows
    total: Rows
    temperature: float = 1.0

    @cached_property
    def lse(self) -> Rows:
        """Log-sum-exp of ``score / temperature`` of each row, float64; −inf for an empty row."""
        return self.maximum.double() / self.temperature + self.total.log()

    @property
    def is_empty(self) -> Bool[Tensor, "head query"]:
        """True for the rows whose every key is masked."""
        return self.total == 0

    def rows(self, head: slice, query: slice) -> "RowState":
        """Restrict the state to some heads and rows."""
        return replace(self, maximum=self.maximum[head, query], total=self.total[head, query])

    @classmethod
    def joined(cls, states: Sequence["RowState"]) -> "RowState":
        """Put the states of consecutive rows one below another."""
        return replace(
            states[0],
            maximum=torch.cat([state.maximum for state in states], dim=1),
            total=torch.cat([state.total for state in states], dim=1),
        )


class Normalizer(Part):
    """A normaliser that streams: ``init``, ``update`` over blocks of keys, ``merge``, ``apply``."""

    flags: ClassVar[dict[str, bool]]
    temperature: float = Field(
        default=1.0,
        title="Temperature",
        description="Divides the scores; below 1 sharpens.",
        ge=1e-6,
        le=1e6,
    )

    @abstractmethod
    def init(self, scores: Matrices) -> RowState:
        """Start with no key seen, for rows as those of ``scores``."""

    @abstractmethod
    def update(self, state: RowState, scores: Matrices, key: range) -> RowState:
        """Take a block of scores, those of the keys given, into the state."""

    @abstractmethod
    def merge(self, first: RowState, second: RowState) -> RowState:
        """Join the states of two sets of keys; associative."""

    def finalize(self, state: RowState) -> RowState:
        """End with every key seen."""
        return state

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
        total = torch.zeros_like(maximum, dtype=torch.float64)
        return RowState(maximum, total, self.temperature)

    def update(self, state: RowState, scores: Matrices, key: range) -> RowState:
        maximum = scores.amax(dim=-1)
        total = self._exponentials(scores, maximum).sum(dim=-1, dtype=torch.float64)
        return self.merge(state, replace(state, maximum=maximum, total=total))

    def merge(self, first: RowState, second: RowState) -> RowState:
        maximum = torch.maximum(first.maximum, second.maximum)
        top = finite(maximum).double()
        shares = [
            state.total * ((state.maximum.double() - top) / self.temperature).exp()
            for state in (first, second)
        ]
        return replace(first, maximum=maximum, total=shares[0] + shares[1])

    def apply(self, scores: Matrices, state: RowState) -> Matrices:
        # An empty row has exp(−inf) = 0 everywhere, so any divisor but zero will do.
        divisor = torch.where(state.is_empty, 1.0, state.total)
        weights = self._exponentials(scores, state.maximum)
        return weights.div_(divisor[..., None].to(weights.dtype))

    def _exponentials(self, scores: Matrices, maximum: Rows) -> Matrices:
        # The difference first: dividing large scores by a small temperature would round them.
        differences = scores - finite(maximum)[..., None]
        if self.temperature != 1.0:
            differences.div_(self.temperature)
        return differences.exp_()


AnyNormalizer = Annotated[Softmax, BeforeValidator(from_id)]


def finite(maximum: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Replace −inf, the maximum of no key at all, by zero: −inf − (−inf) would be NaN."""
    return maximum.masked_fill(maximum == -torch.inf, 0.0)
