"""How RoPE is stretched to sequences longer than those of training, by the names of config.json.

The formulas are those of transformers 5.23's ``modeling_rope_utils``, in float64.
"""

import math
from abc import abstractmethod
from typing import Annotated, Any, Literal, NamedTuple

import torch
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic import Field as Parameter

from attention_core.errors import Field, SpecError
from attention_core.head_numbers import within
from attention_core.numbers import Vector
from attention_core.positions.angles import Frequencies, frequencies

Factor = Annotated[
    float,
    Parameter(
        ge=1,
        le=1e6,
        title="Factor",
        description="How many times longer than in training a sequence may be.",
    ),
]
TrainedLength = Annotated[
    int,
    Parameter(
        ge=2,
        lt=2**31,
        title="Original length",
        description="Length of the sequences of training, in tokens.",
    ),
]
AttentionFactor = Annotated[float, Parameter(ge=1e-3, le=1e3)]
Factors = Annotated[Vector, AfterValidator(within(1e-6, 1e6))]
Rotations = Annotated[float, Parameter(gt=0, le=1e6)]


class Turning(NamedTuple):
    """How pairs of features turn.

    Attributes:
        frequencies: Radians per position.
        attention_factor: Lengthens the rotated features.
    """

    frequencies: Frequencies
    attention_factor: float = 1.0


class RopeScaling(BaseModel):
    """One way to stretch RoPE, told by its ``rope_type``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    rope_type: str

    def check(self, rotary_dim: int, *, field: Field) -> None:
        """Refuse a number of rotating features that the scaling does not fit.

        Raises:
            SpecError: With what must hold and what came.
        """

    @abstractmethod
    def turning(self, rotary_dim: int, rope_theta: float, n_positions: int) -> Turning:
        """Compute how fast each pair turns in a sequence of ``n_positions``."""


class LinearScaling(RopeScaling):
    """Every pair turns slower by the factor (Chen et al. 2023, 2306.15595)."""

    model_config = ConfigDict(title="Linear")

    rope_type: Literal["linear"]
    factor: Factor

    def turning(self, rotary_dim: int, rope_theta: float, n_positions: int) -> Turning:
        return Turning(frequencies(rotary_dim, rope_theta) / self.factor)


class DynamicScaling(RopeScaling):
    """The base grows with the sequence past the original length (dynamic NTK, emozilla 2023)."""

    model_config = ConfigDict(title="Dynamic NTK")

    rope_type: Literal["dynamic"]
    factor: Factor
    original_max_position_embeddings: TrainedLength

    def check(self, rotary_dim: int, *, field: Field) -> None:
        if rotary_dim < 4:
            raise SpecError(
                "'dynamic' must have four rotating features or more, because its exponent is "
                f"d/(d − 2), got {rotary_dim}; use larger heads or 'linear'.",
                field=(*field, "rope_type"),
            )

    def turning(self, rotary_dim: int, rope_theta: float, n_positions: int) -> Turning:
        trained = self.original_max_position_embeddings
        stretch = self.factor * max(n_positions, trained) / trained - (self.factor - 1)
        base = rope_theta * stretch ** (rotary_dim / (rotary_dim - 2))
        return Turning(frequencies(rotary_dim, base))


class YarnScaling(RopeScaling):
    """Fast pairs keep turning, slow ones turn slower (Peng et al. 2023, 2309.00071)."""

    model_config = ConfigDict(title="YaRN")

    rope_type: Literal["yarn"]
    factor: Factor
    original_max_position_embeddings: TrainedLength
    beta_fast: Rotations = Parameter(
        default=32.0,
        title="β fast",
        description="Pairs with this many turns in the original length or more stay as they are.",
    )
    beta_slow: Rotations = Parameter(
        default=1.0,
        title="β slow",
        description="Pairs with this many turns in the original length or fewer turn slower by "
        "the whole factor.",
    )
    attention_factor: AttentionFactor | None = Parameter(
        default=None,
        title="Attention factor",
        description="Lengthens the rotated features; 0.1·ln(factor) + 1 when empty.",
    )
    mscale: Annotated[float, Parameter(ge=0, le=1e3)] | None = Parameter(
        default=None,
        title="m scale",
        description="With the one below: weight of ln(factor) above the line of the attention "
        "factor.",
    )
    mscale_all_dim: Annotated[float, Parameter(ge=0, le=1e3)] | None = Parameter(
        default=None,
        title="m scale of all features",
        description="Weight of ln(factor) below the line of the attention factor.",
    )
    truncate: bool = Parameter(
        default=True,
        title="Truncate",
        description="The pairs between fast and slow start and end at whole numbers.",
    )

    @model_validator(mode="after")
    def _require_order(self) -> "YarnScaling":
        if self.beta_fast <= self.beta_slow:
            raise ValueError(
                f"beta_fast must be more than beta_slow, got {self.beta_fast:g} and "
                f"{self.beta_slow:g}; swap them"
            )
        return self

    def turning(self, rotary_dim: int, rope_theta: float, n_positions: int) -> Turning:
        kept = frequencies(rotary_dim, rope_theta)
        start, end = self._ramp(rotary_dim, rope_theta)
        pairs = torch.arange(rotary_dim // 2, dtype=torch.float64)
        slowed = ((pairs - start) / (end - start)).clamp(0, 1)
        return Turning(
            kept / self.factor * slowed + kept * (1 - slowed), self._resolved_attention_factor()
        )

    def _ramp(self, rotary_dim: int, rope_theta: float) -> tuple[float, float]:
        """Find the pairs that turn β times within the original length."""
        start, end = (
            rotary_dim
            * math.log(self.original_max_position_embeddings / (turns * 2 * math.pi))
            / (2 * math.log(rope_theta))
            for turns in (self.beta_fast, self.beta_slow)
        )
        if self.truncate:
            start, end = float(math.floor(start)), float(math.ceil(end))
        start, end = max(start, 0.0), min(end, rotary_dim - 1.0)
        # The peer's own way round a division by zero.
        return start, end + 0.001 if start == end else end

    def _resolved_attention_factor(self) -> float:
        if self.attention_factor is not None:
            return self.attention_factor
        if self.mscale and self.mscale_all_dim:
            return self._magnitude(self.mscale) / self._magnitude(self.mscale_all_dim)
        return self._magnitude(1.0)

    def _magnitude(self, weight: float) -> float:
        return 0.1 * weight * math.log(self.factor) + 1.0


class Llama3Scaling(RopeScaling):
    """Long waves turn slower, short ones stay, those between are blended (Llama 3, 2407.21783)."""

    model_config = ConfigDict(title="Llama 3")

    rope_type: Literal["llama3"]
    factor: Factor
    original_max_position_embeddings: TrainedLength
    low_freq_factor: Rotations = Parameter(
        default=1.0,
        title="Low frequency factor",
        description="Waves longer than the original length over this turn slower by the factor.",
    )
    high_freq_factor: Rotations = Parameter(
        default=4.0,
        title="High frequency factor",
        description="Waves shorter than the original length over this stay as they are.",
    )

    @model_validator(mode="after")
    def _require_order(self) -> "Llama3Scaling":
        if self.high_freq_factor <= self.low_freq_factor:
            raise ValueError(
                "high_freq_factor must be more than low_freq_factor, got "
                f"{self.high_freq_factor:g} and {self.low_freq_factor:g}; swap them"
            )
        return self

    def turning(self, rotary_dim: int, rope_theta: float, n_positions: int) -> Turning:
        plain = frequencies(rotary_dim, rope_theta)
        turns = self.original_max_position_embeddings * plain / (2 * math.pi)
        between = self.high_freq_factor - self.low_freq_factor
        kept = ((turns - self.low_freq_factor) / between).clamp(0, 1)
        return Turning(plain / self.factor * (1 - kept) + plain * kept)


def _asks_for_factor(schema: dict[str, Any]) -> None:
    # One of two is needed; a form that starts with the required parameters starts with this one.
    schema["required"].append("factor")


class LongRopeScaling(RopeScaling):
    """Each pair has its own factor, one for short and one for long (Ding 2024, 2402.13753)."""

    model_config = ConfigDict(title="LongRoPE", json_schema_extra=_asks_for_factor)

    rope_type: Literal["longrope"]
    short_factor: Factors = Parameter(
        title="Short factors",
        description="One number per pair, for sequences up to the original length.",
        json_schema_extra={"fit": "pairs"},
    )
    long_factor: Factors = Parameter(
        title="Long factors",
        description="One number per pair, for longer sequences.",
        json_schema_extra={"fit": "pairs"},
    )
    original_max_position_embeddings: TrainedLength
    factor: Factor | None = Parameter(
        default=None,
        title="Factor",
        description="How many times longer than in training a sequence may be: gives the "
        "attention factor.",
    )
    attention_factor: AttentionFactor | None = Parameter(
        default=None,
        title="Attention factor",
        description="Lengthens the rotated features; √(1 + ln factor / ln original length) when "
        "empty.",
    )

    @model_validator(mode="after")
    def _require_factors(self) -> "LongRopeScaling":
        if self.factor is None and self.attention_factor is None:
            raise ValueError(
                "factor or attention_factor must be given, got neither; factor is a model's "
                "max_position_embeddings over its original_max_position_embeddings"
            )
        return self

    def check(self, rotary_dim: int, *, field: Field) -> None:
        given = {"short_factor": self.short_factor, "long_factor": self.long_factor}
        for name, numbers in given.items():
            if numbers.shape != (rotary_dim // 2,):
                raise SpecError(
                    f"{name} must have one number for each of {rotary_dim // 2} pairs of rotating "
                    f"features, got {numbers.shape[0]}; give rotary_dim / 2 numbers.",
                    field=(*field, name),
                )

    def turning(self, rotary_dim: int, rope_theta: float, n_positions: int) -> Turning:
        is_long = n_positions > self.original_max_position_embeddings
        plain = frequencies(rotary_dim, rope_theta)
        divisors = (self.long_factor if is_long else self.short_factor).tensor(plain)
        return Turning(plain / divisors, self._resolved_attention_factor())

    def _resolved_attention_factor(self) -> float:
        if self.attention_factor is not None:
            return self.attention_factor
        trained = math.log(self.original_max_position_embeddings)
        return math.sqrt(1 + math.log(self.factor or 1.0) / trained)


def _from_old_name(value: Any) -> Any:
    """Take the older name of ``rope_type``, which many a config.json still has."""
    if not isinstance(value, dict) or "type" not in value:
        return value
    others = {name: given for name, given in value.items() if name != "type"}
    return {"rope_type": value["type"], **others}


AnyRopeScaling = Annotated[
    LinearScaling | DynamicScaling | YarnScaling | Llama3Scaling | LongRopeScaling,
    Parameter(discriminator="rope_type"),
    BeforeValidator(_from_old_name),
]
