"""How far the library is from plain float64 rows at random places of long matrices."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from attention_core import AttentionMap, AttentionSpec, attend
from tests.core.plain_masks import Spec
from tests.core.plain_rows import Numbers, PlainRows

TOLERANCE = 1e-6
"""Of every number of a place, relative to the largest where that is over one."""

SHARE = 1e-5
"""Of the largest number of all, so that small numbers are not right for being small."""

DIM = 64
_N_PLACES, _N_ROWS, _N_KEYS = 7, 5, 401
_SEED = 20_251


class Found(NamedTuple):
    """What a comparison found.

    Attributes:
        error: Largest difference, relative to the largest number of a place where that is over
            one.
        largest: Largest number that was compared.
    """

    error: float
    largest: float

    @classmethod
    def between(cls, got: NDArray[np.floating], want: Numbers) -> "Found":
        """Compare numbers of one place."""
        largest = float(np.abs(want).max())
        return cls(float(np.abs(got.astype(np.float64) - want).max()) / max(largest, 1), largest)

    @classmethod
    def worst(cls, several: list["Found"]) -> "Found":
        """Take the largest of each."""
        return cls(*(max(each) for each in zip(*several, strict=True)))


@dataclass(frozen=True)
class Case:
    """A spec on long inputs.

    Attributes:
        part: What part of the spec it is here for.
        name: What the table calls it.
        spec: What the library is given.
        n_queries: Number of queries.
        n_keys: Number of keys.
        n_heads: Heads of queries, and of keys.
        spread: Standard deviation of the queries' features; that of the keys' is one.
        is_whole: Whether inputs are rounded, so that scores tie, and float32 holds them.
    """

    part: str
    name: str
    spec: Spec
    n_queries: int = 4099
    n_keys: int = 4099
    n_heads: tuple[int, int] = (1, 1)
    spread: float = 1.0
    is_whole: bool = False

    def inputs(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Draw queries and keys, in float32."""
        drawing = np.random.default_rng(_SEED)
        n_queries, n_keys = self.n_heads
        query = drawing.standard_normal((n_queries, self.n_queries, DIM)) * self.spread
        key = drawing.standard_normal((n_keys, self.n_keys, DIM))
        if self.is_whole:
            query, key = query.round(), key.round()
        return query.astype(np.float32), key.astype(np.float32)

    def attended(self) -> AttentionMap:
        """Hand the inputs to the library."""
        query, key = (torch.from_numpy(each) for each in self.inputs())
        # Values count only: a pair of differential heads shares one.
        is_paired = self.spec.get("heads", {}).get("kind") == "differential"
        value = torch.zeros(self.n_heads[1] // (2 if is_paired else 1), self.n_keys, 1)
        return attend(query, key, value, AttentionSpec.model_validate(self.spec))

    def plain(self) -> PlainRows:
        """Hand them to the plain rows."""
        return PlainRows(self.spec, *self.inputs())

    def places(self, n_heads: int) -> Iterator[tuple[int, slice, slice]]:
        """Draw heads and tiles: in the last corner, over one of the grid, anywhere, whole rows."""
        drawing = np.random.default_rng(_SEED + 1)
        tall, wide = self.n_queries - _N_ROWS, self.n_keys - _N_KEYS
        yield n_heads - 1, slice(tall, None), slice(wide, None)
        for place in range(1, _N_PLACES):
            head, i, j = (int(drawing.integers(most)) for most in (n_heads, tall, wide))
            if place == 1:
                i, j = i // 256 * 256 + 254, j // 256 * 256 + 254
            keys = slice(j, j + _N_KEYS) if place < 3 else slice(0, None)
            yield head, slice(i, i + _N_ROWS), keys


def compare(case: Case) -> Found:
    """Compare the library's tiles with plain rows."""
    whole, plain = case.attended(), case.plain()
    found = []
    for head, query, key in case.places(whole.n_heads):
        got = whole.weights(query=query, key=key, head=head)[0].numpy()
        rows = range(case.n_queries)[query]
        want = np.stack([plain.weights(head, i)[key] for i in rows])
        found.append(Found.between(got, want))
    return Found.worst(found)


_CAUSAL = {"kind": "causal"}
_WINDOW = {"kind": "sliding_window", "window": [1021, 307]}

_NORMALIZERS: tuple[tuple[str, Spec], ...] = (
    ("softmax", {"kind": "softmax"}),
    ("softmax, temperature 0.4", {"kind": "softmax", "temperature": 0.4}),
    ("softmax1", {"kind": "softmax1", "temperature": 0.7}),
    ("sink", {"kind": "sink", "sink": [6.5]}),
    ("sparsemax", {"kind": "sparsemax"}),
    ("entmax15", {"kind": "entmax15", "temperature": 0.7}),
    ("entmax, alpha 1.2", {"kind": "entmax", "alpha": 1.2}),
    ("entmax, alpha 1.8", {"kind": "entmax", "alpha": 1.8}),
    ("sigmoid", {"kind": "sigmoid"}),
    ("relu", {"kind": "relu", "temperature": 0.7}),
    ("topk, k 3", {"kind": "topk", "k": 3}),
    ("topk, k 37", {"kind": "topk", "k": 37, "temperature": 0.7}),
    ("linear", {"kind": "linear"}),
    ("linear, relu", {"kind": "linear", "feature_map": "relu"}),
    ("none", {"kind": "none"}),
)


def normalizer_cases() -> Iterator[Case]:
    """Every normaliser at three lengths: all keys, none that comes later, and a window too."""
    for name, normalizer in _NORMALIZERS:
        for n, masks in ((4099, []), (8209, [_CAUSAL]), (32_771, [_CAUSAL, _WINDOW])):
            yield Case("normalizer", name, {"normalizer": normalizer, "mask": masks}, n, n)
        if "temperature" not in name:
            # Sharp rows, whose largest weights near one: scores are three times as large.
            spec = {"normalizer": {**normalizer, "temperature": 1.0}}
            yield Case("normalizer", f"{name}, sharp", spec, 2053, 8209, spread=3.0)
    for kind in ("topk", "sparsemax", "entmax15"):
        normalizer = {"kind": kind, **({"k": 37} if kind == "topk" else {})}
        spec = {"normalizer": normalizer, "score": {"kind": "scaled_dot", "scale": 0.125}}
        yield Case("normalizer", f"{kind}, ties", spec, 2053, 8209, is_whole=True)
    # No mask of near keys to make it short.
    yield Case("normalizer", "softmax", {"mask": [_CAUSAL]}, 32_771, 32_771)


def _numbers(*shape: int, seed: int, spread: float = 1.0) -> list[float]:
    drawn: list[float] = (np.random.default_rng(seed).standard_normal(shape) * spread).tolist()
    return drawn


def score_cases() -> Iterator[Case]:
    """Every score, with more keys than queries; and what comes between score and mask."""
    scores: tuple[Spec, ...] = (
        {"kind": "dot"},
        {"kind": "scaled_dot"},
        {
            "kind": "general",
            "weight": _numbers(DIM, DIM, seed=1, spread=1 / DIM),
            "bias": _numbers(DIM, seed=2, spread=0.1),
        },
        {
            "kind": "additive",
            "attn_dim": 7,
            "weight_query": _numbers(7, DIM, seed=3, spread=0.1),
            "weight_key": _numbers(7, DIM, seed=4, spread=0.1),
            "bias": _numbers(7, seed=5),
            "v": _numbers(7, seed=6),
        },
        {"kind": "cosine", "scale": 10.0},
        {"kind": "rbf", "gamma": 0.125},
    )
    for score in scores:
        # A plain dot product of 64 features would leave one key in each row.
        spread = 0.125 if score["kind"] == "dot" else 1.0
        yield Case("score", score["kind"], {"score": score}, 2053, 8209, spread=spread)
    capped: Spec = {"softcap": 2.0, "normalizer": {"kind": "entmax15"}}
    yield Case("score", "softcap 2", capped, 2053, 8209)


def position_cases() -> Iterator[Case]:
    """Positions whose formula is short, far from the start."""
    positions: tuple[Spec, ...] = (
        {"kind": "none"},
        {"kind": "rope"},
        {"kind": "alibi", "alibi_slopes": [0.01, 0.25]},
        {"kind": "adaptive_span", "span": 700.0, "ramp": 211.0},
    )
    for position in positions:
        spec = {"position": position}
        yield Case("position", position["kind"], spec, 8209, 8209, n_heads=(2, 2))


_N_TOKENS = 59 * 71


def mask_cases() -> Iterator[Case]:
    """Every mask on a grid of 59 × 71 tokens."""
    documents = np.sort(np.random.default_rng(7).integers(5, size=_N_TOKENS)).tolist()
    near: Spec = {"kind": "sliding_window", "window": [300, 7]}
    masks: tuple[Spec, ...] = (
        {"kind": "full"},
        {"kind": "causal", "align": "lower_right"},
        {"kind": "padding", "key_length": 4001},
        near,
        {"kind": "dilated", "window": 900, "dilation": 3},
        {"kind": "prefix_lm", "prefix_length": 1025},
        {"kind": "chunked", "chunk_size": 701},
        {"kind": "document", "document_ids": documents},
        {"kind": "global_window", "window": 31, "global_positions": [0, 2000, 4188]},
        {"kind": "bigbird", "block_size": 97, "num_random_blocks": 0},
        {"kind": "sinks_window", "num_sink_tokens": 5, "window": [511, 0]},
        {"kind": "strided", "stride": 61},
        {"kind": "neighborhood_2d", "grid": [59, 71], "kernel": [13, 7]},
        {"kind": "custom", "predicate": "(i + j) % 7 == 3 or j > n_keys - 5"},
        {"kind": "and", "of": [{"kind": "causal"}, {"kind": "strided", "stride": 3}]},
        {"kind": "or", "of": [near, {"kind": "padding", "key_length": 11}]},
        # The first row has no key left.
        {"kind": "not", "of": {"kind": "causal"}},
    )
    for mask in masks:
        spec = {"mask": [mask], "normalizer": {"kind": "softmax1"}}
        yield Case("mask", mask["kind"], spec, _N_TOKENS, _N_TOKENS)
    lower = {"mask": [{"kind": "causal", "align": "lower_right"}]}
    yield Case("mask", "causal, more keys", lower, 2053, 4099)
    # The first 2,046 rows see nothing.
    yield Case("mask", "causal, more queries", lower, 4099, 2053)


def head_cases() -> Iterator[Case]:
    """Every kind of heads."""
    vectors = {
        f"lambda_{name}": _numbers(5, seed=seed, spread=0.3)
        for seed, name in enumerate(("q1", "k1", "q2", "k2"))
    }
    mixes = {"premix": _numbers(3, 3, seed=8, spread=0.5), "postmix": _numbers(3, 3, seed=9)}
    latent = {"kv_lora_rank": 48, "qk_nope_head_dim": 24, "qk_rope_head_dim": 16}
    heads: tuple[tuple[Spec, tuple[int, int]], ...] = (
        ({"kind": "mha", "n_heads": 3}, (3, 3)),
        ({"kind": "gqa", "n_heads": 6, "n_kv_heads": 2}, (6, 2)),
        ({"kind": "mqa", "n_heads": 5}, (5, 1)),
        ({"kind": "mla", "n_heads": 3, **latent}, (3, 1)),
        ({"kind": "talking_heads", "n_heads": 3, **mixes}, (3, 3)),
        ({"kind": "differential", "n_heads": 2, "layer": 3}, (4, 4)),
        ({"kind": "differential", "n_heads": 2, "lambda_init": 0.3, **vectors}, (4, 4)),
    )
    for spec, n_heads in heads:
        yield Case("heads", spec["kind"], {"heads": spec}, 2053, 4099, n_heads=n_heads)
    sinks = {"kind": "sink", "sink": [1.0, 9.0, 6.0]}
    yield Case("heads", "mha, own sinks", {"normalizer": sinks}, 2053, 4099, n_heads=(3, 3))


def cases() -> Iterator[Case]:
    """Every case there is."""
    yield from normalizer_cases()
    yield from score_cases()
    yield from position_cases()
    yield from mask_cases()
    yield from head_cases()
