"""What one layer's attention is a function of, and the map that it makes."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from attention_core.spec import AttentionSpec


@dataclass(frozen=True)
class Layer:
    """Q, K and the spec of one layer, as its kernel was handed them.

    Attributes:
        spec: How attention is computed; positions are in Q and K already. None where only weights
            are known.
        query: Queries; None where only weights are known.
        key: Keys, one head for each group; likewise.
        value: Values; None where they were not asked for.
        bias: Added to the scores, where no description of it is known; one head, or one for each.
        distances: A bias that depends on the distance only, from ``1 − n_queries`` to
            ``n_keys − 1``, instead of ``bias``.
        allowed: A mask that no description is known of: True = may attend.
        weights: The model's own weights, where it hands over nothing else.
    """

    spec: AttentionSpec | None
    query: Float[Tensor, "head query dim"] | None = None
    key: Float[Tensor, "key_head key dim"] | None = None
    value: Float[Tensor, "key_head key value_dim"] | None = None
    bias: Float[Tensor, "bias_head query key"] | None = None
    distances: Float[Tensor, "bias_head distance"] | None = None
    allowed: Bool[Tensor, "query key"] | None = None
    weights: Float[Tensor, "head query key"] | None = None
