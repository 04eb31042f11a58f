"""What holds for every legal combination of mechanisms, and what exactly is refused."""

import math
from collections.abc import Callable
from typing import Any, get_args

import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch import Tensor

from attention_core import AttentionMap, AttentionSpec, ShapeError, SpecError, attend
from attention_core.cells import Cell
from attention_core.kernels.overview import Reduce
from attention_core.normalizers import AnyNormalizer, Normalizer, Threshold, TopK
from tests.core.covering import is_legal
from tests.core.specs import HEADS, NORMALIZERS, Problem, Scope, problems
from tests.reference.overview import pooled

EXAMPLES = settings(
    derandomize=True,  # the same examples everywhere, so that no change is blamed for another's
    deadline=None,
    max_examples=80,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
SOME, FEW, LARGE = (settings(EXAMPLES, max_examples=count) for count in (15, 6, 4))
EVERY_NORMALIZER = pytest.mark.parametrize("normalizer", NORMALIZERS)
FLOAT64 = (torch.float64,)
BARE = Scope((1, 11), (2, 13), positions=["none"], max_masks=0, is_plain=True, dtypes=FLOAT64)
NORMALIZER: TypeAdapter[Normalizer] = TypeAdapter(AnyNormalizer)
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "sink": [{}, {"sink": [0.5, -1.0, 2.0], "temperature": 2.0}],
    "entmax": [{"alpha": 1.05}, {}, {"alpha": 1.8, "temperature": 0.5}],
    "topk": [{"k": 1}, {}, {"k": 40, "temperature": 2.0}],
    "linear": [{}, {"feature_map": "relu"}],
}
NORMALIZER_SPECS = [
    {"kind": kind, **parameters}
    for kind in NORMALIZERS
    for parameters in PARAMETERS.get(kind, [{}, {"temperature": 0.5}])
]
TOGETHER = [
    (normalizer, heads)
    for normalizer in NORMALIZERS
    for heads in HEADS
    if is_legal({"normalizer": normalizer, "heads": heads})
]


def close(left: Tensor, right: Tensor, tolerance: float = 1e-12) -> None:
    """Require that two tensors agree, relative to the largest number where that is over one."""
    largest = max(1.0, float(right.abs().max())) if right.numel() else 1.0
    torch.testing.assert_close(left, right, atol=tolerance * largest, rtol=0)


def precision(result: AttentionMap) -> float:
    """State how far sums of some hundred rounded numbers may be off."""
    return 2e-6 if result.dtype == torch.float32 else 1e-12


def as_mask(rows: tuple[tuple[int, int], ...], like: Tensor) -> Tensor:
    """Turn a list of head and query into a tensor of booleans."""
    mask = torch.zeros(like.shape[:2], dtype=torch.bool)
    for place in rows:
        mask[place] = True
    return mask


# Any legal combination.


@EVERY_NORMALIZER
@SOME
@given(data=st.data())
def test_every_number_is_finite_and_weights_are_signed_only_where_flagged(
    normalizer: str, data: st.DataObject
) -> None:
    result = data.draw(problems(Scope(normalizers=[normalizer]))).attended()
    scores, weights = result.scores(), result.weights()

    assert not scores.isnan().any()
    assert not scores.isposinf().any()
    assert weights.isfinite().all()
    assert result.outputs().isfinite().all()
    assert result.overview(3, 4).isfinite().all()
    if not result.spec.flags["signed"]:
        assert (weights >= 0).all()


@EVERY_NORMALIZER
@SOME
@given(data=st.data())
def test_rows_sum_to_one_where_flagged_and_empty_rows_are_zero_and_reported(
    normalizer: str, data: st.DataObject
) -> None:
    result = data.draw(problems(Scope(normalizers=[normalizer]))).attended()
    weights, outputs = result.weights(), result.outputs()
    empty = as_mask(result.empty_rows, weights)

    assert torch.equal(empty, expected_empty(result))
    assert (weights[empty] == 0).all()
    assert (outputs[empty] == 0).all()
    if result.spec.flags["row_stochastic"]:
        sums = weights.sum(dim=-1)[~empty]
        close(sums, torch.ones_like(sums), precision(result))


def expected_empty(result: AttentionMap) -> Tensor:
    """Tell the empty rows from the scores alone."""
    scores = result.scores()
    empty = (scores == -math.inf).all(dim=-1)
    if result.spec.normalizer.kind == "linear":
        empty = scores.nan_to_num(neginf=0.0).double().sum(dim=-1) == 0
    mixing = result.spec.heads.weight_mixing()
    if mixing is None:
        return empty
    # A head made of several is empty where each that it takes something of is.
    made_of = torch.tensor(mixing) != 0
    return torch.stack([empty[heads].all(dim=0) for heads in made_of])


@EVERY_NORMALIZER
@LARGE
@given(data=st.data())
def test_any_rectangle_equals_the_dense_slice_bit_by_bit(
    normalizer: str, data: st.DataObject
) -> None:
    scope = Scope((257, 263), (513, 521), normalizers=[normalizer])
    result = data.draw(problems(scope)).attended()
    spans = []
    for size in (result.n_queries, result.n_keys):
        first = data.draw(st.integers(0, size - 1))
        spans.append(slice(first, data.draw(st.integers(first, size))))
    query, key = spans

    for what, n_heads in (
        (result.scores, result.n_score_heads),
        (result.weights, result.n_heads),
    ):
        head, dense = data.draw(st.integers(0, n_heads - 1)), what()
        assert torch.equal(what(query, key, head), dense[head : head + 1, query, key])
        assert torch.equal(what(query, key), dense[:, query, key])


@EVERY_NORMALIZER
@LARGE
@given(data=st.data())
def test_an_overview_past_the_grid_pools_the_dense_weights(
    normalizer: str, data: st.DataObject
) -> None:
    scope = Scope((257, 263), (513, 521), normalizers=[normalizer])
    result = data.draw(problems(scope)).attended()
    height, width = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 60))
    reduce = data.draw(st.sampled_from(get_args(Reduce)))
    head = data.draw(st.integers(0, result.n_heads - 1))

    agrees_with_pooled_weights(result, height, width, reduce, head=head)


def agrees_with_pooled_weights(
    result: AttentionMap, height: int, width: int, reduce: Reduce, *, head: int
) -> None:
    """Compare one head's picture with plain loops over its dense weights."""
    cell = math.ceil(result.n_queries / height), math.ceil(result.n_keys / width)
    weights = result.weights(head=head)[0].double().tolist()

    picture = result.overview(height, width, reduce, head=head)[0].double()

    expected = torch.tensor(pooled(weights, *cell, reduce), dtype=torch.float64)
    # A picture's scores are computed off the grid and so may differ in their last bits.
    scores = result.scores() / result.spec.normalizer.temperature
    largest = float(scores.masked_fill(~scores.isfinite(), 0.0).abs().max())
    close(picture, expected, precision(result) + 4 * torch.finfo(result.dtype).eps * largest)


@pytest.mark.parametrize(("normalizer", "heads"), TOGETHER)
@FEW
@given(data=st.data())
def test_an_overview_pools_the_dense_weights_for_every_normaliser_and_heads(
    normalizer: str, heads: str, data: st.DataObject
) -> None:
    scope = Scope((3, 29), (3, 31), normalizers=[normalizer], heads=[heads])
    result = data.draw(problems(scope)).attended()
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))

    for reduce in get_args(Reduce):
        agrees_with_pooled_weights(result, height, width, reduce, head=result.n_heads - 1)


@EXAMPLES
@given(problem=problems(BARE), data=st.data())
def test_permuted_keys_permute_the_weights_and_leave_the_outputs(
    problem: Problem, data: st.DataObject
) -> None:
    query, key, value = problem.inputs()
    order = data.draw(st.permutations(range(key.shape[1])))
    result = problem.attended()
    if result.spec.normalizer.kind == "topk":
        assume((result.scores().sort(dim=-1).values.diff(dim=-1) > 1e-9).all())

    permuted = attend(query, key[:, order], value[:, order], result.spec)

    close(permuted.weights(), result.weights()[..., order], 1e-11)
    close(permuted.outputs(), result.outputs(), 1e-11)


# What is refused.


@settings(EXAMPLES, max_examples=150)
@given(problem=problems(Scope((1, 11), (1, 13), is_legal=False)))
def test_what_does_not_go_together_is_refused_and_nothing_else(problem: Problem) -> None:
    spec = problem.spec
    kinds = {part: spec[part]["kind"] for part in ("score", "position", "normalizer", "heads")}
    has_bias = kinds["normalizer"] == "linear" and bool(spec["score"].get("bias"))
    softcap = "none" if spec["softcap"] is None else "softcap"
    makes_sense = is_legal({**kinds, "softcap": softcap}) and not has_bias
    has_room = problem.shapes[0][1] == problem.shapes[1][1] or not any(map(is_square, spec["mask"]))
    described = AttentionSpec.model_validate(spec)

    if makes_sense:
        described.require_sense()
    else:
        with pytest.raises(SpecError):
            described.require_sense()
    if makes_sense and has_room:
        assert problem.attended().weights().isfinite().all()
    else:
        with pytest.raises((SpecError, ShapeError)):
            problem.attended()


def is_square(mask: dict[str, Any]) -> bool:
    """Tell whether a mask, or a member of it, needs as many queries as keys."""
    if isinstance(inner := mask.get("of", []), dict):
        inner = [inner]
    return mask["kind"] in ("document", "bigbird", "neighborhood_2d") or any(map(is_square, inner))


# Normalisers by themselves: three heads, rows of scores in eighths, so that sums are exact.


@st.composite
def eighths(draw: st.DrawFn, kind: str, n_keys: int = 19) -> Tensor:
    """Draw scores, some masked and one row of each head whole; none below zero for linear."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**20)))
    spread = draw(st.sampled_from([2, 16, 300]))
    scores = torch.randint(-spread, spread, (3, 5, n_keys), generator=generator).double() / 8
    share = draw(st.sampled_from([0.0, 0.2, 0.9]))
    masked = torch.rand(scores.shape, generator=generator) < share
    masked[:, 2] = True
    return (scores.abs() if kind == "linear" else scores).masked_fill(masked, -math.inf)


def resolved(spec: dict[str, Any], n_keys: int) -> Normalizer:
    """Make a normaliser whose defaults are known."""
    made: Normalizer = NORMALIZER.validate_python(spec).resolve(5, n_keys, 3)
    return made


def streamed(normalizer: Normalizer, scores: Tensor, start: int = 0) -> Any:
    """Take scores in as one block, whose first key has the number given."""
    every_head = slice(0, 3)
    state = normalizer.init(scores, every_head)
    if not scores.shape[2]:
        return state
    return normalizer.update(state, scores.clone(), range(start, start + scores.shape[2]))


def weighed(normalizer: Normalizer, scores: Tensor) -> Tensor:
    """Weigh all scores at once."""
    state = normalizer.finalize(streamed(normalizer, scores))
    return normalizer.apply(scores.clone(), state, range(scores.shape[2]))


@pytest.mark.parametrize("spec", NORMALIZER_SPECS, ids=str)
@FEW
@given(data=st.data())
def test_merging_two_sets_of_keys_equals_the_whole(
    spec: dict[str, Any], data: st.DataObject
) -> None:
    scores = data.draw(eighths(spec["kind"]))
    normalizer = resolved(spec, scores.shape[2])
    cut = data.draw(st.integers(0, scores.shape[2]))
    halves = streamed(normalizer, scores[..., :cut]), streamed(normalizer, scores[..., cut:], cut)
    keys, whole = range(scores.shape[2]), weighed(normalizer, scores)

    for first, second in (halves, halves[::-1]):
        state = normalizer.finalize(normalizer.merge(first, second))
        close(normalizer.apply(scores.clone(), state, keys), whole)
        empty = (scores == -math.inf).all(dim=-1)
        assert torch.equal(state.is_empty | ~empty, torch.ones_like(empty))


@pytest.mark.parametrize("spec", NORMALIZER_SPECS, ids=str)
@FEW
@given(data=st.data())
def test_a_block_taken_in_is_left_as_it_was(spec: dict[str, Any], data: st.DataObject) -> None:
    scores = data.draw(eighths(spec["kind"]))
    normalizer, before = resolved(spec, scores.shape[2]), scores.clone()

    normalizer.update(normalizer.init(scores, slice(0, 3)), scores, range(scores.shape[2]))

    assert torch.equal(scores, before)


@pytest.mark.parametrize(
    "spec", [s for s in NORMALIZER_SPECS if resolved(s, 1).flags["shift_invariant"]], ids=str
)
@FEW
@given(data=st.data(), shift=st.integers(-800, 800).map(lambda eighth: eighth / 8))
def test_a_number_added_to_a_row_changes_nothing_where_shift_invariant(
    spec: dict[str, Any], data: st.DataObject, shift: float
) -> None:
    scores = data.draw(eighths(spec["kind"]))
    normalizer = resolved(spec, scores.shape[2])

    close(weighed(normalizer, scores + shift), weighed(normalizer, scores))


# Two keys of scores 1 and 2 in each of three heads: weights of them, worked by the formulas.
ONE_TWO = torch.tensor([[[1.0, 2.0]] * 5] * 3, dtype=torch.float64)


@pytest.mark.parametrize("kind", NORMALIZERS)
def test_flags_hold_for_every_row_or_there_is_a_row_that_shows_why_not(kind: str) -> None:
    normalizer = resolved({"kind": kind}, 2)
    weights, shifted = weighed(normalizer, ONE_TWO), weighed(normalizer, ONE_TWO + 1)
    below = weighed(normalizer, ONE_TWO - 5) if kind != "linear" else weights

    sums_to_one = torch.allclose(weights.sum(dim=-1), torch.ones(3, 5, dtype=torch.float64))
    found = {
        "row_stochastic": sums_to_one,
        "signed": bool((below < 0).any()),
        "shift_invariant": torch.allclose(weights, shifted),
    }
    assert found == normalizer.flags


@pytest.mark.parametrize("heads", ["talking_heads", "differential"])
def test_heads_that_mix_weights_are_signed_and_their_rows_need_not_sum_to_one(heads: str) -> None:
    spec = AttentionSpec.model_validate({"heads": {"kind": heads, "n_heads": 2}, "score": "dot"})
    n_heads = spec.heads.n_score_heads
    inputs = torch.arange(1.0, n_heads * 4 + 1).reshape(n_heads, 2, 2).sin() * 9
    weights = attend(inputs, inputs, inputs[: spec.heads.n_value_heads], spec).weights()

    assert spec.flags == {"row_stochastic": False, "signed": True, "shift_invariant": True}
    assert (weights < 0).any()
    assert not torch.allclose(weights.sum(dim=-1), torch.ones(spec.heads.n_heads, 2))


# A cell explained.


@pytest.mark.parametrize(("normalizer", "heads"), TOGETHER)
@FEW
@given(data=st.data())
def test_a_cell_leads_to_its_weight(normalizer: str, heads: str, data: st.DataObject) -> None:
    scope = Scope((1, 7), (1, 11), normalizers=[normalizer], heads=[heads], dtypes=FLOAT64)
    result = data.draw(problems(scope)).attended()
    head, query, key = (
        data.draw(st.integers(0, size - 1))
        for size in (result.n_heads, result.n_queries, result.n_keys)
    )

    cell = result.cell(head, query, key)

    assert cell.weight == float(result.weights()[head, query, key])
    assert cell.share == pytest.approx([cell.weight * v for v in cell.value], abs=1e-12, rel=1e-12)
    score_head = result.spec.heads.first_score_head(head)
    row = result.scores()[score_head, query].tolist()
    assert cell.row_scores == [None if score == -math.inf else score for score in row]
    leads_to_its_score(cell, result)
    weight = redone(cell, result.spec)
    if cell.combined is None:
        assert cell.weight == pytest.approx(weight, abs=1e-11, rel=1e-11)
    else:
        own = [part.weight for part in cell.combined if part.head == score_head]
        assert own == pytest.approx([weight] * len(own), abs=1e-11, rel=1e-11)
        total = math.fsum(part.factor * part.weight for part in cell.combined)
        assert cell.weight == pytest.approx(total, abs=1e-11, rel=1e-11)


def leads_to_its_score(cell: Cell, result: AttentionMap) -> None:
    """Redo the score of a cell, the mix included."""
    plain = math.fsum(a * b for a, b in zip(cell.left, cell.right, strict=True))
    plain = plain * cell.scale + cell.offset
    softcap = result.spec.softcap
    capped = plain if softcap is None else softcap * math.tanh(plain / softcap)
    assert cell.softcapped == (None if softcap is None else pytest.approx(capped, abs=1e-10))
    bias = -math.inf if cell.bias is None else cell.bias
    assert cell.score == (None if cell.bias is None else pytest.approx(capped + bias, abs=1e-9))
    mixed_score = cell.score
    if cell.premixed is not None:
        mixed_score = math.fsum(part.factor * part.score for part in cell.premixed)
        own = next(part for part in cell.premixed if part.head == cell.head)
        assert own.score == pytest.approx(cell.score, abs=1e-9, rel=1e-12)
    in_row = cell.row_scores[cell.key]
    if cell.allowed and mixed_score is not None:
        assert in_row == pytest.approx(mixed_score, abs=1e-9, rel=1e-12)
    else:
        assert in_row is None


def redone(cell: Cell, spec: AttentionSpec) -> float:
    """Redo the normalised weight of a cell by the numbers of its row, as a reader would."""
    normalizer, numbers = spec.normalizer, cell.row_state
    score = cell.row_scores[cell.key]
    if score is None or (
        isinstance(normalizer, TopK) and cell.key not in best(cell.row_scores, normalizer.k)
    ):
        return 0.0
    logit = score / normalizer.temperature
    rate = normalizer.order - 1 if isinstance(normalizer, Threshold) else 1.0
    exponential = ["softmax", "softmax1", "sink", "topk"]
    by_formula: dict[str, Callable[[], float]] = {
        **dict.fromkeys(exponential, lambda: math.exp(logit - numbers["lse"])),
        "sigmoid": lambda: 0.5 + 0.5 * math.tanh((logit + numbers["bias"]) / 2),
        "relu": lambda: max(logit, 0.0) / numbers["divisor"],
        "linear": lambda: score / numbers["total"] if numbers["total"] else 0.0,
        "none": lambda: logit,
    }
    if normalizer.kind in by_formula:
        return float(by_formula[normalizer.kind]())
    return float(max(rate * logit - numbers["threshold"], 0.0) ** (1 / rate))


def best(row: list[float | None], k: int) -> list[int]:
    """List the places of the k largest scores, the first of equals first."""
    allowed = [place for place, score in enumerate(row) if score is not None]
    return sorted(allowed, key=lambda place: (-(row[place] or 0.0), place))[:k]
