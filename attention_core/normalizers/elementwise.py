"""A weight that depends on its own score alone, so that a row has nothing to remember."""

from dataclasses import replace

import torch

from attention_core.normalizers.normalizer import Normalizer
from attention_core.normalizers.states import RowState
from attention_core.shapes import Matrices


class Elementwise(Normalizer[RowState]):
    """A normaliser whose state is the maximum, which only tells the empty rows."""

    def init(self, scores: Matrices, heads: slice) -> RowState:
        return RowState(scores.new_full(scores.shape[:2], -torch.inf))

    def update(self, state: RowState, scores: Matrices, key: range) -> RowState:
        return replace(state, maximum=torch.maximum(state.maximum, scores.amax(dim=-1)))

    def merge(self, first: RowState, second: RowState) -> RowState:
        return replace(first, maximum=torch.maximum(first.maximum, second.maximum))
