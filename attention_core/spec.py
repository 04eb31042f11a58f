"""The spec: everything that says how attention is computed, frozen and JSON-able."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from attention_core.combinations import refuse_nonsense
from attention_core.errors import ShapeError
from attention_core.heads import AnyHeads, Mha
from attention_core.masks import And, AnyMask, Extent, Full, Mask, check_all
from attention_core.normalizers import AnyNormalizer, Softmax
from attention_core.part import from_id
from attention_core.positions import AnyPosition, NoPosition
from attention_core.scores import AnyScore, General, ScaledDot

PRESETS: dict[str, dict[str, Any]] = {"article": {"score": {"kind": "general", "bias": True}}}
"""Named specs; a user's own parts, and parameters of the same part, are laid over them."""


def _as_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


class AttentionSpec(BaseModel):
    """How attention is computed: five parts, a softcap, and one fixed order of operations.

    Positions enter the inputs or rotate q and k, the score pairs them, the softcap bounds the
    score, the mask forbids, the normaliser makes weights, and the heads share the work. A part
    may be given as its id alone (``score="dot"``), heads as a number, the mask as one mask or a
    list whose members must all allow.

    Raises:
        pydantic.ValidationError: When a part or a parameter is unknown or out of range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    score: AnyScore = ScaledDot()
    position: AnyPosition = NoPosition()
    mask: Annotated[tuple[AnyMask, ...], BeforeValidator(_as_list)] = ()
    normalizer: AnyNormalizer = Softmax()
    heads: AnyHeads = Mha()
    softcap: float | None = Field(
        default=None,
        title="Softcap",
        description="Bounds every score smoothly: c·tanh(s/c). None when empty.",
        ge=1e-6,
        le=1e6,
        strict=True,
    )
    preset: Literal["article"] | None = Field(
        default=None, title="Preset", description="A named spec to start from."
    )

    @model_validator(mode="before")
    @classmethod
    def _lay_over_preset(cls, values: Any) -> Any:
        if not isinstance(values, dict) or not isinstance(name := values.get("preset"), str):
            return values
        laid = dict(values)
        for part, preset in PRESETS.get(name, {}).items():
            given = from_id(values.get(part, preset))
            is_same = isinstance(given, dict) and given.get("kind") == preset["kind"]
            laid[part] = {**preset, **given} if is_same else given
        return laid

    @model_validator(mode="after")
    def _require_preset_score(self) -> "AttentionSpec":
        if self.preset == "article" and not isinstance(self.score, General):
            raise ValueError(
                f"the preset 'article' must keep the score 'general', got '{self.score.kind}'; "
                "leave the score out, or the preset"
            )
        return self

    @property
    def value_follows_query(self) -> bool:
        """Whether the values are the query's inputs instead of the key's.

        The article multiplies its weights, which run over the keys, with the input that made the
        queries; Luong multiplies them with the input that made the keys.
        """
        return self.preset == "article"

    @property
    def joint_mask(self) -> Mask:
        """The one mask that all members of ``mask`` make together."""
        members = [mask for mask in self.mask if not isinstance(mask, Full)]
        if not members:
            return Full()
        return members[0] if len(members) == 1 else And(of=tuple(members))

    @property
    def flags(self) -> dict[str, bool]:
        """What holds for every weight, normaliser and heads together.

        ``row_stochastic``: every row that is not empty sums to one. ``signed``: weights may be
        negative. ``shift_invariant``: a number added to a whole row of scores changes nothing.
        """
        weighs, mixes = self.normalizer.flags, self.heads.flags
        return {
            "row_stochastic": weighs["row_stochastic"] and mixes["row_stochastic"],
            "signed": weighs["signed"] or mixes["signed"],
            "shift_invariant": weighs["shift_invariant"],
        }

    def require_sense(self) -> None:
        """Refuse parts that do not go together, whatever the inputs.

        Raises:
            SpecError: With why, and what would go.
        """
        self.heads.check()
        refuse_nonsense(self.score, self.position, self.normalizer, self.heads, self.softcap)

    def resolve(self, sizes: "Sizes") -> "AttentionSpec":
        """Spell out every default that depends on the inputs.

        Raises:
            SpecError: When a parameter does not fit the sizes.
        """
        heads = self.heads.resolve()
        if isinstance(heads, Mha):
            heads = heads.model_copy(update={"n_heads": sizes.n_heads})
        query_dim, key_dim = (heads.rotary_dim(dim) for dim in (sizes.query_dim, sizes.key_dim))
        n_queries, n_keys = sizes.extent
        return self.model_copy(
            update={
                "score": self.score.resolve(heads.score_dim(sizes.query_dim)),
                "position": self.position.resolve(query_dim, key_dim, heads.n_score_heads),
                "normalizer": self.normalizer.resolve(n_queries, n_keys, heads.n_score_heads),
                "heads": heads,
            }
        )

    def check(self, extent: Extent) -> None:
        """Refuse a matrix that the preset or a mask does not fit.

        Raises:
            ShapeError: When the preset needs as many queries as keys.
            SpecError: When a mask's parameter does not fit the sizes.
        """
        if self.value_follows_query and extent.n_queries != extent.n_keys:
            raise ShapeError(
                "the article multiplies its weights with the query's own input, so it must have "
                f"as many queries as keys, got {extent.n_queries} and {extent.n_keys}; use the "
                "score 'general' for different lengths.",
                field=("spec", "preset"),
            )
        check_all(self.mask, extent, field=("spec", "mask"))


class Sizes(NamedTuple):
    """What a spec's defaults depend on.

    Attributes:
        n_heads: Heads of the queries.
        query_dim: Features of a head's query.
        key_dim: Features of a head's key.
        extent: Sizes of the whole matrix.
    """

    n_heads: int
    query_dim: int
    key_dim: int
    extent: Extent
