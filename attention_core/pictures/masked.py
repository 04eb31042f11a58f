"""Which cells of a region hold no pair that the mask allows, told without computing a score."""

from collections import deque

import torch

from attention_core.captures.given_weights import GivenWeights
from attention_core.maps import AttentionMap
from attention_core.masks import Coverage
from attention_core.pictures.regions import Region
from attention_core.shapes import Allowed

_MOST_LOOKS = 1 << 13
"""Blocks that are looked at: four times what a diagonal through 512² cells takes."""


def masked_cells(whole: AttentionMap | GivenWeights, region: Region) -> Allowed | None:
    """Tell which cells of a region are masked whole.

    Blocks of cells are halved until the mask forbids or allows all of them, large ones first. Of a
    mask in many small pieces not every cell is reached: those are told to be open.

    Args:
        whole: What the region was drawn from.
        region: The region, of its weights or of its scores.

    Returns:
        True = every pair of the cell is masked, ``[query, key]``; None where no cell is.
    """
    if isinstance(whole, GivenWeights) or not whole.source.is_masked:
        return None
    height, width = region.matrix.shape
    masked = torch.zeros(height, width, dtype=torch.bool)
    blocks = deque([(range(height), range(width))])
    for _ in range(_MOST_LOOKS):
        if not blocks:
            break
        rows, columns = blocks.popleft()
        query = _tokens(rows, region.query, region.cell[0])
        key = _tokens(columns, region.key, region.cell[1])
        coverage = whole.source.coverage(query, key)
        if coverage is Coverage.EMPTY:
            masked[rows.start : rows.stop, columns.start : columns.stop] = True
        elif coverage is Coverage.PARTIAL and len(rows) * len(columns) > 1:
            blocks.extend((top, left) for top in _halves(rows) for left in _halves(columns))
    return masked if masked.any() else None


def _tokens(cells: range, span: tuple[int, int], side: int) -> range:
    return range(span[0] + cells.start * side, min(span[0] + cells.stop * side, span[1]))


def _halves(cells: range) -> list[range]:
    middle = (cells.start + cells.stop) // 2
    return [half for half in (cells[: middle - cells.start], cells[middle - cells.start :]) if half]
