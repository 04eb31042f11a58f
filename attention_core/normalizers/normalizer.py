"""What every normaliser can do: take scores in block by block, then weigh any tile alone."""

from abc import abstractmethod
from typing import Any, ClassVar, Generic, cast

import torch
from pydantic import Field
from typing_extensions import TypeVar

from attention_core.normalizers.states import RowState
from attention_core.part import Part
from attention_core.shapes import Matrices, Rows

State = TypeVar("State", bound=RowState, default=Any)


class Normalizer(Part, Generic[State]):
    """A normaliser that streams: ``init``, ``update`` by blocks of keys, ``finalize``, ``apply``.

    ``flags`` tell whether rows sum to one (``row_stochastic``), whether a weight can be negative
    (``signed``), and whether a number added to all scores of a row changes nothing
    (``shift_invariant``). A masked score is −inf and weighs zero.
    """

    flags: ClassVar[dict[str, bool]]

    temperature: float = Field(
        default=1.0,
        title="Temperature",
        description="Divides the scores; below 1 sharpens.",
        ge=1e-6,
        le=1e6,
    )

    @property
    def times_softmax(self) -> float:
        """How many times longer than softmax's a weight takes, at worst."""
        return 1.0

    def n_numbers(self, n_queries: int, n_keys: int) -> int:
        """Count the numbers that the rows of one head keep, at worst and at any time."""
        return 2 * n_queries

    def resolve(self, n_queries: int, n_keys: int, n_heads: int) -> "Normalizer[State]":
        """Spell out the defaults that depend on the sizes.

        Args:
            n_queries: Rows of the matrix.
            n_keys: Its columns.
            n_heads: Heads of scores, of which combined heads may make fewer.

        Raises:
            SpecError: When a parameter does not fit the sizes.
        """
        return self

    @abstractmethod
    def init(self, scores: Matrices, heads: slice) -> State:
        """Start with no key seen.

        Args:
            scores: Any tensor of the rows, dtype and device of the scores to come.
            heads: Which heads they are of.
        """

    @abstractmethod
    def update(self, state: State, scores: Matrices, key: range) -> State:
        """Take a block of scores, those of the keys given, into the state; leaves the scores."""

    @abstractmethod
    def merge(self, first: State, second: State) -> State:
        """Join the states of two sets of keys; associative, and the order does not matter."""

    def finalize(self, state: State) -> State:
        """End with every key seen; only then ``apply`` and ``row_numbers`` can be used."""
        return state

    @abstractmethod
    def apply(self, scores: Matrices, state: State, key: range) -> Matrices:
        """Turn a tile of scores into weights.

        Args:
            scores: The tile; may be used up.
            state: The final state of the tile's rows.
            key: The tile's columns.
        """

    def head_by_head(self, scores: Matrices, state: State, key: range) -> Matrices:
        """Turn a tile of scores into weights, each head's as if it were alone.

        Even a number that is made from one other may depend on where it stands: torch computes the
        last few of a run otherwise than those before, and one run holds all heads of a tile.

        Args are those of ``apply``.
        """
        if len(scores) == 1:
            return self.apply(scores, state, key)
        every_row = slice(None)
        heads = [slice(head, head + 1) for head in range(len(scores))]
        alone = [
            self.apply(scores[head], cast("State", state.rows(head, every_row)), key)
            for head in heads
        ]
        return torch.cat(alone)

    def row_numbers(self, state: State) -> dict[str, Rows]:
        """Name the numbers of a row, float64, from which a weight can be redone by hand."""
        return {}

    def sink_share(self, state: State) -> Rows | None:
        """Tell how much of each row's weight goes to no key, float64; None without a sink."""
        return None
