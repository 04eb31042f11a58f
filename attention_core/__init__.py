"""Attention, computed lazily: any mechanism, any rectangle, any length."""

from attention_core.captures import (
    Capture,
    GivenWeights,
    KindSizes,
    Layer,
    Region,
    Saved,
    Stack,
    Token,
    TokenKind,
    capture_numbers,
    capture_tokens,
    load_capture,
    read_tensors,
    region,
    save_capture,
    thumbnails,
)
from attention_core.cells import Cell
from attention_core.embeddings import AnyEmbedding, GivenEmbedding, HashEmbedding, OneHot
from attention_core.entry import attend, attend_tokens
from attention_core.errors import (
    AttentionError,
    BrokenModelError,
    BudgetError,
    CaptureError,
    DeviceError,
    ModelError,
    NonFiniteError,
    OfflineModelError,
    RefusedModelError,
    ShapeError,
    SpecError,
    UnknownModelError,
)
from attention_core.given import Given
from attention_core.listing import catalogue
from attention_core.maps import DENSE_BUDGET_BYTES, AttentionMap
from attention_core.models import (
    CaptureOptions,
    ModelFacts,
    ModelInput,
    OpenedModel,
    Progress,
    capture,
    describe_model,
    open_model,
)
from attention_core.normalizers import ExponentialState, RowState
from attention_core.notes import Note
from attention_core.numbers import HeadMatrices, Numbers
from attention_core.projections import AnyProjection, GivenProjection, Identity, RandomProjection
from attention_core.spec import AttentionSpec
from attention_core.tokens import split_text
from attention_core.zoo import ZOO_NAMES, Card, example_image, open_zoo, zoo_cards

__all__ = [
    "DENSE_BUDGET_BYTES",
    "ZOO_NAMES",
    "AnyEmbedding",
    "AnyProjection",
    "AttentionError",
    "AttentionMap",
    "AttentionSpec",
    "BrokenModelError",
    "BudgetError",
    "Capture",
    "CaptureError",
    "CaptureOptions",
    "Card",
    "Cell",
    "DeviceError",
    "ExponentialState",
    "Given",
    "GivenEmbedding",
    "GivenProjection",
    "GivenWeights",
    "HashEmbedding",
    "HeadMatrices",
    "Identity",
    "KindSizes",
    "Layer",
    "ModelError",
    "ModelFacts",
    "ModelInput",
    "NonFiniteError",
    "Note",
    "Numbers",
    "OfflineModelError",
    "OneHot",
    "OpenedModel",
    "Progress",
    "RandomProjection",
    "RefusedModelError",
    "Region",
    "RowState",
    "Saved",
    "ShapeError",
    "SpecError",
    "Stack",
    "Token",
    "TokenKind",
    "UnknownModelError",
    "attend",
    "attend_tokens",
    "capture",
    "capture_numbers",
    "capture_tokens",
    "catalogue",
    "describe_model",
    "example_image",
    "load_capture",
    "open_model",
    "open_zoo",
    "read_tensors",
    "region",
    "save_capture",
    "split_text",
    "thumbnails",
    "zoo_cards",
]
