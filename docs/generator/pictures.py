"""The pictures of the page: masks, biases and normalisers, from the library's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from attention_core import (
    AttentionMap,
    AttentionSpec,
    RandomProjection,
    attend,
    attend_tokens,
    catalogue,
    split_text,
)
from generator.colours import ALLOWED, steady, step, step_from_zero
from generator.examples import (
    BIASES,
    MASKS,
    N_TOKENS,
    NORMALIZERS,
    PROJECTION_SEED,
    SENTENCE,
    Shown,
    as_json,
)
from generator.svg import Labels, Margins, Scale, matrix

PICTURES = "images/mechanisms"
"""Where they are, seen from the page."""

SCORES = ("normalizer", "")
"""The key of the one picture that belongs to no kind: what all normalisers are given."""

_LINEAR = "The weights of the same queries and keys, whose scores here are φ(q)·φ(k)"
"""Linear attention has scores of its own, so it cannot be given those above."""

_BY_POSITION = Margins(left=38, top=36, right=14)
_BY_TOKEN = Margins(left=66, top=52, right=60)


@dataclass(frozen=True)
class Picture:
    """A drawn matrix with its words."""

    file_name: str
    svg: str
    alt: str
    caption: str


Pictures = dict[tuple[str, str], tuple[Picture, ...]]
"""By part and kind."""


def draw_all() -> Pictures:
    """Draw every mask, every bias and every normaliser of the catalogue."""
    parts = catalogue()["parts"]
    choices = {name: part["choices"] for name, part in parts.items()}
    pictures: Pictures = {}
    for choice in choices["mask"]:
        shown = MASKS.get(choice["kind"], (Shown(choice["starter"], choice["summary"]),))
        pictures["mask", choice["kind"]] = tuple(_mask(choice, each) for each in shown)
    for choice in choices["position"]:
        if choice["kind"] in BIASES:
            pictures["position", choice["kind"]] = (_bias(choice, BIASES[choice["kind"]]),)
    return {**pictures, **_normalizers(choices["normalizer"])}


def _mask(choice: dict[str, Any], shown: Shown) -> Picture:
    spec = {"mask": {"kind": choice["kind"], **shown.parameters}}
    allowed = _bare(spec, shown.n_queries).scores()[0].isfinite().tolist()
    count = sum(map(sum, allowed))
    title = f"{choice['title']}, {shown.n_queries} queries × {N_TOKENS} keys. {shown.remark}"
    svg = matrix(
        [[0 if cell else None for cell in row] for row in allowed],
        cell=10,
        margins=_BY_POSITION,
        labels=_positions(shown.n_queries),
        scale=Scale("may attend", "masked", swatch=ALLOWED),
        title=title,
    )
    size = f"{shown.n_queries} queries × {N_TOKENS} keys{_told(shown.parameters)}: "
    caption = f"{size}{count} of {shown.n_queries * N_TOKENS} pairs may attend. {shown.remark}"
    stem = "-".join(["mask", choice["kind"], *(["lower_right"] if "align" in spec["mask"] else [])])
    return Picture(f"{stem}.svg", svg, title, caption)


def _bias(choice: dict[str, Any], shown: Shown) -> Picture:
    spec = {"position": {"kind": choice["kind"], **shown.parameters}}
    numbers = _bare(spec, shown.n_queries).scores()[0]
    finite = numbers[numbers.isfinite()]
    largest = float(finite.abs().max())
    levels = [[_level(cell, largest) for cell in row] for row in numbers.tolist()]
    has_none = bool((~numbers.isfinite()).any())
    title = f"{choice['title']}, added to {N_TOKENS} × {N_TOKENS} scores. {shown.remark}"
    svg = matrix(
        levels,
        cell=10,
        margins=_BY_POSITION,
        labels=_positions(shown.n_queries),
        scale=Scale(
            f"−{_decimal(largest)}",
            _decimal(largest),
            is_signed=True,
            hatched="−∞" if has_none else "",
        ),
        title=title,
    )
    ends = f"from {_decimal(float(finite.min()))} to {_decimal(float(finite.max()))}"
    none = ", and −∞ (hatched), which is as good as masked" if has_none else ""
    caption = (
        f"What is added to the scores of {N_TOKENS} queries × {N_TOKENS} keys"
        f"{_told(shown.parameters)}: {ends}{none}. {shown.remark}"
    )
    return Picture(f"position-{choice['kind']}.svg", svg, title, caption)


def _normalizers(choices: Sequence[dict[str, Any]]) -> Pictures:
    maps = {choice["kind"]: _weighed(choice["kind"]) for choice in choices}
    unsigned = [each.weights().max() for each in maps.values() if not each.spec.flags["signed"]]
    # One scale for all that compare; 1 is the most that a row which sums to one can hold.
    shared = float(max([torch.tensor(1.0), *unsigned]))
    pictures: Pictures = {SCORES: (_scores(),)}
    for choice in choices:
        pictures["normalizer", choice["kind"]] = (_weights(choice, maps[choice["kind"]], shared),)
    return pictures


def _scores() -> Picture:
    scores = _weighed("softmax").scores()[0]
    title = f"The scores of the twelve tokens of “{SENTENCE}”"
    svg = _token_matrix(scores, float(scores.abs().max()), is_signed=True, title=title)
    caption = (
        f"The scores that every normaliser below is given: “{SENTENCE}”, hashed embeddings of 64 "
        f"features, random projection (seed {PROJECTION_SEED}), scaled dot product, no mask, no "
        f"position. From {_decimal(float(scores.min()))} to {_decimal(float(scores.max()))}."
    )
    return Picture("scores.svg", svg, title, caption)


def _weights(choice: dict[str, Any], found: AttentionMap, shared: float) -> Picture:
    weights = found.weights()[0]
    is_signed = found.spec.flags["signed"]
    largest = float(weights.abs().max()) if is_signed else shared
    title = f"{choice['title']}: the weights of the twelve tokens, and what each row sums to"
    sums = [float(row.sum()) for row in weights]
    svg = _token_matrix(weights, largest, is_signed=is_signed, title=title, sums=sums)
    n_zero = int((weights == 0).sum())
    parameters = NORMALIZERS.get(choice["kind"], {})
    what = _LINEAR if choice["kind"] == "linear" else "The weights of the scores above"
    caption = (
        f"{what}{_told(parameters)}: largest "
        f"{_decimal(float(weights.max()))}, {n_zero or 'none'} of {weights.numel()} exactly zero, "
        f"{_summed(sums)}."
    )
    return Picture(f"normalizer-{choice['kind']}.svg", svg, title, caption)


def _token_matrix(
    numbers: torch.Tensor,
    largest: float,
    *,
    is_signed: bool,
    title: str,
    sums: Sequence[float] = (),
) -> str:
    names = dict(enumerate(split_text(SENTENCE)))
    find_step = step if is_signed else step_from_zero
    return matrix(
        [[find_step(cell, largest) for cell in row] for row in numbers.tolist()],
        cell=20,
        margins=_BY_TOKEN,
        labels=Labels(names, names, [_decimal(each) for each in sums], are_tokens=True),
        scale=Scale(
            f"−{_decimal(largest)}" if is_signed else "0", _decimal(largest), is_signed=is_signed
        ),
        title=title,
    )


def _bare(spec: dict[str, Any], n_queries: int) -> AttentionMap:
    """Attend with queries of ones and keys of zeros: a score is then its bias alone, or −inf."""
    query = torch.ones(n_queries, 8, dtype=torch.float64)
    key = torch.zeros(N_TOKENS, 8, dtype=torch.float64)
    return attend(query, key, spec=AttentionSpec.model_validate(spec), device="cpu")


def _weighed(kind: str) -> AttentionMap:
    spec = {"normalizer": {"kind": kind, **NORMALIZERS.get(kind, {})}}
    return attend_tokens(
        split_text(SENTENCE),
        spec=AttentionSpec.model_validate(spec),
        projection=RandomProjection(seed=PROJECTION_SEED),
        device="cpu",
        dtype=torch.float64,
    )


def _positions(n_queries: int) -> Labels:
    def ticks(size: int) -> dict[int, str]:
        return {at: str(at) for at in (*range(0, size - 2, 6), size - 1)}

    return Labels(ticks(n_queries), ticks(N_TOKENS))


def _level(value: float, largest: float) -> int | None:
    return None if value == -torch.inf else step(value, largest)


def _decimal(value: float) -> str:
    """Write a number with two decimals, refusing one that might round either way."""
    hundredths = steady(value * 100)
    sign = "−" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def _summed(sums: Sequence[float]) -> str:
    low, high = _decimal(min(sums)), _decimal(max(sums))
    return f"every row sums to {low}" if low == high else f"rows sum to {low} … {high}"


def _told(parameters: dict[str, Any]) -> str:
    """Tell parameters in a caption: nothing where all are the defaults."""
    if not parameters:
        return ", defaults"
    told = (f"`{name}` = `{as_json(value)}`" for name, value in parameters.items())
    return ", " + ", ".join(told)
