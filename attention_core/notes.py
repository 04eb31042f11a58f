"""What a reader of a map may trip over, said in one sentence each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attention_core.normalizers import Normalizer, RowState
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
    spec: AttentionSpec, empty_rows: Sequence[tuple[int, int]], state: RowState
) -> tuple[Note, ...]:
    """Collect the remarks on a map."""
    found = []
    if empty_rows:
        found.append(
            Note(
                "empty_rows",
                "Some queries have every key masked: their weights and outputs are zero.",
            )
        )
    return (*found, *_on_bias(spec), *_on_score(spec), *_on_normalizer(spec, state))


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
    if spec.position.kind == "t5" and isinstance(spec.score, ScaledDot) and spec.score.scale != 1:
        yield Note(
            "t5_scale",
            "T5 adds its bias to plain dot products; the score 'dot' does the same, while the "
            "scaled one makes the bias weigh more.",
        )


def _on_normalizer(spec: AttentionSpec, state: RowState) -> Iterator[Note]:
    normalizer: Normalizer = spec.normalizer
    if normalizer.kind == "linear":
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
    if share is not None:
        mean = float(share[~state.is_empty].mean()) if not state.is_empty.all() else 0.0
        name = "A one in the divisor" if normalizer.kind == "softmax1" else "The sink"
        yield Note(
            "sink",
            f"{name} takes {mean:.0%} of the mass on average, and at most "
            f"{float(share.max()):.0%}: rows sum to what is left.",
        )
    if spec.heads.kind == "differential":
        yield Note(
            "differential_rows",
            "Each head is the difference of two, so weights may be negative, and a row sums to "
            "1 − λ.",
        )
