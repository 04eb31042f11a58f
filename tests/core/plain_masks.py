"""Which keys one query of a long matrix may attend to, by the rules of the masks alone.

Nothing here is shared with the library, nor with the references for small sizes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Allowed = NDArray[np.bool_]
Positions = NDArray[np.int64]
Spec = dict[str, Any]


def allowed(mask: Spec, i: int, n_queries: int, n_keys: int) -> Allowed:
    """Tell which of all keys query ``i`` may attend to under one mask."""
    kind, j = mask["kind"], np.arange(n_keys)
    if kind in {"and", "or", "not"}:
        of = [mask["of"]] if kind == "not" else mask["of"]
        members = np.stack([allowed(each, i, n_queries, n_keys) for each in of])
        joined: Allowed = np.asarray((members.any if kind == "or" else members.all)(axis=0))
        return ~joined if kind == "not" else joined
    return MASKS[kind](mask, i, j, (n_queries, n_keys))


def _causal(mask: Spec, i: int, j: Positions, sizes: tuple[int, int]) -> Allowed:
    offset = sizes[1] - sizes[0] if mask.get("align") == "lower_right" else 0
    found: Allowed = j <= i + offset
    return found


def _window(mask: Spec, i: int, j: Positions, sizes: tuple[int, int]) -> Allowed:
    left, right = mask["window"]
    found: Allowed = (i - j >= -right) & (i - j <= left)
    return found


def _global_window(mask: Spec, i: int, j: Positions, sizes: tuple[int, int]) -> Allowed:
    everywhere = mask["global_positions"]
    found: Allowed = (np.abs(i - j) <= mask["window"]) | np.isin(j, everywhere)
    return found | (i in everywhere)


def _bigbird(mask: Spec, i: int, j: Positions, sizes: tuple[int, int]) -> Allowed:
    """Know the near and the last blocks only: which are random is the library's to draw."""
    if mask["num_random_blocks"]:
        raise NotImplementedError
    size = mask["block_size"]
    own, last = i // size, (sizes[0] - 1) // size
    at_end = (j // size == 0) | (j // size == last) | (own in (0, last))
    found: Allowed = (np.abs(own - j // size) <= 1) | at_end
    return found


def _neighborhood(mask: Spec, i: int, j: Positions, sizes: tuple[int, int]) -> Allowed:
    found = np.ones(len(j), dtype=np.bool_)
    n_columns = mask["grid"][1]
    for side, reach, at, of in zip(
        mask["grid"], mask["kernel"], divmod(i, n_columns), np.divmod(j, n_columns), strict=True
    ):
        first = min(max(at - reach // 2, 0), side - reach)
        found &= (of >= first) & (of < first + reach)
    return found


def _diagonals(mask: Spec, i: int, j: Positions, sizes: tuple[int, int]) -> Allowed:
    # The only condition that is asked for here, worked by hand.
    if mask["predicate"] != "(i + j) % 7 == 3 or j > n_keys - 5":
        raise NotImplementedError(mask["predicate"])
    found: Allowed = ((i + j) % 7 == 3) | (j > sizes[1] - 5)
    return found


MASKS: dict[str, Callable[[Spec, int, Positions, tuple[int, int]], Allowed]] = {
    "full": lambda m, i, j, n: j >= 0,
    "causal": _causal,
    "padding": lambda m, i, j, n: j < m["key_length"],
    "sliding_window": _window,
    "dilated": lambda m, i, j, n: (np.abs(i - j) <= m["window"]) & ((i - j) % m["dilation"] == 0),
    "prefix_lm": lambda m, i, j, n: (j < m["prefix_length"]) | (j <= i),
    "chunked": lambda m, i, j, n: i // m["chunk_size"] == j // m["chunk_size"],
    "document": lambda m, i, j, n: np.array(m["document_ids"]) == m["document_ids"][i],
    "global_window": _global_window,
    "bigbird": _bigbird,
    "sinks_window": lambda m, i, j, n: (j < m["num_sink_tokens"]) | _window(m, i, j, n),
    "strided": lambda m, i, j, n: (np.abs(i - j) < m["stride"]) | ((i - j) % m["stride"] == 0),
    "neighborhood_2d": _neighborhood,
    "custom": _diagonals,
}
