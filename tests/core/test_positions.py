"""Positions against numbers worked by hand, plain loops, and the libraries that train with them."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import jaxtyping
import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch.nn import functional
from torch.nn.attention.flex_attention import flex_attention
from transformers import GPTJConfig, LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gptj import modeling_gptj
from transformers.models.llama import modeling_llama
from transformers.models.t5.modeling_t5 import T5Attention

from attention_core.errors import AttentionError, ShapeError, SpecError
from attention_core.positions import AnyPosition, Bias, Position, RelativeBias, Rope
from tests.reference import biases, positions, rope_scalings

N_HEADS, N_QUERIES, N_KEYS, DIM = 3, 11, 13, 4
SCALE = 0.5

READ: TypeAdapter[Position] = TypeAdapter(AnyPosition)


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def prepared(
    spec: Any, query: torch.Tensor | None = None, n_keys: int = N_KEYS, scale: float = SCALE
) -> Bias:
    query = drawn(N_HEADS, N_QUERIES, DIM) if query is None else query
    bias = READ.validate_python(spec).prepare(query, n_keys, scale)
    assert bias is not None
    return bias


def whole(spec: Any, n_heads: int, n_queries: int, n_keys: int) -> torch.Tensor:
    query = torch.zeros(n_heads, n_queries, DIM, dtype=torch.float64)
    return prepared(spec, query, n_keys).tile(slice(0, n_heads), range(n_queries), range(n_keys))


TABLE = drawn(N_HEADS, 6, seed=1).tolist()
VECTORS = drawn(N_HEADS, 7, DIM, seed=2).tolist()
SLOPES = [0.5, 0.25, -1.0]
SPANS = [0.0, 2.5, 6.0]

BIASES: dict[str, tuple[Any, biases.Bias]] = {
    "alibi": ("alibi", biases.alibi(biases.alibi_slopes(N_HEADS))),
    "alibi to one side": (
        {"kind": "alibi", "alibi_slopes": SLOPES, "bidirectional": False},
        biases.alibi(SLOPES, bidirectional=False),
    ),
    "t5": (
        {"kind": "t5", "num_buckets": 6, "max_distance": 7, "bias": TABLE},
        biases.t5(TABLE, num_buckets=6, max_distance=7),
    ),
    "t5 to one side": (
        {"kind": "t5", "num_buckets": 6, "max_distance": 9, "bidirectional": False, "bias": TABLE},
        biases.t5(TABLE, num_buckets=6, max_distance=9, bidirectional=False),
    ),
    "shaw": (
        {"kind": "shaw", "max_relative_position": 3, "embeddings": VECTORS},
        biases.shaw(VECTORS, scale=SCALE),
    ),
    "adaptive span": ("adaptive_span", biases.adaptive_span([8.0] * N_HEADS)),
    "adaptive span per head": (
        {"kind": "adaptive_span", "span": SPANS, "ramp": 3.0, "bidirectional": False},
        biases.adaptive_span(SPANS, 3.0, bidirectional=False),
    ),
    "spans that end": (
        {"kind": "adaptive_span", "span": [0, 1, 2], "ramp": 2},
        biases.adaptive_span([0.0, 1.0, 2.0], 2.0),
    ),
}

each_bias = pytest.mark.parametrize("name", BIASES)


@each_bias
def test_a_bias_agrees_with_plain_loops(name: str) -> None:
    spec, reference = BIASES[name]
    query = drawn(N_HEADS, N_QUERIES, DIM)

    tile = prepared(spec, query).tile(slice(0, N_HEADS), range(N_QUERIES), range(N_KEYS))

    expected = [
        [
            [reference(h, i, j, query[h, i].tolist()) for j in range(N_KEYS)]
            for i in range(N_QUERIES)
        ]
        for h in range(N_HEADS)
    ]
    expected_tile = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(tile, expected_tile, atol=1e-12, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@each_bias
def test_a_cell_is_the_same_to_the_bit_however_it_is_asked_for(
    name: str, dtype: torch.dtype
) -> None:
    bias = prepared(BIASES[name][0], drawn(N_HEADS, N_QUERIES, DIM, dtype=dtype))
    every = bias.tile(slice(0, N_HEADS), range(N_QUERIES), range(N_KEYS))
    head, query, key = (torch.arange(n) for n in (N_HEADS, N_QUERIES, N_KEYS))

    part = bias.tile(slice(1, 3), range(3, 8), range(5, 7))
    corners = [
        bias.tile(slice(0, 1), range(8, 11), range(2)),
        bias.tile(slice(0, 1), range(2), range(9, 13)),
    ]
    looked_up = bias.at(head[:, None, None], query[:, None], key)
    lookups = torch.vmap(bias.at, in_dims=(None, None, 0))(head[:, None], query, key[:N_QUERIES])

    assert every.dtype == looked_up.dtype == dtype
    assert every.shape == (N_HEADS, N_QUERIES, N_KEYS)
    assert torch.equal(part, every[1:3, 3:8, 5:7])
    assert torch.equal(corners[0], every[:1, 8:, :2])
    assert torch.equal(corners[1], every[:1, :2, 9:])
    assert torch.equal(looked_up, every)
    assert torch.equal(lookups.permute(1, 2, 0), every[:, :, :N_QUERIES])
    for h, i, j in ((0, 0, 0), (2, 10, 0), (1, 0, 12), (2, 10, 12)):
        one = bias.tile(slice(h, h + 1), range(i, i + 1), range(j, j + 1))
        assert torch.equal(one[0, 0, 0], every[h, i, j])


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Switch off the checks of annotations, which keep a list that FlexAttention cannot trace."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@each_bias
def test_flex_attention_adds_what_a_tile_holds(name: str) -> None:
    query = drawn(N_HEADS, N_QUERIES, DIM, dtype=torch.float32)
    key, value = (drawn(N_HEADS, N_KEYS, DIM, seed=s, dtype=torch.float32) for s in (3, 4))
    bias = prepared(BIASES[name][0], query)
    tile = bias.tile(slice(0, N_HEADS), range(N_QUERIES), range(N_KEYS))

    flexed = flex_attention(
        query[None], key[None], value[None], score_mod=bias.score_mod, scale=SCALE
    )

    expected = (query @ key.mT * SCALE + tile).softmax(dim=-1) @ value
    torch.testing.assert_close(flexed[0], expected, atol=1e-6, rtol=0)


@each_bias
def test_a_bound_holds_for_every_finite_number(name: str) -> None:
    bias = prepared(BIASES[name][0])
    tile = bias.tile(slice(0, N_HEADS), range(N_QUERIES), range(N_KEYS))

    assert float(tile[tile.isfinite()].abs().max()) == pytest.approx(bias.bound(), abs=1e-12)


def test_a_bound_is_told_before_the_scores_overflow() -> None:
    query = torch.ones(1, 2, DIM)
    numbers = [1e39] * 32

    assert prepared({"kind": "t5", "bias": numbers}, query).bound() == 1e39
    far = {"kind": "shaw", "max_relative_position": 1, "embeddings": [[3e38] * DIM] * 3}
    assert prepared(far, query).bound() == math.inf


def test_a_relative_bias_is_kept_by_distance_not_by_cell() -> None:
    bias = prepared("alibi", torch.zeros(2, 1000, DIM), 3000)

    assert isinstance(bias, RelativeBias)
    assert bias.table.shape == (2, 3999)


def test_alibi_is_the_papers_for_eight_heads_and_for_three() -> None:
    eight = whole("alibi", 8, 1, 2)[:, 0, 1]
    three = whole("alibi", 3, 1, 2)[:, 0, 1]

    assert eight.tolist() == [-(2.0**-n) for n in range(1, 9)]
    # Two heads: 2^−4, 2^−8; then the first of four heads: 2^−2.
    assert three.tolist() == [-(2.0**-4), -(2.0**-8), -(2.0**-2)]


def test_alibi_to_one_side_rewards_keys_after_the_query() -> None:
    spec = {"kind": "alibi", "alibi_slopes": [0.5], "bidirectional": False}

    assert whole(spec, 1, 2, 3)[0].tolist() == [[0.0, 0.5, 1.0], [-0.5, 0.0, 0.5]]
    assert whole({**spec, "bidirectional": True}, 1, 2, 3)[0, 1].tolist() == [-0.5, 0.0, -0.5]


@pytest.mark.parametrize("n_heads", [1, 2, 3, 5, 7, 8, 12, 16, 20, 31, 48, 112])
def test_alibi_differs_from_blooms_by_a_constant_per_row(n_heads: int) -> None:
    spec = {"kind": "alibi", "bidirectional": False}
    n_keys = 7

    peer = build_alibi_tensor(torch.ones(1, n_keys), n_heads, torch.float64)

    differences = whole(spec, n_heads, 5, n_keys) - peer
    torch.testing.assert_close(
        differences, differences[..., :1].expand_as(differences), atol=1e-5, rtol=0
    )


T5_SETTINGS = [
    (num_buckets, max_distance, bidirectional)
    for num_buckets in (4, 6, 7, 16, 32, 33, 64, 256)
    for max_distance in (3, 20, 100, 128, 777, 1024, 4096)
    for bidirectional in (True, False)
    if max_distance > num_buckets // (4 if bidirectional else 2)
]


@pytest.mark.parametrize(("num_buckets", "max_distance", "bidirectional"), T5_SETTINGS)
def test_t5_buckets_are_those_of_transformers(
    num_buckets: int, max_distance: int, bidirectional: bool
) -> None:
    distance = torch.arange(-5000, 5001)
    sizes = {"num_buckets": num_buckets, "max_distance": max_distance}
    # Bucket b holds the number b, so the bias is the bucket.
    numbers = list(range(num_buckets))
    spec = {"kind": "t5", **sizes, "bidirectional": bidirectional, "bias": numbers}
    bias = prepared(spec, torch.zeros(1, 5001, 1, dtype=torch.float64), 5001)

    buckets = bias.at(torch.tensor(0), (-distance).clamp(min=0), distance.clamp(min=0))

    peer: Callable[..., torch.Tensor] = T5Attention._relative_position_bucket
    expected = peer(distance, bidirectional, **sizes)
    assert buckets.tolist() == expected.tolist()


def test_t5_buckets_start_at_whole_numbers_where_the_rule_says_so() -> None:
    numbers = list(range(32))
    spec = {"kind": "t5", "bias": numbers}

    before = whole(spec, 1, 200, 1)[0, :, 0].tolist()
    after = whole(spec, 1, 1, 200)[0, 0].tolist()

    # Eight buckets of one distance each; then 8 · 16^(k/8): 8, 11.3, 16, 22.6, 32, 45.3, 64, 90.5.
    edges = [*range(8), 8, 12, 16, 23, 32, 46, 64, 91]
    assert [before.index(bucket) for bucket in range(16)] == edges
    assert before[-1] == 15
    assert [after.index(16 + bucket) for bucket in range(1, 16)] == edges[1:]
    assert after[0] == 0


def test_t5_buckets_past_single_precision_are_exact() -> None:
    # The last of four buckets starts at the root of 2 · 2^30.
    spec = {"kind": "t5", "num_buckets": 4, "max_distance": 2**30, "bidirectional": False}
    edge = math.isqrt(2**31 - 1) + 1
    numbers = [0.0, 1.0, 2.0, 3.0]

    bias = whole({**spec, "bias": numbers}, 1, edge + 2, 1)[0, :, 0]

    assert bias[edge - 1] == 2
    assert bias[edge] == 3


def test_parameters_from_a_seed_are_as_large_as_a_score_and_differ_by_head() -> None:
    t5, shaw = ({"kind": "t5", "num_buckets": 256}, {"kind": "shaw"})
    query = drawn(2, 499, 64)

    learned = whole({**t5, "seed": 5}, 2, 128, 128)
    relative = prepared({**shaw, "seed": 5}, query, scale=1 / 8)
    agreements = relative.tile(slice(0, 2), range(499), range(499))

    assert not torch.equal(learned[0], learned[1])
    assert not torch.equal(learned, whole({**t5, "seed": 6}, 2, 128, 128))
    # Queries and keys of unit variance have scaled scores of unit variance.
    assert 0.8 < float(learned.std()) < 1.2
    assert 0.8 < float(agreements.std()) < 1.2


def test_shaw_adds_the_distances_vector_to_the_key() -> None:
    vectors = [[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]]
    spec = {"kind": "shaw", "max_relative_position": 1, "embeddings": vectors}
    query = torch.tensor([[[3.0, 5.0], [7.0, 11.0]]])

    tile = prepared(spec, query, 3, scale=0.5).tile(slice(0, 1), range(2), range(3))

    # Distances 0, 1, 2 of the first query and −1, 0, 1 of the second; 2 counts as 1.
    assert tile[0].tolist() == [[0.0, 5.0, 5.0], [3.5, 0.0, 11.0]]


def test_shaws_scores_are_those_of_keys_moved_by_the_vectors() -> None:
    n_tokens, longest = 7, 2
    query, key = drawn(2, n_tokens, DIM, seed=1), drawn(2, n_tokens, DIM, seed=2)
    vectors = drawn(2 * longest + 1, DIM, seed=3)
    spec = {"kind": "shaw", "max_relative_position": longest, "embeddings": vectors}
    steps = torch.arange(n_tokens)
    moved = key[:, None] + vectors[(steps - steps[:, None]).clamp(-longest, longest) + longest]

    bias = prepared(spec, query, n_tokens).tile(slice(0, 2), range(n_tokens), range(n_tokens))

    expected = torch.einsum("hid,hijd->hij", query, moved) * SCALE
    torch.testing.assert_close(query @ key.mT * SCALE + bias, expected, atol=1e-12, rtol=0)


def test_adaptive_span_fades_over_the_ramp_to_nothing() -> None:
    spec = {"kind": "adaptive_span", "span": 1.0, "ramp": 2.0}

    row = whole(spec, 1, 1, 5)[0, 0].tolist()

    assert row == [0.0, 0.0, math.log(0.5), -math.inf, -math.inf]
    one_sided = whole({**spec, "bidirectional": False}, 1, 4, 5)[0, 3].tolist()
    assert one_sided == [-math.inf, math.log(0.5), 0.0, 0.0, 0.0]
    # The paper's own form: exp(s) times the ramp, over its sum.
    scores, ramp = drawn(5), torch.tensor([1, 1, 0.5, 0, 0], dtype=torch.float64)
    expected = scores.exp() * ramp / (scores.exp() * ramp).sum()
    actual = (scores + torch.tensor(row, dtype=torch.float64)).softmax(dim=-1)
    torch.testing.assert_close(actual, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("spec", "error", "field", "words"),
    [
        ({"kind": "alibi", "alibi_slopes": [1, 2]}, ShapeError, "alibi_slopes", "got 2 for 3"),
        ({"kind": "adaptive_span", "span": [1] * 5}, ShapeError, "span", "got 5 for 3"),
        ({"kind": "t5", "bias": [1.0] * 31}, ShapeError, "bias", "got 31"),
        ({"kind": "t5", "bias": [[1.0] * 32] * 2}, ShapeError, "bias", "got 2 × 32"),
        ({"kind": "shaw", "embeddings": [[0.0] * 4] * 32}, ShapeError, "embeddings", "got 32 × 4"),
        ({"kind": "shaw", "embeddings": [[0.0] * 5] * 33}, ShapeError, "embeddings", "got 33 × 5"),
    ],
)
def test_a_bias_that_does_not_fit_the_sizes_is_refused(
    spec: Any, error: type[AttentionError], field: str, words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        prepared(spec)

    assert caught.value.field == ("spec", "position", field)


YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 64}
LONG: dict[str, Any] = {
    "rope_type": "longrope",
    "short_factor": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7],
    "long_factor": [1.0, 1.5, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0],
    "original_max_position_embeddings": 64,
}
ROTARY_DIM = 16

SCALINGS: dict[str, dict[str, Any]] = {
    "linear": {"rope_type": "linear", "factor": 2.5},
    "linear by one": {"rope_type": "linear", "factor": 1.0},
    "dynamic": {"rope_type": "dynamic", "factor": 3.0, "original_max_position_embeddings": 64},
    "yarn": YARN,
    "yarn of gpt-oss": {**YARN, "factor": 32.0, "beta_slow": 2.0, "truncate": False},
    "yarn of deepseek": {**YARN, "factor": 40, "mscale": 1.0, "mscale_all_dim": 0.5},
    "yarn with m scale zero": {**YARN, "mscale": 1.0, "mscale_all_dim": 0.0},
    "yarn with an attention factor": {**YARN, "attention_factor": 1.3},
    "yarn on a short training": {**YARN, "original_max_position_embeddings": 4},
    "llama3": {**LLAMA3, "low_freq_factor": 1.0, "high_freq_factor": 4.0},
    "llama3 with other edges": {**LLAMA3, "low_freq_factor": 0.3, "high_freq_factor": 7.0},
    "longrope": {**LONG, "factor": 32.0},
    "longrope by one": {**LONG, "factor": 1.0},
    "longrope with an attention factor": {**LONG, "attention_factor": 1.2},
}


def llama(scaling: dict[str, Any], rope_theta: float, head_dim: int = ROTARY_DIM) -> LlamaConfig:
    """Make the peer's config; its length is what it takes `dynamic`'s original length from."""
    return LlamaConfig(
        hidden_size=head_dim,
        num_attention_heads=1,
        head_dim=head_dim,
        max_position_embeddings=64 if scaling["rope_type"] == "dynamic" else 4096,
        rope_parameters={"rope_theta": rope_theta, **scaling},
    )


@pytest.mark.parametrize("rope_theta", [10_000.0, 500_000.0, 50.0])
@pytest.mark.parametrize("n_positions", [5, 64, 65, 1000])
@pytest.mark.parametrize("name", SCALINGS)
def test_a_scaled_rotation_turns_as_fast_as_in_transformers(
    name: str, n_positions: int, rope_theta: float
) -> None:
    scaling = SCALINGS[name]
    position = READ.validate_python(
        {"kind": "rope", "rope_theta": rope_theta, "rope_scaling": scaling}
    )
    assert isinstance(position, Rope)
    assert position.rope_scaling is not None

    turning = position.rope_scaling.turning(ROTARY_DIM, rope_theta, n_positions)

    make = ROPE_INIT_FUNCTIONS[scaling["rope_type"]]
    expected, attention_factor = make(llama(scaling, rope_theta), None, seq_len=n_positions)
    assert turning.frequencies.dtype == torch.float64
    torch.testing.assert_close(turning.frequencies.float(), expected, atol=1e-9, rtol=2e-6)
    assert turning.attention_factor == pytest.approx(attention_factor, abs=1e-12)


@pytest.mark.parametrize("n_positions", [17, 80])
@pytest.mark.parametrize("name", SCALINGS)
def test_scaled_queries_and_keys_are_those_of_a_llama(name: str, n_positions: int) -> None:
    scaling = SCALINGS[name]
    spec = {"kind": "rope", "rope_theta": 10_000.0, "rope_scaling": scaling}
    position = READ.validate_python(spec).resolve(ROTARY_DIM, ROTARY_DIM, 1)
    query, key = (drawn(2, n_positions, ROTARY_DIM, seed=seed) for seed in (1, 2))

    rotary = modeling_llama.LlamaRotaryEmbedding(llama(scaling, 10_000.0))
    cos, sin = rotary(query[None].float(), torch.arange(n_positions)[None])
    expected = modeling_llama.apply_rotary_pos_emb(query[None].float(), key[None].float(), cos, sin)

    for vectors, peer in zip((query, key), expected, strict=True):
        rotated = position.rotate(vectors.float(), n_positions)
        # The peer's angles are float32: at position 80 off by 80 · 2^−24 radians.
        torch.testing.assert_close(rotated, peer[0], atol=3e-5, rtol=0)


def test_rotation_of_neighbours_is_that_of_gpt_j() -> None:
    n_tokens, rotary_dim, dim = 13, 6, 10
    query = drawn(2, n_tokens, dim)
    position = READ.validate_python({"kind": "rope", "interleaved": True, "rotary_dim": rotary_dim})

    rotated = position.resolve(dim, dim, 1).rotate(query, n_tokens)

    config = GPTJConfig(n_embd=2 * dim, n_head=2, rotary_dim=rotary_dim)
    waves = modeling_gptj.create_sinusoidal_positions(n_tokens, config.rotary_dim)
    sin, cos = waves[None].double().chunk(2, dim=-1)
    turning = query[..., :rotary_dim].transpose(0, 1)[None]
    expected = modeling_gptj.apply_rotary_pos_emb(turning, sin, cos)[0].transpose(0, 1)
    torch.testing.assert_close(rotated[..., :rotary_dim], expected, atol=1e-5, rtol=0)
    assert torch.equal(rotated[..., rotary_dim:], query[..., rotary_dim:])


REFERENCE_SCALINGS: dict[str, rope_scalings.Scaling] = {
    "linear": rope_scalings.linear(2.5),
    "dynamic": rope_scalings.dynamic(3.0, 64, 80),
    "yarn": rope_scalings.yarn(4.0, 64),
    "yarn of gpt-oss": rope_scalings.yarn(32.0, 64, beta_slow=2.0, truncate=False),
    "yarn of deepseek": rope_scalings.yarn(40.0, 64, mscale=1.0, mscale_all_dim=0.5),
    "yarn on a short training": rope_scalings.yarn(4.0, 4),
    "llama3 with other edges": rope_scalings.llama3(
        8.0, 64, low_freq_factor=0.3, high_freq_factor=7.0
    ),
    "longrope": rope_scalings.longrope(
        LONG["short_factor"], LONG["long_factor"], 64, 80, factor=32.0
    ),
}


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("name", REFERENCE_SCALINGS)
def test_a_scaled_rotation_agrees_with_plain_loops(name: str, interleaved: bool) -> None:
    n_tokens, dim = 5, 19
    vectors = drawn(1, n_tokens, dim)
    spec = {"kind": "rope", "rope_theta": 100.0, "rotary_dim": ROTARY_DIM}
    scaled = {**spec, "interleaved": interleaved, "rope_scaling": SCALINGS[name]}

    # Five queries of a sequence of 80: they turn as the whole sequence does.
    rotated = READ.validate_python(scaled).resolve(dim, dim, 1).rotate(vectors, 80)

    loops = positions.rope(100.0, ROTARY_DIM, interleaved, REFERENCE_SCALINGS[name])
    expected = torch.tensor(loops(vectors[0].tolist()), dtype=torch.float64)
    torch.testing.assert_close(rotated[0], expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    "pasted",
    [
        {"type": "linear", "factor": 2.0},
        {"factor": 4.0, "original_max_position_embeddings": 32768, "type": "yarn"},
        {
            "rope_type": "yarn",
            **{n: v for n, v in YARN.items() if n != "rope_type"},
            "type": "yarn",
        },
    ],
)
def test_a_scaling_with_the_older_name_of_its_kind_is_read(pasted: dict[str, Any]) -> None:
    position = READ.validate_python({"kind": "rope", "rope_scaling": pasted})

    assert isinstance(position, Rope)
    assert position.rope_scaling is not None
    assert position.rope_scaling.rope_type == pasted["type"]


@pytest.mark.parametrize(
    ("scaling", "dim", "field", "words"),
    [
        ({**LONG, "factor": 2.0}, 8, ("short_factor",), "each of 4 pairs .* got 8"),
        (
            {**LONG, "factor": 2.0, "long_factor": [1.0] * 3}, 16, ("long_factor",), "got 3",
        ),
        (SCALINGS["dynamic"], 2, ("rope_type",), "four rotating features or more"),
    ],
)  # fmt: skip
def test_a_scaling_that_does_not_fit_the_features_is_refused(
    scaling: dict[str, Any], dim: int, field: tuple[str, ...], words: str
) -> None:
    position = READ.validate_python({"kind": "rope", "rope_scaling": scaling})

    with pytest.raises(SpecError, match=words) as caught:
        position.resolve(dim, dim, 1)

    assert caught.value.field == ("spec", "position", "rope_scaling", *field)


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"kind": "alibi", "alibi_slopes": 0.5}, "alibi_slopes"),
        ({"kind": "alibi", "alibi_slopes": [1e7]}, "alibi_slopes"),
        ({"kind": "t5", "num_buckets": 3}, "t5"),
        ({"kind": "t5", "num_buckets": 1025}, "num_buckets"),
        ({"kind": "t5", "max_distance": 8}, "t5"),
        ({"kind": "t5", "bias": [[1.0], [1.0, 2.0]]}, "bias"),
        ({"kind": "shaw", "max_relative_position": 0}, "max_relative_position"),
        ({"kind": "adaptive_span", "span": -1.0}, "span"),
        ({"kind": "adaptive_span", "span": [1, math.nan]}, "span"),
        ({"kind": "adaptive_span", "ramp": 0.0}, "ramp"),
        ({"kind": "rope", "rope_scaling": {"rope_type": "other"}}, "rope_scaling"),
        ({"kind": "rope", "rope_scaling": {"rope_type": "linear", "factor": 0.5}}, "factor"),
        ({"kind": "rope", "rope_scaling": {"rope_type": "linear", "factor": 1e7}}, "factor"),
        ({"kind": "rope", "rope_scaling": {**YARN, "beta_fast": 1.0}}, "yarn"),
        ({"kind": "rope", "rope_scaling": {**YARN, "colour": 1}}, "colour"),
        ({"kind": "rope", "rope_scaling": {**LLAMA3, "low_freq_factor": 4.0}}, "llama3"),
        ({"kind": "rope", "rope_scaling": LONG}, "longrope"),
        ({"kind": "rope", "rope_scaling": {**LONG, "short_factor": [0.0]}}, "short_factor"),
    ],
)
def test_a_parameter_out_of_range_is_refused(spec: Any, place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        READ.validate_python(spec)

    assert caught.value.errors()[0]["loc"][-1] == place


@pytest.mark.parametrize("spec", [case[0] for case in BIASES.values()])
def test_a_position_goes_through_json_and_back(spec: Any) -> None:
    position = READ.validate_python(spec)

    assert READ.validate_json(READ.dump_json(position)) == position


@pytest.mark.parametrize("name", SCALINGS)
def test_a_scaling_goes_through_json_and_back(name: str) -> None:
    position = READ.validate_python({"kind": "rope", "rope_scaling": SCALINGS[name]})

    assert READ.validate_json(READ.dump_json(position)) == position


def test_positions_without_a_bias_prepare_none() -> None:
    for kind in ("none", "sinusoidal", "rope"):
        position = READ.validate_python(kind)
        assert not position.has_bias
        assert position.prepare(drawn(2, 3, 4), 5, 1.0) is None


def test_positions_with_a_bias_neither_embed_nor_rotate() -> None:
    vectors = drawn(2, 3, 4)
    for spec, _ in BIASES.values():
        position = READ.validate_python(spec)
        assert position.has_bias
        assert torch.equal(position.embed(vectors), vectors)
        assert torch.equal(position.rotate(vectors, 7), vectors)


def test_a_long_tile_adds_up_in_attention_as_its_cells_do() -> None:
    query, key, value = (drawn(2, 300, DIM, seed=seed) for seed in (1, 2, 3))
    bias = prepared("alibi", query, 300)
    blocks = [range(256), range(256, 300)]

    rows = [torch.cat([bias.tile(slice(0, 2), i, j) for j in blocks], dim=-1) for i in blocks]

    steps = torch.arange(300, dtype=torch.float64)
    slopes = torch.tensor([2.0**-4, 2.0**-8], dtype=torch.float64)
    expected = -slopes[:, None, None] * (steps - steps[:, None]).abs()
    attended = functional.scaled_dot_product_attention(query, key, value, torch.cat(rows, dim=1))
    plain = (query @ key.mT / math.sqrt(DIM) + expected).softmax(dim=-1) @ value
    torch.testing.assert_close(attended, plain, atol=1e-12, rtol=0)
