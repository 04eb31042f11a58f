"""A layer of which only the model's own weights are known: the same pictures, no arithmetic."""

from functools import cached_property
from typing import NoReturn

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.dense import Dense, heads_of
from attention_core.errors import SpecError
from attention_core.finite import require_finite
from attention_core.grid import as_slice
from attention_core.kernels.overview import Picture, Pooling, Reduce, pieces
from attention_core.kernels.pooling import Pool
from attention_core.maps import DENSE_BUDGET_BYTES
from attention_core.masks import Extent
from attention_core.notes import Note
from attention_core.prepared import Check
from attention_core.shapes import Matrices, Rows

_STRIPE_CELLS = 2**20
"""Weights read at a time for a picture."""


class GivenWeights:
    """Weights as a model gave them, where it hands over nothing that they could be made of.

    Args:
        weights: The weights; halves are read as float32.
        budget_bytes: How large a dense answer may be.
        check: Called between the stripes of a picture; may raise to end the work.

    Raises:
        NonFiniteError: When a weight is NaN or infinite.
    """

    spec: None = None
    has_values = False

    def __init__(
        self,
        weights: Float[Tensor, "head query key"],
        *,
        budget_bytes: int = DENSE_BUDGET_BYTES,
        check: Check | None = None,
    ) -> None:
        require_finite("weights", weights, field=("weights",))
        self._given, self._check = weights, check
        self.dtype = torch.promote_types(weights.dtype, torch.float32)
        like = torch.empty(0, dtype=self.dtype, device=weights.device)
        self._dense = Dense(Extent(self.n_queries, self.n_keys), like, budget_bytes)

    @property
    def n_heads(self) -> int:
        """Number of heads."""
        return self._given.shape[0]

    @property
    def n_queries(self) -> int:
        """Number of queries."""
        return self._given.shape[1]

    @property
    def n_keys(self) -> int:
        """Number of keys."""
        return self._given.shape[2]

    @property
    def device(self) -> torch.device:
        """The device that the weights are on."""
        return self._given.device

    def weights(
        self,
        query: slice | None = None,
        key: slice | None = None,
        head: int | slice | None = None,
    ) -> Matrices:
        """Return a rectangle of weights.

        Args:
            query: Rows; all when absent.
            key: Columns; all when absent.
            head: One head or some; all when absent. The axis stays.

        Raises:
            BudgetError: When the rectangle is larger than the budget.
        """
        return self._dense.compute(self._tile, query, key, heads_of(head, self.n_heads))

    def scores(
        self,
        query: slice | None = None,
        key: slice | None = None,
        head: int | slice | None = None,
    ) -> NoReturn:
        """Refuse: there are none."""
        _refuse("scores")

    def outputs(self) -> NoReturn:
        """Refuse: there are none."""
        _refuse("outputs")

    def cell(self, head: int, query: int, key: int) -> NoReturn:
        """Refuse: nothing is known that a weight could be taken apart into."""
        _refuse("the arithmetic behind a weight")

    @cached_property
    def row_sums(self) -> Rows:
        """Sum of every row's weights: one, unless the model takes some away."""
        return self._given.sum(dim=-1, dtype=self.dtype)

    @cached_property
    def empty_rows(self) -> tuple[tuple[int, int], ...]:
        """Head and query of every row that no key takes weight of."""
        is_empty = (self._given == 0).all(dim=-1)
        return tuple((int(h), int(i)) for h, i in is_empty.nonzero().tolist())

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What a reader of these weights may trip over."""
        message = "The weights are the model's own: it does not say what they were made of."
        return (Note("weights_only", message),)

    def overview(
        self,
        height: int,
        width: int,
        reduce: Reduce = "max",
        *,
        head: int | slice | None = None,
    ) -> Float[Tensor, "head height width"]:
        """Pool the weights to a bounded picture, its cells like those of an ``AttentionMap``.

        Args:
            height: Largest number of rows of the picture.
            width: Largest number of its columns.
            reduce: ``max`` or ``mean`` of the weights of a cell.
            head: One head or some; all when absent.

        Raises:
            SpecError: When the picture has no cell, or there is no such way to pool.
        """
        heads = range(self.n_heads)[heads_of(head, self.n_heads)]
        extent = Extent(self.n_queries, self.n_keys)
        pooling = Pooling.fitting(extent, height, width, reduce)
        self._dense.refuse_over_budget((len(heads), *pooling.shape(extent)))
        return torch.stack([self._picture(index, pooling) for index in heads])

    def _picture(self, head: int, pooling: Pooling) -> Picture:
        every_query, every_key = range(self.n_queries), range(self.n_keys)
        pool = Pool(every_query, every_key, pooling, like=self._dense.like)
        most = max(_STRIPE_CELLS // self.n_keys, 1)
        for rows, *_ in pieces(self.n_queries, pooling.cell_queries, most):
            if self._check is not None:
                self._check()
            pool.add(self._tile(slice(head, head + 1), rows, every_key)[0], rows, every_key)
        return pool.result()

    def _tile(self, head: slice, query: range, key: range) -> Matrices:
        return self._given[head, as_slice(query), as_slice(key)].to(self.dtype)


def _refuse(what: str) -> NoReturn:
    raise SpecError(
        f"{what} must be made of queries and keys, and this capture holds weights only; look at "
        "the weights, or capture a model that hands over its queries and keys.",
        field=("what",),
    )
