"""Every normaliser: against peers and a plain loop, streamed, merged, and at its extremes."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import entmax
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from attention_core.errors import ShapeError, SpecError
from attention_core.normalizers import (
    AnyNormalizer,
    Entmax,
    Entmax15,
    Exponential,
    Linear,
    NoNormalizer,
    Normalizer,
    Relu,
    RowState,
    Sigmoid,
    Sink,
    Softmax,
    Softmax1,
    Sparsemax,
    TopK,
)
from attention_core.numbers import Numbers

N_HEADS, N_QUERIES, N_KEYS = 2, 5, 37
SHAPE = (N_HEADS, N_QUERIES, N_KEYS)
EVERY_HEAD = slice(0, N_HEADS)

NORMALIZERS: dict[str, Normalizer] = {
    "softmax": Softmax(),
    "softmax cool": Softmax(temperature=0.25),
    "softmax1": Softmax1(),
    "softmax1 warm": Softmax1(temperature=3.0),
    "sink": Sink(sink=0.75),
    "sink per head": Sink(sink=Numbers([1.5, -2.0]), temperature=0.5),
    "sparsemax": Sparsemax(),
    "sparsemax warm": Sparsemax(temperature=2.0),
    "entmax15": Entmax15(),
    "entmax15 cool": Entmax15(temperature=0.5),
    "entmax 2": Entmax(alpha=2.0),
    "entmax 1.75": Entmax(alpha=1.75),
    "entmax 1.3": Entmax(alpha=1.3, temperature=0.7),
    "entmax 1.1": Entmax(alpha=1.1),
    "entmax 1.001": Entmax(alpha=1.001),
    "sigmoid": Sigmoid(),
    "sigmoid given": Sigmoid(bias=0.5, temperature=2.0),
    "relu": Relu(),
    "relu given": Relu(divisor=3.0, temperature=0.5),
    "topk": TopK(),
    "topk 1": TopK(k=1, temperature=0.5),
    "topk 11": TopK(k=11),
    "topk 100": TopK(k=100),
    "linear": Linear(),
    "none": NoNormalizer(),
    "none cool": NoNormalizer(temperature=0.5),
}
RESOLVED = {
    name: normalizer.resolve(N_QUERIES, N_KEYS, N_HEADS) for name, normalizer in NORMALIZERS.items()
}
every_normalizer = pytest.mark.parametrize("name", NORMALIZERS)


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def masked(scores: torch.Tensor, share: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scores.masked_fill(torch.rand(scores.shape, generator=generator) < share, -torch.inf)


def streamed(
    normalizer: Normalizer, scores: torch.Tensor, keys: Sequence[range] | None = None
) -> Any:
    """Take the keys in, block by block; the state is that of the normaliser's kind."""
    state = normalizer.init(scores, slice(0, scores.shape[0]))
    for key in keys or [range(scores.shape[2])]:
        state = normalizer.update(state, scores[..., key.start : key.stop], key)
    return state


def weighed(
    normalizer: Normalizer, scores: torch.Tensor, keys: Sequence[range] | None = None
) -> torch.Tensor:
    """Stream over the keys in blocks, then apply block by block."""
    keys = keys or [range(scores.shape[2])]
    state = normalizer.finalize(streamed(normalizer, scores, keys))
    tiles = {
        key.start: normalizer.apply(scores[..., key.start : key.stop].clone(), state, key)
        for key in keys
    }
    return torch.cat([tiles[start] for start in sorted(tiles)], dim=2)


def resolved(normalizer: Normalizer, scores: torch.Tensor) -> Normalizer:
    return normalizer.resolve(scores.shape[1], scores.shape[2], scores.shape[0])


def nonnegative(name: str, scores: torch.Tensor) -> torch.Tensor:
    """Give linear what it is made for: products of positive features, masked ones aside."""
    # The exponential of a little more is infinite.
    products = scores.clamp(max=80).exp()
    return scores.where(scores == -torch.inf, products) if name == "linear" else scores


def loop_softmax(row: list[float], sink: float | None = None) -> list[float]:
    top = max([*row, -math.inf if sink is None else sink])
    total = math.fsum(math.exp(s - top) for s in row)
    total += 0.0 if sink is None else math.exp(sink - top)
    return [math.exp(s - top) / total for s in row]


def loop_entmax(row: list[float], alpha: float) -> list[float]:
    """Bisect the threshold in plain Python; keep what the last interval's middle gives."""
    scaled = [(alpha - 1) * s for s in row]
    low, high, power = max(scaled) - 1, max(scaled), 1 / (alpha - 1)
    for _ in range(70):
        tau = (low + high) / 2
        total = math.fsum(max(z - tau, 0.0) ** power for z in scaled)
        low, high = (tau, high) if total >= 1 else (low, tau)
    return [max(z - low, 0.0) ** power for z in scaled]


def loop_topk(row: list[float], k: int) -> list[float]:
    kept = sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]
    weights = loop_softmax([row[j] for j in kept])
    return [weights[kept.index(j)] if j in kept else 0.0 for j in range(len(row))]


def loop_sink(normalizer: Sink, row: list[float], head: int) -> list[float]:
    logits = normalizer.sink
    return loop_softmax(row, logits.tolist()[head] if isinstance(logits, Numbers) else logits)


def loop_sigmoid(normalizer: Sigmoid, row: list[float], head: int) -> list[float]:
    bias = -math.log(N_KEYS) if normalizer.bias is None else normalizer.bias
    return [1 / (1 + math.exp(-s - bias)) for s in row]


LOOPS: dict[str, Callable[[Any, list[float], int], list[float]]] = {
    "softmax": lambda n, row, head: loop_softmax(row),
    "softmax1": lambda n, row, head: loop_softmax(row, 0.0),
    "sink": loop_sink,
    "sparsemax": lambda n, row, head: loop_entmax(row, 2.0),
    "entmax15": lambda n, row, head: loop_entmax(row, 1.5),
    "entmax": lambda n, row, head: loop_entmax(row, n.alpha),
    "sigmoid": loop_sigmoid,
    "relu": lambda n, row, head: [max(s, 0.0) / (n.divisor or N_KEYS) for s in row],
    "topk": lambda n, row, head: loop_topk(row, n.k),
    "linear": lambda n, row, head: [s / math.fsum(row) for s in row],
    "none": lambda n, row, head: row,
}
"""Weights of the allowed scores of a row over the temperature, straight from the formulas."""


def loop_weights(normalizer: Normalizer, scores: torch.Tensor) -> torch.Tensor:
    expected = torch.zeros(scores.shape, dtype=torch.float64)
    for head in range(scores.shape[0]):
        for query in range(scores.shape[1]):
            row = scores[head, query].double()
            allowed = (row > -torch.inf).nonzero().flatten()
            if len(allowed):
                cooled = [s / normalizer.temperature for s in row[allowed].tolist()]
                weights = LOOPS[normalizer.kind](normalizer, cooled, head)
                expected[head, query, allowed] = torch.tensor(weights, dtype=torch.float64)
    return expected


@pytest.mark.parametrize("magnitude", [1.0, 30.0])
@pytest.mark.parametrize("share", [0.0, 0.4])
@every_normalizer
def test_weights_equal_a_plain_loop(name: str, share: float, magnitude: float) -> None:
    single = masked(nonnegative(name, drawn(*SHAPE).clamp(-3, 3) / 3 * magnitude), share)
    for scores, tolerance in ((single, 1e-6), (single.double(), 1e-12)):
        expected = loop_weights(NORMALIZERS[name], scores)

        weights = weighed(RESOLVED[name], scores)

        # Weights past one (relu, none) can be no better than their dtype.
        torch.testing.assert_close(weights.double(), expected, atol=tolerance, rtol=tolerance / 5)
        assert weights.dtype == scores.dtype


PEERS: dict[str, tuple[Normalizer, Callable[[torch.Tensor], torch.Tensor]]] = {
    "softmax": (Softmax(), lambda s: s.softmax(dim=-1)),
    "sparsemax": (Sparsemax(), lambda s: entmax.sparsemax(s, dim=-1)),
    "entmax15": (Entmax15(), lambda s: entmax.entmax15(s, dim=-1)),
    **{
        f"entmax {alpha}": (
            Entmax(alpha=alpha),
            partial(entmax.entmax_bisect, alpha=alpha, dim=-1, n_iter=100),
        )
        for alpha in (1.05, 1.25, 1.5, 1.6, 2.0)
    },
}


@pytest.mark.parametrize("magnitude", [0.01, 1.0, 10.0])
@pytest.mark.parametrize("name", PEERS)
def test_weights_agree_with_peers(name: str, magnitude: float) -> None:
    normalizer, peer = PEERS[name]
    scores = drawn(3, 7, 1009, dtype=torch.float64) * magnitude

    expected = peer(scores)

    keys = [range(512), range(512, 1009)]
    torch.testing.assert_close(weighed(normalizer, scores, keys), expected, atol=1e-11, rtol=0)
    single = weighed(normalizer, scores.float(), keys).double()
    torch.testing.assert_close(single, peer(scores.float().double()), atol=1e-6, rtol=0)


@pytest.mark.parametrize("alpha", [1 + 1e-4, 1 + 1e-8, 1 + 1e-15])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_entmax_nears_softmax_as_alpha_nears_one(alpha: float, dtype: torch.dtype) -> None:
    scores = drawn(2, 3, 577, dtype=dtype) * 3

    weights = weighed(Entmax(alpha=alpha), scores)

    expected = scores.double().softmax(dim=-1)
    tolerance = 5 * (alpha - 1) + (1e-6 if dtype == torch.float32 else 1e-12)
    torch.testing.assert_close(weights.double(), expected, atol=tolerance, rtol=0)


def blocks_of(n_keys: int, cuts: Sequence[int]) -> list[range]:
    edges = [0, *sorted(set(cuts) - {0, n_keys}), n_keys]
    return [range(*edge) for edge in pairwise(edges)]


some_scores = st.builds(
    lambda seed, magnitude, share, step: masked(
        (drawn(*SHAPE, seed=seed) * magnitude / step).round() * step, share, seed
    ),
    seed=st.integers(0, 10**6),
    magnitude=st.sampled_from([0.1, 1.0, 20.0]),
    share=st.sampled_from([0.0, 0.3, 0.95, 1.0]),
    # Coarse steps make ties.
    step=st.sampled_from([1e-4, 0.5]),
)
some_cuts = st.lists(st.integers(1, N_KEYS - 1), min_size=1, max_size=5)


@every_normalizer
@settings(max_examples=10, deadline=None)
@given(scores=some_scores, cuts=some_cuts, shuffler=st.randoms(use_true_random=False))
def test_streaming_block_by_block_in_any_order_equals_one_block(
    name: str, scores: torch.Tensor, cuts: list[int], shuffler: Any
) -> None:
    scores, keys = nonnegative(name, scores), blocks_of(N_KEYS, cuts)
    shuffler.shuffle(keys)

    weights = weighed(RESOLVED[name], scores, keys)

    torch.testing.assert_close(weights, weighed(RESOLVED[name], scores), atol=3e-7, rtol=1e-6)


@every_normalizer
@settings(max_examples=10, deadline=None)
@given(
    scores=some_scores,
    cuts=st.lists(st.integers(1, N_KEYS - 1), min_size=2, max_size=2, unique=True),
    order=st.permutations(range(3)),
)
def test_merging_parts_equals_the_whole_in_any_order_and_grouping(
    name: str, scores: torch.Tensor, cuts: list[int], order: list[int]
) -> None:
    normalizer, scores = RESOLVED[name], nonnegative(name, scores)
    keys = blocks_of(N_KEYS, cuts)
    a, b, c = (streamed(normalizer, scores, [keys[i]]) for i in order)

    merged = [
        normalizer.merge(normalizer.merge(a, b), c),
        normalizer.merge(a, normalizer.merge(b, c)),
    ]

    whole = normalizer.finalize(streamed(normalizer, scores))
    expected = normalizer.apply(scores.clone(), whole, range(N_KEYS))
    for state in merged:
        final = normalizer.finalize(state)
        weights = normalizer.apply(scores.clone(), final, range(N_KEYS))
        torch.testing.assert_close(weights, expected, atol=3e-7, rtol=1e-6)
        assert torch.equal(final.maximum, whole.maximum)
        numbers, known = normalizer.row_numbers(final), normalizer.row_numbers(whole)
        # Sums of float32 exponentials, taken from different maxima.
        torch.testing.assert_close(numbers, known, atol=3e-7, rtol=3e-7)


@pytest.mark.parametrize("name", [n for n, r in RESOLVED.items() if r.flags["row_stochastic"]])
@settings(max_examples=10, deadline=None)
@given(scores=some_scores)
def test_rows_sum_to_one_but_empty_ones_to_zero(name: str, scores: torch.Tensor) -> None:
    normalizer, scores = RESOLVED[name], nonnegative(name, scores)

    sums = weighed(normalizer, scores.double()).sum(dim=2)

    is_empty = normalizer.finalize(streamed(normalizer, scores)).is_empty
    torch.testing.assert_close(sums, (~is_empty).double(), atol=1e-10, rtol=0)


@every_normalizer
def test_rows_sum_to_one_only_where_declared(name: str) -> None:
    sums = weighed(RESOLVED[name], nonnegative(name, drawn(*SHAPE))).sum(dim=2)

    assert bool(((sums - 1).abs() < 1e-5).all()) is RESOLVED[name].flags["row_stochastic"]


@every_normalizer
def test_a_weight_can_be_negative_only_where_declared(name: str) -> None:
    weights = weighed(RESOLVED[name], nonnegative(name, drawn(*SHAPE) * 10))

    assert bool((weights < 0).any()) is RESOLVED[name].flags["signed"]


@every_normalizer
def test_a_shift_of_all_scores_changes_nothing_only_where_declared(name: str) -> None:
    scores = nonnegative(name, drawn(*SHAPE, dtype=torch.float64))

    change = (weighed(RESOLVED[name], scores + 2) - weighed(RESOLVED[name], scores)).abs().max()

    assert (float(change) < 1e-12) is RESOLVED[name].flags["shift_invariant"]
    assert float(change) < 1e-12 or float(change) > 1e-4


@pytest.mark.parametrize("temperature", [1e-6, 1e-3, 1.0, 1e6])
@pytest.mark.parametrize("magnitude", [0.0, 1.0, 1e30])
@pytest.mark.parametrize("n_keys", [1, 64])
@every_normalizer
def test_no_extreme_gives_nan_or_a_weight_where_masked(
    name: str, n_keys: int, magnitude: float, temperature: float
) -> None:
    signs = torch.tensor([[1.0], [-1.0], [0.0]])
    rows = [
        (drawn(3, n_keys).sign() * magnitude),  # ties at both ends
        (signs * magnitude).expand(3, n_keys),  # all alike
        torch.full((3, n_keys), -torch.inf),
    ]
    scores = torch.stack(rows, dim=0).transpose(0, 1).reshape(1, 9, n_keys)
    scores = torch.cat([scores, masked(scores, 0.5)]).contiguous()
    scores = scores.where(scores == -torch.inf, scores.abs()) if name == "linear" else scores
    parameters = {**NORMALIZERS[name].model_dump(), "temperature": temperature}
    normalizer = resolved(type(NORMALIZERS[name]).model_validate(parameters), scores)

    weights = weighed(normalizer, scores)

    assert bool(weights.isfinite().all())
    assert float(weights[scores == -torch.inf].abs().sum()) == 0
    if normalizer.flags["row_stochastic"]:
        state = normalizer.finalize(streamed(normalizer, scores))
        sums = weights.double().sum(dim=2)
        torch.testing.assert_close(sums, (~state.is_empty).double(), atol=1e-5, rtol=0)


@every_normalizer
def test_rows_alike_share_alike(name: str) -> None:
    weights = weighed(RESOLVED[name], torch.full(SHAPE, 0.5, dtype=torch.float64))

    normalizer = RESOLVED[name]
    if isinstance(normalizer, TopK):
        k = min(normalizer.k, N_KEYS)
        expected = (torch.arange(N_KEYS) < k).double() / k
        torch.testing.assert_close(weights, expected.expand(SHAPE), atol=1e-15, rtol=0)
    else:
        torch.testing.assert_close(weights, weights[..., :1].expand(SHAPE), atol=0, rtol=0)


@pytest.mark.parametrize("n_keys", [8, 61, 512, 4096])
@pytest.mark.parametrize("k", [1, 3, 17])
@pytest.mark.parametrize("n_values", [1, 2, 9])
def test_topk_keeps_the_lowest_indices_among_ties(n_values: int, k: int, n_keys: int) -> None:
    generator = torch.Generator().manual_seed(n_keys)
    scores = torch.randint(n_values, (1, 3, n_keys), generator=generator).float()
    scores[0, 1, : n_keys - 2] = -torch.inf
    normalizer = TopK(k=k)
    keys = [range(n_keys // 2, n_keys), range(n_keys // 2)]

    state = normalizer.finalize(streamed(normalizer, scores, keys))

    for query in range(3):
        row = scores[0, query].tolist()
        allowed = [j for j in range(n_keys) if row[j] > -math.inf]
        expected = sorted(allowed, key=lambda j: (-row[j], j))[:k]
        padded = expected + [-1] * (k - len(expected))
        assert state.indices[0, query].tolist() == padded
    weights = weighed(normalizer, scores, keys)
    torch.testing.assert_close(
        weights.double(), loop_weights(normalizer, scores), atol=1e-7, rtol=0
    )


def test_the_entmax_family_keeps_few_candidates_of_many_keys() -> None:
    scores = drawn(1, 11, 16384) * 4
    keys = [range(start, start + 4096) for start in range(0, 16384, 4096)]

    for normalizer in (Sparsemax(), Entmax15()):
        state = streamed(normalizer, scores, keys)
        assert state.candidates.shape[2] < 200
        assert normalizer.finalize(state).candidates is None


@pytest.mark.parametrize("name", [n for n, r in RESOLVED.items() if isinstance(r, Exponential)])
def test_divisor_and_sink_share_account_for_the_whole_row(name: str) -> None:
    normalizer, scores = RESOLVED[name], masked(drawn(*SHAPE) * 3, 0.3)
    assert isinstance(normalizer, Exponential)
    state = normalizer.finalize(streamed(normalizer, scores))
    share = normalizer.sink_share(state)

    sums = weighed(normalizer, scores).sum(dim=2, dtype=torch.float64)

    rest = torch.zeros_like(sums) if share is None else share
    torch.testing.assert_close(sums + rest, torch.ones_like(sums), atol=1e-6, rtol=0)
    assert state.divisor is not None
    for head in range(N_HEADS):
        place = slice(head, head + 1)
        divisor = normalizer.divisor(state.maximum[place], state.total[place], place)
        assert torch.equal(divisor, state.divisor[place])


def test_a_sink_above_all_scores_takes_all() -> None:
    for logit, expected in ((1e4, 0.0), (-1e4, 1.0)):
        normalizer = Sink(sink=logit)
        scores = drawn(*SHAPE)

        assert weighed(normalizer, scores).sum(dim=2).sub(expected).abs().max() < 1e-6
    low = weighed(Softmax1(), torch.full(SHAPE, -1e6))
    assert float(low.abs().sum()) == 0.0


REDONE: dict[str, Callable[[Any, torch.Tensor, dict[str, torch.Tensor]], torch.Tensor]] = {
    "softmax cool": lambda n, s, row: (s / n.temperature - row["lse"]).exp(),
    "softmax1 warm": lambda n, s, row: (s / n.temperature - row["lse"]).exp(),
    "sink per head": lambda n, s, row: (s / n.temperature - row["lse"]).exp(),
    "sparsemax warm": lambda n, s, row: (s / n.temperature - row["threshold"]).clamp(0),
    "entmax15 cool": lambda n, s, row: (s / 2 / n.temperature - row["threshold"]).clamp(0) ** 2,
    "entmax 1.3": lambda n, s, row: (
        ((n.alpha - 1) * s / n.temperature - row["threshold"]).clamp(0) ** (1 / (n.alpha - 1))
    ),
    "sigmoid given": lambda n, s, row: (s / n.temperature + row["bias"]).sigmoid(),
    "relu given": lambda n, s, row: (s / n.temperature).clamp(0) / row["divisor"],
    "linear": lambda n, s, row: s / row["total"],
    "none cool": lambda n, s, row: s / n.temperature,
}


@pytest.mark.parametrize("name", REDONE)
def test_row_numbers_are_enough_to_redo_a_weight(name: str) -> None:
    normalizer = RESOLVED[name]
    scores = nonnegative(name, drawn(*SHAPE, dtype=torch.float64) * 3)
    state = normalizer.finalize(streamed(normalizer, scores))
    numbers = {what: row[..., None] for what, row in normalizer.row_numbers(state).items()}

    redone = REDONE[name](normalizer, scores, numbers)

    torch.testing.assert_close(redone, weighed(normalizer, scores), atol=1e-12, rtol=1e-12)


def test_row_numbers_of_topk_are_over_the_kept_keys() -> None:
    scores = torch.tensor([[[1.0, 3.0, 2.0, 0.0]]])
    normalizer = TopK(k=2)

    numbers = normalizer.row_numbers(normalizer.finalize(streamed(normalizer, scores)))

    assert float(numbers["lse"]) == pytest.approx(math.log(math.exp(3) + math.exp(2)), abs=1e-12)


def test_row_numbers_of_a_sink_name_its_logit() -> None:
    normalizer = RESOLVED["sink per head"]

    numbers = normalizer.row_numbers(normalizer.finalize(streamed(normalizer, drawn(*SHAPE))))

    expected = torch.tensor([[1.5], [-2.0]], dtype=torch.float64).expand(N_HEADS, N_QUERIES)
    assert torch.equal(numbers["sink"], expected)


@every_normalizer
def test_states_are_cut_and_joined_by_rows(name: str) -> None:
    normalizer, scores = RESOLVED[name], nonnegative(name, masked(drawn(*SHAPE), 0.5))
    pieces = [slice(0, 2), slice(2, N_QUERIES)]
    states = [streamed(normalizer, scores[:, piece]) for piece in pieces]

    joined = normalizer.finalize(RowState.joined(states))

    expected = weighed(normalizer, scores)
    for head in range(N_HEADS):
        for query in pieces:
            cut = joined.rows(slice(head, head + 1), query)
            tile = scores[head : head + 1, query, 5:18].clone()
            weights = normalizer.apply(tile, cut, range(5, 18))
            part = expected[head : head + 1, query, 5:18]
            torch.testing.assert_close(weights, part, atol=3e-7, rtol=1e-6)


@every_normalizer
def test_rows_that_saw_no_key_are_empty_and_weigh_nothing(name: str) -> None:
    # A mask that allows nothing spares the pass over the keys.
    scores, normalizer = torch.full(SHAPE, -torch.inf), RESOLVED[name]

    state = normalizer.finalize(normalizer.init(scores, EVERY_HEAD))

    assert bool(state.is_empty.all())
    assert float(normalizer.apply(scores, state, range(N_KEYS)).abs().sum()) == 0


@every_normalizer
def test_update_leaves_the_scores_and_the_state_as_they_are(name: str) -> None:
    normalizer, scores = RESOLVED[name], nonnegative(name, masked(drawn(*SHAPE), 0.2))
    kept, start = scores.clone(), normalizer.init(scores, EVERY_HEAD)

    normalizer.update(start, scores, range(N_KEYS))

    assert torch.equal(scores, kept)
    assert bool((start.maximum == -torch.inf).all())


def test_linear_features_are_never_negative_and_keep_small_numbers() -> None:
    x = torch.tensor([[[-30.0, -1.0, 0.0, 2.0]]])

    expected = torch.tensor([[[math.exp(-30), math.exp(-1), 1.0, 3.0]]])
    torch.testing.assert_close(Linear().features(x), expected, atol=0, rtol=1e-6)
    relu = torch.tensor([[[0.0, 0.0, 0.0, 2.0]]])
    assert torch.equal(Linear(feature_map="relu").features(x), relu)


def test_a_linear_row_of_zero_scores_is_empty() -> None:
    scores = torch.tensor([[[0.0, 0.0, -torch.inf], [0.0, 2.0, -torch.inf]]])

    state = streamed(Linear(), scores)

    assert state.is_empty.tolist() == [[True, False]]
    assert weighed(Linear(), scores).tolist() == [[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]


def test_linear_sums_past_the_largest_float_are_right() -> None:
    weights = weighed(Linear(), torch.full((1, 1, 16), 3e38))

    torch.testing.assert_close(weights, torch.full((1, 1, 16), 1 / 16))


def test_defaults_that_depend_on_the_sizes_are_spelt_out() -> None:
    sigmoid, relu = Sigmoid().resolve(3, 8, 2), Relu().resolve(3, 8, 2)

    assert isinstance(sigmoid, Sigmoid)
    assert isinstance(relu, Relu)
    assert (sigmoid.bias, relu.divisor) == (-math.log(8), 8.0)
    for unresolved in (Sigmoid(), Relu()):
        with pytest.raises(SpecError, match="resolve"):
            weighed(unresolved, drawn(*SHAPE))


def test_a_sink_per_head_must_fit_the_heads() -> None:
    with pytest.raises(ShapeError, match="one number per head") as caught:
        Sink(sink=Numbers([1.0, 2.0])).resolve(3, 5, 7)

    assert caught.value.field == ("spec", "normalizer", "sink")


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "entmax", "alpha": 1.0},
        {"kind": "entmax", "alpha": 2.1},
        {"kind": "topk", "k": 0},
        {"kind": "topk", "k": 1025},
        {"kind": "relu", "divisor": 0.0},
        {"kind": "linear", "feature_map": "tanh"},
        {"kind": "softmax", "temperature": 0.0},
        {"kind": "sink", "sink": []},
        {"kind": "sink", "sink": [[1.0]]},
        {"kind": "sink", "sink": True},
        {"kind": "sink", "sink": "1"},
        {"kind": "sink", "sink": math.nan},
        {"kind": "sink", "sink": 10**400},
        {"kind": "sink", "sink": [1.0, math.inf]},
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AnyNormalizer).validate_python(given)


@pytest.mark.parametrize("sink", [0.5, 2, [1.0, -2.5]])
def test_a_sink_survives_json(sink: Any) -> None:
    adapter: TypeAdapter[Normalizer] = TypeAdapter(AnyNormalizer)
    part = adapter.validate_python({"kind": "sink", "sink": sink})

    again = adapter.validate_json(part.model_dump_json())

    assert again == part
    assert part.model_dump()["sink"] == sink
    schema = Sink.model_json_schema()["properties"]["sink"]
    assert [shape["type"] for shape in schema["anyOf"]] == ["number", "array"]


def test_an_id_alone_stands_for_a_normaliser() -> None:
    kinds = {normalizer.kind for normalizer in NORMALIZERS.values()}

    for kind in kinds:
        assert TypeAdapter(AnyNormalizer).validate_python(kind).kind == kind
    assert len(kinds) == 11
