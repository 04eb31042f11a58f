"""How much a query and a key agree, before the normaliser."""

import math
from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import BeforeValidator, Field

from attention_core.errors import ShapeError
from attention_core.numbers import HeadMatrices, HeadVectors, HeadVectorsOrFlag
from attention_core.parameters import Parameter
from attention_core.part import Part, Source, from_alias
from attention_core.prepared import Distances, PreparedScore, Product, TanhSum
from attention_core.shapes import Keys, Queries

_LUONG = Source("Luong, Pham and Manning 2015", "https://arxiv.org/abs/1508.04025")


class Score(Part):
    """A score of one query and one key."""

    def resolve(self, head_dim: int) -> "Score":
        """Spell out the defaults that depend on the feature size of a head's query."""
        return self

    def n_numbers(self, head_dim: int, key_dim: int, n_queries: int, n_keys: int) -> int:
        """Count what ``prepare`` makes for each head besides queries and keys themselves."""
        return 0

    def hidden_dim(self, head_dim: int) -> int:
        """Tell how many features are computed for each pair of query and key; as a rule none."""
        return 0

    @abstractmethod
    def prepare(self, query: Queries, key: Keys) -> PreparedScore:
        """Do once, in O(query + key), all that does not pair a query with a key.

        Raises:
            ShapeError: When the inputs do not fit the score.
        """


class Dot(Score):
    """The plain dot product."""

    kind: Literal["dot"] = "dot"
    title: ClassVar[str] = "Dot product"
    summary: ClassVar[str] = "The plain dot product of query and key."
    formula: ClassVar[str] = "q·k"
    latex: ClassVar[str] = r"q_i \cdot k_j"
    source: ClassVar[Source] = _LUONG

    def prepare(self, query: Queries, key: Keys) -> Product:
        _require_equal_dims(self.kind, query, key)
        return Product(query, key)


class ScaledDot(Score):
    """The dot product, divided by the root of the feature size."""

    kind: Literal["scaled_dot"] = "scaled_dot"
    title: ClassVar[str] = "Scaled dot product"
    summary: ClassVar[str] = (
        "The dot product over the root of the feature size, so that its spread stays near one."
    )
    formula: ClassVar[str] = "q·k / √d"
    latex: ClassVar[str] = r"\frac{q_i \cdot k_j}{\sqrt{d}}"
    source: ClassVar[Source] = Source("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")

    scale: float | None = Field(
        default=None, title="Scale", description="Factor of the product; 1/√d when empty."
    )

    def resolve(self, head_dim: int) -> "ScaledDot":
        return self.model_copy(update={"scale": self._factor(head_dim)})

    def prepare(self, query: Queries, key: Keys) -> Product:
        _require_equal_dims(self.kind, query, key)
        return Product(query, key, scale=self._factor(query.shape[-1]))

    def _factor(self, head_dim: int) -> float:
        return 1 / math.sqrt(head_dim) if self.scale is None else self.scale


class General(Score):
    """Luong's multiplicative score: a linear layer between query and key."""

    kind: Literal["general"] = "general"
    title: ClassVar[str] = "General (multiplicative)"
    summary: ClassVar[str] = "A linear layer W between query and key, so their sizes may differ."
    formula: ClassVar[str] = "qᵀ(W k + b)"
    latex: ClassVar[str] = r"q_i^{\top} (W k_j + b)"
    source: ClassVar[Source] = _LUONG

    weight: HeadMatrices | None = Field(
        default=None,
        title="W",
        description="Matrix of query features × key features, or one per head; made from the "
        "seed when empty.",
    )
    bias: HeadVectorsOrFlag = Field(
        default=False,
        title="Bias b",
        description="Vector of query features, or one per head; true makes it from the seed.",
    )
    seed: int = Field(default=0, title="Seed", description="Seed of W and b.", ge=0, lt=2**53)

    def n_numbers(self, head_dim: int, key_dim: int, n_queries: int, n_keys: int) -> int:
        return head_dim * (key_dim + n_keys + 1)

    def prepare(self, query: Queries, key: Keys) -> Product:
        n_heads, query_dim, key_dim = query.shape[0], query.shape[2], key.shape[2]
        place = Parameter.matrix(("spec", "score", "weight"), n_heads, query_dim, key_dim)
        right = key @ place.value(self.weight, seed=self.seed, like=query).mT
        if self.bias is False:
            return Product(query, right)
        # The spread of nn.Linear's own bias.
        std = 1 / math.sqrt(3 * key_dim)
        given = None if isinstance(self.bias, bool) else self.bias
        vector = Parameter(("spec", "score", "bias"), (n_heads, query_dim), std)
        bias = vector.value(given, seed=self.seed, like=query)
        return Product(query, right, offset=(query @ bias[..., None]).squeeze(-1))


class Additive(Score):
    """Bahdanau's score: one hidden layer over query and key together."""

    kind: Literal["additive"] = "additive"
    title: ClassVar[str] = "Additive (concat)"
    summary: ClassVar[str] = "One hidden tanh layer over query and key, weighted by v."
    formula: ClassVar[str] = "vᵀ tanh(W_q q + W_k k + b)"
    latex: ClassVar[str] = r"v^{\top} \tanh(W_q q_i + W_k k_j + b)"
    aliases: ClassVar[tuple[str, ...]] = ("concat",)
    source: ClassVar[Source] = Source(
        "Bahdanau, Cho and Bengio 2015", "https://arxiv.org/abs/1409.0473"
    )

    attn_dim: int | None = Field(
        default=None,
        title="Hidden size",
        description="Features of the hidden layer; the query's when empty.",
        ge=1,
        le=2**20,
    )
    weight_query: HeadMatrices | None = Field(
        default=None,
        title="W_q",
        description="Matrix of hidden × query features; made from the seed when empty.",
    )
    weight_key: HeadMatrices | None = Field(
        default=None,
        title="W_k",
        description="Matrix of hidden × key features; made from the seed when empty.",
    )
    bias: HeadVectors | None = Field(
        default=None, title="Bias b", description="Vector of hidden features; zero when empty."
    )
    v: HeadVectors | None = Field(
        default=None,
        title="v",
        description="Weight of each hidden feature; made from the seed when empty.",
    )
    seed: int = Field(
        default=0, title="Seed", description="Seed of W_q, W_k and v.", ge=0, lt=2**53
    )

    def resolve(self, head_dim: int) -> "Score":
        return self.model_copy(update={"attn_dim": self.hidden_dim(head_dim)})

    def n_numbers(self, head_dim: int, key_dim: int, n_queries: int, n_keys: int) -> int:
        return self.hidden_dim(head_dim) * (head_dim + key_dim + n_queries + n_keys + 1)

    def prepare(self, query: Queries, key: Keys) -> TanhSum:
        n_heads, hidden = query.shape[0], self.hidden_dim(query.shape[2])
        sides = []
        for name, inputs in (("weight_query", query), ("weight_key", key)):
            place = Parameter.matrix(("spec", "score", name), n_heads, hidden, inputs.shape[2])
            weight = place.value(getattr(self, name), seed=self.seed, like=inputs)
            sides.append(inputs @ weight.mT)
        left, right = sides
        if self.bias is not None:
            place = Parameter(("spec", "score", "bias"), (n_heads, hidden), std=0.0)
            left = left + place.value(self.bias, seed=self.seed, like=left)[:, None, :]
        # Unit variance: a sum of hidden terms below one then spreads as a dot product does.
        place = Parameter(("spec", "score", "v"), (n_heads, hidden), std=1.0)
        return TanhSum(left, right, place.value(self.v, seed=self.seed, like=left))

    def hidden_dim(self, head_dim: int) -> int:
        if self.attn_dim is not None:
            return self.attn_dim
        for given in (self.weight_query, self.weight_key):
            if given is not None:
                return given.shape[-2]
        for given in (self.v, self.bias):
            if given is not None:
                return given.shape[-1]
        return head_dim


class Cosine(Score):
    """The cosine of the angle between query and key, times a factor."""

    kind: Literal["cosine"] = "cosine"
    title: ClassVar[str] = "Cosine"
    summary: ClassVar[str] = (
        "The cosine of the angle between query and key: their lengths do not count."
    )
    formula: ClassVar[str] = "τ · q·k / (‖q‖ ‖k‖)"
    latex: ClassVar[str] = r"\tau\, \frac{q_i \cdot k_j}{\|q_i\| \|k_j\|}"
    source: ClassVar[Source] = Source("Henry et al. 2020", "https://arxiv.org/abs/2010.04245")

    scale: float = Field(
        default=10.0, title="Scale", description="Factor τ of the cosine; Swin v2 starts with 10."
    )

    def prepare(self, query: Queries, key: Keys) -> Product:
        _require_equal_dims(self.kind, query, key)
        return Product(_unit(query), _unit(key), scale=self.scale)


class Rbf(Score):
    """The negative squared distance between query and key."""

    kind: Literal["rbf"] = "rbf"
    title: ClassVar[str] = "Distance (RBF)"
    summary: ClassVar[str] = "The nearer a key is to the query, the larger: a Gaussian kernel."
    formula: ClassVar[str] = "−γ ‖q − k‖²"
    latex: ClassVar[str] = r"-\gamma\, \|q_i - k_j\|^2"
    source: ClassVar[Source] = Source(
        "Kim, Papamakarios and Mnih 2021", "https://arxiv.org/abs/2006.04710"
    )

    gamma: float | None = Field(
        default=None,
        title="γ",
        description="Factor of the squared distance; 1/√d when empty.",
        ge=0,
        le=1e12,
    )

    def resolve(self, head_dim: int) -> "Rbf":
        return self.model_copy(update={"gamma": self._factor(head_dim)})

    def prepare(self, query: Queries, key: Keys) -> Distances:
        _require_equal_dims(self.kind, query, key)
        return Distances.between(query, key, self._factor(query.shape[-1]))

    def _factor(self, head_dim: int) -> float:
        return 1 / math.sqrt(head_dim) if self.gamma is None else self.gamma


AnyScore = Annotated[
    Dot | ScaledDot | General | Additive | Cosine | Rbf,
    Field(discriminator="kind"),
    BeforeValidator(from_alias({"concat": "additive"})),
]


def _unit(x: torch.Tensor) -> torch.Tensor:
    # In float64: the square of a large float32 overflows, and of a tiny one vanishes. A vector of
    # zeros has no direction and stays zero.
    lengths = x.double().norm(dim=-1, keepdim=True)
    return (x / torch.where(lengths == 0, 1.0, lengths)).to(x.dtype)


def _require_equal_dims(kind: str, query: Queries, key: Keys) -> None:
    if query.shape[-1] != key.shape[-1]:
        raise ShapeError(
            f"query and key must have the same feature size for '{kind}', got "
            f"{query.shape[-1]} and {key.shape[-1]}; use 'general' for different sizes.",
            field=("spec", "score"),
        )
