"""Every mechanism against float64 plain loops that share no code with the library.

``python -m tests.core.errors_table`` prints the largest error of each mechanism.
"""

from typing import Any

import pytest
import torch

from attention_core import AttentionSpec, GivenEmbedding, attend, attend_tokens, catalogue
from attention_core.parameters import Parameter
from tests.core import choices
from tests.core.agreement import TOLERANCES, attended, empty_rows, error, errors, expected
from tests.core.choices import drawn, kind_of, listed
from tests.core.covering import NAMES, Case, cases
from tests.reference import heads as reference_heads
from tests.reference import scores as reference_scores
from tests.reference import textbook
from tests.reference.attention import HeadsResult, attention_heads, split_heads
from tests.reference.positions import Position, rope, sinusoidal, unchanged
from tests.reference.vectors import Matrix, product

TOLERANCE = TOLERANCES[torch.float32]
ONE_PER_NORMALIZER = [Case(normalizer=name, mask="causal") for name in NAMES["normalizer"]]


@pytest.mark.parametrize("case", cases(), ids=" + ".join)
def test_scores_weights_and_outputs_agree_with_plain_loops(case: Case) -> None:
    for dtype, tolerance in TOLERANCES.items():
        assert max(errors(case, dtype)) <= tolerance, dtype
    assert attended(case, torch.float32).empty_rows == tuple(sorted(empty_rows(case)))


@pytest.mark.parametrize("case", ONE_PER_NORMALIZER, ids=lambda case: case.normalizer)
def test_a_rectangle_agrees_with_plain_loops(case: Case) -> None:
    reference = [row[2:11] for row in expected(case).weights[1][3:8]]

    rectangle = attended(case, torch.float32).weights(slice(3, 8), slice(2, 11), head=1)

    assert error(rectangle, [reference]) <= TOLERANCE


def test_every_kind_of_the_catalogue_is_held_by_a_reference() -> None:
    known = {part: {*map(kind_of, names)} for part, names in NAMES.items()}
    parts = catalogue()["parts"]

    for part in ("score", "position", "mask", "normalizer", "heads"):
        offered = {choice["kind"] for choice in parts[part]["choices"]}
        assert offered - {"not"} <= known[part], part


def test_the_textbook_example_comes_out_as_worked_by_hand() -> None:
    query, key, value = (
        torch.tensor(rows) for rows in (textbook.QUERY, textbook.KEY, textbook.VALUE)
    )

    result = attend(query, key, value)

    assert error(result.scores(), [textbook.SCORES]) <= TOLERANCE
    assert error(result.weights(), [textbook.WEIGHTS]) <= TOLERANCE
    assert error(result.outputs(), [textbook.OUTPUTS]) <= TOLERANCE


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("kind", ["general", "additive"])
def test_each_head_may_have_matrices_of_its_own_and_sizes_may_differ(
    kind: str, dtype: torch.dtype
) -> None:
    query, key, value = drawn(2, 5, 3, seed=1), drawn(2, 7, 4, seed=2), drawn(2, 7, 2, seed=3)
    made: dict[str, Any] = {"weight": listed(2, 3, 4, seed=4), "bias": listed(2, 3, seed=5)}
    if kind == "additive":
        made = {"weight_query": listed(2, 6, 3, seed=4), "weight_key": listed(2, 6, 4, seed=5)}
        made |= {"bias": listed(2, 6, seed=6), "v": listed(2, 6, seed=7)}
    by_head = [{name: matrices[head] for name, matrices in made.items()} for head in range(2)]
    score = getattr(reference_scores, kind)
    rows = [x.double().tolist() for x in (query, key, value)]
    reference = [
        attention_heads(*([x[head]] for x in rows), score=score(**own))
        for head, own in enumerate(by_head)
    ]

    spec = AttentionSpec.model_validate({"score": {"kind": kind, **made}})
    result = attend(query.to(dtype), key.to(dtype), value.to(dtype), spec)

    assert error(result.scores(), [head.scores[0] for head in reference]) <= TOLERANCES[dtype]
    assert error(result.outputs(), [head.outputs[0] for head in reference]) <= TOLERANCES[dtype]


# From tokens: how heads share the features of their inputs.

TOKENS, CONTEXT, N_HEADS = [*"abcde"], [*"ABCDEFG"], 4
X, Y = drawn(len(TOKENS), 16, seed=20), drawn(len(CONTEXT), 16, seed=21)
MOVES = {"none": unchanged, "sinusoidal": sinusoidal(), "rope": rope()}
LATENT = {"kv_lora_rank": 5, "qk_nope_head_dim": 3, "qk_rope_head_dim": 4, "v_head_dim": 7}


def inputs_of(position: str) -> tuple[Matrix, Matrix, Position]:
    """Embed the positions where they enter the inputs; return what still turns."""
    move, asking, asked = MOVES[position], X.double().tolist(), Y.double().tolist()
    if position == "sinusoidal":
        return move(asking), move(asked), unchanged
    return asking, asked, move


def disagreement(heads: dict[str, Any], position: str, reference: HeadsResult) -> dict[Any, float]:
    """Measure the largest error of attention from tokens, by dtype."""
    embedding = GivenEmbedding(vectors=X, context_vectors=Y)  # type: ignore[arg-type]
    spec = AttentionSpec.model_validate({"heads": heads, "position": position})
    found = {}
    for dtype in TOLERANCES:
        result = attend_tokens(TOKENS, CONTEXT, spec, embedding=embedding, dtype=dtype)
        found[dtype] = max(
            error(result.scores(), reference.scores),
            error(result.weights(), reference.weights),
            error(result.outputs(), reference.outputs),
        )
    return found


def by_group(rows: Matrix, n_groups: int) -> list[Matrix]:
    """Give each group the mean of its heads: Ainslie 2023, 2305.13245, section 2.1."""
    heads = split_heads(rows, N_HEADS)
    size = N_HEADS // n_groups
    groups = [heads[first : first + size] for first in range(0, N_HEADS, size)]
    mean = [[1 / size] * size]
    return [reference_heads.mixed(mean, group)[0] for group in groups]


@pytest.mark.parametrize("position", MOVES)
@pytest.mark.parametrize(
    ("heads", "n_groups"),
    [
        ({"kind": "mha", "n_heads": N_HEADS}, N_HEADS),
        ({"kind": "gqa", "n_heads": N_HEADS, "n_kv_heads": 2}, 2),
        ({"kind": "mqa", "n_heads": N_HEADS}, 1),
    ],
)
def test_heads_from_tokens_share_the_features_in_equal_runs(
    heads: dict[str, Any], n_groups: int, position: str
) -> None:
    asking, asked, move = inputs_of(position)
    shared = reference_heads.for_each_query_head(by_group(asked, n_groups), N_HEADS)
    reference = attention_heads(
        split_heads(asking, N_HEADS),
        shared,
        shared,
        score=reference_scores.scaled_dot(),
        position=move,
    )

    for dtype, found in disagreement(heads, position, reference).items():
        assert found <= TOLERANCES[dtype], dtype


@pytest.mark.parametrize("position", MOVES)
def test_differential_heads_from_tokens_are_halves_of_a_heads_features(position: str) -> None:
    asking, asked, move = inputs_of(position)
    reference = attention_heads(
        split_heads(asking, 4),
        split_heads(asked, 4),
        split_heads(asked, 2),
        score=reference_scores.scaled_dot(),
        position=move,
        subtracted_share=reference_heads.differential_lambda_init(0),
    )

    for dtype, found in disagreement(
        {"kind": "differential", "n_heads": 2}, position, reference
    ).items():
        assert found <= TOLERANCES[dtype], dtype


def latent_matrix(name: str, n_heads: int, rows: int, columns: int) -> list[Matrix]:
    """Have the library draw a matrix of ``mla``: only its numbers, none of its arithmetic."""
    place = Parameter.matrix(("spec", "heads", name), n_heads, rows, columns)
    like = torch.empty(0, dtype=torch.float64)
    matrices: list[Matrix] = place.value(None, seed=3, like=like).tolist()
    return matrices


@pytest.mark.parametrize("position", MOVES)
def test_absorbed_latent_heads_agree_with_heads_written_out(position: str) -> None:
    asking, asked, move = inputs_of(position)
    rank, fixed, turning, wide = LATENT.values()
    nope = latent_matrix("query_nope", 2, 16, fixed)
    turned = latent_matrix("query_rope", 2, 16, turning)
    written_out = reference_heads.mla(
        [
            [[*a, *b] for a, b in zip(product(asking, n), product(asking, r), strict=True)]
            for n, r in zip(nope, turned, strict=True)
        ],
        product(asked, latent_matrix("latent_key", 1, 16, rank)[0]),
        product(asked, latent_matrix("key_rope", 1, 16, turning)[0]),
        latent_matrix("up_key", 2, rank, fixed),
        latent_matrix("up_value", 2, rank, wide),
        move,
    )
    reference = attention_heads(
        written_out.queries,
        written_out.keys,
        written_out.values,
        score=reference_scores.scaled_dot(written_out.scale),
    )

    heads = {"kind": "mla", "n_heads": 2, "seed": 3, **LATENT}
    for dtype, found in disagreement(heads, position, reference).items():
        assert found <= TOLERANCES[dtype], dtype


def test_talking_heads_from_a_seed_say_what_they_mix() -> None:
    spec = AttentionSpec.model_validate({"heads": {"kind": "talking_heads", "n_heads": 3}})
    query, key = drawn(3, 5, choices.DIM, seed=1), drawn(3, 7, choices.DIM, seed=2)
    mixes = [spec.heads.score_mixing(), spec.heads.weight_mixing()]
    premix, postmix = ([list(row) for row in mix or ()] for mix in mixes)
    rows = key.double().tolist()
    reference = attention_heads(
        query.double().tolist(),
        rows,
        rows,
        score=reference_scores.scaled_dot(),
        premix=premix,
        postmix=postmix,
    )

    result = attend(query.double(), key.double(), spec=spec)

    assert premix != postmix
    assert error(result.weights(), reference.weights) <= TOLERANCES[torch.float64]
