"""One thing looked at: stacks of layers by kind, their tokens, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from attention_core.captures.given_weights import GivenWeights
from attention_core.captures.layer import Layer
from attention_core.captures.token import Token
from attention_core.errors import SpecError
from attention_core.maps import DENSE_BUDGET_BYTES, AttentionMap
from attention_core.notes import Note
from attention_core.prepared import Check


@dataclass(frozen=True)
class KindSizes:
    """How much there is of one kind.

    Attributes:
        n_layers: Number of layers.
        n_heads: Number of heads of a layer, the most where layers differ.
        n_kv_heads: Number of heads of keys, likewise; None where only weights are known.
        n_queries: Number of queries.
        n_keys: Number of keys.
    """

    n_layers: int
    n_heads: int
    n_kv_heads: int | None
    n_queries: int
    n_keys: int


@dataclass(frozen=True)
class Stack:
    """Layers of one kind, which share their tokens.

    Attributes:
        layers: Each layer's Q, K and spec, from the input up.
        query_tokens: The sequence that asks.
        key_tokens: The sequence that is asked; the same object for self-attention.
        n_given: How many queries were given and not generated; all where none were.
    """

    layers: tuple[Layer, ...]
    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    n_given: int

    @property
    def sizes(self) -> KindSizes:
        """How much there is."""
        of_keys = [layer.n_kv_heads for layer in self.layers if layer.n_kv_heads is not None]
        return KindSizes(
            n_layers=len(self.layers),
            n_heads=max((layer.n_heads for layer in self.layers), default=0),
            n_kv_heads=max(of_keys, default=None),
            n_queries=len(self.query_tokens),
            n_keys=len(self.key_tokens),
        )


@dataclass(frozen=True)
class Capture:
    """One thing looked at.

    Attributes:
        stacks: By kind: ``self`` where there is one stack; ``encoder``, ``decoder`` and ``cross``;
            ``text`` and ``vision``.
        model: Name of the model; None for tokens and uploaded tensors.
        notes: What a reader may trip over.
        image: The image as the model saw it, as PNG, where there was one.
    """

    stacks: Mapping[str, Stack]
    model: str | None = None
    notes: tuple[Note, ...] = field(default=())
    image: bytes | None = None

    @property
    def kinds(self) -> dict[str, KindSizes]:
        """How much there is of each kind."""
        return {kind: stack.sizes for kind, stack in self.stacks.items()}

    def map(
        self,
        kind: str = "self",
        layer: int = 0,
        *,
        budget_bytes: int = DENSE_BUDGET_BYTES,
        check: Check | None = None,
    ) -> AttentionMap | GivenWeights:
        """Make one layer's lazy map; nothing dense is computed yet.

        Args:
            kind: Which stack of layers.
            layer: Which of its layers.
            budget_bytes: How large a dense answer may be.
            check: Called between blocks of every pass; may raise to end the work.

        Raises:
            SpecError: When there is no such layer.
            AttentionError: When the layer's parts do not fit each other.
        """
        return self.layer(kind, layer).map(budget_bytes=budget_bytes, check=check)

    def layer(self, kind: str, layer: int) -> Layer:
        """Return one layer.

        Raises:
            SpecError: When there is none.
        """
        layers = self.stack(kind).layers
        if not 0 <= layer < len(layers):
            raise SpecError(
                f"layer must be between 0 and {len(layers) - 1} in '{kind}', got {layer}; count "
                "from zero.",
                field=("layer",),
            )
        return layers[layer]

    def stack(self, kind: str) -> Stack:
        """Return the layers of one kind.

        Raises:
            SpecError: When there are none.
        """
        if kind not in self.stacks:
            known = ", ".join(f"'{name}'" for name in self.stacks)
            raise SpecError(
                f"kind must be one of {known} here, got {kind!r}; name one of these.",
                field=("kind",),
            )
        return self.stacks[kind]
