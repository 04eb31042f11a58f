"""Every mechanism told twice: to the library as a spec, to the plain loops as a function.

A name begins with the kind, so that ``rope scaled by yarn`` is one of several of the kind ``rope``.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from attention_core.masks import BigBird
from tests.reference import biases, entmax, linear, masks, normalizers, positions, rope_scalings
from tests.reference import heads as reference_heads
from tests.reference import scores as reference_scores
from tests.reference.biases import Bias
from tests.reference.masks import Allowed
from tests.reference.normalizers import Normalizer
from tests.reference.positions import Position
from tests.reference.scores import Score
from tests.reference.vectors import Matrix, Vector

RECTANGLE, GRID = (11, 13), (3, 5)
SQUARE = (15, 15)
DIM, HIDDEN = 6, 7


class Setting(NamedTuple):
    """What a mechanism's parameters and its reference may depend on."""

    n_queries: int
    n_keys: int
    n_score_heads: int
    dim: int
    scale: float = 1.0


def drawn(*shape: int, seed: int) -> Tensor:
    """Draw numbers that float32 holds exactly, so that both sides and both dtypes read the same."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float32)


def listed(*shape: int, seed: int) -> Any:
    """Draw nested lists."""
    return drawn(*shape, seed=seed).tolist()


class ScoreChoice(NamedTuple):
    """A score, and what it is a product of, where it is one.

    Attributes:
        spec: For the library.
        score: For the plain loops.
        scale: Factor of a dot product; None for any other score.
        factors: What ``linear_score`` must know of the product; None where it is none.
    """

    spec: Any
    score: Score
    scale: float | None = None
    factors: dict[str, Any] | None = None


def scores(head_dim: int) -> dict[str, ScoreChoice]:
    """List the scores; by default the root of ``head_dim`` scales a product."""
    weight, bias = listed(DIM, DIM, seed=4), listed(DIM, seed=5)
    per_query, per_key = listed(HIDDEN, DIM, seed=6), listed(HIDDEN, DIM, seed=7)
    offset, v = listed(HIDDEN, seed=8), listed(HIDDEN, seed=9)
    root, rows = head_dim**-0.5, {"weight_query": per_query, "weight_key": per_key}
    return {
        "dot": ScoreChoice("dot", reference_scores.dot, 1.0, {}),
        "scaled_dot": ScoreChoice(
            "scaled_dot", reference_scores.scaled_dot(root), root, {"scale": root}
        ),
        "scaled_dot with a scale": ScoreChoice(
            {"kind": "scaled_dot", "scale": 0.3},
            reference_scores.scaled_dot(0.3),
            0.3,
            {"scale": 0.3},
        ),
        "general": ScoreChoice(
            {"kind": "general", "weight": weight},
            reference_scores.general(weight),
            factors={"weight": weight},
        ),
        "general with a bias": ScoreChoice(
            {"kind": "general", "weight": weight, "bias": bias},
            reference_scores.general(weight, bias),
        ),
        "additive": ScoreChoice(
            {"kind": "additive", **rows, "bias": offset, "v": v},
            reference_scores.additive(v, per_query, per_key, offset),
        ),
        "additive as concat": ScoreChoice(
            {"kind": "concat", **rows, "v": v}, reference_scores.additive(v, per_query, per_key)
        ),
        "cosine": ScoreChoice(
            "cosine",
            reference_scores.cosine(),
            factors={"scale": 10.0, "is_cosine": True},
        ),
        "cosine with a scale": ScoreChoice(
            {"kind": "cosine", "scale": 3.0},
            reference_scores.cosine(3.0),
            factors={"scale": 3.0, "is_cosine": True},
        ),
        "rbf": ScoreChoice("rbf", reference_scores.rbf()),
        "rbf with gamma": ScoreChoice({"kind": "rbf", "gamma": 0.3}, reference_scores.rbf(0.3)),
    }


class PositionChoice(NamedTuple):
    """A position: how it moves the rows of a head, and what it adds to a score."""

    spec: Callable[[Setting], Any]
    move: Callable[[Setting], Position] = lambda setting: positions.unchanged
    bias: Callable[[Setting], Bias | None] = lambda setting: None


def _rope(
    scaling: dict[str, Any] | None = None,
    reference: Callable[[Setting], rope_scalings.Scaling] = lambda s: rope_scalings.unscaled,
    **parameters: Any,
) -> PositionChoice:
    return PositionChoice(
        lambda setting: {"kind": "rope", "rope_scaling": scaling, **parameters},
        lambda setting: positions.rope(**parameters, scaling=reference(setting)),
    )


def _longrope(original: int) -> PositionChoice:
    factors: dict[str, Vector] = {"short_factor": [1.0, 1.5], "long_factor": [2.0, 5.0]}
    given = {**factors, "original_max_position_embeddings": original, "factor": 4.0}
    return _rope(
        {"rope_type": "longrope", **given},
        lambda s: rope_scalings.longrope(**given, sequence_length=max(s.n_queries, s.n_keys)),  # type: ignore[arg-type]
        rotary_dim=4,
    )


_DYNAMIC = {"factor": 3.0, "original_max_position_embeddings": 5}
_YARN = {"factor": 4.0, "original_max_position_embeddings": 64}
_YARN_IN_FULL = {**_YARN, "beta_fast": 3.0, "mscale": 0.7, "mscale_all_dim": 0.4, "truncate": False}
_LLAMA3 = {"factor": 8.0, "original_max_position_embeddings": 32}
_DISTANCES = 7


def _slopes(setting: Setting) -> Vector:
    return [0.5 + head for head in range(setting.n_score_heads)]


def _spans(setting: Setting) -> Vector:
    return [1.5 * head for head in range(setting.n_score_heads)]


def _table(setting: Setting) -> Matrix:
    table: Matrix = listed(setting.n_score_heads, 8, seed=11)
    return table


def _vectors(setting: Setting) -> list[Matrix]:
    vectors: list[Matrix] = listed(setting.n_score_heads, _DISTANCES, setting.dim, seed=12)
    return vectors


_BUCKETS: dict[str, int] = {"num_buckets": 8, "max_distance": 9}

POSITIONS = {
    "none": PositionChoice(lambda s: "none"),
    "sinusoidal": PositionChoice(lambda s: "sinusoidal", lambda s: positions.sinusoidal()),
    "sinusoidal with a base": PositionChoice(
        lambda s: {"kind": "sinusoidal", "base": 50.0}, lambda s: positions.sinusoidal(50.0)
    ),
    "rope": _rope(),
    "rope interleaved": _rope(interleaved=True, rope_theta=100.0),
    "rope on two features": _rope(rotary_dim=2),
    "rope scaled linearly": _rope(
        {"rope_type": "linear", "factor": 2.5}, lambda s: rope_scalings.linear(2.5)
    ),
    "rope scaled dynamically": _rope(
        {"rope_type": "dynamic", **_DYNAMIC},
        lambda s: rope_scalings.dynamic(3.0, 5, max(s.n_queries, s.n_keys)),
    ),
    "rope scaled by yarn": _rope(
        {"rope_type": "yarn", **_YARN}, lambda s: rope_scalings.yarn(4.0, 64)
    ),
    "rope scaled by yarn in full": _rope(
        {"rope_type": "yarn", **_YARN_IN_FULL},
        lambda s: rope_scalings.yarn(**_YARN_IN_FULL),  # type: ignore[arg-type]
    ),
    "rope scaled as llama3": _rope(
        {"rope_type": "llama3", **_LLAMA3}, lambda s: rope_scalings.llama3(8.0, 32)
    ),
    "rope scaled by longrope, short": _longrope(32),
    "rope scaled by longrope, long": _longrope(7),
    "alibi": PositionChoice(
        lambda s: "alibi", bias=lambda s: biases.alibi(biases.alibi_slopes(s.n_score_heads))
    ),
    "alibi one way": PositionChoice(
        lambda s: {"kind": "alibi", "alibi_slopes": _slopes(s), "bidirectional": False},
        bias=lambda s: biases.alibi(_slopes(s), bidirectional=False),
    ),
    "t5": PositionChoice(
        lambda s: {"kind": "t5", "bias": _table(s), **_BUCKETS},
        bias=lambda s: biases.t5(_table(s), **_BUCKETS),  # type: ignore[arg-type]
    ),
    "t5 one way": PositionChoice(
        lambda s: {"kind": "t5", "bias": _table(s)[0], "bidirectional": False, **_BUCKETS},
        bias=lambda s: biases.t5(
            [_table(s)[0]] * s.n_score_heads,
            bidirectional=False,
            **_BUCKETS,
        ),
    ),
    "shaw": PositionChoice(
        lambda s: {"kind": "shaw", "max_relative_position": 3, "embeddings": _vectors(s)},
        bias=lambda s: biases.shaw(_vectors(s), scale=s.scale),
    ),
    "adaptive_span": PositionChoice(
        lambda s: {"kind": "adaptive_span", "span": 2.5, "ramp": 3.0},
        bias=lambda s: biases.adaptive_span([2.5] * s.n_score_heads, 3.0),
    ),
    "adaptive_span one way": PositionChoice(
        lambda s: {"kind": "adaptive_span", "span": _spans(s), "bidirectional": False},
        bias=lambda s: biases.adaptive_span(_spans(s), bidirectional=False),
    ),
}


class MaskChoice(NamedTuple):
    """A mask; ``is_square`` where it needs as many queries as keys."""

    spec: Any
    allowed: Allowed
    is_square: bool = False


MATRIX = (drawn(*RECTANGLE, seed=10) > 0.3).tolist()
MATRIX[4] = [False] * RECTANGLE[1]  # one row with every key masked
_DOCUMENTS = [0, 0, 3, 3, 3, 1, 1, 0, 0, 2, 2, 2, 2, 2, 3]
_BIGBIRD = BigBird(block_size=2, num_random_blocks=2, seed=5)
_PREDICATE = "abs(i - j) % 3 == 0 and not i == 4 or -j // 2 < -n_keys + i"

MASKS = {
    "full": MaskChoice([], masks.full()),
    "full by name": MaskChoice("full", masks.full()),
    "causal": MaskChoice("causal", masks.causal("upper_left", *RECTANGLE)),
    "causal lower right": MaskChoice(
        {"kind": "causal", "align": "lower_right"}, masks.causal("lower_right", *RECTANGLE)
    ),
    "padding": MaskChoice({"kind": "padding", "key_length": 9}, masks.padding(9)),
    "padding of every key": MaskChoice({"kind": "padding", "key_length": 0}, masks.padding(0)),
    "sliding_window": MaskChoice(
        {"kind": "sliding_window", "window": [3, 1]}, masks.sliding_window(3, 1)
    ),
    "strided": MaskChoice({"kind": "strided", "stride": 3}, masks.strided(3)),
    "dilated": MaskChoice({"kind": "dilated", "window": 7, "dilation": 3}, masks.dilated(7, 3)),
    "prefix_lm": MaskChoice({"kind": "prefix_lm", "prefix_length": 5}, masks.prefix_lm(5)),
    "chunked": MaskChoice({"kind": "chunked", "chunk_size": 5}, masks.chunked(5)),
    "document": MaskChoice(
        {"kind": "document", "document_ids": _DOCUMENTS}, masks.document(_DOCUMENTS), True
    ),
    "global_window": MaskChoice(
        {"kind": "global_window", "window": 1, "global_positions": [0, 7]},
        masks.global_window(1, [0, 7]),
    ),
    "bigbird": MaskChoice(
        _BIGBIRD.model_dump(),
        masks.bigbird(2, *SQUARE, _BIGBIRD.random_blocks(SQUARE[0])),
        True,
    ),
    "sinks_window": MaskChoice(
        {"kind": "sinks_window", "num_sink_tokens": 2, "window": [3, 1]},
        masks.sinks_window(2, 3, 1),
    ),
    "neighborhood_2d": MaskChoice(
        {"kind": "neighborhood_2d", "grid": GRID, "kernel": [1, 3]},
        masks.neighborhood_2d(GRID, (1, 3)),
        True,
    ),
    "custom": MaskChoice({"kind": "custom", "matrix": MATRIX}, masks.custom(MATRIX)),
    "custom by predicate": MaskChoice(
        {"kind": "custom", "predicate": _PREDICATE},
        lambda i, j: (abs(i - j) % 3 == 0 and i != 4) or -j // 2 < -RECTANGLE[1] + i,
    ),
    "and": MaskChoice(
        ["causal", {"kind": "sliding_window", "window": [2, 2]}],
        masks.all_of(masks.causal("upper_left", *RECTANGLE), masks.sliding_window(2, 2)),
    ),
    "or of padding and not": MaskChoice(
        {
            "kind": "or",
            "of": [{"kind": "padding", "key_length": 2}, {"kind": "not", "of": "causal"}],
        },
        masks.any_of(masks.padding(2), masks.not_(masks.causal("upper_left", *RECTANGLE))),
    ),
}


class NormalizerChoice(NamedTuple):
    """A normaliser of each head; ``feature_map`` where it changes what the score is."""

    spec: Callable[[Setting], Any]
    per_head: Callable[[Setting], Sequence[Normalizer]]
    feature_map: linear.FeatureMap | None = None


def _each(kind: str, normalize: Normalizer, **parameters: Any) -> NormalizerChoice:
    return NormalizerChoice(
        lambda s: {"kind": kind, **parameters}, lambda s: [normalize] * s.n_score_heads
    )


def _linear(name: str, feature_map: linear.FeatureMap, **parameters: Any) -> NormalizerChoice:
    made = _each("linear", linear.share_of_sum, feature_map=name, **parameters)
    return made._replace(feature_map=feature_map)


def _sinks(setting: Setting) -> Vector:
    return [1.5 * head - 1.0 for head in range(setting.n_score_heads)]


NORMALIZERS = {
    "softmax": _each("softmax", normalizers.softmax()),
    "softmax cooled": _each("softmax", normalizers.softmax(0.7), temperature=0.7),
    "softmax1": _each("softmax1", normalizers.softmax1()),
    "softmax1 warmed": _each("softmax1", normalizers.softmax1(2.0), temperature=2.0),
    "sink": _each("sink", normalizers.sink()),
    "sink per head": NormalizerChoice(
        lambda s: {"kind": "sink", "sink": _sinks(s), "temperature": 1.5},
        lambda s: [normalizers.sink(logit, 1.5) for logit in _sinks(s)],
    ),
    "sparsemax": _each("sparsemax", entmax.sparsemax()),
    "sparsemax warmed": _each("sparsemax", entmax.sparsemax(2.0), temperature=2.0),
    "entmax15": _each("entmax15", entmax.entmax15()),
    "entmax15 cooled": _each("entmax15", entmax.entmax15(0.7), temperature=0.7),
    "entmax": _each("entmax", entmax.entmax()),
    "entmax of 1.1": _each("entmax", entmax.entmax(1.1), alpha=1.1),
    "entmax of 1.7, warmed": _each("entmax", entmax.entmax(1.7, 2.0), alpha=1.7, temperature=2.0),
    "entmax of 2": _each("entmax", entmax.entmax(2.0), alpha=2.0),
    "sigmoid": _each("sigmoid", normalizers.sigmoid()),
    "sigmoid with a bias": _each(
        "sigmoid", normalizers.sigmoid(-0.5, 0.7), bias=-0.5, temperature=0.7
    ),
    "relu": _each("relu", normalizers.relu()),
    "relu with a divisor": _each("relu", normalizers.relu(3.0, 2.0), divisor=3.0, temperature=2.0),
    "topk": _each("topk", normalizers.topk()),
    "topk of one": _each("topk", normalizers.topk(1), k=1),
    "topk of more than all": _each("topk", normalizers.topk(50, 0.7), k=50, temperature=0.7),
    "linear": _linear("elu1", linear.elu1),
    "linear with relu": _linear("relu", linear.relu, temperature=3.0),
    "none": _each("none", normalizers.none()),
    "none warmed": _each("none", normalizers.none(2.0), temperature=2.0),
}


class HeadsChoice(NamedTuple):
    """How heads share, and the sizes of the inputs that they then take.

    Attributes:
        spec: For the library.
        n_score_heads: Matrices of scores, which is as many as of queries.
        n_key_heads: Matrices of keys.
        n_value_heads: Matrices of values.
        n_heads: Matrices of weights.
        dim: Features of a head's query and key.
        turning: How many of them, the last ones, may turn.
        score_dim: Whose root divides a scaled product.
        mixes: What ``attention_heads`` must know of the mixes.
    """

    spec: Any
    n_score_heads: int
    n_key_heads: int
    n_value_heads: int
    n_heads: int
    dim: int = DIM
    turning: int = DIM
    score_dim: int = DIM
    mixes: Mapping[str, Any] = MappingProxyType({})


def _latent(n_value_heads: int) -> HeadsChoice:
    sizes = {"kv_lora_rank": 5, "qk_nope_head_dim": 3, "qk_rope_head_dim": 4, "v_head_dim": 5}
    spec = {"kind": "mla", "n_heads": 3, **sizes}
    return HeadsChoice(spec, 3, 1, n_value_heads, 3, dim=9, turning=4, score_dim=7)


def _differential(subtracted_share: float, **parameters: Any) -> HeadsChoice:
    spec = {"kind": "differential", "n_heads": 2, **parameters}
    return HeadsChoice(spec, 4, 4, 2, 2, mixes={"subtracted_share": subtracted_share})


_LAMBDAS = [
    *zip(("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"), listed(4, 3, seed=13), strict=True)
]
_MIXES = {"premix": listed(3, 3, seed=14), "postmix": listed(3, 3, seed=15)}

HEADS = {
    "mha": HeadsChoice("mha", 2, 2, 2, 2),
    "gqa": HeadsChoice({"kind": "gqa", "n_heads": 4, "n_kv_heads": 2}, 4, 2, 2, 4),
    "gqa of six": HeadsChoice({"kind": "gqa", "n_heads": 6, "n_kv_heads": 2}, 6, 2, 2, 6),
    "mqa": HeadsChoice({"kind": "mqa", "n_heads": 3}, 3, 1, 1, 3),
    "mla": _latent(1),
    "mla with a value per head": _latent(3),
    "talking_heads": HeadsChoice(
        {"kind": "talking_heads", "n_heads": 3, **_MIXES}, 3, 3, 3, 3, mixes=_MIXES
    ),
    "differential": _differential(reference_heads.differential_lambda_init(3), layer=3),
    "differential with lambdas": _differential(
        reference_heads.differential_lambda(0.3, *(vector for _, vector in _LAMBDAS)),
        lambda_init=0.3,
        **dict(_LAMBDAS),
    ),
}
# No smaller: distances would saturate, and topk tell ties apart by rounding.
SOFTCAPS: dict[str, float | None] = {"none": None, "softcap": 5.0}


def kind_of(name: str) -> str:
    """Tell the kind of a choice by its name."""
    return name.split(" ", 1)[0]
