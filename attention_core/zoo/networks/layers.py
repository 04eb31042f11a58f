"""The blocks that the zoo's models are made of: plain torch, with the attention's kernel open.

A layer hands its queries, keys, values and spec to the kernel that the caller chose: torch's fused
one to train and to answer, one that also keeps what it is handed to capture.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from attention_core.masks import Causal
from attention_core.positions import Rope
from attention_core.spec import AttentionSpec

States = Float[Tensor, "batch token width"]

BIDIRECTIONAL = AttentionSpec()
CAUSAL = AttentionSpec(mask=(Causal(),))


class Handed(NamedTuple):
    """What an attention layer hands its kernel.

    Attributes:
        kind: Which stack the layer is of, such as ``encoder`` or ``cross``.
        spec: How attention is computed; positions are in the queries and keys already.
        query: Queries of every head.
        key: Keys of every head.
        value: Values of every head.
        is_real: Which keys are no padding, in batches of training; all when absent.
    """

    kind: str
    spec: AttentionSpec
    query: Float[Tensor, "batch head query dim"]
    key: Float[Tensor, "batch head key dim"]
    value: Float[Tensor, "batch head key dim"]
    is_real: Bool[Tensor, "batch key"] | None = None


Kernel = Callable[[Handed], Float[Tensor, "batch head query dim"]]


def fused(handed: Handed) -> Float[Tensor, "batch head query dim"]:
    """Compute attention with torch's fused kernel, gradients included."""
    allowed = None if handed.is_real is None else handed.is_real[:, None, None]
    query, key, value = handed.query, handed.key, handed.value
    is_causal = handed.spec is CAUSAL
    return scaled_dot_product_attention(query, key, value, attn_mask=allowed, is_causal=is_causal)


class Asked(NamedTuple):
    """The sequence that attention asks.

    Attributes:
        states: What keys are made of.
        is_real: Which of its tokens are no padding; all when absent.
    """

    states: States
    is_real: Bool[Tensor, "batch token"] | None = None


class Attention(nn.Module):
    """Attention of several heads, its input normalised, its answer added by the caller.

    Args:
        kind: Which stack the layer is of.
        width: Features of a state.
        n_heads: Heads that share them.
        spec: How attention is computed, without its position.
        position: Turns queries and keys; the caller's states hold positions when absent.
    """

    def __init__(
        self,
        kind: str,
        width: int,
        *,
        n_heads: int,
        spec: AttentionSpec = BIDIRECTIONAL,
        position: Rope | None = None,
    ) -> None:
        super().__init__()
        self.kind, self.n_heads, self.spec, self.position = kind, n_heads, spec, position
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def forward(
        self,
        states: States,
        kernel: Kernel,
        asked: Asked | None = None,
        *,
        is_real: Bool[Tensor, "batch token"] | None = None,
    ) -> States:
        """Ask the states themselves, or another sequence.

        Args:
            states: What asks.
            kernel: Computes the attention.
            asked: Another sequence, normalised already.
            is_real: Which of the states are no padding, where they ask themselves.
        """
        asking = self.norm(states)
        asked = asked or Asked(asking, is_real)
        query, key, value = (
            self._per_head(made)
            for made in (self.query(asking), self.key(asked.states), self.value(asked.states))
        )
        handed = Handed(
            self.kind, self.spec, self._turned(query), self._turned(key), value, asked.is_real
        )
        answered: Tensor = self.output(kernel(handed).transpose(1, 2).flatten(2))
        return answered

    def _per_head(self, states: States) -> Float[Tensor, "batch head token dim"]:
        shared: Tensor = states.unflatten(2, (self.n_heads, -1)).transpose(1, 2)
        return shared.contiguous()

    def _turned(
        self, vectors: Float[Tensor, "batch head token dim"]
    ) -> Float[Tensor, "batch head token dim"]:
        if self.position is None:
            return vectors
        turned = self.position.rotate(vectors.flatten(0, 1), vectors.shape[2])
        return turned.reshape(vectors.shape)


class FeedForward(nn.Module):
    """Two linear maps with a GELU between them, the input normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 2 * width)
        self.outer = nn.Linear(2 * width, width)

    def forward(self, states: States) -> States:
        made: Tensor = self.outer(gelu(self.inner(self.norm(states))))
        return made


class EncoderLayer(nn.Module):
    """Attention of a sequence to itself, then a feed-forward net.

    Args:
        kind: Which stack the layer is of.
        width: Features of a state.
        n_heads: Heads that share them.
        dropout: Share of what is added to a state that is left out, in training.
    """

    def __init__(self, kind: str, width: int, n_heads: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.attention = Attention(kind, width, n_heads=n_heads)
        self.feed_forward = FeedForward(width)

    def forward(
        self, states: States, kernel: Kernel, is_real: Bool[Tensor, "batch token"] | None = None
    ) -> States:
        looked = states + self.dropout(self.attention(states, kernel, is_real=is_real))
        made: Tensor = looked + self.dropout(self.feed_forward(looked))
        return made


class Places(nn.Module):
    """A learned vector for each place of a sequence."""

    def __init__(self, n_places: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(0.02 * torch.randn(n_places, width))

    def forward(self, states: States) -> States:
        placed: Tensor = states + self.vectors[: states.shape[1]]
        return placed
