"""A bias and a mask handed over as tensors: they come on top of what the spec says."""

import math

import pytest
import torch
from hypothesis import given as drawing
from hypothesis import strategies as st
from torch import Tensor

from attention_core import AttentionMap, AttentionSpec, NonFiniteError, ShapeError, SpecError
from attention_core.captures import Layer
from attention_core.given import Given
from attention_core.masks import Coverage
from tests.core.captures.examples import coins, drawn


def made(spec: AttentionSpec, **given: Tensor) -> AttentionMap:
    query, key = drawn(2, 5, 4, seed=0), drawn(2, 7, 4, seed=1)
    result = Layer(
        spec, query.double(), key.double(), drawn(2, 7, 3, seed=2).double(), **given
    ).map()
    assert isinstance(result, AttentionMap)
    return result


def expected_scores(bias: Tensor, allowed: Tensor) -> Tensor:
    query, key = drawn(2, 5, 4, seed=0).double(), drawn(2, 7, 4, seed=1).double()
    scores = torch.full((2, 5, 7), -math.inf, dtype=torch.float64)
    for h in range(2):
        for i in range(5):
            for j in range(7):
                if allowed[i, j]:
                    scores[h, i, j] = query[h, i] @ key[h, j] / 2 + bias[h, i, j]
    return scores


@pytest.mark.parametrize("bias_heads", [1, 2])
def test_a_given_bias_and_mask_are_added_to_the_spec(bias_heads: int) -> None:
    bias, allowed = drawn(bias_heads, 5, 7, seed=3), coins(5, 7, seed=4)
    result = made(AttentionSpec(mask="causal"), bias=bias, allowed=allowed)

    both = allowed & torch.ones(5, 7, dtype=torch.bool).tril()
    scores = expected_scores(bias.double().expand(2, 5, 7), both)
    torch.testing.assert_close(result.scores(), scores)
    weights = scores.softmax(-1).nan_to_num(0.0)
    torch.testing.assert_close(result.weights(), weights)
    torch.testing.assert_close(result.outputs(), weights @ drawn(2, 7, 3, seed=2).double())


def test_distances_are_a_bias_by_key_minus_query() -> None:
    distances = drawn(2, 11, seed=5)
    result = made(AttentionSpec(), distances=distances)

    bias = torch.zeros(2, 5, 7, dtype=torch.float64)
    for i in range(5):
        for j in range(7):
            bias[:, i, j] = distances[:, j - i + 4].double()
    expected = expected_scores(bias, torch.ones(5, 7, dtype=torch.bool))
    torch.testing.assert_close(result.scores(), expected)


def test_a_given_bias_is_added_to_that_of_the_position() -> None:
    spec = AttentionSpec.model_validate({"position": {"kind": "alibi"}})
    bias = drawn(1, 5, 7, seed=3)

    difference = made(spec, bias=bias).scores() - made(spec).scores()

    torch.testing.assert_close(difference, bias.double().expand(2, 5, 7))


def test_a_row_that_the_given_mask_empties_weighs_nothing_and_says_why() -> None:
    allowed = torch.ones(5, 7, dtype=torch.bool)
    allowed[3] = False
    result = made(AttentionSpec(), allowed=allowed)

    assert result.empty_rows == ((0, 3), (1, 3))
    assert result.weights()[:, 3].abs().max() == 0
    assert result.outputs()[:, 3].abs().max() == 0
    assert "every key masked" in next(n.message for n in result.notes if n.code == "empty_rows")


def test_a_cell_tells_the_given_bias_and_mask() -> None:
    bias, allowed = drawn(1, 5, 7, seed=3), coins(5, 7, seed=4)
    result = made(AttentionSpec(), bias=bias, allowed=allowed)
    for i in range(5):
        for j in range(7):
            cell = result.cell(1, i, j)
            assert cell.bias == pytest.approx(float(bias[0, i, j]))
            assert cell.allowed == bool(allowed[i, j])
            assert cell.score == pytest.approx(cell.product * cell.scale + float(bias[0, i, j]))
            assert cell.weight == pytest.approx(float(result.weights()[1, i, j]))


def test_the_fused_kernel_is_not_used_where_a_mask_or_a_bias_is_given() -> None:
    query, key, value = (drawn(1, 263, 4, seed=i) for i in range(3))
    allowed, bias = coins(263, 263, seed=3), drawn(1, 263, 263, seed=4)
    result = Layer(AttentionSpec(), query, key, value, bias=bias, allowed=allowed).map()
    scores = query.double() @ key.double().mT / 2 + bias.double()
    expected = scores.masked_fill(~allowed, -math.inf).softmax(-1) @ value.double()
    torch.testing.assert_close(result.outputs().double(), expected, atol=1e-5, rtol=1e-5)
    only_masked = Layer(AttentionSpec(), query, key, value, allowed=allowed).map()
    plain = Layer(AttentionSpec(), query, key, value).map()
    assert (only_masked.outputs() - plain.outputs()).abs().max() > 0.01


@drawing(st.integers(0, 300), st.integers(0, 300), st.sampled_from(["causal", "full"]))
def test_coverage_of_a_given_mask_is_never_wrong(row: int, column: int, mask: str) -> None:
    allowed = torch.ones(307, 307, dtype=torch.bool)
    allowed[row:] = False
    allowed[:, column:] = True
    x = drawn(1, 307, 2, seed=0)
    source = AttentionMap(x, x, None, AttentionSpec(mask=mask), given=Given(allowed=allowed)).source
    for query in (range(256), range(256, 307)):
        for key in (range(256), range(256, 307)):
            cells = source.allowed(query, key)
            found = source.coverage(query, key)
            assert found is not Coverage.EMPTY or not cells.any()
            assert found is not Coverage.FULL or cells.all()


def test_talking_heads_mix_scores_after_the_given_bias() -> None:
    spec = AttentionSpec.model_validate(
        {"heads": {"kind": "talking_heads", "n_heads": 2, "seed": 1}}
    )
    mixing = made(spec).source.mixing
    assert mixing is not None
    bias = drawn(2, 5, 7, seed=3).double()
    expected = torch.einsum("oh,hij->oij", torch.tensor(mixing, dtype=torch.float64), bias)
    difference = made(spec, bias=bias).scores() - made(spec).scores()
    torch.testing.assert_close(difference, expected)


@pytest.mark.parametrize(
    ("name", "shape", "wanted"),
    [
        ("bias", (3, 5, 7), "1 head or 2"),
        ("bias", (2, 7, 5), "5 × 7"),
        ("distances", (2, 12), "11"),
        ("allowed", (7, 5), "5 × 7"),
    ],
)
def test_a_given_tensor_of_another_size_is_refused(
    name: str, shape: tuple[int, ...], wanted: str
) -> None:
    x = torch.ones(shape, dtype=torch.bool if name == "allowed" else torch.float32)
    with pytest.raises(ShapeError, match=wanted) as caught:
        made(AttentionSpec(), **{name: x})
    assert caught.value.field == (name,)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("name", "shape"), [("bias", (1, 5, 7)), ("distances", (1, 11))])
def test_a_given_bias_must_be_finite(name: str, shape: tuple[int, ...], number: float) -> None:
    x = torch.zeros(shape)
    x.view(-1)[3] = number
    with pytest.raises(NonFiniteError) as caught:
        made(AttentionSpec(), **{name: x})
    assert caught.value.field == (name,)


def test_a_bias_that_could_pass_the_largest_float_is_named() -> None:
    query, bias = drawn(1, 5, 4, seed=0), torch.full((1, 5, 5), 3.4e38)
    layer = Layer(AttentionSpec(), query * 1e18, query * 1e18, bias=bias)
    with pytest.raises(NonFiniteError, match="bias") as caught:
        layer.map()
    assert caught.value.field == ("bias",)


def test_linear_attention_takes_no_given_bias() -> None:
    with pytest.raises(SpecError, match="linear"):
        made(AttentionSpec(normalizer="linear"), bias=drawn(1, 5, 7, seed=3))


def test_without_values_everything_but_the_outputs_is_there() -> None:
    query, key = drawn(2, 5, 4, seed=0), drawn(2, 7, 4, seed=1)
    result = Layer(AttentionSpec(), query, key).map()
    with_values = Layer(AttentionSpec(), query, key, drawn(2, 7, 3, seed=2)).map()

    assert torch.equal(result.weights(), with_values.weights())
    assert torch.equal(result.overview(2, 3), with_values.overview(2, 3))
    cell = result.cell(1, 2, 3)
    assert (cell.value, cell.share) == ([], [])
    with pytest.raises(SpecError, match="not kept") as caught:
        result.outputs()
    assert caught.value.field == ("value",)


@pytest.mark.parametrize(
    ("heads", "n_heads"),
    [
        ({"kind": "gqa", "n_heads": 6, "n_kv_heads": 2}, 6),
        ({"kind": "mqa", "n_heads": 6}, 6),
        ({"kind": "differential", "n_heads": 3}, 3),
        ({"kind": "talking_heads", "n_heads": 6}, 6),
    ],
)
def test_every_kind_of_heads_goes_without_values(heads: dict[str, object], n_heads: int) -> None:
    spec = AttentionSpec.model_validate({"heads": heads})
    n_key_heads = {"gqa": 2, "mqa": 1}.get(str(heads["kind"]), 6)
    layer = Layer(spec, drawn(6, 5, 4, seed=0), drawn(n_key_heads, 7, 4, seed=1))
    assert layer.n_heads == layer.map().n_heads == n_heads
    assert layer.map().weights().shape == (n_heads, 5, 7)


def test_heads_that_share_keys_use_those_of_their_group() -> None:
    query, key = drawn(8, 5, 4, seed=0), drawn(2, 7, 4, seed=1)
    spec = AttentionSpec.model_validate({"heads": {"kind": "gqa", "n_heads": 8, "n_kv_heads": 2}})
    weights = Layer(spec, query, key).map().weights()
    for h in range(8):
        expected = (query[h].double() @ key[h // 4].double().T / 2).softmax(-1)
        torch.testing.assert_close(weights[h].double(), expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halves_are_computed_as_float32(dtype: torch.dtype) -> None:
    query, key = drawn(2, 5, 4, seed=0).to(dtype), drawn(2, 7, 4, seed=1).to(dtype)
    bias = drawn(1, 5, 7, seed=2).to(dtype)
    result = Layer(AttentionSpec(), query, key, bias=bias).map()
    assert result.dtype == torch.float32
    expected = (query.double() @ key.double().mT / 2 + bias.double()).softmax(-1)
    torch.testing.assert_close(result.weights().double(), expected, atol=1e-6, rtol=1e-6)
