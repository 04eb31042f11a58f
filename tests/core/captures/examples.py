"""What tests of captures start from: drawn numbers, tokens and small captures."""

import torch
from torch import Tensor

from attention_core import AttentionSpec
from attention_core.captures import Capture, Layer, Stack, Token
from attention_core.notes import Note

N_LAYERS, N_HEADS, N_QUERIES, N_KEYS, DIM = 2, 3, 5, 7, 4


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def coins(*shape: int, seed: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.6


def tokens(n_tokens: int, word: str = "t") -> tuple[Token, ...]:
    return tuple(
        Token(f"{word}{i}", f"##{word}{i}", id=i, span=(i, i + 1)) for i in range(n_tokens)
    )


def layer(seed: int = 0, n_queries: int = N_QUERIES, n_keys: int = N_KEYS, dim: int = DIM) -> Layer:
    return Layer(
        AttentionSpec(),
        drawn(N_HEADS, n_queries, dim, seed=seed),
        drawn(N_HEADS, n_keys, dim, seed=seed + 1),
    )


def stack_of(*layers: Layer) -> Stack:
    query, key = tokens(layers[0].n_queries, "q"), tokens(layers[0].n_keys, "k")
    return Stack(layers, query, key, layers[0].n_queries)


def capture_of(*layers: Layer) -> Capture:
    return Capture({"self": stack_of(*layers)})


def translation() -> Capture:
    """Three kinds, every field of a layer, a half type, a shared tensor, an image and a note."""
    shared = drawn(1, 13, seed=9)
    encoder = [
        Layer(
            AttentionSpec.model_validate(
                {
                    "score": "dot",
                    "mask": {"kind": "padding", "key_length": 6},
                    "heads": {"kind": "gqa", "n_heads": 4, "n_kv_heads": 2},
                }
            ),
            drawn(4, 7, 4, seed=i).half(),
            drawn(2, 7, 4, seed=i + 20).half(),
            drawn(2, 7, 3, seed=i + 30).half(),
            distances=shared,
        )
        for i in range(2)
    ]
    cross = Layer(
        AttentionSpec(), drawn(2, 5, 4, seed=1), drawn(2, 7, 4, seed=2),
        bias=drawn(1, 5, 7, seed=3), allowed=coins(5, 7, seed=4),
    )  # fmt: skip
    weights = Layer(None, weights=drawn(2, 5, 5, seed=5).softmax(-1))
    source, target = tokens(7, "的"), tokens(5, "🙂")
    return Capture(
        {
            "encoder": Stack(tuple(encoder), source, source, 7),
            "decoder": Stack((weights,), target, target, 2),
            "cross": Stack((cross,), target, source, 2),
        },
        model="dates",
        notes=(Note("code", "A message."),),
        image=b"\x89PNG of a kind",
    )
