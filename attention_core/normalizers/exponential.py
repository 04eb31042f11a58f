"""Exponentials over their sum: what softmax, softmax1 and sink have in common."""

import math
from dataclasses import replace

import torch

from attention_core.normalizers.normalizer import Normalizer
from attention_core.normalizers.states import ExponentialState, finite
from attention_core.shapes import Matrices, Rows


class Exponential(Normalizer[ExponentialState]):
    """Exponentials over their sum, to which a sink may add; a kin differs by its sink alone."""

    def sinks(self, scores: Matrices, heads: slice) -> Rows | None:
        """Give the logit of each row's sink, float64; None without one.

        Args:
            scores: Any tensor of the rows and the device of the scores.
            heads: Which heads they are of.
        """
        return None

    def divisor(self, maximum: Rows, total: Rows, heads: slice) -> Rows:
        """Tell what ``exp((score − maximum) / temperature)`` is divided by; never zero.

        Args:
            maximum: Largest score of each row.
            total: Sum of ``exp((score − maximum) / temperature)`` over the keys, float64.
            heads: Which heads the rows are of.

        Returns:
            A divisor per row, float64; infinite where the sink takes all.
        """
        return self._divisor(maximum, total, self.sinks(maximum[..., None], heads))

    def init(self, scores: Matrices, heads: slice) -> ExponentialState:
        maximum = scores.new_full(scores.shape[:2], -torch.inf)
        total = torch.zeros_like(maximum, dtype=torch.float64)
        return ExponentialState(maximum, total, self.temperature, self.sinks(scores, heads))

    def update(self, state: ExponentialState, scores: Matrices, key: range) -> ExponentialState:
        maximum = scores.amax(dim=-1)
        differences = scores - finite(maximum)[..., None]
        total = self._exponentials(differences).sum(dim=-1, dtype=torch.float64)
        return self.merge(state, replace(state, maximum=maximum, total=total))

    def merge(self, first: ExponentialState, second: ExponentialState) -> ExponentialState:
        maximum = torch.maximum(first.maximum, second.maximum)
        top = finite(maximum).double()
        shares = [
            state.total * ((state.maximum.double() - top) / self.temperature).exp()
            for state in (first, second)
        ]
        return replace(first, maximum=maximum, total=shares[0] + shares[1])

    def finalize(self, state: ExponentialState) -> ExponentialState:
        return replace(state, divisor=self._divisor(state.maximum, state.total, state.sink))

    def apply(self, scores: Matrices, state: ExponentialState, key: range) -> Matrices:
        divisor = state.divisor
        if divisor is None:
            divisor = self._divisor(state.maximum, state.total, state.sink)
        weights = self._exponentials(scores.sub_(finite(state.maximum)[..., None]))
        return weights.div_(divisor[..., None].to(weights.dtype))

    def row_numbers(self, state: ExponentialState) -> dict[str, Rows]:
        if state.sink is None:
            return {"lse": state.lse}
        return {"lse": torch.logaddexp(state.lse, state.sink), "sink": state.sink}

    def sink_share(self, state: ExponentialState) -> Rows | None:
        return None if state.sink is None else (state.sink - self.row_numbers(state)["lse"]).exp()

    def _exponentials(self, differences: Matrices) -> Matrices:
        # Multiplied only now: a large score over a small temperature would be rounded. Powers of
        # two, for torch takes the others to a library that is slow on some processors, and forty
        # times slower where they underflow.
        return differences.mul_(1 / (math.log(2) * self.temperature)).exp2_()

    def _divisor(self, maximum: Rows, total: Rows, sink: Rows | None) -> Rows:
        if sink is None:
            # An empty row has exp(−inf) = 0 everywhere, so any divisor but zero will do.
            return torch.where(total == 0, 1.0, total)
        return total + (sink - maximum.double() / self.temperature).exp()
