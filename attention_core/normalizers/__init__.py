"""How the scores of a row become weights, and the state that lets one tile be had alone."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from attention_core.normalizers.elementwise import Elementwise
from attention_core.normalizers.entmax import Entmax, Entmax15, Sparsemax
from attention_core.normalizers.exponential import Exponential
from attention_core.normalizers.identity import NoNormalizer
from attention_core.normalizers.linear import Linear
from attention_core.normalizers.normalizer import Normalizer
from attention_core.normalizers.relu import Relu
from attention_core.normalizers.sigmoid import Sigmoid
from attention_core.normalizers.sink import Sink
from attention_core.normalizers.softmax import Softmax
from attention_core.normalizers.softmax1 import Softmax1
from attention_core.normalizers.states import (
    ExponentialState,
    RowState,
    SumState,
    ThresholdState,
    TopState,
    finite,
)
from attention_core.normalizers.threshold import Threshold
from attention_core.normalizers.topk import TopK
from attention_core.part import from_id

__all__ = [
    "AnyNormalizer",
    "Elementwise",
    "Entmax",
    "Entmax15",
    "Exponential",
    "ExponentialState",
    "Linear",
    "NoNormalizer",
    "Normalizer",
    "Relu",
    "RowState",
    "Sigmoid",
    "Sink",
    "Softmax",
    "Softmax1",
    "Sparsemax",
    "SumState",
    "Threshold",
    "ThresholdState",
    "TopK",
    "TopState",
    "finite",
]

AnyNormalizer = Annotated[
    Softmax
    | Softmax1
    | Sink
    | Sparsemax
    | Entmax15
    | Entmax
    | Sigmoid
    | Relu
    | TopK
    | Linear
    | NoNormalizer,
    Field(discriminator="kind"),
    BeforeValidator(from_id),
]
