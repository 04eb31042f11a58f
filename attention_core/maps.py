"""One layer's lazy attention: any rectangle of scores or weights is computed when asked for.

Q, K and the state of each row are kept, and nothing of size query × key but a mask that the user
gave as a matrix; a tile is a small product.
"""

from collections.abc import Iterator
from functools import cached_property, partial

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.cells import Cell, Place, Row, WeightPart, explain
from attention_core.dense import Dense, heads_of
from attention_core.errors import SpecError
from attention_core.finite import require_finite
from attention_core.given import Given
from attention_core.grid import aligned_blocks, as_slice, span_of
from attention_core.kernels import outputs as output_kernels
from attention_core.kernels.gpu import overview as gpu_overview
from attention_core.kernels.overview import Pooling, Reduce, picture
from attention_core.kernels.stripes import Stripe
from attention_core.normalizers import Normalizer, RowState
from attention_core.notes import Note, notes_on
from attention_core.preparation import resolved, rotated, source_of, without_values
from attention_core.prepared import Check
from attention_core.projected import Projected
from attention_core.shapes import Matrices, Outputs
from attention_core.spec import AttentionSpec
from attention_core.weight_source import WeightSource

DENSE_BUDGET_BYTES = 512 * 2**20
"""How large a dense answer may be unless the caller says otherwise."""

_NOTHING = Given()


class AttentionMap:
    """Scores, weights and outputs of one layer, computed when asked for.

    Args:
        query: Queries after projection, positions not yet rotated in.
        key: Keys after projection, likewise.
        value: Values after projection; None where they were not kept.
        spec: How attention is computed; resolved here.
        given: A bias and a mask that come on top of the spec's.
        budget_bytes: How large a dense answer may be.
        check: Called between blocks of every pass, in each thread that has a part in it; may raise
            to end the work.

    Raises:
        ShapeError: When the inputs do not fit each other or the spec.
        NonFiniteError: When an input is not finite, or scores could pass the largest float.
        SpecError: When a parameter does not fit the sizes.
    """

    def __init__(
        self,
        query: Float[Tensor, "head query dim"],
        key: Float[Tensor, "key_head key key_dim"],
        value: Float[Tensor, "value_head value_key value_dim"] | None,
        spec: AttentionSpec,
        *,
        given: Given = _NOTHING,
        budget_bytes: int = DENSE_BUDGET_BYTES,
        check: Check | None = None,
    ) -> None:
        self.has_values = value is not None
        answering = without_values(query, key, spec) if value is None else value
        inputs = Projected(query, key, answering)
        self.spec = resolved(inputs, spec)
        ready = rotated(inputs, self.spec)
        self.query, self.key, self.value = ready
        self.source = source_of(ready, self.spec, given, check=check)
        self._dense = Dense(self.source.extent, self.query, budget_bytes)
        mixing = self.spec.heads.weight_mixing()
        self._weights = WeightSource(self.source, self.spec.normalizer, mixing, self.query)

    @property
    def n_heads(self) -> int:
        """Number of heads, each with its own weights and outputs."""
        return self.value.shape[0]

    @property
    def n_score_heads(self) -> int:
        """Number of matrices of scores: twice the heads where each is a difference of two."""
        return self.query.shape[0]

    @property
    def n_queries(self) -> int:
        """Number of queries."""
        return self.query.shape[1]

    @property
    def n_keys(self) -> int:
        """Number of keys."""
        return self.key.shape[1]

    @property
    def dtype(self) -> torch.dtype:
        """The dtype that everything is computed in."""
        return self.query.dtype

    @property
    def device(self) -> torch.device:
        """The device that everything is computed on."""
        return self.query.device

    def scores(
        self,
        query: slice | None = None,
        key: slice | None = None,
        head: int | slice | None = None,
    ) -> Matrices:
        """Compute a rectangle of scores, before the normaliser; −inf where masked.

        Args:
            query: Rows; all when absent.
            key: Columns; all when absent.
            head: One head or some; all when absent. The axis stays.

        Raises:
            BudgetError: When the rectangle is larger than the budget.
        """
        return self._dense.compute(self.source.tile, query, key, heads_of(head, self.n_score_heads))

    def weights(
        self,
        query: slice | None = None,
        key: slice | None = None,
        head: int | slice | None = None,
    ) -> Matrices:
        """Compute a rectangle of weights, after the normaliser; an empty row is zero.

        Args and errors are those of ``scores``.
        """
        return self._dense.compute(self._weights.tile, query, key, heads_of(head, self.n_heads))

    def outputs(self) -> Outputs:
        """Multiply the weights with the values; an empty row gives zero.

        Raises:
            SpecError: When the values were not kept.
        """
        if not self.has_values:
            raise SpecError(
                "outputs must be made of values, and they were not kept; capture again with the "
                "values, or look at the weights.",
                field=("value",),
            )
        result = self._outputs()
        if not self.spec.flags["row_stochastic"]:
            # Weights that sum to one cannot lead past the largest value; others can.
            require_finite("outputs", result, field=("value",))
        return result

    @cached_property
    def row_state(self) -> RowState:
        """The state of every row, found in one pass over the keys."""
        return self._weights.state(slice(0, self.n_score_heads), slice(0, self.n_queries))

    @cached_property
    def empty_rows(self) -> tuple[tuple[int, int], ...]:
        """Head and query of every row that no key takes weight of, as a rule all are masked."""
        is_empty = self.row_state.is_empty
        if self._weights.mixing is not None:
            # A head is empty where all that it is made of is.
            takes = torch.tensor(self._weights.mixing, device=self.device) != 0
            is_empty = ~(takes[:, :, None] & ~is_empty[None]).any(dim=1)
        return tuple((int(h), int(i)) for h, i in is_empty.nonzero().tolist())

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What a reader of this map may trip over."""
        return notes_on(self.spec, self.empty_rows, self.row_state, is_masked=self.source.is_masked)

    def overview(
        self,
        height: int,
        width: int,
        reduce: Reduce = "max",
        *,
        head: int | slice | None = None,
    ) -> Float[Tensor, "head height width"]:
        """Pool the weights to a bounded picture; never holds query × key.

        Cells are equal and aligned to the first row and column, so the picture may be smaller
        than asked for, and its last cells may cover less.

        Args:
            height: Largest number of rows of the picture.
            width: Largest number of its columns.
            reduce: ``max`` or ``mean`` of the weights of a cell.
            head: One head or some; all when absent.

        Raises:
            SpecError: When the picture has no cell, or there is no such way to pool.
        """
        heads = range(self.n_heads)[heads_of(head, self.n_heads)]
        pooling = Pooling.fitting(self.source.extent, height, width, reduce)
        if pooling.cell_queries == pooling.cell_keys == 1:
            return self.weights(head=as_slice(heads))
        shape = (len(heads), *pooling.shape(self.source.extent))
        self._dense.refuse_over_budget(shape)
        cell = pooling.cell_queries, pooling.cell_keys
        normalizer: Normalizer = self.spec.normalizer
        if self._weights.mixing is None and gpu_overview.applies(self.source, normalizer):
            return gpu_overview.pictures(self.source, normalizer, heads, cell, reduce)
        result = self.query.new_empty(shape)
        for place, index in enumerate(heads):
            stripe = partial(self._weights.stripe, index, cell)
            result[place] = picture(self.source, stripe, pooling)
        return result

    def stripes(
        self, head: int, cell: tuple[int, int], rows: range | None = None
    ) -> Iterator[Stripe]:
        """Pool one head's weights block of rows by block of rows, each when it is asked for.

        One pass over the keys gives a block's states too, and the map keeps them: exact
        rectangles of these rows then need no pass of their own. A state is the same to the bit
        whatever the cell, and whoever else asked for it; what is pooled depends on the head, the
        block and the cell only.

        Args:
            head: Which head.
            cell: Queries and keys of a cell; cells start at multiples of them.
            rows: The blocks of the grid that these touch are told, whole; all when absent.

        Raises:
            SpecError: When there is no such head, or a cell holds nothing.
        """
        place = heads_of(head, self.n_heads).start
        if min(cell) < 1:
            raise SpecError(
                f"a cell must hold a query and a key at least, got {cell[0]} × {cell[1]}; ask for "
                "one or more of each.",
                field=("cell",),
            )
        span = range(self.n_queries)[as_slice(range(self.n_queries) if rows is None else rows)]
        return (
            self._weights.stripe(place, cell, query)
            for query in aligned_blocks(span, self.n_queries)
        )

    def states(self, query: slice | None = None, head: int | slice | None = None) -> RowState:
        """Look up what rows of scores must remember; blocks of rows not known are found first.

        Args:
            query: Rows, one at least; all when absent.
            head: One head of scores or some; all when absent. The axis stays.
        """
        rows = as_slice(span_of(query, self.n_queries))
        return self._weights.state(heads_of(head, self.n_score_heads), rows)

    def knows(self, query: slice | None = None, head: int | slice | None = None) -> bool:
        """Tell whether the states of these rows are known, so that they need no pass.

        Args are those of ``states``.
        """
        rows = as_slice(span_of(query, self.n_queries))
        return self._weights.knows(heads_of(head, self.n_score_heads), rows)

    @property
    def can_keep_state(self) -> bool:
        """Whether states of rows can be handed in: under softmax and its kin, heads unmixed."""
        return self._weights.can_keep

    def keep_state(
        self,
        head: int,
        rows: range,
        maximum: Float[Tensor, " query"],
        total: Float[Tensor, " query"],
    ) -> None:
        """Take in the states of rows, found by another map of the same inputs and spec.

        Exact rectangles of these rows then need no pass over the keys.

        Args:
            head: Which head.
            rows: Whole blocks of the grid.
            maximum: Largest score of each row, as ``ExponentialState`` tells it.
            total: Its sum of exponentials, float64.

        Raises:
            ShapeError: When these are not whole blocks, or not one number for each of their rows.
            SpecError: When there is no such head, or states cannot be handed in.
        """
        place = heads_of(head, self.n_heads).start
        if not self.can_keep_state:
            raise SpecError(
                "states of rows must be a maximum and a sum of exponentials, and these weights "
                "are made otherwise; let the map find its own.",
                field=("spec", "normalizer"),
            )
        self._weights.keep(place, rows, maximum, total)

    def cell(self, head: int, query: int, key: int) -> Cell:
        """Take one weight apart into the arithmetic behind it; no value where none was kept.

        Raises:
            SpecError: When there is no such cell.
        """
        place = (("head", head, self.n_heads), ("query", query, self.n_queries))
        for axis, index, size in (*place, ("key", key, self.n_keys)):
            if not 0 <= index < size:
                raise SpecError(
                    f"{axis} must be between 0 and {size - 1}, got {index}; count from zero.",
                    field=("cell", axis),
                )
        this_row, score_head = slice(query, query + 1), self.spec.heads.first_score_head(head)
        this_head = slice(score_head, score_head + 1)
        row = Row(
            self.scores(query=this_row, head=score_head),
            self.weights(query=this_row, head=head),
            self._dense.compute(self._weights.normalized, this_row, None, this_head),
            self._weights.state(this_head, this_row),
            self._parts(head, query, key),
        )
        inputs = Projected(self.query, self.key, self.value)
        return explain(self.spec, self.source, row, inputs, Place(head, query, key))

    def _outputs(self) -> Outputs:
        if self._weights.mixing is None and not self.source.is_one_block:
            result = output_kernels.fused(self.source, self.spec.normalizer, self.value)
            if result is not None:
                return result
        return output_kernels.blockwise(self.source, self._weights.tile, self.value)

    def _parts(self, head: int, query: int, key: int) -> list[WeightPart] | None:
        if self._weights.mixing is None:
            return None
        every_head, this_row = slice(0, self.n_score_heads), slice(query, query + 1)
        tile = self._dense.compute(
            self._weights.normalized, this_row, slice(key, key + 1), every_head
        )
        weights = tile[:, 0, 0].tolist()
        parts = zip(range(self.n_score_heads), self._weights.mixing[head], weights, strict=True)
        return [WeightPart(*part) for part in parts if part[1]]
