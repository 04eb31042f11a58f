"""A rectangle of one head at bounded resolution: what a map of a map shows, and how coarsely.

A cell's side is a power of two, and cells start at multiples of it, so that a number depends on
its cell only, and never on the part of the matrix that is looked at.
"""

from dataclasses import dataclass
from typing import get_args

from attention_core.captures.given_weights import GivenWeights
from attention_core.errors import SpecError
from attention_core.grid import as_slice, span_of
from attention_core.kernels.overview import Picture, Pooling, Reduce
from attention_core.kernels.pooling import What
from attention_core.maps import AttentionMap
from attention_core.pictures.drawing import Asked, Sampled, drawn
from attention_core.pictures.pyramid import Pyramid
from attention_core.prepared import Check

Span = range | slice | None
"""Some of an axis; all of it when absent."""


@dataclass(frozen=True)
class Region:
    """A rectangle of one head, pooled.

    Attributes:
        matrix: One number for each cell; scores are −inf where every pair is masked.
        query: First query that is drawn, and the one after the last.
        key: First key that is drawn, and the one after the last.
        cell: Queries and keys of a cell; the last cells of the matrix may hold fewer.
        reduce: ``max`` or ``mean`` of a cell's numbers; masked scores count for nothing.
        what: ``weights`` or ``scores``.
        exact: Whether each cell is one pair of query and key.
        sampled: What of it is made of some rows of each cell only; None where nothing is.
    """

    matrix: Picture
    query: tuple[int, int]
    key: tuple[int, int]
    cell: tuple[int, int]
    reduce: Reduce
    what: What
    exact: bool
    sampled: Sampled | None = None


def region(
    whole: AttentionMap | GivenWeights,
    *,
    head: int,
    query: Span = None,
    key: Span = None,
    height: int = 512,
    width: int = 512,
    reduce: Reduce = "max",
    what: What = "weights",
    pyramid: Pyramid | None = None,
    sampled: bool = False,
    check: Check | None = None,
) -> Region:
    """Draw a rectangle of one head in at most ``height`` × ``width`` cells.

    The weights of a large matrix in cells no finer than those of its pyramid are the pyramid's;
    all else is computed on the fixed grid. So the number of a cell depends on the cell only, and
    neither on the rectangle nor on what was computed before. A sample is the one exception, and
    says that it is one.

    Args:
        whole: The map to draw from.
        head: Which head; of heads that are made of several scores, the first is drawn.
        query: Queries asked for; what is drawn is grown to whole cells.
        key: Keys asked for, likewise.
        height: Most cells from top to bottom.
        width: Most cells from left to right.
        reduce: ``max`` or ``mean`` of a cell's numbers.
        what: ``weights`` or ``scores``.
        pyramid: What a survey of this head has made, or has made yet.
        sampled: Draw some rows of each cell where all would not be there at once.
        check: Called between tiles; may raise to end the work.

    Raises:
        NotSurveyedError: When the picture takes a pass over much of a large matrix, and neither
            the pyramid has it nor a sample will do.
        SpecError: When there is no such head or rectangle, or there are no scores.
    """
    _require_known("reduce", reduce, get_args(Reduce))
    _require_known("what", what, get_args(What))
    if not 0 <= head < whole.n_heads:
        raise SpecError(
            f"head must be between 0 and {whole.n_heads - 1}, got {head}; count from zero.",
            field=("head",),
        )
    rows, cell_queries = _grown("query", query, whole.n_queries, _most("height", height))
    columns, cell_keys = _grown("key", key, whole.n_keys, _most("width", width))
    asked = Asked(whole, head, what, rows, columns, Pooling(cell_queries, cell_keys, reduce), check)
    matrix, sample = drawn(asked, pyramid, sampled=sampled)
    return Region(
        matrix,
        (rows.start, rows.stop),
        (columns.start, columns.stop),
        (cell_queries, cell_keys),
        reduce,
        what,
        exact=cell_queries == cell_keys == 1,
        sampled=sample,
    )


def _require_known(name: str, came: str, known: tuple[str, ...]) -> None:
    if came not in known:
        wanted = " or ".join(f"'{each}'" for each in known)
        raise SpecError(f"{name} must be {wanted}, got {came!r}; use either.", field=(name,))


def _most(name: str, count: int) -> int:
    if count < 1:
        raise SpecError(
            f"{name} must be one cell or more, got {count}; ask for more.", field=(name,)
        )
    return count


def _grown(name: str, wanted: Span, size: int, most: int) -> tuple[range, int]:
    """Grow a span to whole cells, as small as fit; return it, and the side of a cell."""
    if wanted is not None and wanted.step not in (None, 1):
        raise SpecError(
            f"{name} must have step one, got {wanted}; ask for all of it in fewer cells.",
            field=(name,),
        )
    span = span_of(as_slice(wanted) if isinstance(wanted, range) else wanted, size)
    if not span:
        raise SpecError(
            f"{name} must hold one place at least of the {size} there are, got {wanted}; ask for "
            "more, counted from zero.",
            field=(name,),
        )
    cell = 1
    while -(-span.stop // cell) - span.start // cell > most:
        cell *= 2
    start, stop = span.start // cell * cell, -(-span.stop // cell) * cell
    return range(start, min(stop, size)), cell
