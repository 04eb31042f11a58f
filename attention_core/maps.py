"""One layer's lazy attention: any rectangle of scores or weights is computed when asked for.

Q, K and the state of each row are kept, and nothing of size query × key but a mask that the user
gave as a matrix; a tile is a small product.
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import get_args

import torch
from jaxtyping import Float
from torch import Tensor

from attention_core.cells import Cell, Place, Row, explain
from attention_core.errors import BudgetError, SpecError
from attention_core.fit import require_bounded, require_finite, require_fit
from attention_core.grid import aligned_blocks, as_slice, span_of
from attention_core.kernels import outputs as output_kernels
from attention_core.kernels.overview import Pooling, Reduce, pooled_softmax
from attention_core.kernels.rows import row_state
from attention_core.masks import Extent
from attention_core.normalizers import RowState
from attention_core.notes import Note, notes_on
from attention_core.projections import Projected
from attention_core.shapes import Matrices, Outputs
from attention_core.sources import Check, ScoreSource
from attention_core.spec import AttentionSpec

DENSE_BUDGET_BYTES = 512 * 2**20
"""How large a dense answer may be unless the caller says otherwise."""

_Tile = Callable[[slice, range, range], Matrices]


class AttentionMap:
    """Scores, weights and outputs of one layer, computed when asked for.

    Args:
        query: Queries after projection, positions not yet rotated in.
        key: Keys after projection, likewise.
        value: Values after projection.
        spec: How attention is computed; resolved here.
        budget_bytes: How large a dense answer may be.
        check: Called between blocks of every pass; may raise to end the work.

    Raises:
        ShapeError: When the inputs do not fit each other or the spec.
        NonFiniteError: When an input is not finite, or scores could pass the largest float.
        SpecError: When a parameter does not fit the sizes.
    """

    def __init__(
        self,
        query: Float[Tensor, "head query dim"],
        key: Float[Tensor, "key_head key key_dim"],
        value: Float[Tensor, "value_head value_key value_dim"],
        spec: AttentionSpec,
        *,
        budget_bytes: int = DENSE_BUDGET_BYTES,
        check: Check | None = None,
    ) -> None:
        require_fit(query, key, value, spec)
        self.spec = spec.resolve(query, key)
        self.query = self.spec.position.rotate(query)
        self.key = self.spec.position.rotate(key)
        self.value = value
        self.budget_bytes = budget_bytes
        prepared = self.spec.score.prepare(self.query, self.key)
        require_bounded(prepared, query, key)
        require_finite("value", value, field=("value",))
        self.source = ScoreSource(
            prepared=prepared,
            position=self.spec.position,
            mask=self.spec.joint_mask,
            extent=Extent(query.shape[1], key.shape[1]),
            softcap=self.spec.softcap,
            n_heads=query.shape[0],
            dtype=query.dtype,
            device=query.device,
            check=check,
        )

    @property
    def n_heads(self) -> int:
        """Number of heads."""
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
        return self._dense(self.source.tile, query, key, head)

    def weights(
        self,
        query: slice | None = None,
        key: slice | None = None,
        head: int | slice | None = None,
    ) -> Matrices:
        """Compute a rectangle of weights, after the normaliser; an empty row is zero.

        Args and errors are those of ``scores``.
        """
        state, normalizer = self.row_state, self.spec.normalizer

        def tile(heads: slice, rows: range, columns: range) -> Matrices:
            scores = self.source.tile(heads, rows, columns)
            return normalizer.apply(scores, state.rows(heads, as_slice(rows)))

        return self._dense(tile, query, key, head)

    def outputs(self) -> Outputs:
        """Multiply the weights with the values; an empty row gives zero."""
        normalizer = self.spec.normalizer
        result = output_kernels.fused(self.source, normalizer, self.value)
        if result is not None:
            return result
        return output_kernels.blockwise(self.source, normalizer, self.row_state, self.value)

    @cached_property
    def row_state(self) -> RowState:
        """The state of every row, found in one pass over the keys."""
        return row_state(self.source, self.spec.normalizer, self.query)

    @cached_property
    def empty_rows(self) -> tuple[tuple[int, int], ...]:
        """Head and query of every row whose every key is masked."""
        return tuple((int(h), int(i)) for h, i in self.row_state.is_empty.nonzero().tolist())

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What a reader of this map may trip over."""
        return notes_on(self.spec, self.empty_rows)

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
        """
        if height < 1 or width < 1:
            raise SpecError(
                f"a picture must have a cell at least, got {height} × {width}; ask for one or more "
                "rows and columns.",
                field=("height" if height < 1 else "width",),
            )
        if reduce not in get_args(Reduce):
            raise SpecError(f"reduce must be 'max' or 'mean', got {reduce!r}.", field=("reduce",))
        heads = range(self.n_heads)[_head_slice(head, self.n_heads)]
        pooling = Pooling(-(-self.n_queries // height), -(-self.n_keys // width), reduce)
        if pooling.cell_queries == pooling.cell_keys == 1:
            return self.weights(head=as_slice(heads))
        shape = (
            len(heads),
            -(-self.n_queries // pooling.cell_queries),
            -(-self.n_keys // pooling.cell_keys),
        )
        self._refuse_over_budget(shape)
        result = self.query.new_empty(shape)
        for place, index in enumerate(heads):
            temperature = self.spec.normalizer.temperature
            result[place] = pooled_softmax(self.source, index, pooling, temperature)
        return result

    def cell(self, head: int, query: int, key: int) -> Cell:
        """Take one weight apart into the arithmetic behind it.

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
        this_row, this_head = slice(query, query + 1), slice(head, head + 1)
        row = Row(
            self.scores(query=this_row, head=head),
            self.weights(query=this_row, head=head),
            self.row_state.rows(this_head, this_row),
        )
        inputs = Projected(self.query, self.key, self.value)
        return explain(self.spec, self.source, row, inputs, Place(head, query, key))

    def _dense(
        self, tile: _Tile, query: slice | None, key: slice | None, head: int | slice | None
    ) -> Matrices:
        rows, columns = span_of(query, self.n_queries), span_of(key, self.n_keys)
        heads = _head_slice(head, self.n_heads)
        shape = (len(range(self.n_heads)[heads]), len(rows), len(columns))
        self._refuse_over_budget(shape)
        result = self.query.new_empty(shape)
        if 0 in shape:
            return result
        for row_block in aligned_blocks(rows, self.n_queries):
            for column_block in aligned_blocks(columns, self.n_keys):
                cells = tile(heads, row_block, column_block)
                if (row_block, column_block) == (rows, columns):
                    return cells
                _paste(cells, (row_block, column_block), result, (rows, columns))
        return result

    def _refuse_over_budget(self, shape: tuple[int, int, int]) -> None:
        actual = math.prod(shape) * self.query.element_size()
        if actual > self.budget_bytes:
            n_heads, n_queries, n_keys = shape
            raise BudgetError(
                f"a dense answer must fit {self.budget_bytes:,} bytes, got {n_heads} × "
                f"{n_queries:,} × {n_keys:,} cells of {actual:,} bytes in all; ask for a "
                "rectangle with query= and key=, for one head=, or for a smaller overview().",
                actual=actual,
                maximum=self.budget_bytes,
            )


def _head_slice(head: int | slice | None, n_heads: int) -> slice:
    if head is None:
        return slice(0, n_heads)
    if isinstance(head, slice):
        return as_slice(span_of(head, n_heads))
    if not -n_heads <= head < n_heads:
        raise SpecError(
            f"head must be one of {n_heads}, got {head}; count from zero.", field=("head",)
        )
    return slice(head % n_heads, head % n_heads + 1)


def _paste(
    cells: Tensor, block: tuple[range, range], result: Tensor, wanted: tuple[range, range]
) -> None:
    source, target = [], []
    for part, whole in zip(block, wanted, strict=True):
        shared = range(max(part.start, whole.start), min(part.stop, whole.stop))
        source.append(as_slice(shared, origin=part.start))
        target.append(as_slice(shared, origin=whole.start))
    result[:, target[0], target[1]] = cells[:, source[0], source[1]]
