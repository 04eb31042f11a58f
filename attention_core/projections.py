"""Inputs to queries, keys and values: one linear map each, then a share per head."""

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from torch import Tensor

from attention_core.errors import Field as FieldPath
from attention_core.errors import ShapeError
from attention_core.finite import require_finite
from attention_core.heads import Heads
from attention_core.numbers import Matrix, Numbers
from attention_core.parameters import Parameter
from attention_core.part import Part, Source, from_id
from attention_core.projected import Inputs, Projected

_VASWANI = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")


class Projection(Part):
    """A linear map for each of queries, keys and values."""

    @abstractmethod
    def weights(self, inputs: Inputs, heads: Heads) -> Inputs | None:
        """Return the three matrices ``[in, out]``, or None where nothing is to be done."""

    def project(self, inputs: Inputs, heads: Heads) -> Projected:
        """Map the inputs and give each head its share of the features.

        Raises:
            ShapeError: When sizes do not fit or heads cannot share the features evenly.
            NonFiniteError: When a product passes the largest float.
        """
        weights = self.weights(inputs, heads)
        if weights is None:
            return heads.split_whole(inputs)
        inputs = Inputs(*(x @ weight for x, weight in zip(inputs, weights, strict=True)))
        for x in inputs:
            require_finite("projected vectors", x, field=("projection",))
        return heads.split(inputs)


class Identity(Projection):
    """The inputs as they are."""

    kind: Literal["identity"] = "identity"
    title: ClassVar[str] = "Identity"
    summary: ClassVar[str] = "Queries, keys and values are the inputs as they are."
    formula: ClassVar[str] = "Q = K = V = X"
    latex: ClassVar[str] = r"Q = K = V = X"

    def weights(self, inputs: Inputs, heads: Heads) -> None:
        return None


class RandomProjection(Projection):
    """Random matrices from a seed, as a network has them before training."""

    kind: Literal["random"] = "random"
    title: ClassVar[str] = "Random"
    summary: ClassVar[str] = "Random matrices from a seed, as a network has before training."
    formula: ClassVar[str] = "Q = X W_Q, K = X W_K, V = X W_V"
    latex: ClassVar[str] = r"Q = X W_Q,\; K = X W_K,\; V = X W_V"
    source: ClassVar[Source] = Source(
        "Glorot and Bengio 2010", "https://proceedings.mlr.press/v9/glorot10a.html"
    )

    seed: int = Field(default=0, title="Seed", description="Seed of the matrices.", ge=0, lt=2**53)
    dim: int | None = Field(
        default=None,
        title="Size",
        description="Features of queries, keys and values; those of the inputs when empty.",
        ge=1,
        le=16_384,
    )

    def weights(self, inputs: Inputs, heads: Heads) -> Inputs:
        drawn = []
        for name, x in zip(Inputs._fields, inputs, strict=True):
            field: FieldPath = ("projection", f"weight_{name}")
            dim = self.dim or x.shape[-1]
            n_made = dim if name == "query" else heads.key_dim(dim)
            place = Parameter.matrix(field, 1, x.shape[-1], n_made)
            drawn.append(place.value(None, seed=self.seed, like=x)[0])
        return Inputs(*drawn)


class GivenProjection(Projection):
    """The user's own matrices."""

    kind: Literal["given"] = "given"
    title: ClassVar[str] = "Given"
    summary: ClassVar[str] = "Your own matrices, features in × features out."
    formula: ClassVar[str] = "Q = X W_Q, K = X W_K, V = X W_V"
    latex: ClassVar[str] = r"Q = X W_Q,\; K = X W_K,\; V = X W_V"
    source: ClassVar[Source] = _VASWANI

    weight_query: Matrix = Field(title="W_Q", description="Features in × features out, of Q.")
    weight_key: Matrix = Field(title="W_K", description="Features in × features out, of K.")
    weight_value: Matrix = Field(title="W_V", description="Features in × features out, of V.")

    def weights(self, inputs: Inputs, heads: Heads) -> Inputs:
        given = (self.weight_query, self.weight_key, self.weight_value)
        names = zip(Inputs._fields, given, inputs, strict=True)
        return Inputs(*(_fitting(name, weight, x) for name, weight, x in names))


AnyProjection = Annotated[
    Identity | RandomProjection | GivenProjection,
    Field(discriminator="kind"),
    BeforeValidator(from_id),
]


def _fitting(name: str, weight: Numbers, x: Tensor) -> Tensor:
    if weight.shape[0] != x.shape[-1]:
        raise ShapeError(
            f"weight_{name} must have one row per input feature, got {weight.shape[0]} rows for "
            f"{x.shape[-1]} features; transpose it, or change the embedding's 'dim'.",
            field=("projection", f"weight_{name}"),
        )
    return weight.tensor(x)
