"""What one row of scores must remember for any of its weights to be recomputed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from attention_core.shapes import Rows

_PADDING = "padding"
"""Metadata of a field whose last axis differs in length from state to state."""


@dataclass(frozen=True)
class RowState:
    """The state of some rows of some heads; every tensor begins with the axes head and query.

    Attributes:
        maximum: Largest score of the row, to the bit; −inf where every key is masked.
    """

    maximum: Rows

    @property
    def is_empty(self) -> Bool[Tensor, "head query"]:
        """True for the rows that have no weight to give because every key is masked."""
        return self.maximum == -torch.inf

    def rows(self, head: slice, query: slice) -> "RowState":
        """Restrict the state to some heads and rows."""
        return replace(self, **{name: whole[head, query] for name, whole in self._tensors()})

    @classmethod
    def joined(cls, states: Sequence["RowState"]) -> "RowState":
        """Put the states of consecutive rows one below another."""
        columns = zip(*(state._tensors() for state in states), strict=True)
        padding = {place.name: place.metadata.get(_PADDING) for place in fields(states[0])}
        return replace(
            states[0],
            **{
                column[0][0]: _stacked([tensor for _, tensor in column], padding[column[0][0]])
                for column in columns
            },
        )

    def _tensors(self) -> list[tuple[str, Tensor]]:
        pairs = [(place.name, getattr(self, place.name)) for place in fields(self)]
        return [(name, value) for name, value in pairs if isinstance(value, Tensor)]


@dataclass(frozen=True)
class ExponentialState(RowState):
    """What softmax and its kin remember.

    The maximum and the sum are kept apart instead of as one log-sum-exp: at scores of magnitude
    2,000 a float32 log-sum-exp would cost 3e-5 in every weight, while the maximum is one of the
    scores, to the bit.

    Attributes:
        total: Sum of ``exp((score − maximum) / temperature)`` over the keys, float64; zero where
            every key is masked.
        temperature: What divides the scores.
        sink: Logit of a key that takes weight and is not there, float64; None without one.
        divisor: Once every key is seen, what ``exp((score − maximum) / temperature)`` is divided
            by, float64, never zero; infinite where the sink takes all.
    """

    total: Rows
    temperature: float = 1.0
    sink: Rows | None = None
    divisor: Rows | None = None

    @cached_property
    def lse(self) -> Rows:
        """Log-sum-exp of ``score / temperature`` over the keys, float64; −inf when masked."""
        return self.maximum.double() / self.temperature + self.total.log()


@dataclass(frozen=True)
class ThresholdState(RowState):
    """What the entmax family remembers.

    Attributes:
        floor: A score below which no key of the row gets weight, as far as is known.
        candidates: While keys stream in, the scores that may yet get weight, −inf after the last;
            None once every key is seen.
        peak: Once every key is seen, the largest weight of the row, float64; it says where the
            threshold is, and keeps its precision as alpha nears one, where the threshold would
            not. One for an empty row.
    """

    floor: Rows
    candidates: Float[Tensor, "head query candidate"] | None = field(
        default=None, metadata={_PADDING: -torch.inf}
    )
    peak: Rows | None = None


@dataclass(frozen=True)
class TopState(RowState):
    """What top-k remembers: the keys that it keeps, best first, ties by the lowest index.

    Attributes:
        values: Scores of the kept keys, −inf after the last.
        indices: Their positions, int32, −1 after the last.
        total: Once every key is seen, the sum of ``exp((score − maximum) / temperature)`` over
            the kept keys, float64; zero where every key is masked.
    """

    values: Float[Tensor, "head query kept"] = field(metadata={_PADDING: -torch.inf})
    indices: Int[Tensor, "head query kept"] = field(metadata={_PADDING: -1})
    total: Rows | None = None


@dataclass(frozen=True)
class SumState(RowState):
    """What a division by the row's sum remembers.

    Attributes:
        total: Sum of the allowed scores, float64.
    """

    total: Rows

    @property
    def is_empty(self) -> Bool[Tensor, "head query"]:
        """True for the rows whose scores sum to zero, so that no share can be told."""
        return self.total == 0


def finite(maximum: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Replace −inf, the maximum of no key at all, by zero: −inf − (−inf) would be NaN."""
    return maximum.masked_fill(maximum == -torch.inf, 0.0)


def _stacked(parts: list[Tensor], padding: float | int | None) -> Tensor:
    if padding is None:
        return torch.cat(parts, dim=1)
    width = max(part.shape[2] for part in parts)
    return torch.cat(
        [functional.pad(part, (0, width - part.shape[2]), value=padding) for part in parts], dim=1
    )
