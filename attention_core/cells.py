"""One cell explained: the arithmetic from q and k to the weight, with its numbers."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from attention_core.grid import as_slice
from attention_core.normalizers import RowState
from attention_core.projections import Projected
from attention_core.shapes import Matrices
from attention_core.sources import ScoreSource
from attention_core.spec import AttentionSpec


class Place(NamedTuple):
    """Where a cell is."""

    head: int
    query: int
    key: int


@dataclass(frozen=True)
class Cell:
    """One weight, taken apart: ``score = softcap(sum(terms) · scale + offset) + bias``.

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
        bias: Added by the position.
        score: The score before the mask.
        allowed: Whether the mask lets the query attend to the key.
        temperature: Divides the score in the normaliser.
        row_scores: All scores of the row, None where masked.
        row_maximum: Largest score of the row; None when every key is masked.
        lse: Log-sum-exp of the row's scores over temperature; None when every key is masked.
        weight: The weight; zero where masked.
        value: The key's value vector.
        share: ``weight · value``, this key's part of the query's output.
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
    bias: float
    score: float
    allowed: bool
    temperature: float
    row_scores: list[float | None]
    row_maximum: float | None
    lse: float | None
    weight: float
    value: list[float]
    share: list[float]


class Row(NamedTuple):
    """The row of a cell as the map has it: its scores, its weights and its state."""

    scores: Matrices
    weights: Matrices
    state: RowState


def explain(
    spec: AttentionSpec, source: ScoreSource, row: Row, inputs: Projected, place: Place
) -> Cell:
    """Take one cell apart."""
    head, query, key = place
    terms = source.prepared.terms(head, query, key)
    products = terms.left.double() * terms.right.double()
    product = float(products.sum())
    plain = product * terms.scale + terms.offset
    capped = None if spec.softcap is None else spec.softcap * math.tanh(plain / spec.softcap)
    bias = _bias(source, place)
    allowed = source.allowed(range(query, query + 1), range(key, key + 1))
    weight, value = row.weights[0, 0, key], inputs.value[head, key]
    return Cell(
        head=head,
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
        bias=bias,
        score=(plain if capped is None else capped) + bias,
        allowed=bool(allowed),
        temperature=spec.normalizer.temperature,
        row_scores=[_finite(score) for score in row.scores[0, 0].tolist()],
        row_maximum=_finite(float(row.state.maximum[0, 0])),
        lse=_finite(float(row.state.lse[0, 0])),
        weight=float(weight),
        value=value.tolist(),
        share=(weight * value).tolist(),
    )


def _bias(source: ScoreSource, place: Place) -> float:
    if not source.position.has_bias:
        return 0.0
    head, query, key = (range(index, index + 1) for index in place)
    return float(source.position.bias(as_slice(head), query, key))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
