"""One pass over a block of rows: what is pooled, and the states that are left behind."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from attention_core import AttentionMap, AttentionSpec, ShapeError, SpecError, attend
from attention_core.kernels.overview import Reduce
from attention_core.kernels.stripes import Stripe

N_QUERIES, N_KEYS, DIM = 521, 2307, 16
CELLS = [(8, 8), (256, 64), (3, 7), (300, 1000), (521, 4096), (64, 1), (1, 12)]
ROWS_EMPTIED = ["causal", {"kind": "not", "of": {"kind": "padding", "key_length": 290}}]

SPECS: dict[str, dict[str, Any]] = {
    "plain": {},
    "causal": {"mask": "causal"},
    "causal lower right": {"mask": {"kind": "causal", "align": "lower_right"}},
    "window": {"mask": ["causal", {"kind": "sliding_window", "window": [40, 0]}]},
    "rows emptied": {"mask": ROWS_EMPTIED},
    "nothing allowed": {"mask": {"kind": "not", "of": "full"}},
    "strided": {"mask": {"kind": "strided", "stride": 5}},
    "alibi": {"position": "alibi", "mask": "causal"},
    "softcap": {"softcap": 2.0},
    "softcap and t5": {"softcap": 5.0, "position": "t5"},
    "biased": {"score": {"kind": "general", "bias": True}},
    "cosine": {"score": "cosine"},
    "rbf": {"score": "rbf"},
    "additive": {"score": {"kind": "additive", "attn_dim": 5}},
    "cool": {"normalizer": {"kind": "softmax", "temperature": 0.05}},
    "hot": {"normalizer": {"kind": "softmax", "temperature": 30.0}},
    "softmax1": {"normalizer": "softmax1"},
    "sink": {"normalizer": {"kind": "sink", "sink": [1.5, -40.0, 900.0]}, "mask": "causal"},
}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def attended(
    spec: dict[str, Any], *, magnitude: float = 1.0, dtype: torch.dtype = torch.float32
) -> AttentionMap:
    query, key = drawn(3, N_QUERIES, DIM) * magnitude, drawn(3, N_KEYS, DIM, seed=1)
    return attend(query.to(dtype), key.to(dtype), spec=AttentionSpec.model_validate(spec))


def expected_weights(spec: dict[str, Any], *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Weigh scores as the textbook does, in float64, a sink as one more key.

    Args:
        spec: What is asked of the library.
        dtype: What the scores are computed in.
    """
    exact = attended(spec, dtype=dtype)
    normalizer: Any = exact.spec.normalizer
    scores: Tensor = exact.scores().double() / normalizer.temperature
    if normalizer.kind == "softmax":
        return scores.softmax(dim=-1).nan_to_num(0.0)
    logits = torch.zeros(3) if normalizer.kind == "softmax1" else torch.tensor([1.5, -40.0, 900.0])
    column = logits.double()[:, None, None].expand(3, N_QUERIES, 1)
    return torch.cat([scores, column], dim=-1).softmax(dim=-1)[..., :-1]


def merged(result: AttentionMap, head: int, cell: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Put stripes together to the largest weight of each cell, and the sum of its weights."""
    shape = math.ceil(result.n_queries / cell[0]), math.ceil(result.n_keys / cell[1])
    largest, total = torch.full(shape, -torch.inf), torch.zeros(shape, dtype=torch.float64)
    for stripe in result.stripes(head, cell):
        rows = slice(stripe.cells.start, stripe.cells.stop)
        largest[rows] = torch.maximum(largest[rows], stripe.largest.float())
        total[rows] += stripe.total.double()
    return largest, total


def pooled(weights: Tensor, cell: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Pool a dense matrix; what is filled up at the ends is −inf, or zero in a sum."""
    fill = (0, -weights.shape[1] % cell[1], 0, -weights.shape[0] % cell[0])
    largest = functional.pad(weights, fill, value=-torch.inf)
    by_cell = [
        x.unflatten(1, (-1, cell[1])).unflatten(0, (-1, cell[0]))
        for x in (largest, functional.pad(weights, fill))
    ]
    return by_cell[0].amax(dim=(1, 3)), by_cell[1].sum(dim=(1, 3))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", SPECS)
def test_stripes_pool_the_dense_float64_weights(name: str, cell: tuple[int, int]) -> None:
    result = attended(SPECS[name])
    # Of large scores and small temperatures float32 scores alone are off by more than a weight is.
    dtype = torch.float32 if name in {"cool", "biased"} else torch.float64
    weights = expected_weights(SPECS[name], dtype=dtype)[1]
    largest, total = pooled(weights, cell)

    found_largest, found_total = merged(result, 1, cell)

    torch.testing.assert_close(found_largest.double(), largest, atol=1e-6, rtol=0)
    mean_over = cell[0] * cell[1]
    torch.testing.assert_close(found_total / mean_over, total / mean_over, atol=1e-6, rtol=0)
    torch.testing.assert_close(found_total.sum(), total.sum(), atol=1e-6 * N_QUERIES, rtol=0)


@pytest.mark.parametrize("name", ["sink", "window", "cool"])
def test_stripes_of_float64_inputs_are_float64(name: str) -> None:
    result, weights = attended(SPECS[name], dtype=torch.float64), expected_weights(SPECS[name])[2]
    largest, total = pooled(weights, (128, 16))

    for stripe in result.stripes(2, (128, 16)):
        rows = slice(stripe.cells.start, stripe.cells.stop)
        torch.testing.assert_close(stripe.largest, largest[rows], atol=1e-13, rtol=0)
        torch.testing.assert_close(stripe.total, total[rows], atol=1e-11, rtol=0)


@pytest.mark.parametrize("magnitude", [300.0, 3000.0])
@pytest.mark.parametrize("name", ["plain", "causal", "window", "alibi"])
def test_scores_of_large_magnitude_weigh_as_their_tiles_do(name: str, magnitude: float) -> None:
    result = attended(SPECS[name], magnitude=magnitude)
    weights = attended(SPECS[name], magnitude=magnitude).weights(head=0)[0].double()
    assert float(result.scores(head=0).nan_to_num(neginf=0.0).abs().max()) > 4 * magnitude

    found_largest, found_total = merged(result, 0, (8, 8))

    assert float(weights.max()) <= 1
    ones = torch.ones(N_QUERIES, dtype=torch.float64)
    torch.testing.assert_close(weights.sum(dim=1), ones, atol=2e-6, rtol=0)
    largest, total = pooled(weights, (8, 8))
    torch.testing.assert_close(found_largest.double(), largest, atol=1e-6, rtol=0)
    torch.testing.assert_close(found_total, total, atol=1e-5, rtol=0)


@pytest.mark.parametrize("reduce", ["max", "mean"])
def test_heads_that_exchange_large_scores_are_pooled_as_their_tiles_weigh(reduce: Reduce) -> None:
    query, key = drawn(3, 307, 8) * 1e3, drawn(3, 523, 8, seed=1) * 1e3
    heads: dict[str, Any] = {"heads": {"kind": "talking_heads", "n_heads": 3}}
    result = attend(query, key, spec=AttentionSpec.model_validate(heads))
    weights = result.weights(head=1)[0].double()

    found = result.overview(307, 41, reduce, head=1)[0].double()

    largest, total = pooled(weights, (1, 13))
    sizes = torch.tensor([13.0] * 40 + [523 - 40 * 13], dtype=torch.float64)
    expected = largest if reduce == "max" else total / sizes
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_rows_whose_largest_scores_lie_in_far_portions_keep_the_sums_of_near_ones() -> None:
    # Each portion's exponentials are relative to its own maximum: here they differ by 600.
    key = torch.linspace(-300.0, 300.0, 5000)[:, None]
    query = torch.tensor([[1.0], [-1.0], [1e-3], [0.0]]).repeat(75, 1)
    weights = (query.double() @ key.double().T).softmax(dim=1)
    result = attend(query, key, spec=AttentionSpec.model_validate({"score": "dot"}))

    largest, total = merged(result, 0, (4, 40))

    for found, expected in zip((largest.double(), total), pooled(weights, (4, 40)), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", SPECS)
def test_a_row_has_one_state_to_the_bit_whoever_asks_and_for_whatever_cell(name: str) -> None:
    expected = attended(SPECS[name]).row_state

    for head, cell in ((0, (8, 8)), (1, (5, 13)), (2, (512, 4096)), (1, (1, 256))):
        for stripe in attended(SPECS[name]).stripes(head, cell):
            assert_same_state(stripe, head, expected)


def assert_same_state(stripe: Stripe, head: int, expected: Any) -> None:
    rows = slice(stripe.query.start, stripe.query.stop)
    state: Any = stripe.state
    for name in ("maximum", "total", "divisor"):
        assert torch.equal(getattr(state, name)[0], getattr(expected, name)[head, rows]), name


@pytest.mark.parametrize("name", SPECS)
def test_the_maximum_of_a_row_is_one_of_its_scores_to_the_bit(name: str) -> None:
    result = attended(SPECS[name])

    assert torch.equal(result.row_state.maximum, result.scores().amax(dim=-1))


def test_what_is_pooled_of_a_block_does_not_depend_on_what_was_asked_for_before() -> None:
    spec = SPECS["causal"]
    first = {x.query.start: x for x in attended(spec).stripes(1, (16, 16))}
    other = attended(spec)
    other.weights(head=1)

    (again,) = other.stripes(1, (16, 16), range(300, 301))

    assert again.query == range(256, 512)
    assert torch.equal(again.largest, first[256].largest)
    assert torch.equal(again.total, first[256].total)


def test_rows_of_a_block_beside_a_cells_edge_are_a_part_of_it() -> None:
    stripes = list(attended({}).stripes(0, (100, 2307)))

    assert [x.cells for x in stripes] == [range(3), range(2, 6), range(5, 6)]
    assert [x.total.shape for x in stripes] == [(3, 1), (4, 1), (1, 1)]
    # Each row sums to one, so a total counts the rows that it is of.
    counts = [x.total[:, 0].tolist() for x in stripes]
    assert counts[0] == pytest.approx([100, 100, 56], abs=1e-3)
    assert counts[1] == pytest.approx([44, 100, 100, 12], abs=1e-3)
    assert counts[2] == pytest.approx([9], abs=1e-3)


def test_stripes_are_made_when_asked_for_and_leave_states_behind() -> None:
    asked: list[None] = []
    query, key = drawn(1, 1024, 4), drawn(1, 4096, 4, seed=1)
    result = attend(query, key, check=lambda: asked.append(None))
    asked.clear()

    stripes = result.stripes(0, (8, 8))
    assert not asked
    next(stripes)

    # Two portions of 2,048 keys.
    assert len(asked) == 2
    assert result.knows(slice(0, 256), head=0)
    assert not result.knows(slice(0, 257), head=0)
    asked.clear()
    result.weights(slice(10, 20), slice(520, 600), head=0)
    assert len(asked) == 1


def test_causal_stripes_leave_out_the_keys_that_come_later() -> None:
    asked: list[None] = []
    x = drawn(1, 8192, 4)
    result = attend(x, x, spec=AttentionSpec(mask="causal"), check=lambda: asked.append(None))
    asked.clear()

    for _ in result.stripes(0, (16, 16)):
        pass

    # Rows of each eighth of 1,024 see the portions up to their own: 4 blocks each.
    assert len(asked) == 8 * (1 + 2 + 3 + 4)


def test_states_handed_in_save_the_pass_and_change_no_weight() -> None:
    asked: list[None] = []
    query, key = drawn(2, 600, 4), drawn(2, 4096, 4, seed=1)
    expected = attend(query, key)
    found: Any = expected.row_state
    result = attend(query, key, check=lambda: asked.append(None))

    for head in range(2):
        result.keep_state(head, range(600), found.maximum[head], found.total[head])
    asked.clear()

    assert result.knows()
    place = slice(250, 300), slice(0, 256)
    assert torch.equal(result.weights(*place), expected.weights(*place))
    assert len(asked) == 2 * 2


def test_a_state_of_a_kin_of_softmax_takes_its_sink_from_the_spec() -> None:
    result, other = attended(SPECS["sink"]), attended(SPECS["sink"])
    state: Any = result.states(slice(256, 512), head=2)

    other.keep_state(2, range(256, 512), state.maximum[0], state.total[0])

    assert other.knows(slice(300, 400), head=2)
    handed_in: Any = other.states(slice(256, 512), head=2)
    assert torch.equal(handed_in.sink, state.sink)
    assert torch.equal(handed_in.divisor, state.divisor)


@pytest.mark.parametrize(
    ("rows", "n", "error", "field"),
    [
        (range(100), 100, ShapeError, ("rows",)),
        (range(1, 256), 255, ShapeError, ("rows",)),
        (range(512, 512), 0, ShapeError, ("rows",)),
        (range(512, 522), 10, ShapeError, ("rows",)),
        (range(256), 255, ShapeError, ("maximum",)),
    ],
)
def test_states_that_do_not_fit_are_refused(
    rows: range, n: int, error: type[ShapeError], field: tuple[str, ...]
) -> None:
    with pytest.raises(error) as caught:
        attended({}).keep_state(0, rows, torch.zeros(n), torch.ones(n).double())

    assert caught.value.field == field


@pytest.mark.parametrize(
    "spec", [{"normalizer": "entmax15"}, {"heads": {"kind": "talking_heads", "n_heads": 3}}]
)
def test_states_are_refused_where_a_row_is_more_than_a_maximum_and_a_sum(
    spec: dict[str, Any],
) -> None:
    result = attended(spec)
    assert not result.can_keep_state

    with pytest.raises(SpecError, match="let the map find its own"):
        result.keep_state(0, range(256), torch.zeros(256), torch.ones(256).double())


@pytest.mark.parametrize("cell", [(0, 1), (1, 0), (-2, 3)])
def test_a_cell_of_nothing_is_refused(cell: tuple[int, int]) -> None:
    with pytest.raises(SpecError, match="a query and a key at least"):
        attended({}).stripes(0, cell)


def test_stripes_of_no_such_head_are_refused() -> None:
    with pytest.raises(SpecError, match="head must be one of 3, got 3"):
        attended({}).stripes(3, (8, 8))


@pytest.mark.parametrize("cell", [(8, 8), (300, 1000), (3, 7)])
@pytest.mark.parametrize(
    "spec",
    [
        {"normalizer": "sparsemax"},
        {"normalizer": "entmax15", "mask": ROWS_EMPTIED},
        {"normalizer": "sigmoid", "mask": "causal"},
        {"normalizer": "relu"},
        {"normalizer": {"kind": "topk", "k": 5}, "mask": "causal"},
        {"normalizer": "linear"},
        {"normalizer": "none", "mask": "causal"},
        {"heads": {"kind": "talking_heads", "n_heads": 3}, "mask": "causal"},
    ],
    ids=str,
)
def test_stripes_of_any_weights_pool_the_dense_ones(
    spec: dict[str, Any], cell: tuple[int, int]
) -> None:
    result = attended(spec)
    largest, total = pooled(attended(spec).weights(head=1)[0].double(), cell)

    found_largest, found_total = merged(result, 1, cell)

    torch.testing.assert_close(found_largest.double(), largest, atol=1e-6, rtol=1e-6)
    mean_over = cell[0] * cell[1]
    torch.testing.assert_close(found_total / mean_over, total / mean_over, atol=1e-6, rtol=1e-6)


def test_mixed_heads_have_no_state_of_their_own_and_others_have() -> None:
    mixed = next(attended({"heads": {"kind": "talking_heads", "n_heads": 3}}).stripes(0, (8, 8)))
    topk = next(attended({"normalizer": "topk"}).stripes(0, (8, 8)))

    assert mixed.state is None
    assert topk.state is not None
    assert topk.state.maximum.shape == (1, 256)


def test_heads_that_share_keys_pool_as_heads_with_keys_of_their_own() -> None:
    query, key = drawn(4, 300, DIM), drawn(2, 2100, DIM, seed=1)
    spec = AttentionSpec.model_validate({"heads": {"kind": "gqa", "n_heads": 4, "n_kv_heads": 2}})
    shared, own = attend(query, key, spec=spec), attend(query, key.repeat_interleave(2, dim=0))

    for head in range(4):
        for found, expected in zip(
            merged(shared, head, (8, 8)), merged(own, head, (8, 8)), strict=True
        ):
            assert torch.equal(found, expected)


@pytest.mark.parametrize(("n_queries", "n_keys"), [(7, 11), (1, 2500), (256, 257), (257, 3)])
def test_small_and_narrow_matrices_pool_too(n_queries: int, n_keys: int) -> None:
    query, key = drawn(n_queries, 5), drawn(n_keys, 5, seed=1)
    weights = (query.double() @ key.double().T / math.sqrt(5)).softmax(dim=1)
    result = attend(query, key)

    for cell in ((8, 8), (2, 3), (1, 1), (999, 999)):
        found = merged(result, 0, cell)
        for x, expected in zip(found, pooled(weights, cell), strict=True):
            torch.testing.assert_close(x.double(), expected, atol=1e-6, rtol=1e-6)
