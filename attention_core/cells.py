"""One cell explained: the arithmetic from q and k to the weight, with its numbers."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from attention_core.grid import as_slice
from attention_core.normalizers import Normalizer, RowState
from attention_core.projected import Projected
from attention_core.shapes import Matrices
from attention_core.sources import ScoreSource
from attention_core.spec import AttentionSpec


class Place(NamedTuple):
    """Where a cell is."""

    head: int
    query: int
    key: int


@dataclass(frozen=True)
class ScorePart:
    """What one head's score adds to a mixed score: ``factor · score``."""

    head: int
    factor: float
    score: float


@dataclass(frozen=True)
class WeightPart:
    """What one score head's normalised weight adds to a head's weight: ``factor · weight``."""

    head: int
    factor: float
    weight: float


@dataclass(frozen=True)
class Cell:
    """One weight, taken apart: ``score = softcap(sum(terms) · scale + offset) + bias``.

    Where heads exchange scores, that score is this head's own, ``premixed`` tells what becomes of
    it, and ``row_scores`` are the mixed ones. Where a head's weight is made of several, the score
    is that of the first, and ``combined`` tells the sum.

    Attributes:
        head: Index of the head.
        query: Index of the query.
        key: Index of the key.
        score_kind: Id of the score.
        q: The query's vector as it enters the score, after projection and rotation.
        k: The key's vector, likewise.
        left: Left factor of each term.
        right: Right factor of each term.
        terms: ``left · right``, elementwise.
        product: Sum of the terms.
        scale: Factor of the sum.
        offset: Added after the scale, such as the bias of ``general``.
        softcapped: The score after the softcap; None without one.
        bias: Added by the position, and by a bias that was given; None where that is −inf.
        score: The score before the mask; None likewise.
        allowed: Whether the masks, a given one too, let the query attend to the key.
        temperature: Divides the score in the normaliser.
        row_scores: All scores of the row, None where masked.
        row_weights: All normalised weights of that row, before heads are combined.
        row_maximum: Largest score of the row; None when every key is masked.
        lse: Log-sum-exp of the row's scores over temperature, sinks included; None when every key
            is masked, and where the normaliser has none.
        row_state: By name, the numbers of the row that its normaliser makes weights with.
        premixed: The scores that are added up before the mask; None where heads mix none.
        combined: The weights that are added up after the normaliser; None where heads mix none.
        weight: The weight; zero where masked.
        value: The key's value vector; empty where values were not kept.
        share: ``weight · value``, this key's part of the query's output; empty likewise.
    """

    head: int
    query: int
    key: int
    score_kind: str
    q: list[float]
    k: list[float]
    left: list[float]
    right: list[float]
    terms: list[float]
    product: float
    scale: float
    offset: float
    softcapped: float | None
    bias: float | None
    score: float | None
    allowed: bool
    temperature: float
    row_scores: list[float | None]
    row_weights: list[float]
    row_maximum: float | None
    lse: float | None
    row_state: dict[str, float]
    premixed: list[ScorePart] | None
    combined: list[WeightPart] | None
    weight: float
    value: list[float]
    share: list[float]


class Row(NamedTuple):
    """The row of a cell as the map has it.

    Attributes:
        scores: Scores of the row, of the first score head that the head is made of.
        weights: Weights of the row.
        normalized: What the normaliser made of those scores, before heads are combined.
        state: State of the row, of that score head.
        combined: By score head, the factor and the normalised weight of the cell; None where a
            head's weights are those of its score head.
    """

    scores: Matrices
    weights: Matrices
    normalized: Matrices
    state: RowState
    combined: list[WeightPart] | None


def explain(
    spec: AttentionSpec, source: ScoreSource, row: Row, inputs: Projected, place: Place
) -> Cell:
    """Take one cell apart."""
    _, query, key = place
    head = spec.heads.first_score_head(place.head)
    at = Place(head, query, key)
    terms = source.prepared.terms(*at)
    products = terms.left.double() * terms.right.double()
    product = float(products.sum())
    plain = product * terms.scale + terms.offset
    capped = None if spec.softcap is None else spec.softcap * math.tanh(plain / spec.softcap)
    bias = _bias(source, at)
    allowed = source.allowed(range(query, query + 1), range(key, key + 1))
    weight, value = row.weights[0, 0, key], inputs.value[place.head, key]
    normalizer: Normalizer = spec.normalizer
    numbers = normalizer.row_numbers(row.state).items()
    row_state = {name: float(number[0, 0]) for name, number in numbers}
    return Cell(
        head=place.head,
        query=query,
        key=key,
        score_kind=spec.score.kind,
        q=inputs.query[head, query].tolist(),
        k=inputs.key[head, key].tolist(),
        left=terms.left.tolist(),
        right=terms.right.tolist(),
        terms=products.tolist(),
        product=product,
        scale=terms.scale,
        offset=terms.offset,
        softcapped=capped,
        bias=_finite(bias),
        score=_finite((plain if capped is None else capped) + bias),
        allowed=bool(allowed),
        temperature=spec.normalizer.temperature,
        row_scores=[_finite(score) for score in row.scores[0, 0].tolist()],
        row_weights=row.normalized[0, 0].tolist(),
        row_maximum=_finite(float(row.state.maximum[0, 0])),
        lse=_finite(row_state.get("lse", math.inf)),
        row_state={name: number for name, number in row_state.items() if math.isfinite(number)},
        premixed=_premixed(source, at),
        combined=row.combined,
        weight=float(weight),
        value=value.tolist(),
        share=(weight * value).tolist(),
    )


def _premixed(source: ScoreSource, place: Place) -> list[ScorePart] | None:
    if source.mixing is None:
        return None
    query, key = (range(index, index + 1) for index in place[1:])
    scores = source.unmixed(slice(0, source.n_heads), query, key)[:, 0, 0].tolist()
    factors = source.mixing[place.head]
    parts = zip(range(source.n_heads), factors, scores, strict=True)
    return [ScorePart(*part) for part in parts]


def _bias(source: ScoreSource, place: Place) -> float:
    if source.bias is None:
        return 0.0
    head, query, key = (range(index, index + 1) for index in place)
    return float(source.bias.tile(as_slice(head), query, key))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
