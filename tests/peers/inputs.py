"""Tensors of odd sizes, and how they are handed to the library and to each peer."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import flex_attention

from attention_core import AttentionMap, AttentionSpec, attend

N_QUERIES, N_KEYS, DIM, VALUE_DIM = 11, 13, 6, 5

M = TypeVar("M", bound=nn.Module)


class Qkv(NamedTuple):
    """Queries, keys and values, ``[head, token, dim]`` each."""

    query: Tensor
    key: Tensor
    value: Tensor

    @property
    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """The same as peers want it, with a batch of one."""
        return self.query[None], self.key[None], self.value[None]


def drawn(*shape: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw numbers that float32 holds exactly, so that all sides and dtypes read the same."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float32).to(dtype)


def qkv(
    n_heads: int = 3,
    dtype: torch.dtype = torch.float32,
    *,
    n_queries: int = N_QUERIES,
    n_keys: int = N_KEYS,
    dim: int = DIM,
    n_key_heads: int | None = None,
) -> Qkv:
    """Draw queries, keys and values."""
    n_key_heads = n_heads if n_key_heads is None else n_key_heads
    return Qkv(
        drawn(n_heads, n_queries, dim, seed=1, dtype=dtype),
        drawn(n_key_heads, n_keys, dim, seed=2, dtype=dtype),
        drawn(n_key_heads, n_keys, VALUE_DIM, seed=3, dtype=dtype),
    )


def ours(given: Qkv, **parts: Any) -> AttentionMap:
    """Ask the library."""
    return attend(*given, AttentionSpec.model_validate(parts))


def allowed(n_queries: int, n_keys: int, *mask: Any) -> Tensor:
    """Ask the library which cells a mask allows, by where its scores are finite."""
    given = Qkv(*(torch.ones(1, n, 1) for n in (n_queries, n_keys, n_keys)))
    return ours(given, mask=list(mask)).scores()[0].isfinite()


def sdpa(given: Qkv, *, scale: float | None = None, bias: Tensor | None = None) -> list[Tensor]:
    """Ask torch for outputs and weights; a bias of −inf masks."""
    query, key, value = given.batch
    if bias is None:
        bias = torch.zeros(query.shape[-2], key.shape[-2], dtype=query.dtype)
    answer = torch.ops.aten._scaled_dot_product_attention_math(
        query, key, value, bias.to(query.dtype), scale=scale
    )
    return [tensor[0] for tensor in answer]


def masking(is_allowed: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Turn True = may attend into what peers add to the scores."""
    return torch.zeros(is_allowed.shape, dtype=dtype).masked_fill(~is_allowed, -torch.inf)


def causal_bias(n: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Make what peers add to square scores for a causal mask."""
    return masking(torch.ones(n, n, dtype=torch.bool).tril(), dtype)


def flex(given: Qkv, **options: Any) -> Any:
    """Ask FlexAttention, uncompiled.

    By itself it is traced first, which takes longer than to compute it, and which the checks of
    shapes do not survive.
    """
    with warnings.catch_warnings(), torch.compiler.set_stance("force_eager"):
        warnings.filterwarnings("ignore", message="flex_attention called without torch.compile")
        return flex_attention(*given.batch, **options)


def made(make: Callable[[], M], *, dtype: torch.dtype = torch.float32) -> M:
    """Make a peer's module with numbers that do not change from run to run, none of them zero."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        module = make()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.normal_(std=0.5)
    return module.to(dtype).eval()


def heads_of(x: Tensor, n_heads: int) -> Tensor:
    """Cut ``[1, token, head · dim]`` into ``[head, token, dim]``."""
    split: Tensor = x[0].unflatten(-1, (n_heads, -1))
    return split.movedim(-2, 0)


def merged(x: Tensor) -> Tensor:
    """Lay the heads of ``[head, token, dim]`` side by side, as a peer does before it projects."""
    return x.movedim(0, -2).flatten(-2)


def standing_still(n_tokens: int, dim: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Make cosines and sines that turn nothing, for peers that always rotate."""
    ones = torch.ones(1, n_tokens, dim, dtype=dtype)
    return ones, torch.zeros_like(ones)


@contextmanager
def replaced(owner: object, name: str, value: object) -> Iterator[None]:
    """Put something else in an attribute's place for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
