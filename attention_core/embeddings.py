"""Token sequences to vectors."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import BeforeValidator, Field
from torch import Tensor
from torch.nn import functional

from attention_core import seeded
from attention_core.errors import Field as FieldPath
from attention_core.errors import ShapeError, SpecError
from attention_core.numbers import Matrix, Numbers
from attention_core.part import Part, from_id

Vectors = Float[Tensor, "token dim"]
ContextVectors = Float[Tensor, "context_token context_dim"]


class Embedding(Part):
    """A way from tokens to vectors."""

    @abstractmethod
    def embed(
        self, tokens: Sequence[str], context: Sequence[str] | None, n_heads: int
    ) -> tuple[Vectors, ContextVectors]:
        """Embed the tokens and their context, which are the tokens again when there is none.

        Args:
            tokens: The sequence that asks.
            context: The sequence that is asked; None for self-attention.
            n_heads: Number of heads that will share the features.

        Returns:
            Vectors of the tokens and of the context, float64 on the CPU.
        """


class HashEmbedding(Embedding):
    """Random numbers seeded by the token's text: the same word, the same vector, everywhere."""

    kind: Literal["hash"] = "hash"
    title: ClassVar[str] = "Hash"
    summary: ClassVar[str] = "Random numbers seeded by the token's text: same word, same vector."
    formula: ClassVar[str] = "x = U(−√3, √3) seeded by the token"
    latex: ClassVar[str] = r"x \sim \mathcal{U}(-\sqrt{3}, \sqrt{3})"

    dim: int = Field(default=64, title="Size", description="Features of a token.", ge=1, le=16_384)
    seed: int = Field(
        default=0, title="Seed", description="Another seed gives other vectors.", ge=0, lt=2**53
    )

    def embed(
        self, tokens: Sequence[str], context: Sequence[str] | None, n_heads: int
    ) -> tuple[Vectors, ContextVectors]:
        places = {token: i for i, token in enumerate(dict.fromkeys([*tokens, *(context or ())]))}
        labels = [f"hash:{token}" for token in places]
        known = seeded.uniform_rows(labels, self.dim, seed=self.seed)
        embedded = known[[places[token] for token in tokens]]
        if context is None:
            return embedded, embedded
        return embedded, known[[places[token] for token in context]]


class OneHot(Embedding):
    """One feature per distinct token, in the order of first appearance."""

    kind: Literal["one_hot"] = "one_hot"
    title: ClassVar[str] = "One-hot"
    summary: ClassVar[str] = "One feature per distinct token, in the order of first appearance."
    formula: ClassVar[str] = "x = e_token"
    latex: ClassVar[str] = r"x = e_{\mathrm{token}}"

    dim: int | None = Field(
        default=None,
        title="Size",
        description="Features of a token; when empty, as many as there are distinct tokens, "
        "rounded up so that the heads share them evenly.",
        ge=1,
        le=16_384,
    )

    def embed(
        self, tokens: Sequence[str], context: Sequence[str] | None, n_heads: int
    ) -> tuple[Vectors, ContextVectors]:
        vocabulary = {
            token: i for i, token in enumerate(dict.fromkeys([*tokens, *(context or ())]))
        }
        dim = self.dim or -(-len(vocabulary) // n_heads) * n_heads
        if dim < len(vocabulary):
            raise SpecError(
                f"one-hot vectors must have a feature for each distinct token, got {dim} features "
                f"for {len(vocabulary)} tokens; leave 'dim' out or use 'hash'.",
                field=("embedding", "dim"),
            )
        asking, asked = (
            functional.one_hot(
                torch.tensor([vocabulary[token] for token in sequence]), dim
            ).double()
            for sequence in (tokens, tokens if context is None else context)
        )
        return asking, asked


class GivenEmbedding(Embedding):
    """The user's own vectors, one per token."""

    kind: Literal["given"] = "given"
    title: ClassVar[str] = "Given"
    summary: ClassVar[str] = "Your own vectors, one row per token."
    formula: ClassVar[str] = "x = vectors_i"
    latex: ClassVar[str] = r"x_i"

    vectors: Matrix = Field(title="Vectors", description="One row of features per token.")
    context_vectors: Matrix | None = Field(
        default=None,
        title="Context vectors",
        description="One row of features per context token; needed for cross-attention only.",
    )

    def embed(
        self, tokens: Sequence[str], context: Sequence[str] | None, n_heads: int
    ) -> tuple[Vectors, ContextVectors]:
        embedded = _given(self.vectors, tokens, "vectors")
        if context is None:
            return embedded, embedded
        if self.context_vectors is None:
            raise SpecError(
                "a given embedding must have context_vectors when there is a context, got none; "
                "give one row per context token.",
                field=("embedding", "context_vectors"),
            )
        return embedded, _given(self.context_vectors, context, "context_vectors")


AnyEmbedding = Annotated[
    HashEmbedding | OneHot | GivenEmbedding, Field(discriminator="kind"), BeforeValidator(from_id)
]


def _given(vectors: Numbers, tokens: Sequence[str], name: str) -> Vectors:
    if vectors.shape[0] != len(tokens):
        field: FieldPath = ("embedding", name)
        raise ShapeError(
            f"{name} must have one row per token, got {vectors.shape[0]} rows for {len(tokens)} "
            "tokens; give as many rows as tokens.",
            field=field,
        )
    return vectors.tensor(torch.empty(0, dtype=torch.float64))
