"""What a reader of a map may trip over, said in one sentence each."""

from collections.abc import Sequence
from dataclasses import dataclass

from attention_core.scores import General
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


def notes_on(spec: AttentionSpec, empty_rows: Sequence[tuple[int, int]]) -> tuple[Note, ...]:
    """Collect the remarks on a map."""
    found = []
    if empty_rows:
        found.append(
            Note(
                "empty_rows",
                "Some queries have every key masked: their weights and outputs are zero.",
            )
        )
    has_bias = isinstance(spec.score, General) and spec.score.bias is not False
    if has_bias and spec.softcap is None and spec.normalizer.flags["shift_invariant"]:
        found.append(
            Note(
                "bias_without_effect",
                "The bias adds one number to all scores of a row, which this normaliser ignores: "
                "it changes scores but no weight.",
            )
        )
    return tuple(found)
