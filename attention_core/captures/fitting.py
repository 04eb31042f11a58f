"""Whether the parts of a layer fit each other, told without more memory than one head takes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from torch import Tensor

from attention_core.captures.layer import Layer
from attention_core.heads import Gqa, Mha, Mqa
from attention_core.normalizers import Sink
from attention_core.positions import NoPosition
from attention_core.preparation import resolved, without_values
from attention_core.prepared import Check
from attention_core.projected import Projected
from attention_core.scores import Cosine, Dot, ScaledDot
from attention_core.spec import AttentionSpec

_SCORES_WITHOUT_PARAMETERS: Final = (Dot, ScaledDot, Cosine)


def require_fitting(layer: Layer, *, check: Check | None = None) -> None:
    """Refuse a layer that no map could be made of, as making the map would.

    Where heads know nothing of each other a map of one at a time is made: a map of all holds
    halves as float32, and keys once more for every head that shares them.

    Args:
        layer: What came from outside.
        check: Called between heads; may raise to end the work.

    Raises:
        AttentionError: As ``Layer.map`` does.
    """
    query, key, spec = layer.query, layer.key, layer.spec
    if query is None or key is None or spec is None or not _has_heads_apart(layer, spec):
        layer.map(check=check)
        return
    value = without_values(query, key, spec) if layer.value is None else layer.value
    resolved(Projected(query, key, value), spec)
    for head in _heads_apart(layer, spec):
        if check is not None:
            check()
        head.map(check=check)


def _has_heads_apart(layer: Layer, spec: AttentionSpec) -> bool:
    """Tell whether no number that comes with the layer is one of many, one a head."""
    given = (layer.bias, layer.distances, layer.allowed)
    return (
        isinstance(spec.heads, Mha | Gqa | Mqa)
        and isinstance(spec.score, _SCORES_WITHOUT_PARAMETERS)
        and isinstance(spec.position, NoPosition)
        and not isinstance(spec.normalizer, Sink)
        and all(x is None for x in given)
    )


def _heads_apart(layer: Layer, spec: AttentionSpec) -> Iterator[Layer]:
    alone = spec.model_copy(update={"heads": Mha()})
    n_heads = layer.n_heads
    for head in range(n_heads):
        parts = {
            name: _shared(x, head, n_heads)
            for name in ("query", "key", "value")
            if (x := getattr(layer, name)) is not None
        }
        yield replace(layer, spec=alone, **parts)


def _shared(x: Tensor, head: int, n_heads: int) -> Tensor:
    """Choose the head that a head of queries has, or shares with others."""
    place = head * x.shape[0] // n_heads
    return x[place : place + 1]
