"""What heads are: how they share the inputs, and how their scores and weights are mixed."""

from typing import ClassVar

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from attention_core.errors import Field as FieldPath
from attention_core.errors import ShapeError
from attention_core.part import Part
from attention_core.projected import Inputs, Projected

Mixing = tuple[tuple[float, ...], ...]
"""A matrix of factors: one row for each head that comes out, one column for each that goes in."""


class Heads(Part):
    """How several heads share their inputs.

    A **score head** has its own scores and its own normalised weights; where heads are combined
    after the normaliser, there are more score heads than heads. A **key head** has its own keys
    and values, which several heads may share.
    """

    flags: ClassVar[dict[str, bool]] = {"row_stochastic": True, "signed": False}

    n_heads: int = Field(default=4, title="Heads", description="Number of heads.", ge=1, lt=2**20)

    @property
    def n_score_heads(self) -> int:
        """How many matrices of scores there are."""
        return self.n_heads

    @property
    def n_key_heads(self) -> int:
        """How many matrices of keys, and of values, the heads share."""
        return self.n_heads

    @property
    def n_value_heads(self) -> int:
        """How many matrices of values there are."""
        return self.n_key_heads

    def first_score_head(self, head: int) -> int:
        """Tell which score head a head's scores are looked up in: the first that it is made of."""
        return head

    def check(self) -> None:
        """Refuse parameters that do not fit each other.

        Raises:
            SpecError: With what must hold and what came.
        """

    def resolve(self) -> "Heads":
        """Spell out the defaults."""
        return self

    def key_dim(self, query_dim: int) -> int:
        """Tell how many features, all heads together, keys and values are projected to."""
        return query_dim

    def score_dim(self, query_dim: int) -> int:
        """Tell the feature size whose root divides a scaled product."""
        return query_dim

    def rotary_dim(self, query_dim: int) -> int:
        """Tell how many features, the last ones, a rotation may turn; all of them as a rule."""
        return query_dim

    def head_dims(self, query_dim: int, value_dim: int) -> tuple[int, int]:
        """Tell the features of one head's query, and of its value, made of so many in all."""
        return query_dim // self.n_score_heads, value_dim // self.n_value_heads

    def n_parameters(self, dim: int) -> int:
        """Count the numbers that the heads make from a seed, for inputs of so many features."""
        return 0

    def split_whole(self, inputs: Inputs) -> Projected:
        """Give each head its share of inputs that nothing has projected to fit the heads."""
        return self.split(inputs)

    def split(self, inputs: Inputs) -> Projected:
        """Give each head its share of the projected features: equal runs, head 0 first.

        Raises:
            ShapeError: When heads cannot share the features evenly.
        """
        query = share(inputs.query, self.n_score_heads)
        key, value = share(inputs.key, self.n_score_heads), share(inputs.value, self.n_heads)
        return Projected(query, key, value)

    def score_mixing(self) -> Mixing | None:
        """Return how scores are mixed before the mask, or None where they are not."""
        return None

    def weight_mixing(self) -> Mixing | None:
        """Return how normalised weights become those of the heads, or None where they are."""
        return None


def share(
    x: Float[Tensor, "token dim"], n_heads: int, *, field: FieldPath = ("spec", "heads", "n_heads")
) -> Float[Tensor, "head token head_dim"]:
    """Cut the features into equal runs, one per head.

    Raises:
        ShapeError: When they do not divide.
    """
    dim = x.shape[-1]
    if dim % n_heads:
        raise ShapeError(
            f"heads must share the features evenly, got {dim} features for {n_heads} heads; "
            f"use a multiple of {n_heads} features, or another number of heads.",
            field=field,
        )
    return x.reshape(*x.shape[:-1], n_heads, dim // n_heads).movedim(-2, 0)


def repeated(x: Float[Tensor, "head token dim"], n_heads: int) -> Float[Tensor, "more token dim"]:
    """Let consecutive heads share a head, as torch, transformers and JAX do: ⌊h / group⌋."""
    return x if x.shape[0] == n_heads else x.repeat_interleave(n_heads // x.shape[0], dim=0)


def growth(factors: Mixing | None) -> float:
    """Tell how many times larger than the largest that goes in a number may come out."""
    if factors is None:
        return 1.0
    return max(sum(abs(factor) for factor in row) for row in factors)


def mixed(
    tiles: Float[Tensor, "head query key"], factors: Mixing
) -> Float[Tensor, "out query key"]:
    """Mix matrices: each that comes out is a weighted sum of those that go in.

    Head by head, in a fixed order: a matrix product would round a cell otherwise, depending on how
    many cells were asked for.
    """
    result = torch.zeros(len(factors), *tiles.shape[1:], dtype=tiles.dtype, device=tiles.device)
    for out, row in zip(result, factors, strict=True):
        for tile, factor in zip(tiles, row, strict=True):
            if factor:
                out.add_(tile, alpha=factor)
    return result
