"""Combinations of mechanisms in which every pair that goes together occurs."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tests.core import choices
from tests.core.choices import kind_of


class Case(NamedTuple):
    """One choice for every part, by name."""

    score: str = "scaled_dot"
    position: str = "none"
    mask: str = "full"
    normalizer: str = "softmax"
    heads: str = "mha"
    softcap: str = "none"


NAMES: dict[str, list[str]] = {
    "score": [*choices.scores(choices.DIM)],
    "position": [*choices.POSITIONS],
    "mask": [*choices.MASKS],
    "normalizer": [*choices.NORMALIZERS],
    "heads": [*choices.HEADS],
    "softcap": [*choices.SOFTCAPS],
}
Kinds = dict[str, str]
"""The kinds of some parts, by part."""

_PRODUCTS = ("dot", "scaled_dot")
_ADDED = ("alibi", "t5", "shaw", "adaptive_span")


def is_legal(kinds: Kinds) -> bool:
    """Tell whether kinds go together, as the document says, not as the library does."""
    given = {part: kinds.get(part, kind) for part, kind in Case()._asdict().items()}
    score, position, heads = given["score"], given["position"], given["heads"]
    if (position == "shaw" or heads == "mla") and score not in _PRODUCTS:
        return False
    if heads == "talking_heads" and position == "adaptive_span":
        return False
    return given["normalizer"] != "linear" or (
        score in (*_PRODUCTS, "cosine", "general")
        and position not in _ADDED
        and heads != "talking_heads"
        and given["softcap"] == "none"
    )


def pairwise() -> Iterator[Kinds]:
    """Combine kinds until every legal pair of two parts' kinds has occurred; greedily."""
    of_part = {part: [*dict.fromkeys(map(kind_of, n))] for part, n in NAMES.items()}
    missing = {
        pair
        for (part, kinds), (other, others) in itertools.combinations(of_part.items(), 2)
        for pair in itertools.product(((part, k) for k in kinds), ((other, k) for k in others))
        if is_legal(dict(pair))
    }
    uses: Counter[tuple[str, str]] = Counter()
    while missing:
        chosen: Kinds = dict(min(missing))
        for part, kinds in of_part.items():
            if part not in chosen:
                legal = [kind for kind in kinds if is_legal({**chosen, part: kind})]
                chosen[part] = max(
                    legal,
                    key=lambda kind: (
                        len(missing & _pairs({**chosen, part: kind})),
                        -uses[part, kind],
                    ),
                )
        uses.update(chosen.items())
        missing -= _pairs(chosen)
        yield chosen


def cases() -> list[Case]:
    """List every choice alone, then the pairs; choices of one kind take turns."""
    alone = [Case(**{part: name}) for part, names in NAMES.items() for name in names]
    turns = {
        (part, kind): itertools.cycle([name for name in names if kind_of(name) == kind])
        for part, names in NAMES.items()
        for kind in {*map(kind_of, names)}
    }
    together = []
    for kinds in pairwise():
        names = {part: next(turns[part, kind]) for part, kind in kinds.items()}
        if names["score"] == "general with a bias" and kinds["normalizer"] == "linear":
            names["score"] = "general"
        together.append(Case(**names))
    return [*dict.fromkeys([*alone, *together])]


def _pairs(kinds: Kinds) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    in_order = [(part, kinds[part]) for part in Case._fields if part in kinds]
    return set(itertools.combinations(in_order, 2))
