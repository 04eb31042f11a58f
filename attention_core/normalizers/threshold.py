"""The engine of the entmax family: one threshold per row, found from the few scores near its top.

A weight is ``[(α−1)·s − τ]₊^p`` with ``p = 1 / (α−1)``. Written with the row's largest weight, the
peak, and the distance to its largest score it is ``peak · [1 + (α−1)·(s − s_max) / r]₊^p`` with
``r = peak^(α−1)``, which nears softmax without loss as α nears one.
"""

from abc import abstractmethod
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.grid import BLOCK
from attention_core.normalizers.compaction import Maxima, folded_maxima, pick
from attention_core.normalizers.newton import log_peaks, upper_log_peaks
from attention_core.normalizers.normalizer import Normalizer
from attention_core.normalizers.states import ThresholdState, finite
from attention_core.shapes import Matrices, Rows

_MOST_HITS = 0.5
"""Share of a block above which keeping all of it is cheaper than picking."""

_MARGIN = 1e-5
"""How much lower a floor is set than it could be, relative to its numbers."""

_CHUNK_CELLS = 2**17
"""Candidates solved for at a time, so that the passes over them stay in cache."""

_MAX_PLAIN_POWER = 4.0
"""Above it, rounding before the power would cost more than the two logarithms and exponentials."""


class Threshold(Normalizer[ThresholdState]):
    """Entmax of some alpha; while keys stream in, only scores that may get weight are kept."""

    @property
    @abstractmethod
    def order(self) -> float:
        """Alpha: 2 for sparsemax, towards 1 for softmax."""

    @property
    def times_softmax(self) -> float:
        # Measured where all scores of a row are nearly alike, so that every key is a candidate.
        return 18.0 if 1 / (self.order - 1) > _MAX_PLAIN_POWER / 2 else 7.0

    def n_numbers(self, n_queries: int, n_keys: int) -> int:
        return 2 * n_queries + min(n_queries, BLOCK) * n_keys

    @property
    def _rate(self) -> float:
        """Change of the threshold's variable per unit of score."""
        return (self.order - 1) / self.temperature

    def init(self, scores: Matrices, heads: slice) -> ThresholdState:
        maximum = scores.new_full(scores.shape[:2], -torch.inf)
        return ThresholdState(
            maximum, floor=maximum.clone(), candidates=scores.new_empty(*scores.shape[:2], 0)
        )

    def update(self, state: ThresholdState, scores: Matrices, key: range) -> ThresholdState:
        maxima = folded_maxima(scores)
        maximum = torch.maximum(state.maximum, maxima.amax(dim=-1))
        floor = torch.maximum(state.floor, self._floor(folded_maxima(maxima), maximum))
        picked = pick(scores, floor, maxima, most=_MOST_HITS)
        if picked is None:
            candidates = scores.clone()
        else:
            shape = (scores.shape[0], scores.shape[1])
            candidates = picked.padded(picked.value, shape, -torch.inf)
        return self.merge(state, ThresholdState(maximum, floor, candidates))

    def merge(self, first: ThresholdState, second: ThresholdState) -> ThresholdState:
        maximum = torch.maximum(first.maximum, second.maximum)
        parts = [state.candidates for state in (first, second) if state.candidates is not None]
        parts = [part for part in parts if part.shape[2]] or parts[:1]
        return replace(
            first,
            maximum=maximum,
            floor=torch.maximum(first.floor, second.floor),
            candidates=torch.cat(parts, dim=2),
        )

    def finalize(self, state: ThresholdState) -> ThresholdState:
        if state.candidates is None:
            return state
        candidates = state.candidates.flatten(0, 1)
        peak = torch.ones(candidates.shape[:1], dtype=torch.float64, device=candidates.device)
        n_rows = max(_CHUNK_CELLS // max(candidates.shape[1], 1), 1)
        chunks = (part.split(n_rows) for part in (candidates, state.maximum.flatten(), peak))
        for few, maximum, place in zip(*chunks, strict=True):
            distances = self._distances(few.double(), maximum.double())
            place.copy_(log_peaks(distances, self.order).exp_())
        return replace(state, candidates=None, peak=peak.view(state.maximum.shape))

    def apply(self, scores: Matrices, state: ThresholdState, key: range) -> Matrices:
        power, peak = 1 / (self.order - 1), self._peak(state)
        reach = peak ** (self.order - 1)
        scores.sub_(finite(state.maximum)[..., None])
        if power <= _MAX_PLAIN_POWER:
            if self._rate != 1.0:
                scores.mul_(self._rate)
            scores.add_(reach[..., None].to(scores.dtype)).relu_()
            return scores if power == 1.0 else scores.pow_(power)
        scores.mul_((self._rate / reach)[..., None].to(scores.dtype)).clamp_(min=-1.0)
        return scores.log1p_().mul_(power).exp_().mul_(peak[..., None].to(scores.dtype))

    def row_numbers(self, state: ThresholdState) -> dict[str, Rows]:
        reach = self._peak(state) ** (self.order - 1)
        return {"threshold": state.maximum.double() * self._rate - reach}

    def _peak(self, state: ThresholdState) -> Rows:
        peak = state.peak if state.peak is not None else self.finalize(state).peak
        return torch.ones_like(state.maximum, dtype=torch.float64) if peak is None else peak

    def _floor(self, some: Maxima, maximum: Rows) -> Rows:
        """Tell below which score there is no weight, from some keys' scores and the maximum.

        Fewer keys have a lower threshold, so theirs is a bound for all.
        """
        distances = self._distances(some.flatten(0, 1), maximum.flatten())
        reach = (upper_log_peaks(distances, self.order).double() * (self.order - 1)).exp()
        floor = maximum.double() - reach.view(maximum.shape) / self._rate
        # A little lower, so that rounding drops no candidate.
        margin = (floor.abs() + 1 / self._rate) * _MARGIN
        return (floor - margin).nan_to_num(nan=-torch.inf, neginf=-torch.inf).to(maximum.dtype)

    def _distances(
        self, scores: Float[Tensor, "row candidate"], maximum: Float[Tensor, " row"]
    ) -> Float[Tensor, "row candidate"]:
        """Tell how far scores are below their row's maximum, in the threshold's variable."""
        return (scores - finite(maximum)[:, None]).mul_(self._rate)
