"""What a position is: where in the order of operations the place of a token enters."""

from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from attention_core.part import Part
from attention_core.positions.bias import Bias
from attention_core.shapes import Queries


class Position(Part):
    """A way for the place of a token to enter; each step leaves things as they are by default."""

    has_bias: ClassVar[bool] = False
    """Whether the position adds to the scores, so that a score is more than a product."""

    has_rotation: ClassVar[bool] = False
    """Whether queries and keys are turned, so that a map holds some of its own."""

    def resolve(self, query_dim: int, key_dim: int, n_heads: int) -> "Position":
        """Spell out the defaults that depend on the features of query and key, and on the heads.

        Raises:
            SpecError: When the parameters do not fit those sizes.
        """
        return self

    def embed(self, inputs: Float[Tensor, "*head token dim"]) -> Float[Tensor, "*head token dim"]:
        """Add the positions to the inputs, before any projection."""
        return inputs

    def rotate(self, vectors: Queries, n_positions: int) -> Queries:
        """Rotate queries or keys by their positions.

        Args:
            vectors: Queries or keys after projection; the first one stands at position zero.
            n_positions: Length of the whole sequence, the larger of queries and keys; some
                scalings of RoPE turn by it.
        """
        return vectors

    def n_numbers(self, head_dim: int, n_queries: int, n_keys: int) -> int:
        """Count the numbers that ``prepare`` makes for each head of scores."""
        return n_queries + n_keys

    def prepare(self, query: Queries, n_keys: int, scale: float) -> Bias | None:
        """Make ready what is added to the scores, in O(query + key) for each head.

        Args:
            query: What of each query enters the score's product, after the rotation; one head
                for each head of scores.
            n_keys: Number of keys.
            scale: Factor of the score's product.

        Returns:
            The bias of any rectangle; None where ``has_bias`` is false.

        Raises:
            SpecError: When a parameter is out of range for these sizes.
            ShapeError: When a parameter has another size than these need.
        """
        return None
