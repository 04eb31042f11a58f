"""The lazy map: rectangles, overviews, outputs, budgets, at sizes past the grid."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from attention_core import (
    AttentionMap,
    AttentionSpec,
    BudgetError,
    ExponentialState,
    NonFiniteError,
    ShapeError,
    SpecError,
    attend,
    region,
)
from attention_core.normalizers import Softmax

N_HEADS, N_QUERIES, N_KEYS, DIM = 3, 521, 773, 16


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def large_map(spec: AttentionSpec) -> AttentionMap:
    query, key = drawn(N_HEADS, N_QUERIES, DIM), drawn(N_HEADS, N_KEYS, DIM, seed=1)
    return attend(query, key, drawn(N_HEADS, N_KEYS, DIM, seed=2), spec)


def lse_of(result: AttentionMap) -> torch.Tensor:
    assert isinstance(result.row_state, ExponentialState)
    return result.row_state.lse


SPECS = {
    "plain": AttentionSpec(),
    "causal": AttentionSpec(mask="causal"),
    "causal lower right": AttentionSpec(mask={"kind": "causal", "align": "lower_right"}),
    "window": AttentionSpec(mask=["causal", {"kind": "sliding_window", "window": [40, 0]}]),
    "padding": AttentionSpec(mask={"kind": "padding", "key_length": 300}),
    "nothing allowed": AttentionSpec(mask={"kind": "not", "of": "full"}),
    "rows emptied": AttentionSpec(
        mask=["causal", {"kind": "not", "of": {"kind": "padding", "key_length": 290}}]
    ),
    "additive": AttentionSpec(score={"kind": "additive", "attn_dim": 5}, mask="causal"),
    "biased": AttentionSpec(score={"kind": "general", "bias": True}, softcap=2.0),
    "cool": AttentionSpec(normalizer={"kind": "softmax", "temperature": 0.5}, position="rope"),
}
MAPS = {name: large_map(spec) for name, spec in SPECS.items()}


@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_rectangle_equals_the_dense_slice_bit_by_bit(name: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, N_QUERIES - 1))
    query = slice(first, data.draw(st.integers(first, N_QUERIES)))
    first = data.draw(st.integers(0, N_KEYS - 1))
    key = slice(first, data.draw(st.integers(first, N_KEYS)))
    head = data.draw(st.integers(0, N_HEADS - 1))
    result = MAPS[name]

    for what in (result.scores, result.weights):
        assert torch.equal(what(query, key, head), what()[head : head + 1, query, key])


@pytest.mark.parametrize("shape", [(521, 773), (265, 1037), (300, 259), (130, 131)])
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"softcap": 2.0},
        {"score": "rbf", "normalizer": "softmax1"},
        {"normalizer": {"kind": "sink", "sink": [0.5, 1.0, 2.0]}},
        {"normalizer": "sigmoid"},
        {"normalizer": "topk"},
        {"normalizer": "entmax15"},
        {"normalizer": {"kind": "entmax", "alpha": 1.3}},
        {"heads": {"kind": "talking_heads", "n_heads": 3}},
    ],
    ids=str,
)
def test_a_number_does_not_depend_on_the_heads_beside_it(
    spec: dict[str, object], shape: tuple[int, int]
) -> None:
    # Runs that end anywhere: the last few numbers of a run are computed otherwise than the others.
    for seed in range(3):
        query, key = (drawn(3, n, 16, seed=2 * seed + i) for i, n in enumerate(shape))
        whole = attend(query, key, key, AttentionSpec.model_validate(spec))
        every = whole.weights()
        for head in range(3):
            assert torch.equal(whole.weights(head=head)[0], every[head])
            shown = region(whole, head=head, height=1500, width=1500)
            assert shown.exact
            assert torch.equal(shown.matrix, every[head])


@pytest.mark.parametrize("name", SPECS)
def test_weights_are_softmax_of_scores_and_empty_rows_are_zero(name: str) -> None:
    result = MAPS[name]
    temperature = result.spec.normalizer.temperature

    expected = (result.scores().double() / temperature).softmax(dim=-1).nan_to_num(0.0)

    torch.testing.assert_close(result.weights().double(), expected, atol=1e-6, rtol=0)
    sums = result.weights().sum(dim=-1)
    empty = torch.zeros(N_HEADS, N_QUERIES, dtype=torch.bool)
    for place in result.empty_rows:
        empty[place] = True
    torch.testing.assert_close(sums, (~empty).float(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (31, 17), (64, 512), (521, 773), (9999, 3)])
@pytest.mark.parametrize("name", SPECS)
def test_overview_pools_the_dense_weights(name: str, height: int, width: int, reduce: str) -> None:
    result = MAPS[name]
    rows, columns = math.ceil(N_QUERIES / height), math.ceil(N_KEYS / width)
    weights = result.weights()
    if reduce == "max":
        expected = functional.max_pool2d(weights, (rows, columns), ceil_mode=True)
    else:
        ones = torch.ones_like(weights)
        padded = (-N_KEYS % columns, -N_QUERIES % rows)
        sums, counts = (
            functional.avg_pool2d(functional.pad(x, (0, padded[0], 0, padded[1])), (rows, columns))
            for x in (weights, ones)
        )
        expected = sums / counts

    picture = result.overview(height, width, reduce)  # type: ignore[arg-type]

    assert picture.shape[1] <= height
    assert picture.shape[2] <= width
    torch.testing.assert_close(picture, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["plain", "causal", "cool"])
def test_outputs_agree_with_torch_fused_attention(name: str) -> None:
    result = MAPS[name]

    expected = functional.scaled_dot_product_attention(
        result.query.double(),
        result.key.double(),
        result.value.double(),
        is_causal=name == "causal",
        scale=1 / math.sqrt(DIM) / result.spec.normalizer.temperature,
    )

    # Relative to the largest output, which is about three.
    error = (result.outputs() - expected).abs().max() / expected.abs().max()
    assert float(error) <= 1e-6


@pytest.mark.parametrize("name", SPECS)
def test_outputs_are_weights_times_values(name: str) -> None:
    result = MAPS[name]

    expected = result.weights().double() @ result.value.double()

    torch.testing.assert_close(result.outputs().double(), expected, atol=2e-6, rtol=0)


def test_row_state_merges_two_halves_into_the_whole() -> None:
    result = MAPS["rows emptied"]
    normalizer, scores = Softmax(), result.scores()
    start = normalizer.init(scores, slice(0, scores.shape[0]))
    halves = [
        normalizer.update(start, scores[..., key.start : key.stop], key)
        for key in (range(100), range(100, N_KEYS))
    ]

    merged = normalizer.merge(halves[1], halves[0])

    torch.testing.assert_close(merged.lse, lse_of(result), atol=1e-12, rtol=1e-7)
    expected = scores.double().logsumexp(dim=-1)
    torch.testing.assert_close(lse_of(result), expected, atol=1e-6, rtol=0)


def test_scores_of_magnitude_2000_keep_their_precision() -> None:
    # A float32 log-sum-exp would cost 3e-5 here: the scores are exact, so only it can.
    scores = torch.tensor([[2000.0], [1999.5], [1998.25]])

    result = attend(torch.ones(1, 1), scores, spec=AttentionSpec(score="dot"))

    expected = scores.double().T.softmax(dim=-1)
    torch.testing.assert_close(result.weights()[0].double(), expected, atol=1e-7, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_are_upcast_before_the_product(dtype: torch.dtype) -> None:
    query, key = drawn(7, 64).to(dtype), drawn(11, 64, seed=1).to(dtype)

    result = attend(query, key)

    assert result.dtype == torch.float32
    expected = (query.double() @ key.double().T / 8).softmax(dim=-1)
    torch.testing.assert_close(result.weights()[0].double(), expected, atol=1e-6, rtol=0)


def test_a_dense_answer_over_the_budget_is_refused_with_the_way_out() -> None:
    result = attend(drawn(64, 4), drawn(64, 4), budget_bytes=1000)

    with pytest.raises(BudgetError, match="rectangle with query= and key=") as e:
        result.weights()

    assert (e.value.actual, e.value.maximum) == (64 * 64 * 4, 1000)
    assert result.weights(slice(0, 8), slice(0, 8)).shape == (1, 8, 8)
    assert result.overview(8, 8).shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("query", "key", "value", "spec", "error", "field", "message"),
    [
        ((3, 4), (5, 6), None, {}, ShapeError, ("spec", "score"), "got 4 and 6; use 'general'"),
        ((3, 4), (5, 4), (4, 4), {}, ShapeError, ("value",), "one row per key, got 4 rows for 5"),
        ((2, 3, 4), (3, 5, 4), None, {}, ShapeError, ("key",), "as many heads as query"),
        ((3, 4), (5, 4), None, {"heads": 2}, ShapeError, ("spec", "heads"), "are one head"),
        ((3,), (5, 4), None, {}, ShapeError, ("query",), r"\[token, dim\]"),
        ((0, 4), (5, 4), None, {}, ShapeError, ("query",), "none empty"),
        (
            (3, 4), (5, 4), None, {"preset": "article"},
            ShapeError, ("spec", "preset"), "as many queries as keys, got 3 and 5",
        ),
        (
            (3, 4), (5, 4), None, {"mask": ["full", {"kind": "padding", "key_length": 6}]},
            SpecError, ("spec", "mask", 1, "key_length"), "at most the number of keys, got 6 of 5",
        ),
        (
            (3, 4), (5, 4), None,
            {"mask": {"kind": "not", "of": {"kind": "custom", "matrix": [[True]]}}},
            SpecError, ("spec", "mask", 0, "of", "matrix"), "here 3 × 5, got 1 × 1",
        ),
        (
            (3, 4), (5, 4), None, {"position": {"kind": "rope", "rotary_dim": 6}},
            SpecError, ("spec", "position", "rotary_dim"), "got 6 of 4",
        ),
        (
            (3, 4), (5, 6), None, {"score": {"kind": "general", "weight": [[1.0]]}},
            ShapeError, ("spec", "score", "weight"), "must be 4 × 6",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_where_it_enters(
    query: tuple[int, ...],
    key: tuple[int, ...],
    value: tuple[int, ...] | None,
    spec: dict[str, object],
    error: type[ShapeError | SpecError],
    field: tuple[str | int, ...],
    message: str,
) -> None:
    with pytest.raises(error, match=message) as caught:
        attend(
            drawn(*query),
            drawn(*key),
            None if value is None else drawn(*value),
            AttentionSpec.model_validate(spec),
        )

    assert caught.value.field == field


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_non_finite_input_is_refused_at_the_door(bad: float) -> None:
    key = drawn(5, 4)
    key[2, 1] = bad

    with pytest.raises(NonFiniteError, match="key must hold finite numbers") as caught:
        attend(drawn(3, 4), key)

    assert caught.value.field == ("key",)


def test_cuda_is_refused_where_it_is_not_and_auto_falls_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert attend(drawn(3, 4), drawn(5, 4), device="auto").device.type == "cpu"
    with pytest.raises(ValueError, match="got 'cuda' without a GPU"):
        attend(drawn(3, 4), drawn(5, 4), device="cuda")


@pytest.mark.parametrize(("n_queries", "n_keys"), [(300, 300), (600, 700), (257, 513)])
@pytest.mark.parametrize("first", [1, 10, 44])
def test_an_unaligned_rectangle_of_a_blocks_size_is_the_right_one(
    n_queries: int, n_keys: int, first: int
) -> None:
    result = attend(drawn(n_queries, 8), drawn(n_keys, 8, seed=1))
    sides = {256, n_queries % 256, n_keys % 256}

    for height in sides:
        for width in sides:
            query, key = slice(first, first + height), slice(first, first + width)
            assert torch.equal(result.weights(query, key), result.weights()[:, query, key])


@pytest.mark.parametrize("length", [1, 2, 255, 256, 257, 511, 513])
def test_rows_sum_to_one_and_cells_agree_around_the_grid(length: int) -> None:
    # Scores of several hundred: any difference between two ways to compute one would show.
    result = attend(drawn(length, 128) * 20, drawn(length, 128, seed=1) * 20)
    weights = result.weights()

    torch.testing.assert_close(weights.sum(-1), torch.ones(1, length), atol=2e-6, rtol=0)
    assert torch.equal(result.overview(length, length), weights)
    for query in {0, length // 2, length - 1}:
        assert result.cell(0, query, length - 1).weight == float(weights[0, query, -1])


@pytest.mark.parametrize("temperature", [1e-3, 0.01, 100.0])
def test_a_small_temperature_costs_no_precision(temperature: float) -> None:
    spec = {"normalizer": {"kind": "softmax", "temperature": temperature}}
    result = attend(drawn(67, 16), drawn(71, 16, seed=1), spec=AttentionSpec.model_validate(spec))

    expected = (result.scores().double() / temperature).softmax(dim=-1)

    torch.testing.assert_close(result.weights().double(), expected, atol=1e-6, rtol=0)
    lse = (result.scores().double() / temperature).logsumexp(dim=-1)
    torch.testing.assert_close(lse_of(result), lse, atol=1e-6, rtol=1e-9)
    outputs = expected @ result.value.double()
    torch.testing.assert_close(result.outputs().double(), outputs, atol=3e-6, rtol=0)


@pytest.mark.parametrize(
    "spec",
    [
        {"score": "dot"},
        {"score": {"kind": "scaled_dot", "scale": 1e300}},
        {"score": {"kind": "general", "weight": [[1e300, 0.0], [0.0, 1.0]]}},
        {"score": {"kind": "additive", "v": [3e38, 3e38]}},
    ],
)
def test_scores_that_could_pass_the_largest_float_are_refused(spec: dict[str, object]) -> None:
    large = torch.full((2, 2), 1e25)

    with pytest.raises(
        NonFiniteError, match="scale the inputs or the parameters of the score down"
    ):
        attend(large, large, spec=AttentionSpec.model_validate(spec))


def test_a_map_does_not_change_with_its_callers_tensors() -> None:
    query, key = drawn(3, 4), drawn(5, 4, seed=1)
    result = attend(query, key)
    before = result.weights()

    key.mul_(3)

    assert torch.equal(result.weights(), before)


def test_the_widest_dtype_of_the_inputs_is_kept() -> None:
    assert attend(drawn(3, 4), drawn(5, 4).double()).dtype == torch.float64


def test_an_empty_selection_is_an_empty_answer() -> None:
    result = attend(drawn(2, 3, 4), drawn(2, 5, 4))

    assert result.weights(head=slice(2, 2)).shape == (0, 3, 5)
    assert result.scores(query=slice(3, 3)).shape == (2, 0, 5)
    assert result.overview(2, 2, head=slice(1, 1)).shape == (0, 2, 2)


def test_an_overview_over_the_budget_is_refused() -> None:
    result = attend(drawn(64, 4), drawn(64, 4), budget_bytes=1000)

    with pytest.raises(BudgetError, match="smaller overview"):
        result.overview(64, 63)


@pytest.mark.parametrize("reduce", ["max", "mean"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (3, 1), (2, 90)])
def test_a_picture_of_few_cells_pools_stripes_within_a_cell(
    height: int, width: int, reduce: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attention_core.kernels.portions.PORTION", 256)
    result = attend(drawn(601, 8), drawn(1031, 8, seed=1), spec=AttentionSpec(mask="causal"))
    weights, pool = result.weights()[0], getattr(torch, "amax" if reduce == "max" else "mean")
    expected = [
        [float(pool(cell)) for cell in rows.split(math.ceil(1031 / width), dim=1)]
        for rows in weights.split(math.ceil(601 / height))
    ]

    picture = result.overview(height, width, reduce)  # type: ignore[arg-type]

    torch.testing.assert_close(picture[0], torch.tensor(expected), atol=1e-6, rtol=0)


def test_rope_refuses_a_key_smaller_than_what_turns() -> None:
    spec = AttentionSpec.model_validate({"score": "general", "position": "rope"})

    with pytest.raises(SpecError, match="got 6 of 6 and 4"):
        attend(drawn(3, 6), drawn(3, 4), spec=spec)


def test_a_check_between_blocks_ends_the_work() -> None:
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked > 5:
            raise TimeoutError

    result = attend(drawn(2, 600, 4), drawn(2, 600, 4), check=check)

    works: list[Callable[[], object]] = [result.weights, lambda: result.overview(7, 7)]
    for work in works:
        asked = 0
        with pytest.raises(TimeoutError):
            work()
        assert asked == 6


def test_values_whose_mean_could_pass_the_largest_float_are_refused() -> None:
    with pytest.raises(NonFiniteError, match="value must hold finite numbers up to"):
        attend(drawn(1, 1), drawn(3, 1), torch.full((3, 1), 3.4028234e38))


@pytest.mark.parametrize(
    ("inputs", "values", "temperature"), [(1e13, 1e10, 1e-6), (1e17, 1.0, 1e-6)]
)
@pytest.mark.parametrize("kind", ["none", "relu"])
def test_what_could_pass_the_largest_float_is_refused(
    kind: str, inputs: float, values: float, temperature: float
) -> None:
    # Weights that need not sum to one may be as large as scores, and then values make them larger.
    normalizer = {"kind": kind, "temperature": temperature}
    x = torch.full((1, 1), inputs)
    spec = AttentionSpec.model_validate({"score": "dot", "normalizer": normalizer})

    with pytest.raises(NonFiniteError, match="float64"):
        attend(x, x, torch.full((1, 1), values), spec).outputs()


def test_a_tile_of_one_head_waits_for_the_state_of_its_own_rows_only() -> None:
    checks: list[None] = []
    result = attend(drawn(1, 5 * 256, 4), drawn(1, 5 * 256, 4), check=lambda: checks.append(None))
    checks.clear()

    result.weights(query=slice(300, 310), key=slice(0, 7), head=0)

    # One portion of keys for the state of the rows, and the tile itself.
    assert len(checks) == 2


def test_rows_across_blocks_weigh_the_same_in_whichever_order_they_are_asked_for() -> None:
    spec = SPECS["causal"]
    result, expected = large_map(spec), large_map(spec)
    expected.row_state  # noqa: B018 - all of it at once

    for rows in (slice(511, 521), slice(250, 515), slice(0, 1), slice(None)):
        for head in range(N_HEADS):
            found = result.weights(query=rows, head=head)
            assert torch.equal(found, expected.weights(query=rows, head=head))
