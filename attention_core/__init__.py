"""Attention, computed lazily: any mechanism, any rectangle, any length."""

from attention_core.cells import Cell
from attention_core.embeddings import AnyEmbedding, GivenEmbedding, HashEmbedding, OneHot
from attention_core.entry import attend, attend_tokens
from attention_core.errors import (
    AttentionError,
    BudgetError,
    DeviceError,
    NonFiniteError,
    ShapeError,
    SpecError,
)
from attention_core.listing import catalogue
from attention_core.maps import DENSE_BUDGET_BYTES, AttentionMap
from attention_core.normalizers import ExponentialState, RowState
from attention_core.notes import Note
from attention_core.numbers import HeadMatrices, Numbers
from attention_core.projections import AnyProjection, GivenProjection, Identity, RandomProjection
from attention_core.spec import AttentionSpec
from attention_core.tokens import split_text

__all__ = [
    "DENSE_BUDGET_BYTES",
    "AnyEmbedding",
    "AnyProjection",
    "AttentionError",
    "AttentionMap",
    "AttentionSpec",
    "BudgetError",
    "Cell",
    "DeviceError",
    "ExponentialState",
    "GivenEmbedding",
    "GivenProjection",
    "HashEmbedding",
    "HeadMatrices",
    "Identity",
    "NonFiniteError",
    "Note",
    "Numbers",
    "OneHot",
    "RandomProjection",
    "RowState",
    "ShapeError",
    "SpecError",
    "attend",
    "attend_tokens",
    "catalogue",
    "split_text",
]
