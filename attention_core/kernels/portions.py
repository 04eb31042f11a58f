"""The keys of a block of rows by portions, and their scores; what a mask empties is left out."""

from collections.abc import Iterator

import torch
from torch.nn import functional

from attention_core.grid import BLOCK, aligned_blocks
from attention_core.kernels.products import KeyMajor, WideProduct
from attention_core.masks import Coverage
from attention_core.matrix_products import PORTION
from attention_core.sources import ScoreSource

GROUP = 8
"""Keys whose exponentials are added up first; the scores of a portion are filled up to groups."""


def portions(source: ScoreSource, query: range) -> Iterator[range]:
    """Cut the keys at blocks of the grid, with no empty block at a portion's ends.

    A block that the matrix's end breaks off is a portion of its own.

    Args:
        source: Where scores come from.
        query: A block of the grid.
    """
    n_keys = source.extent.n_keys
    whole = n_keys // BLOCK * BLOCK
    for start in range(0, whole, PORTION):
        key = range(start, min(start + PORTION, whole))
        coverage = source.coverage(query, key)
        if coverage is Coverage.PARTIAL:
            blocks = aligned_blocks(key, n_keys)
            used = [x for x in blocks if source.coverage(query, x) is not Coverage.EMPTY]
            key = range(used[0].start, used[-1].stop) if used else range(0)
        if key and coverage is not Coverage.EMPTY:
            yield key
    rest = range(whole, n_keys)
    if rest and source.coverage(query, rest) is not Coverage.EMPTY:
        yield rest


def portion_scores(
    source: ScoreSource, wide: WideProduct | None, head: int, query: range, key: range
) -> KeyMajor:
    """Compute one head's scores of a portion, −inf where the mask forbids, with tiles' numbers.

    Args:
        source: Where scores come from.
        wide: Its product, where there is one that agrees with tiles.
        head: A head of scores.
        query: A block of the grid.
        key: A portion.

    Returns:
        Keys down; what lies behind the last key, to fill the last group, is −inf.
    """
    if wide is None or len(query) != BLOCK or len(key) % BLOCK:
        scores = source.stripe(slice(head, head + 1), query, key)[0].T
        scores = functional.pad(scores, (0, 0, 0, -len(key) % GROUP), value=-torch.inf)
        return scores.contiguous()
    if source.check is not None:
        source.check()
    scores = wide.scores(head, query, key)
    if source.coverage(query, key) is not Coverage.FULL:
        _forbid(source, scores, query, key)
    return scores


def _forbid(source: ScoreSource, scores: KeyMajor, query: range, key: range) -> None:
    """Set what the mask forbids to −inf."""
    for block in aligned_blocks(key, source.extent.n_keys):
        place = scores[block.start - key.start : block.stop - key.start]
        coverage = source.coverage(query, block)
        if coverage is Coverage.EMPTY:
            place.fill_(-torch.inf)
        elif coverage is Coverage.PARTIAL:
            place.masked_fill_(~source.allowed(query, block).T, -torch.inf)
