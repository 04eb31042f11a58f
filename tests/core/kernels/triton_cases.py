"""Cases of the Triton kernel, in which every two choices occur together."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Allowed = Callable[[int, int], bool]

# Several blocks of 64 or 128, and no multiple of them.
FEW, MANY = 137, 283


class MaskChoice(NamedTuple):
    """A mask, and its rule written out over positions and sizes."""

    spec: Any
    allowed: Callable[[int, int, int, int], bool]


MASKS = {
    "full": MaskChoice((), lambda i, j, n, m: True),
    "causal": MaskChoice("causal", lambda i, j, n, m: j <= i),
    "lower right": MaskChoice(
        {"kind": "causal", "align": "lower_right"}, lambda i, j, n, m: j <= i + m - n
    ),
    "window": MaskChoice(
        {"kind": "sliding_window", "window": (19, 3)}, lambda i, j, n, m: -3 <= i - j <= 19
    ),
    "causal window": MaskChoice(
        ["causal", {"kind": "sliding_window", "window": (170, 11)}],
        lambda i, j, n, m: 0 <= i - j <= 170,
    ),
    "padding": MaskChoice({"kind": "padding", "key_length": 229}, lambda i, j, n, m: j < 229),
    "all of three": MaskChoice(
        {
            "kind": "and",
            "of": (
                {"kind": "causal", "align": "lower_right"},
                {"kind": "padding", "key_length": 101},
                {"kind": "sliding_window", "window": (141, 0)},
            ),
        },
        lambda i, j, n, m: j <= i + m - n and j < 101 and 0 <= i - j <= 141,
    ),
}


class Case(NamedTuple):
    """One choice for everything that the kernel must know."""

    dtype: str = "float32"
    mask: str = "full"
    sizes: tuple[int, int] = (FEW, MANY)
    heads: tuple[int, int] = (2, 2)
    dim: int = 16
    cell: tuple[int, int] = (16, 32)
    normalizer: str = "softmax"
    softcap: float | None = None
    temperature: float = 1.0
    scale: float | None = None
    wanted: tuple[str, ...] = ("max", "mean")

    @property
    def factor(self) -> float:
        """The scale, spelled out."""
        return 1 / math.sqrt(self.dim) if self.scale is None else self.scale


CHOICES: dict[str, tuple[Any, ...]] = {
    "dtype": ("float32", "float16", "bfloat16"),
    "mask": tuple(MASKS),
    "sizes": ((FEW, MANY), (MANY, FEW), (167, 167)),
    "heads": ((2, 2), (3, 1), (4, 2)),
    # Less than a matrix unit takes, no power of two, and more than one product takes.
    "dim": (5, 16, 43, 139),
    # Powers of two, cells of several blocks, cells that fill none, and cells larger than all.
    "cell": ((16, 32), (2, 4), (8, 8), (5, 3), (67, 131), (64, 1), (128, 256)),
    "normalizer": ("softmax", "softmax1", "sink"),
    "softcap": (None, 2.0),
    "temperature": (1.0, 0.5),
    "scale": (None, 1.25),
    "wanted": (("max", "mean"), ("max",), ("mean",), ()),
}


def cases() -> Iterator[Case]:
    """Combine choices until every two have occurred together; greedily."""
    fields = [*CHOICES]
    missing = {
        ((one, x), (other, y))
        for one, other in itertools.combinations(fields, 2)
        for x, y in itertools.product(CHOICES[one], CHOICES[other])
    }
    while missing:
        chosen: dict[str, Any] = dict(min(missing, key=repr))
        for field in fields:
            if field not in chosen:
                new = {x: len(missing & _pairs({**chosen, field: x})) for x in CHOICES[field]}
                chosen[field] = max(new, key=new.__getitem__)
        missing -= _pairs(chosen)
        yield Case(**chosen)


def _pairs(chosen: dict[str, Any]) -> set[tuple[tuple[str, Any], tuple[str, Any]]]:
    in_order = [(field, chosen[field]) for field in Case._fields if field in chosen]
    return set(itertools.combinations(in_order, 2))
