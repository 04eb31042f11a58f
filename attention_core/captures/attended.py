"""Captures of tokens and of numbers, as ``attend_tokens`` and ``attend`` would attend with them."""

from collections.abc import Sequence

from torch import Tensor

from attention_core.captures.capture import Capture, Stack
from attention_core.captures.layer import Layer
from attention_core.captures.token import Token
from attention_core.devices import Device
from attention_core.embeddings import AnyEmbedding, HashEmbedding
from attention_core.entry import project_numbers, project_tokens
from attention_core.maps import AttentionMap
from attention_core.prepared import Check
from attention_core.projected import Projected
from attention_core.projections import AnyProjection, Identity
from attention_core.spec import AttentionSpec

_DEFAULT = AttentionSpec()
_HASH = HashEmbedding()
_IDENTITY = Identity()


def capture_tokens(
    tokens: Sequence[str],
    context: Sequence[str] | None = None,
    spec: AttentionSpec = _DEFAULT,
    *,
    embedding: AnyEmbedding = _HASH,
    projection: AnyProjection = _IDENTITY,
    device: Device = "auto",
    check: Check | None = None,
) -> Capture:
    """Keep what the attention between tokens is a function of: one layer of kind ``self``.

    Args and errors are those of ``attend_tokens``.
    """
    heads = project_tokens(
        tokens, context, spec, embedding=embedding, projection=projection, device=device
    )
    return _captured(heads, spec, tokens, tokens if context is None else context, check=check)


def capture_numbers(
    query: Tensor,
    key: Tensor,
    value: Tensor | None = None,
    spec: AttentionSpec = _DEFAULT,
    *,
    labels: tuple[Sequence[str], Sequence[str]],
    device: Device | None = None,
    check: Check | None = None,
) -> Capture:
    """Keep numbers that are attended with: one layer of kind ``self``.

    Args and errors are those of ``attend``.

    Args:
        query: ``[query, dim]``, or ``[head, query, dim]``.
        key: ``[key, dim]``, or ``[head, key, dim]``.
        value: ``[key, dim]``, or ``[head, key, dim]``; the keys when absent.
        spec: How attention is computed.
        labels: What to call each query, and each key.
        device: Where to compute.
        check: Called between steps; may raise to end the work.
    """
    heads = project_numbers(query, key, value, spec, device=device)
    return _captured(heads, spec, *labels, check=check)


def _captured(
    heads: Projected,
    spec: AttentionSpec,
    query: Sequence[str],
    key: Sequence[str],
    *,
    check: Check | None,
) -> Capture:
    if check is not None:
        check()
    # The map refuses what does not fit together, and knows every default of the spec. It turns
    # queries and keys by their positions itself, so what is kept is what it was given.
    resolved = AttentionMap(*heads, spec, check=check).spec
    layer = Layer(resolved, heads.query, heads.key, heads.value)
    asking = _tokens(query)
    asked = asking if key is query else _tokens(key)
    return Capture({"self": Stack((layer,), asking, asked, n_given=len(asking))})


def _tokens(texts: Sequence[str]) -> tuple[Token, ...]:
    return tuple(Token(text=text, piece=text) for text in texts)
