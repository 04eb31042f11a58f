"""Scores made ready once per map: any rectangle of them is then a small computation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attention_core.grid import BLOCK
from attention_core.matrix_products import fastest
from attention_core.shapes import Keys, Queries, Rows, Tile

Check = Callable[[], None]
"""Asked between pieces of work whether to go on; raises to end it."""

_FEATURES_AT_ONCE = 256
"""Hidden features between two questions whether to go on."""

_NUMBERS_AT_ONCE = 2**21
"""Features, over all heads, of the queries or keys whose lengths are told at a time."""


@dataclass(frozen=True)
class Terms:
    """One score taken apart: ``score = sum(left · right) · scale + offset``."""

    left: Float[Tensor, " dim"]
    right: Float[Tensor, " dim"]
    scale: float
    offset: float


@dataclass(frozen=True)
class Product:
    """A score that is one matrix product, so that fused kernels apply.

    Attributes:
        left: What of each query enters the product.
        right: What of each key enters the product.
        scale: Factor of the product.
        offset: Added to every score of a row; none when absent.
        is_precise: Whether a product is added up in float64, and rounded once.
    """

    left: Queries
    right: Keys
    scale: float = 1.0
    offset: Rows | None = None
    is_precise: bool = False

    @cached_property
    def query(self) -> Queries:
        """The queries with scale and offset folded in: ``query @ key.mT`` is the score."""
        scaled = self.left if self.scale == 1.0 else self.left * self.scale
        return scaled if self.offset is None else torch.cat([scaled, self.offset[..., None]], -1)

    @cached_property
    def key(self) -> Keys:
        """The keys; where there is an offset, with one feature of ones for it to meet."""
        if self.offset is None:
            return self.right
        return torch.cat([self.right, torch.ones_like(self.right[..., :1])], dim=-1)

    @property
    def n_features(self) -> int:
        """How many features the product is of: one more with an offset."""
        return self.right.shape[2] + (self.offset is not None)

    def mapped(self, features: Callable[[Tensor], Tensor]) -> "Product":
        """Map both factors: the product becomes φ(left) · φ(right)."""
        return Product(features(self.left), features(self.right), self.scale)

    def of_rows(self, rows: Int[Tensor, " row"]) -> "Product":
        """Restrict it to some queries, in any order."""
        offset = None if self.offset is None else self.offset[:, rows]
        return replace(self, left=self.left[:, rows], offset=offset)

    def bound(self) -> float:
        """Bound the magnitude of every score by Cauchy and Schwarz, in float64."""
        n_heads, _, dim = self.left.shape
        # Float64 copies of all would be large.
        most = max(_NUMBERS_AT_ONCE // (n_heads * dim), 1)
        longest = []
        for vectors, whole in ((self.queries, self.left), (self.keys, self.right)):
            spans = (slice(i, i + most) for i in range(0, whole.shape[1], most))
            parts = [vectors(slice(None), x).double().norm(dim=-1).amax(dim=-1) for x in spans]
            longest.append(torch.stack(parts).amax(dim=0))
        return float((longest[0] * longest[1]).max())

    def queries(self, head: int | slice, query: slice) -> Float[Tensor, "*head query feature"]:
        """Fold scale and offset into some queries, without a copy of all of them."""
        left = self.left[head, query]
        scaled = left if self.scale == 1.0 else left * self.scale
        if self.offset is None:
            return scaled
        return torch.cat([scaled, self.offset[head, query, None]], dim=-1)

    def keys(self, head: int | slice, key: slice) -> Float[Tensor, "*head key feature"]:
        """Take some keys; where there is an offset, with the feature of ones that it meets."""
        right = self.right[head, key]
        if self.offset is None:
            return right
        return torch.cat([right, torch.ones_like(right[..., :1])], dim=-1)

    def tile(self, head: int, query: slice, key: slice, go_on: Check) -> Tile:
        """Compute a rectangle of one head's scores."""
        go_on()
        left, right = self.queries(head, query), self.keys(head, key)
        if not self.is_precise or left.dtype == torch.float64:
            return _multiplied(left, right)
        return (left.double() @ right.double().T).to(left.dtype)

    def terms(self, head: int, query: int, key: int) -> Terms:
        """Take one score apart."""
        offset = 0.0 if self.offset is None else float(self.offset[head, query])
        return Terms(self.left[head, query], self.right[head, key], self.scale, offset)


def _multiplied(left: Float[Tensor, "query dim"], right: Float[Tensor, "key dim"]) -> Tile:
    """Multiply as BLAS does, and faster where a whole block of float32 vectors allows it."""
    is_block = left.shape[0] == right.shape[0] == BLOCK
    if is_block and left.dtype == torch.float32 and left.device.type == "cpu":
        multiply = fastest(left.shape[1], torch.get_num_threads())
        if multiply is not None:
            return multiply(left, right)
    return left @ right.T


@dataclass(frozen=True)
class TanhSum:
    """The additive score: ``v · tanh(left + right)``.

    Attributes:
        left: Projected queries, the bias included.
        right: Projected keys.
        v: Weight of each hidden feature.
    """

    left: Queries
    right: Keys
    v: Float[Tensor, "head dim"]

    def of_rows(self, rows: Int[Tensor, " row"]) -> "TanhSum":
        """Restrict it to some queries, in any order."""
        return replace(self, left=self.left[:, rows])

    def bound(self) -> float:
        """Bound the magnitude of every score, in float64; NaN or infinite for bad inputs."""
        inputs = self.left.double().sum() + self.right.double().sum()
        return float(self.v.double().abs().sum(dim=-1).max() + 0 * inputs)

    def tile(self, head: int, query: slice, key: slice, go_on: Check) -> Tile:
        """Compute a rectangle of one head's scores, a hidden feature at a time for memory."""
        left, right, v = self.left[head, query], self.right[head, key], self.v[head]
        scores = left.new_zeros(left.shape[0], right.shape[0])
        for feature in range(left.shape[1]):
            if feature % _FEATURES_AT_ONCE == 0:
                go_on()
            hidden = left[:, feature, None] + right[None, :, feature]
            scores += hidden.tanh_().mul_(v[feature])
        return scores

    def terms(self, head: int, query: int, key: int) -> Terms:
        """Take one score apart: ``v`` on the left, ``tanh`` of the sum on the right."""
        hidden = torch.tanh(self.left[head, query] + self.right[head, key])
        return Terms(self.v[head], hidden, 1.0, 0.0)


@dataclass(frozen=True)
class Distances:
    """The negative squared distance: ``−γ (‖left‖² + ‖right‖² − 2 left · right)``.

    Both sides are centred on the keys' mean, which changes no distance, but keeps the three terms
    small, so that their difference is exact to the last bits of a distance.

    Attributes:
        left: Centred queries.
        right: Centred keys.
        gamma: Factor of the squared distance.
        key_lengths: Squared length of each key, times γ.
    """

    left: Queries
    right: Keys
    gamma: float
    key_lengths: Float[Tensor, "head key"]

    @classmethod
    def between(cls, query: Queries, key: Keys, gamma: float) -> "Distances":
        """Centre both sides."""
        left, right = torch.empty_like(query), torch.empty_like(key)
        # Head by head: float64 copies of all would be large.
        for head, keys in enumerate(key):
            centre = keys.double().mean(dim=0, keepdim=True)
            left[head], right[head] = query[head] - centre, keys - centre
        return cls(left, right, gamma, _squares(right, gamma))

    @cached_property
    def query_lengths(self) -> Rows:
        """Squared length of each query, times γ."""
        return _squares(self.left, self.gamma)

    def of_rows(self, rows: Int[Tensor, " row"]) -> "Distances":
        """Restrict it to some queries, in any order."""
        return replace(self, left=self.left[:, rows])

    def bound(self) -> float:
        """Bound the magnitude of every score, in float64."""
        lengths = [
            torch.stack([each.double().norm(dim=-1).amax() for each in x])
            for x in (self.left, self.right)
        ]
        return float((self.gamma * (lengths[0] + lengths[1]) ** 2).max())

    def tile(self, head: int, query: slice, key: slice, go_on: Check) -> Tile:
        """Compute a rectangle of one head's scores; none is above zero."""
        go_on()
        product = (self.left[head, query] * (2 * self.gamma)) @ self.right[head, key].T
        product -= self.query_lengths[head, query, None]
        return product.sub_(self.key_lengths[head, None, key]).clamp_(max=0.0)

    def terms(self, head: int, query: int, key: int) -> Terms:
        """Take one score apart: the difference on the left, and minus it on the right."""
        difference = self.left[head, query] - self.right[head, key]
        return Terms(difference, -difference, self.gamma, 0.0)


def _squares(x: Float[Tensor, "head row dim"], gamma: float) -> Rows:
    lengths = [each.double().square().sum(dim=-1) * gamma for each in x]
    return torch.stack(lengths).to(x.dtype)


PreparedScore = Product | TanhSum | Distances
