"""Softmax over the largest scores of a row."""

from dataclasses import replace
from typing import ClassVar, Literal

import torch
from pydantic import Field

from attention_core.normalizers.compaction import Maxima, Picked, folded_maxima, pick
from attention_core.normalizers.normalizer import Normalizer
from attention_core.normalizers.states import TopState, finite
from attention_core.part import Source
from attention_core.shapes import Matrices, Rows

_MOST_HITS = 0.25
"""Share of a block above which the exact way is cheaper than picking and sorting."""

_KEPT_PER_SOFTMAX = 24.0
"""How many kept keys take as long as softmax once more."""


class TopK(Normalizer[TopState]):
    """Softmax over the k largest scores of a row; among equal scores the lowest index wins."""

    kind: Literal["topk"] = "topk"
    title: ClassVar[str] = "Top-k"
    summary: ClassVar[str] = "Softmax over the k largest scores; all others weigh zero."
    formula: ClassVar[str] = "exp(s − lse_i) over the k largest"
    latex: ClassVar[str] = (
        r"\frac{e^{s_{ij}}}{\sum_{t \in T_i} e^{s_{it}}}, \quad j \in T_i, \quad |T_i| = k"
    )
    source: ClassVar[Source] = Source("Zhao et al. 2019", "https://arxiv.org/abs/1912.11637")
    flags: ClassVar[dict[str, bool]] = {
        "row_stochastic": True,
        "signed": False,
        "shift_invariant": True,
    }

    k: int = Field(
        default=3,
        title="k",
        description="Keys kept of each row; the lowest index wins ties.",
        ge=1,
        le=1024,
    )

    @property
    def times_softmax(self) -> float:
        return 2.0 + self.k / _KEPT_PER_SOFTMAX

    def n_numbers(self, n_queries: int, n_keys: int) -> int:
        return 2 * n_queries * (1 + self.k)

    def init(self, scores: Matrices, heads: slice) -> TopState:
        n_heads, n_queries = scores.shape[:2]
        values = scores.new_full((n_heads, n_queries, self.k), -torch.inf)
        indices = torch.full_like(values, -1, dtype=torch.int32)
        return TopState(values[..., 0].clone(), values, indices)

    def update(self, state: TopState, scores: Matrices, key: range) -> TopState:
        maxima = folded_maxima(scores)
        picked = self._picked(state, scores, maxima)
        shape = (scores.shape[0], scores.shape[1])
        values = picked.padded(picked.value, shape, -torch.inf)
        columns = picked.padded(picked.column.to(torch.int32), shape, -1)
        indices = torch.where(columns < 0, -1, columns + key.start).to(torch.int32)
        return self.merge(state, TopState(maxima.amax(dim=-1), values, indices))

    def merge(self, first: TopState, second: TopState) -> TopState:
        values = torch.cat([first.values, second.values], dim=2)
        indices = torch.cat([first.indices, second.indices], dim=2)
        # By index first, so that the stable sort by score leaves ties in its order.
        by_index = indices.argsort(dim=2)
        values, order = values.gather(2, by_index).sort(dim=2, descending=True, stable=True)
        indices = indices.gather(2, by_index).gather(2, order)
        return replace(
            first,
            maximum=torch.maximum(first.maximum, second.maximum),
            values=values[..., : self.k],
            indices=indices[..., : self.k],
        )

    def finalize(self, state: TopState) -> TopState:
        return replace(state, total=self._exponentials(state).sum(dim=2))

    def apply(self, scores: Matrices, state: TopState, key: range) -> Matrices:
        kept = self._exponentials(state)
        total = kept.sum(dim=2, keepdim=True)
        kept = kept.div_(torch.where(total == 0, 1.0, total)).to(scores.dtype)
        columns = state.indices - key.start
        is_inside = (columns >= 0) & (columns < len(key)) & (state.indices >= 0)
        # What lies outside of the tile adds zero to its first column.
        return scores.zero_().scatter_add_(
            2, torch.where(is_inside, columns, 0).long(), torch.where(is_inside, kept, 0.0)
        )

    def row_numbers(self, state: TopState) -> dict[str, Rows]:
        total = self._exponentials(state).sum(dim=2)
        return {"lse": state.maximum.double() / self.temperature + total.log()}

    def _exponentials(self, state: TopState) -> Matrices:
        differences = state.values.double() - finite(state.maximum).double()[..., None]
        return differences.div_(self.temperature).exp_()

    def _picked(self, state: TopState, scores: Matrices, maxima: Maxima) -> Picked:
        """Pick scores among which the k best of the block are, lowest index first among ties."""
        if 4 * self.k <= maxima.shape[2]:
            # The k-th of the maxima is no better than the k-th of the block.
            kth = maxima.topk(self.k, dim=2, sorted=False).values.amin(dim=2)
            floor = torch.maximum(kth, state.values[..., -1])
            below = torch.nextafter(floor, torch.full_like(floor, -torch.inf))
            picked = pick(scores, below, maxima, most=_MOST_HITS)
            if picked is not None:
                return picked
        return _exactly(scores, min(self.k, scores.shape[2]))


def _exactly(scores: Matrices, k: int) -> Picked:
    """Pick the k best of each row and no more, however many tie."""
    # Only the k-th value is taken: the order in which topk lists ties is not defined.
    kth = scores.topk(k, dim=2, sorted=False).values.amin(dim=2, keepdim=True)
    is_above, is_equal = scores > kth, scores == kth
    n_missing = k - is_above.sum(dim=2, keepdim=True, dtype=torch.int32)
    is_equal &= is_equal.cumsum(dim=2, dtype=torch.int32) <= n_missing
    is_kept = (is_above | is_equal) & (scores > -torch.inf)
    row, column = is_kept.flatten(0, 1).nonzero(as_tuple=True)
    return Picked(row, column, scores.flatten(0, 1)[row, column])
