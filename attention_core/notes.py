"""What a reader of a map may trip over, said in one sentence each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attention_core.heads import Differential, TalkingHeads
from attention_core.normalizers import Linear, Normalizer, RowState, Softmax1
from attention_core.positions import T5
from attention_core.scores import General, ScaledDot
from attention_core.spec import AttentionSpec


@dataclass(frozen=True)
class Note:
    """A remark on a map.

    Attributes:
        code: Stable name of the remark.
        message: The remark in English.
    """

    code: str
    message: str


def notes_on(
    spec: AttentionSpec,
    empty_rows: Sequence[tuple[int, int]],
    state: RowState,
    *,
    is_masked: bool,
) -> tuple[Note, ...]:
    """Collect the remarks on a map."""
    return (
        *_on_empty_rows(empty_rows, is_masked=is_masked),
        *_on_bias(spec),
        *_on_score(spec),
        *_on_normalizer(spec, state),
        *_on_heads(spec),
    )


def _on_empty_rows(empty_rows: Sequence[tuple[int, int]], *, is_masked: bool) -> Iterator[Note]:
    if not empty_rows:
        return
    # Without a mask a row is empty past a span, or where linear attention's products are all zero.
    cause = "every key masked" if is_masked else "no key to give weight to"
    yield Note("empty_rows", f"Some queries have {cause}: their weights and outputs are zero.")


def _on_bias(spec: AttentionSpec) -> Iterator[Note]:
    if not isinstance(spec.score, General) or spec.score.bias is False:
        return
    if spec.softcap is None and spec.flags["shift_invariant"]:
        yield Note(
            "bias_without_effect",
            "The bias adds one number to all scores of a row, which this normaliser ignores: "
            "it changes scores but no weight.",
        )
    else:
        cause = "the softcap" if spec.flags["shift_invariant"] else "this normaliser"
        yield Note(
            "bias_matters",
            f"The bias adds one number to all scores of a row, and under {cause} that changes the "
            "weights; under softmax alone it would not.",
        )


def _on_score(spec: AttentionSpec) -> Iterator[Note]:
    if (
        isinstance(spec.position, T5)
        and isinstance(spec.score, ScaledDot)
        and spec.score.scale != 1
    ):
        yield Note(
            "t5_scale",
            "T5 adds its bias to plain dot products; the score 'dot' does the same, while the "
            "scaled one makes the bias weigh more.",
        )


def _on_normalizer(spec: AttentionSpec, state: RowState) -> Iterator[Note]:
    normalizer: Normalizer = spec.normalizer
    if isinstance(normalizer, Linear):
        yield Note(
            "linear_scores",
            "Linear attention has no scores of its own: shown are the products φ(q)·φ(k), and a "
            "weight is a product's share of its row.",
        )
        if normalizer.temperature != 1:
            yield Note(
                "temperature_without_effect",
                "Linear attention divides each product by the sum of its row, so a temperature "
                "changes no weight.",
            )
    share = normalizer.sink_share(state)
    taken = None if share is None else share[~state.is_empty]
    if taken is not None and len(taken):
        name = "A one in the divisor" if isinstance(normalizer, Softmax1) else "The sink"
        rest = "rows sum to what is left"
        if spec.heads.weight_mixing() is not None:
            rest = "that is before the heads are combined"
        yield Note(
            "sink",
            f"{name} takes {float(taken.mean()):.0%} of the mass on average, and at most "
            f"{float(taken.max()):.0%}: {rest}.",
        )


def _on_heads(spec: AttentionSpec) -> Iterator[Note]:
    heads, is_stochastic = spec.heads, spec.normalizer.flags["row_stochastic"]
    if isinstance(heads, Differential):
        sums = f", and a row sums to 1 − λ = {1 - heads.lambda_:.3g}" if is_stochastic else ""
        yield Note(
            "differential_rows",
            f"Each head is the difference of two, so weights may be negative{sums}.",
        )
    if isinstance(heads, TalkingHeads):
        yield Note(
            "mixed_heads",
            "Each head's weights are a mix of all heads', so they may be negative, and a row sums "
            "to the sum of its factors."
            if is_stochastic
            else "Each head's weights are a mix of all heads', so they may be negative.",
        )
