"""What one layer's attention is a function of, and the map that it makes."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attention_core.captures.given_weights import GivenWeights
from attention_core.errors import ShapeError
from attention_core.given import DenseBias, Given, bias_by_distance, summed
from attention_core.maps import DENSE_BUDGET_BYTES, AttentionMap
from attention_core.prepared import Check
from attention_core.spec import AttentionSpec

ALIGNMENT = 64
"""Bytes that torch's own tensors start at multiples of."""

_STATE_BYTES = 16
"""Of a row: what its weights are made of its scores with, in float64."""


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
    key: Float[Tensor, "key_head key key_dim"] | None = None
    value: Float[Tensor, "value_head value_key value_dim"] | None = None
    bias: Float[Tensor, "bias_head bias_query bias_key"] | None = None
    distances: Float[Tensor, "bias_head distance"] | None = None
    allowed: Bool[Tensor, "mask_query mask_key"] | None = None
    weights: Float[Tensor, "head query key"] | None = None

    @property
    def n_heads(self) -> int:
        """Number of heads, each with its own weights."""
        if self.spec is None or self.query is None:
            return self._own_weights.shape[0]
        # Two matrices of scores may make one head.
        n_score_heads, heads = self.query.shape[0], self.spec.heads
        return n_score_heads * heads.n_heads // heads.n_score_heads

    @property
    def n_kv_heads(self) -> int | None:
        """Number of heads of keys; None where only weights are known."""
        return None if self.key is None else self.key.shape[0]

    @property
    def n_queries(self) -> int:
        """Number of queries."""
        return (self._own_weights if self.query is None else self.query).shape[1]

    @property
    def n_keys(self) -> int:
        """Number of keys."""
        return self._own_weights.shape[2] if self.key is None else self.key.shape[1]

    @property
    def map_bytes(self) -> int:
        """What a map holds in memory beside these tensors, which may lie mapped in a file.

        Halves as float32, queries and keys once turned, keys and values once more for every head
        that shares them, and the state of each row.
        """
        if self.query is None or self.key is None:
            return 0
        n_heads, n_queries, _ = self.query.shape
        n_bytes = n_heads * n_queries * _STATE_BYTES
        is_turned = self.spec is not None and self.spec.position.has_rotation
        for x, is_made in ((self.query, is_turned), (self.key, is_turned), (self.value, False)):
            if x is not None and (is_made or x.element_size() < 4 or x.shape[0] < n_heads):
                n_bytes += _float_bytes(x) * max(n_heads // x.shape[0], 1)
        return n_bytes

    def map(
        self, *, budget_bytes: int = DENSE_BUDGET_BYTES, check: Check | None = None
    ) -> AttentionMap | GivenWeights:
        """Make the lazy map; halves are computed as float32.

        Args:
            budget_bytes: How large a dense answer may be.
            check: Called between blocks of every pass; may raise to end the work.

        Raises:
            AttentionError: When the parts do not fit each other, as ``AttentionMap`` says.
        """
        if self.spec is None or self.query is None or self.key is None:
            return GivenWeights(self._own_weights, budget_bytes=budget_bytes, check=check)
        tensors = [x for x in (self.query, self.key, self.value) if x is not None]
        dtype = torch.float32
        for x in tensors:
            dtype = torch.promote_types(dtype, x.dtype)
        query, key, *value = (_aligned(x.to(dtype)) for x in tensors)
        return AttentionMap(
            query,
            key,
            value[0] if value else None,
            self.spec,
            given=self._given(query, key),
            budget_bytes=budget_bytes,
            check=check,
        )

    @property
    def _own_weights(self) -> Float[Tensor, "head query key"]:
        if self.weights is None:
            raise ShapeError(
                "a layer must have a query, a key and a spec, or weights, got neither; give "
                "either.",
                field=("query",),
            )
        return self.weights

    def _given(
        self, query: Float[Tensor, "head query dim"], key: Float[Tensor, "key_head key key_dim"]
    ) -> Given:
        n_keys = key.shape[1]
        dense = None if self.bias is None else DenseBias.of(self.bias, query, n_keys)
        distances = self.distances
        relative = None if distances is None else bias_by_distance(distances, query, n_keys)
        return Given(summed(dense, relative), self.allowed)


def _float_bytes(x: Tensor) -> int:
    return x.numel() * max(x.element_size(), 4)


def _aligned(x: Tensor) -> Tensor:
    """Copy numbers that a file holds askew: products of them would differ in their last bits."""
    return x if x.data_ptr() % ALIGNMENT == 0 else x.clone()
