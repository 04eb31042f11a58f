"""Random specs with inputs that fit them, for hypothesis: legal ones by construction, or any.

Everything is drawn from integers and short lists, because strategies made anew for each example
cost ten times what the library does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from hypothesis import strategies as st
from torch import Tensor

from attention_core import AttentionMap, AttentionSpec, attend, catalogue
from tests.core.covering import is_legal

Choice = TypeVar("Choice")


def kinds_of(part: str) -> tuple[str, ...]:
    """Name every kind of a part that the catalogue has, so that a new one is drawn too."""
    return tuple(choice["kind"] for choice in catalogue()["parts"][part]["choices"])


SCORES, POSITIONS = kinds_of("score"), kinds_of("position")
NORMALIZERS, HEADS = kinds_of("normalizer"), kinds_of("heads")
DIM, TURNING, FIXED, RANK = 6, 4, 3, 2


@dataclass(frozen=True)
class Problem:
    """A spec as JSON, and inputs drawn for it.

    Attributes:
        spec: What is asked of the library.
        shapes: Shapes of query, key and value.
        seed: What the inputs are drawn from.
        magnitude: Their standard deviation.
        is_whole: Whether they are rounded, so that scores tie and vectors may be zero.
        dtype: What the library works in.
    """

    spec: dict[str, Any]
    shapes: tuple[tuple[int, int, int], ...]
    seed: int
    magnitude: float
    is_whole: bool
    dtype: torch.dtype

    def inputs(self) -> list[Tensor]:
        """Draw query, key and value."""
        generator = torch.Generator().manual_seed(self.seed)
        drawn = [
            torch.randn(*shape, generator=generator, dtype=torch.float64) * self.magnitude
            for shape in self.shapes
        ]
        return [(x.round() if self.is_whole else x).to(self.dtype) for x in drawn]

    def attended(self) -> AttentionMap:
        """Let the library work it."""
        query, key, value = self.inputs()
        return attend(query, key, value, AttentionSpec.model_validate(self.spec))


@dataclass(frozen=True)
class Scope:
    """What problems may hold.

    Attributes:
        n_queries: Least and largest number of queries.
        n_keys: Least and largest number of keys.
        normalizers: Kinds to draw from.
        heads: Kinds to draw from.
        positions: Kinds to draw from.
        max_masks: Most masks that are asked for together.
        is_legal: Whether parts go together and fit; else any are drawn.
        is_plain: Whether inputs are of variance one and not rounded, so that no scores tie.
        dtypes: What to work in.
    """

    n_queries: tuple[int, int] = (1, 23)
    n_keys: tuple[int, int] = (1, 29)
    normalizers: Sequence[str] = NORMALIZERS
    heads: Sequence[str] = HEADS
    positions: Sequence[str] = POSITIONS
    max_masks: int = 2
    is_legal: bool = True
    is_plain: bool = False
    dtypes: Sequence[torch.dtype] = (torch.float32, torch.float64)


@dataclass(frozen=True)
class Chooser:
    """Draws one thing at a time."""

    draw: st.DrawFn

    def one_of(self, *options: Choice) -> Choice:
        """Choose an option; the first is the simplest."""
        return options[self.integer(0, len(options) - 1)]

    def integer(self, least: int, most: int) -> int:
        """Choose an integer, both ends included."""
        return self.draw(st.integers(least, most))

    def number(self) -> float:
        """Choose a small number that every dtype holds exactly."""
        return self.integer(-8, 8) / 4

    def some(self, **parameters: Any) -> dict[str, Any]:
        """Choose which parameters are given; the others have their defaults."""
        return {name: value for name, value in parameters.items() if self.one_of(True, False)}

    def matrix(self, n_rows: int, n_columns: int) -> list[list[float]]:
        """Choose small numbers."""
        return [[self.number() for _ in range(n_columns)] for _ in range(n_rows)]

    def per_head(self, n_heads: int) -> float | list[float]:
        """Choose one number for all heads, or one for each."""
        each = self.matrix(1, n_heads)[0]
        return self.number() if self.one_of(True, False) else each


@st.composite
def problems(draw: st.DrawFn, scope: Scope) -> Problem:
    """Draw a spec and the inputs that it needs."""
    choose = Chooser(draw)
    kinds = {"normalizer": choose.one_of(*scope.normalizers)}
    offered = {"heads": scope.heads, "score": SCORES, "position": scope.positions}
    for part, every in offered.items():
        legal = [kind for kind in every if is_legal({**kinds, part: kind})]
        kinds[part] = choose.one_of(*(legal if scope.is_legal else every))
    heads = _heads(choose, kinds["heads"])
    n_score_heads, n_key_heads, n_value_heads = _counts(heads)
    n_queries = choose.integer(*scope.n_queries)
    n_keys = choose.one_of(n_queries, choose.integer(*scope.n_keys))
    is_square = n_queries == n_keys or not scope.is_legal
    masks = [
        _mask(choose, n_queries, n_keys, is_square=is_square)
        for _ in range(choose.integer(0, scope.max_masks))
    ]
    spec: dict[str, Any] = {
        "score": _score(choose, kinds, is_legal=scope.is_legal),
        "position": _position(choose, kinds["position"], n_score_heads),
        "mask": masks,
        "normalizer": _normalizer(choose, kinds["normalizer"], n_score_heads),
        "heads": heads,
    }
    if not scope.is_legal or is_legal({**kinds, "softcap": "softcap"}):
        spec["softcap"] = choose.one_of(None, 1.5, 20.0)
    dim = RANK + TURNING if kinds["heads"] == "mla" else DIM
    shapes = (
        (n_score_heads, n_queries, dim),
        (n_key_heads, n_keys, dim),
        (n_value_heads, n_keys, 3),
    )
    return Problem(
        spec,
        shapes,
        seed=choose.integer(0, 2**20),
        magnitude=1.0 if scope.is_plain else choose.one_of(1.0, 0.3, 30.0),
        is_whole=not scope.is_plain and choose.one_of(False, True),
        dtype=choose.one_of(*scope.dtypes),
    )


def _counts(heads: dict[str, Any]) -> tuple[int, int, int]:
    """Tell how many matrices of queries, keys and values the heads take."""
    n_heads = heads.get("n_heads", 2)
    match heads["kind"]:
        case "gqa":
            return n_heads, heads["n_kv_heads"], heads["n_kv_heads"]
        case "mqa" | "mla":
            return n_heads, 1, 1
        case "differential":
            return 2 * n_heads, 2 * n_heads, n_heads
        case _:
            return n_heads, n_heads, n_heads


def _heads(choose: Chooser, kind: str) -> dict[str, Any]:
    if kind == "mha":
        return {"kind": kind}
    n_heads = choose.integer(1, 2 if kind == "differential" else 3)
    made: dict[str, Any] = {"kind": kind, "n_heads": n_heads}
    match kind:
        case "gqa":
            n_kv_heads, group = choose.one_of((2, 2), (1, 3), (3, 1))
            return {"kind": kind, "n_heads": n_kv_heads * group, "n_kv_heads": n_kv_heads}
        case "mla":
            sizes = {"qk_nope_head_dim": FIXED, "qk_rope_head_dim": TURNING}
            return {**made, "kv_lora_rank": RANK, **sizes}
        case "talking_heads":
            mixes = {name: choose.matrix(n_heads, n_heads) for name in ("premix", "postmix")}
            return {**made, **choose.some(**mixes, seed=choose.integer(0, 9))}
        case "differential":
            return {**made, **choose.some(layer=choose.integer(0, 9), lambda_init=choose.number())}
    return made


def _score(choose: Chooser, kinds: dict[str, str], *, is_legal: bool) -> dict[str, Any]:
    kind, scale = kinds["score"], choose.one_of(1.0, 0.1, 3.0)
    own: dict[str, dict[str, Any]] = {
        "scaled_dot": {"scale": scale},
        "general": {"seed": choose.integer(0, 9)},
        "additive": {"attn_dim": choose.integer(1, 5)},
        "cosine": {"scale": scale},
        "rbf": {"gamma": choose.one_of(1.0, 0.1, 0.0)},
    }
    if kinds["normalizer"] != "linear" or not is_legal:
        own["general"]["bias"] = True
    return {"kind": kind, **choose.some(**own.get(kind, {}))}


_PAIRS = [1.0, 2.5]
_ORIGINAL = {"factor": 4.0, "original_max_position_embeddings": 8}
_SCALINGS: list[dict[str, Any] | None] = [
    None,
    {"rope_type": "linear", "factor": 2.0},
    {"rope_type": "dynamic", **_ORIGINAL},
    {"rope_type": "yarn", **_ORIGINAL},
    {"rope_type": "llama3", **_ORIGINAL},
    {"rope_type": "longrope", "short_factor": _PAIRS, "long_factor": _PAIRS[::-1], **_ORIGINAL},
]


def _position(choose: Chooser, kind: str, n_heads: int) -> dict[str, Any]:
    one_way = {"bidirectional": False}
    match kind:
        case "rope":
            turning = {"rotary_dim": TURNING, "rope_scaling": choose.one_of(*_SCALINGS)}
            return {"kind": kind, **turning, **choose.some(interleaved=True)}
        case "alibi":
            own = {"alibi_slopes": choose.matrix(1, n_heads)[0], **one_way}
        case "t5":
            own = {"num_buckets": choose.one_of(4, 8), "max_distance": 17, **one_way}
        case "shaw":
            own = {"max_relative_position": choose.integer(1, 5)}
        case "adaptive_span":
            spans = [float(choose.integer(0, 12)) for _ in range(n_heads)]
            own = {"span": choose.one_of(spans[0], spans), "ramp": 0.5, **one_way}
        case _:
            own = {}
    return {"kind": kind, **choose.some(**own)}


def _normalizer(choose: Chooser, kind: str, n_heads: int) -> dict[str, Any]:
    own: dict[str, dict[str, Any]] = {
        "sink": {"sink": choose.per_head(n_heads)},
        "entmax": {"alpha": choose.one_of(1.2, 1.01, 1.7, 2.0)},
        "sigmoid": {"bias": choose.number()},
        "relu": {"divisor": choose.one_of(0.5, 7.0)},
        "topk": {"k": choose.one_of(2, 1, 40)},
        "linear": {"feature_map": "relu"},
    }
    temperature = choose.one_of(0.3, 2.0)
    return {"kind": kind, **choose.some(temperature=temperature, **own.get(kind, {}))}


def _mask(
    choose: Chooser, n_queries: int, n_keys: int, *, is_square: bool, depth: int = 2
) -> dict[str, Any]:
    joint = choose.one_of(None, None, None, "not", "and", "or") if depth else None
    if joint is None:
        rules = [*_RULES, *(_SQUARE_RULES if is_square else ())]
        return choose.one_of(*rules)(choose, n_queries, n_keys)
    n_members = 1 if joint == "not" else choose.integer(1, 2)
    members = [
        _mask(choose, n_queries, n_keys, is_square=is_square, depth=depth - 1)
        for _ in range(n_members)
    ]
    return {"kind": joint, "of": members[0] if joint == "not" else members}


def _near(choose: Chooser, n_queries: int, n_keys: int) -> int:
    return choose.integer(0, min(max(n_queries, n_keys), 40))


def _window(choose: Chooser, *sizes: int) -> dict[str, Any]:
    windows = [_near(choose, *sizes), _near(choose, *sizes)]
    kind = choose.one_of("sliding_window", "sinks_window")
    sinks = {"num_sink_tokens": choose.integer(0, 3)} if kind == "sinks_window" else {}
    return {"kind": kind, "window": windows, **sinks}


def _first(choose: Chooser, n_queries: int, n_keys: int) -> dict[str, Any]:
    kind, name = choose.one_of(("padding", "key_length"), ("prefix_lm", "prefix_length"))
    return {"kind": kind, name: choose.integer(0, n_keys)}


def _causal(choose: Chooser, *sizes: int) -> dict[str, Any]:
    return {"kind": "causal", "align": choose.one_of("upper_left", "lower_right")}


def _dilated(choose: Chooser, *sizes: int) -> dict[str, Any]:
    return {
        "kind": "dilated",
        "window": _near(choose, *sizes),
        "dilation": choose.integer(1, 4),
    }


def _chunked(choose: Chooser, *sizes: int) -> dict[str, Any]:
    return {"kind": "chunked", "chunk_size": 1 + _near(choose, *sizes)}


def _global(choose: Chooser, n_queries: int, n_keys: int) -> dict[str, Any]:
    last = max(n_queries, n_keys) - 1
    places = [choose.integer(0, last) for _ in range(choose.integer(0, 2))]
    near = _near(choose, n_queries, n_keys)
    return {"kind": "global_window", "window": near, "global_positions": places}


def _predicate(choose: Chooser, *sizes: int) -> dict[str, Any]:
    conditions = ("(i - j) % 2 == 0", "j < n_keys // 2 or i > j", "not abs(i - j) < 3")
    return {"kind": "custom", "predicate": choose.one_of(*conditions)}


def _matrix(choose: Chooser, n_queries: int, n_keys: int) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(choose.integer(0, 2**20))
    chance = torch.rand(n_queries, 1, generator=generator)
    drawn = torch.rand(n_queries, n_keys, generator=generator) < chance
    return {"kind": "custom", "matrix": drawn.tolist()}


def _document(choose: Chooser, n_tokens: int, _: int) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(choose.integer(0, 2**20))
    ids = torch.randint(choose.integer(1, 4), (n_tokens,), generator=generator)
    return {"kind": "document", "document_ids": ids.tolist()}


def _bigbird(choose: Chooser, n_tokens: int, _: int) -> dict[str, Any]:
    size = {"block_size": choose.integer(1, max(1, n_tokens // 4))}
    return {"kind": "bigbird", **size, **choose.some(num_random_blocks=choose.integer(0, 3))}


def _neighborhood(choose: Chooser, n_tokens: int, _: int) -> dict[str, Any]:
    sides = [side for side in range(1, n_tokens + 1) if n_tokens % side == 0]
    height = choose.one_of(*sides)
    grid = (height, n_tokens // height)
    kernel = [choose.one_of(*range(1, min(side, 5) + 1, 2)) for side in grid]
    return {"kind": "neighborhood_2d", "grid": grid, "kernel": kernel}


Rule = Callable[[Chooser, int, int], dict[str, Any]]
_RULES: tuple[Rule, ...] = (
    _causal,
    _window,
    _first,
    _dilated,
    _chunked,
    _global,
    _predicate,
    _matrix,
)
_SQUARE_RULES: tuple[Rule, ...] = (_document, _bigbird, _neighborhood)
