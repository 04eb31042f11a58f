"""The Triton kernel called: its memory made, its sizes chosen, its pieces put together.

Only ``overview`` imports this module, and only where Triton is: it may be missing.
"""

import math
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import torch
import triton
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from attention_core.kernels.gpu.kernel import survey
from attention_core.kernels.gpu.terms import Cells, Rule, Survey, Wanted

_SCRATCH_BYTES = 2**28
"""Memory of all programs together; where a program needs more, fewer of them run."""

_WORTH_TUNING = 2**30
"""Scores from which on the seconds that trying block sizes takes are well spent."""

_TUNING = Lock()
"""Triton's tuner keeps what it tries in itself, so threads must take turns to launch."""

_ROWS_PER_PROCESSOR = 256
"""Two programs or more: one computes products while another computes exponentials."""


class _Blocks(NamedTuple):
    """The sizes between which the blocks of a program may be chosen."""

    least_queries: int
    most_queries: int
    least_keys: int
    most_keys: int


_BLOCKS = _Blocks(64, 128, 64, 128)


def surveyed(
    query: Float[Tensor, "head query dim"],
    key: Float[Tensor, "key_head key dim"],
    rule: Rule,
    cells: Cells,
) -> Survey:
    """Find the state of every row and pool the weights, in one pass.

    Query head h uses key head ⌊h / (head / key_head)⌋. Products are summed in float32, float32
    inputs without TF32, and rows in float64.

    Args:
        query: float16, bfloat16 or float32.
        key: Of the same dtype.
        rule: How a product becomes a weight.
        cells: How the matrix is pooled.
    """
    n_heads = query.shape[0]
    layout = _Layout.of((query.shape[1], key.shape[1]), cells)
    peak = query.new_empty(query.shape[:2], dtype=torch.float32)
    total = torch.empty_like(peak, dtype=torch.float64)
    pooled = {name: peak.new_zeros(n_heads, layout.n_groups, layout.width) for name in cells.wanted}
    n_rows = layout.n_rows(query.device, n_heads)
    arguments = {
        **_inputs(query, key),
        **_rule(rule, unused=total),
        **layout.arguments(),
        **layout.memory(n_rows, like=peak),
        "peak": peak,
        "total": total,
        "largest": pooled.get("max", peak),
        "summed": pooled.get("mean", peak),
    }
    _run(arguments, n_rows, query, n_heads * query.shape[1] * key.shape[1])
    gathered = {name: layout.gathered(found, name) for name, found in pooled.items()}
    return Survey(peak, total, gathered.get("max"), gathered.get("mean"))


def configs(*, is_float32: bool) -> list[triton.Config]:
    """List block sizes, warps and stages; the first fits every GPU."""
    sizes = (
        ((64, 64, 8, 2), (64, 64, 4, 2), (128, 64, 8, 2))
        if is_float32
        else ((64, 128, 4, 2), (128, 128, 8, 2), (128, 64, 4, 3), (64, 64, 4, 3), (64, 64, 4, 2))
    )
    return [
        triton.Config({"BLOCK_Q": rows, "BLOCK_K": keys}, num_warps=warps, num_stages=stages)
        for rows, keys, warps, stages in sizes
    ]


class _Layout(NamedTuple):
    """Where rows, keys and cells lie in a program's blocks, so that no block divides a cell.

    A cell takes a power of two of places, or a multiple of the largest block; those that it does
    not fill are masked.
    """

    cells: Cells
    n_queries: int
    height: int
    width: int
    query_span: int
    key_span: int
    rows: int
    span: int

    @classmethod
    def of(cls, extent: tuple[int, int], cells: Cells) -> "_Layout":
        n_queries, n_keys = extent
        query_span = _padded(cells.queries, _BLOCKS.least_queries)
        key_span = _padded(cells.keys, _BLOCKS.most_keys)
        return cls(
            cells,
            n_queries,
            -(-n_queries // cells.queries),
            -(-n_keys // cells.keys),
            query_span,
            key_span,
            min(query_span, _BLOCKS.least_queries),
            min(key_span, _BLOCKS.most_keys),
        )

    @property
    def n_places(self) -> int:
        """Places that the rows take."""
        return self.height * self.query_span

    @property
    def n_groups(self) -> int:
        """Groups of rows that are reduced at once."""
        return self.n_places // self.rows

    def n_columns(self) -> int:
        """Columns of a program's memory: the cells of all blocks of keys."""
        per_block = max(_BLOCKS.most_keys // self.key_span, 1)
        return -(-self.width // per_block) * per_block

    def n_references(self) -> int:
        """Columns of its references: one for each block of keys that is not a part of a cell."""
        return -(-self.width * self.key_span // max(self.key_span, _BLOCKS.least_keys))

    def n_rows(self, device: torch.device, n_heads: int) -> int:
        """Tell how many rows all programs together take at once."""
        n_arrays = max(len(self.cells.wanted), 2 * ("mean" in self.cells.wanted), 1)
        is_gpu = device.type == "cuda"
        n_processors = (
            torch.cuda.get_device_properties(device).multi_processor_count if is_gpu else 1
        )
        most = min(
            _SCRATCH_BYTES // (4 * n_arrays * self.n_columns()), n_processors * _ROWS_PER_PROCESSOR
        )
        n_blocks = -(-min(most, self.n_places * n_heads) // _BLOCKS.most_queries)
        return max(n_blocks, 1) * _BLOCKS.most_queries

    def memory(self, n_rows: int, *, like: Tensor) -> dict[str, Any]:
        """Make the memory that programs keep their cells in."""
        n_columns, n_references = self.n_columns(), self.n_references()
        has_max, has_mean = (name in self.cells.wanted for name in ("max", "mean"))
        return {
            "tops": like.new_empty(n_rows * n_columns if has_max else 1),
            "sums": like.new_empty(n_rows * n_columns if has_mean else 1),
            "references": like.new_empty(n_rows * n_references if has_mean else 1),
            "n_columns": n_columns,
            "n_spans": n_references,
            "MAX": has_max,
            "MEAN": has_mean,
        }

    def arguments(self) -> dict[str, Any]:
        """Tell the kernel about the layout."""
        return {
            "n_queries": self.n_queries,
            "n_places": self.n_places,
            "query_cell": self.cells.queries,
            "query_span": self.query_span,
            "key_cell": self.cells.keys,
            "key_span": self.key_span,
            "n_groups": self.n_groups,
            "width": self.width,
            "SPAN": self.span,
            "EXACT": self.key_span == self.cells.keys,
            "ROWS": self.rows,
        }

    def gathered(self, pooled: Tensor, name: Wanted) -> Float[Tensor, "head height width"]:
        """Reduce the groups of each cell to one."""
        groups: Tensor = pooled.unflatten(1, (self.height, -1))
        return groups.amax(dim=2) if name == "max" else groups.sum(dim=2)


def _padded(cell: int, block: int) -> int:
    return int(triton.next_power_of_2(cell)) if cell <= block else -(-cell // block) * block


def _inputs(query: Tensor, key: Tensor) -> dict[str, Any]:
    ready_query, ready_key = _aligned(query), _aligned(key)
    if triton.knobs.runtime.interpret and query.dtype == torch.bfloat16:
        # The interpreter multiplies the bits of a bfloat16 as if they were an integer's.
        ready_query, ready_key = ready_query.float(), ready_key.float()
    dim = ready_query.shape[2]
    return {
        "query": ready_query,
        "key": ready_key,
        "query_head_stride": ready_query.stride(0),
        "query_stride": ready_query.stride(1),
        "key_head_stride": ready_key.stride(0),
        "key_stride": ready_key.stride(1),
        "n_heads": query.shape[0],
        "group": query.shape[0] // key.shape[0],
        "DIM": dim,
        "CHUNK": _chunk(dim, ready_query.dtype),
    }


def _aligned(x: Tensor) -> Tensor:
    """Fill features up to a multiple of 16 with zeros, so that 16 bytes are loaded at once."""
    missing = -x.shape[2] % 16
    filled = functional.pad(x, (0, missing)) if missing else x
    is_ready = filled.stride(2) == 1 and filled.stride(1) % 16 == 0
    return filled if is_ready else filled.contiguous()


def _chunk(dim: int, dtype: torch.dtype) -> int:
    """Choose how many features a product takes at once."""
    if dtype == torch.float32:
        # Without matrix units a longer product needs more registers than there are.
        return min(int(triton.next_power_of_2(dim)), 32)
    if dim <= 128:
        return int(triton.next_power_of_2(dim))
    return 128 if dim % 128 == 0 or dim % 128 > 64 else 64


def _rule(rule: Rule, *, unused: Tensor) -> dict[str, Any]:
    exponent = math.log2(math.e) / rule.temperature
    has_softcap = rule.softcap is not None
    return {
        "key_stop": rule.band.key_stop,
        "least": rule.band.least,
        "greatest": rule.band.greatest,
        "unit": 1.0 if has_softcap else rule.scale,
        "factor": exponent if has_softcap else exponent * rule.scale,
        "inner": rule.scale / (rule.softcap or 1.0),
        "softcap": rule.softcap or 1.0,
        "sink": unused if rule.sinks is None else rule.sinks.double() * math.log2(math.e),
        "SINK": rule.sinks is not None,
        "SOFTCAP": has_softcap,
    }


def _run(arguments: dict[str, Any], n_rows: int, query: Tensor, n_scores: int) -> None:
    def grid(chosen: dict[str, Any]) -> tuple[int]:
        return (n_rows // chosen["BLOCK_Q"],)

    is_float32 = query.dtype == torch.float32
    first = configs(is_float32=is_float32)[0]
    if triton.knobs.runtime.interpret:
        survey[grid](**arguments, **first.kwargs)
        return
    with torch.cuda.device(query.device), _TUNING:
        if n_scores < _WORTH_TUNING:
            survey[grid](**arguments, **first.all_kwargs())
        else:
            _tuned(is_float32=is_float32)[grid](**arguments)


@cache
def _tuned(*, is_float32: bool) -> Any:
    """Let the fastest of a few block sizes be found once per kernel, and remembered on disk."""
    key = ["DIM", "SPAN", "EXACT", "MAX", "MEAN", "SOFTCAP"]
    return triton.autotune(configs(is_float32=is_float32), key=key, cache_results=True)(survey)
