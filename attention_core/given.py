"""What a layer was handed besides its spec: numbers added to its scores, and a mask as a matrix."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attention_core.errors import ShapeError, SpecError
from attention_core.finite import require_finite
from attention_core.grid import as_slice
from attention_core.normalizers import Linear
from attention_core.positions import Bias
from attention_core.positions.bias import Cells, RelativeBias
from attention_core.shapes import Matrices, Positions, Queries
from attention_core.spec import AttentionSpec


@dataclass(frozen=True)
class Given:
    """A bias and a mask that no description is known of; both come on top of the spec's.

    Attributes:
        bias: Added to the scores after the position's own; none when absent.
        allowed: True where a query may attend to a key, as far as the spec's mask lets it; every
            pair when absent.
    """

    bias: Bias | None = None
    allowed: Bool[Tensor, "mask_query mask_key"] | None = None

    def fitted(self, query: Queries, n_keys: int, spec: AttentionSpec) -> "Given":
        """Check the sizes, and move the mask to where the queries are.

        Raises:
            ShapeError: When the mask is not queries × keys.
            SpecError: When the normaliser never forms a matrix that the bias could be added to.
        """
        if self.bias is not None and isinstance(spec.normalizer, Linear):
            raise SpecError(
                "a bias must not be given under the normaliser 'linear', which never forms a "
                "matrix that it could be added to; leave it out, or change the normaliser.",
                field=("bias",),
            )
        if self.allowed is None:
            return self
        _require_shape("allowed", tuple(self.allowed.shape), (query.shape[1], n_keys))
        return replace(self, allowed=self.allowed.to(query.device))


@dataclass(frozen=True)
class DenseBias(Bias):
    """A bias given as a matrix, of one head for all or of each.

    Attributes:
        numbers: The matrices, in the dtype that they were given in.
        n_heads: Number of heads of scores.
        dtype: What the scores are computed in.
        device: Where they are.
        largest: Largest magnitude.
    """

    numbers: Float[Tensor, "bias_head bias_query bias_key"]
    n_heads: int
    dtype: torch.dtype
    device: torch.device
    largest: float

    @classmethod
    def of(
        cls, numbers: Float[Tensor, "bias_head bias_query bias_key"], query: Queries, n_keys: int
    ) -> "DenseBias":
        """Make a matrix ready for these queries.

        Raises:
            ShapeError: When it does not fit them.
            NonFiniteError: When it holds NaN or infinity.
        """
        n_heads = _require_heads("bias", numbers, query)
        _require_shape("bias", tuple(numbers.shape[1:]), (query.shape[1], n_keys))
        return cls(numbers, n_heads, query.dtype, query.device, _largest("bias", numbers))

    def tile(self, head: slice, query: range, key: range) -> Matrices:
        every_head = self.numbers.expand(self.n_heads, -1, -1)
        return every_head[head, as_slice(query), as_slice(key)].to(self.device, self.dtype)

    def at(self, head: Positions, query: Positions, key: Positions) -> Cells:
        every_head = self.numbers.expand(self.n_heads, -1, -1)
        return every_head[head, query, key].to(self.device, self.dtype)

    def bound(self) -> float:
        return self.largest


@dataclass(frozen=True)
class SummedBias(Bias):
    """Two biases, one added after the other."""

    first: Bias
    second: Bias

    def tile(self, head: slice, query: range, key: range) -> Matrices:
        return self.first.tile(head, query, key) + self.second.tile(head, query, key)

    def at(self, head: Positions, query: Positions, key: Positions) -> Cells:
        return self.first.at(head, query, key) + self.second.at(head, query, key)

    def bound(self) -> float:
        return self.first.bound() + self.second.bound()


def bias_by_distance(
    distances: Float[Tensor, "bias_head distance"], query: Queries, n_keys: int
) -> RelativeBias:
    """Make a bias ready that depends on the distance only, from 1 − n_queries to n_keys − 1.

    Raises:
        ShapeError: When it does not fit the queries and keys.
        NonFiniteError: When it holds NaN or infinity.
    """
    n_heads = _require_heads("distances", distances, query)
    n_queries = query.shape[1]
    _require_shape("distances", tuple(distances.shape[1:]), (n_queries + n_keys - 1,))
    largest = _largest("distances", distances)
    return RelativeBias(distances.to(query).expand(n_heads, -1), n_queries, largest)


def summed(first: Bias | None, second: Bias | None) -> Bias | None:
    """Join two biases, either of which may be absent."""
    if first is None or second is None:
        return second if first is None else first
    return SummedBias(first, second)


def _require_heads(name: str, numbers: Tensor, query: Queries) -> int:
    n_heads = query.shape[0]
    if numbers.shape[0] not in (1, n_heads):
        raise ShapeError(
            f"{name} must have 1 head or {n_heads}, one for each head of scores, got "
            f"{numbers.shape[0]}; give as many, or one that all heads share.",
            field=(name,),
        )
    return n_heads


def _require_shape(name: str, actual: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if actual != wanted:
        axes = "queries × keys" if len(wanted) == 2 else "n_queries + n_keys − 1 distances"
        came, must = (" × ".join(str(size) for size in sizes) for sizes in (actual, wanted))
        raise ShapeError(
            f"{name} must be {axes}, here {must}, got {came}; give one number for each.",
            field=(name,),
        )


def _largest(name: str, numbers: Tensor) -> float:
    require_finite(name, numbers, field=(name,))
    return float(numbers.abs().max())
