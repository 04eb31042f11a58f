"""How far pooled pictures of long matrices are from plain float64 rows, cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from attention_core import AttentionMap, Pyramid, Survey, region
from tests.core.long_cases import Case, Found
from tests.core.plain_masks import Spec
from tests.core.plain_rows import Numbers, PlainRows

Reduce = Literal["max", "mean"]

_CAUSAL = {"kind": "causal"}
_WINDOW = {"kind": "sliding_window", "window": [701, 0]}
_N_CELLS = (4, 200)
"""Most cells of a region, from top to bottom and from left to right."""

_N_PLACES = 3


def pooled(plain: PlainRows, rows: range, keys: range, cell: tuple[int, int]) -> dict[str, Numbers]:
    """Pool plain rows: the last cells are clipped by the matrix's end."""
    weights = np.stack([plain.weights(0, i)[keys.start : keys.stop] for i in rows])
    found: dict[str, list[list[float]]] = {"max": [], "mean": []}
    for top in range(0, len(rows), cell[0]):
        parts = [
            weights[top : top + cell[0], left : left + cell[1]]
            for left in range(0, len(keys), cell[1])
        ]
        found["max"].append([float(part.max()) for part in parts])
        found["mean"].append([float(part.mean()) for part in parts])
    return {name: np.array(numbers) for name, numbers in found.items()}


@dataclass(frozen=True)
class Surveyed:
    """A matrix that was looked at before its survey, and after it."""

    case: Case
    whole: AttentionMap
    plain: PlainRows
    pyramid: Pyramid


@lru_cache(maxsize=1)
def surveyed(name: str) -> Surveyed:
    """Survey the matrix of 4,500 tokens under one normaliser."""
    case = Case("region", name, {"normalizer": {"kind": name}, "mask": [_CAUSAL]}, 4500, 4500)
    whole = case.attended()
    return Surveyed(case, whole, case.plain(), Survey(whole, 0).run())


@dataclass(frozen=True)
class RegionPicture:
    """Regions of one cell size, at three places of a matrix of 4,500 tokens.

    Attributes:
        name: The normaliser.
        cell: Queries and keys of a cell.
        is_surveyed: Whether the survey is handed over.
    """

    name: str
    cell: tuple[int, int]
    is_surveyed: bool

    @property
    def words(self) -> tuple[str, str, str, str]:
        """Say for the table what this is."""
        when = "after" if self.is_surveyed else "before"
        side = " × ".join(str(each) for each in self.cell)
        return "region", f"{self.name}, cell {side}, {when}", "4,500 × 4,500", "causal"

    def compare(self) -> Found:
        """Compare both ways to pool; before the survey on a map that knows nothing yet."""
        known = surveyed(self.name)
        whole = known.whole if self.is_surveyed else known.case.attended()
        pyramid = known.pyramid if self.is_surveyed else None
        found = []
        for rows, keys in self._places():
            want = pooled(known.plain, rows, keys, self.cell)
            for reduce in ("max", "mean"):
                got = region(
                    whole,
                    head=0,
                    query=rows,
                    key=keys,
                    height=-(-len(rows) // self.cell[0]),
                    width=-(-len(keys) // self.cell[1]),
                    reduce=reduce,
                    pyramid=pyramid,
                )
                assert got.cell == self.cell
                found.append(Found.between(got.matrix.numpy(), want[reduce]))
        return Found.worst(found)

    def _places(self) -> Iterator[tuple[range, range]]:
        """Draw places, the last corner first."""
        drawing = np.random.default_rng(sum(self.cell))
        for place in range(_N_PLACES):
            spans = []
            for side, most in zip(self.cell, _N_CELLS, strict=True):
                n_cells = min(most, 4500 // side)
                last = -(-4500 // side) - n_cells
                first = (last if place == 0 else int(drawing.integers(last))) * side
                spans.append(range(first, min(first + n_cells * side, 4500)))
            # Near the diagonal, where there is something under the mask.
            yield (
                spans[0],
                spans[1] if place == 0 else _near(spans[0].start, spans[1], self.cell[1]),
            )


def _near(query: int, keys: range, side: int) -> range:
    first = max(query // side * side - len(keys) // 2 // side * side, 0)
    return range(first, min(first + len(keys), 4500))


@dataclass(frozen=True)
class OverviewPicture:
    """Some rows of cells of the overview of 6,007 tokens.

    Attributes:
        name: The normaliser.
        masks: What else is in the spec.
    """

    name: str
    masks: tuple[Spec, ...]

    @property
    def words(self) -> tuple[str, str, str, str]:
        """Say for the table what this is."""
        masks = " and ".join(mask["kind"] for mask in self.masks) or "–"
        return "overview", self.name, "6,007 × 6,007", masks

    def compare(self) -> Found:
        """Compare both ways to pool, in 512 cells at most: each is of 12 queries × 12 keys."""
        spec = {"normalizer": {"kind": self.name}, "mask": list(self.masks)}
        case = Case("overview", self.name, spec, 6007, 6007)
        whole, plain = case.attended(), case.plain()
        pictures = {name: whole.overview(512, 512, name)[0].numpy() for name in ("max", "mean")}
        found = []
        for top in (0, 21, 255, 256, 363, 500):
            rows = range(top * 12, min(top * 12 + 12, 6007))
            want = pooled(plain, rows, range(6007), (12, 12))
            for name, picture in pictures.items():
                assert picture.shape == (501, 501)
                found.append(Found.between(picture[top], want[name][0]))
        return Found.worst(found)


def region_pictures() -> Iterator[RegionPicture]:
    """Fine cells before and after the survey, and coarse ones after it."""
    for name in ("softmax", "sparsemax"):
        for cell in ((1, 1), (2, 2), (4, 4), (1, 16), (16, 2)):
            yield RegionPicture(name, cell, is_surveyed=False)
            yield RegionPicture(name, cell, is_surveyed=True)
        for cell in ((8, 8), (16, 16), (8, 64)):
            yield RegionPicture(name, cell, is_surveyed=True)


def overview_pictures() -> Iterator[OverviewPicture]:
    """Normalisers of three families, in sight of some keys and of all."""
    for name in ("softmax", "softmax1", "sparsemax"):
        for masks in ((), (_CAUSAL, _WINDOW)):
            yield OverviewPicture(name, masks)


def pictures() -> Iterator[RegionPicture | OverviewPicture]:
    """Every picture there is."""
    yield from region_pictures()
    yield from overview_pictures()
