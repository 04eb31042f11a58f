"""Captures from someone's own tensors: safetensors, or npz without pickles.

Names are ``query``, ``key`` and ``value`` for one layer, ``layer.0.query`` for several, and
``encoder.0.query`` for several kinds; ``weights`` instead where nothing else is known, and
``bias``, ``distances`` and ``allowed`` besides. ``tokens.query`` and ``tokens.key`` name the
tokens, else their places do, counted from one; ``spec`` tells how attention is computed. Nothing
in a file is ever run.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Literal

import torch
from pydantic import ValidationError
from torch import Tensor

from attention_core.captures.capture import Capture, Stack
from attention_core.captures.files import read_npz, read_safetensors, require_tokens
from attention_core.captures.fitting import require_fitting
from attention_core.captures.layer import Layer
from attention_core.captures.precision import notes_on_precision
from attention_core.captures.token import Token
from attention_core.errors import AttentionError, CaptureError, ShapeError, SpecError
from attention_core.heads import Gqa, Mha
from attention_core.prepared import Check
from attention_core.spec import AttentionSpec

Format = Literal["safetensors", "npz"]

MAX_TENSORS_BYTES = 2**30
"""How large the tensors of a file may be in all, unless the caller says otherwise."""

MAX_HEADS = 1024
"""Most heads of a layer."""

KINDS = ("self", "encoder", "decoder", "cross", "text", "vision")
"""Names that a kind may have."""

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_PARTS = tuple(part.name for part in fields(Layer) if part.name != "spec")
_NAME = re.compile(rf"(?:(layer|{'|'.join(KINDS)})\.([0-9]{{1,4}})\.)?({'|'.join(_PARTS)})")
_WAY_OUT = (
    "name them query, key and value, or layer.0.query and so on, or encoder.0.query; weights "
    "instead where nothing else is known"
)


def read_tensors(
    path: Path,
    *,
    format: Format = "safetensors",  # noqa: A002 - what everybody calls it
    max_bytes: int = MAX_TENSORS_BYTES,
    check: Check | None = None,
) -> Capture:
    """Read someone's own queries and keys, or weights, as a capture.

    Args:
        path: The file.
        format: ``safetensors`` or ``npz``.
        max_bytes: How large its tensors may be in all, unpacked.
        check: Called between layers and heads; may raise to end the work.

    Raises:
        CaptureError: When the file cannot be read, or holds pickles.
        AttentionError: When a tensor has another shape than it must, or is not finite, or the
            spec does not fit; ``field`` begins with the tensor's name.
    """
    contents = (read_npz if format == "npz" else read_safetensors)(path, max_bytes)
    spec = _spec(contents.spec)
    stacks: dict[str, Stack] = {}
    for kind, named in _by_kind(contents.tensors).items():
        layers: list[Layer] = []
        for prefix, parts in named:
            if check is not None:
                check()
            layer = _layer(prefix, parts, spec, max_bytes=max_bytes, check=check)
            _require_like(prefix, layer, layers)
            layers.append(layer)
        stacks[kind] = _stack(kind, tuple(layers), contents.tokens)
    return Capture(stacks, notes=notes_on_precision(stacks))


def _spec(text: str | None) -> AttentionSpec:
    if text is None:
        return AttentionSpec()
    try:
        return AttentionSpec.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        path = tuple(each for each in first["loc"] if isinstance(each, str | int))
        raise SpecError(
            f"the file's spec must be one of this library, got one where "
            f"{'.'.join(str(each) for each in path) or 'all of it'} is wrong: {first['msg']}; "
            "mend it, or leave it out for scaled dot products.",
            field=("spec", *path),
        ) from error


def _by_kind(tensors: Mapping[str, Tensor]) -> dict[str, list[tuple[str, dict[str, Tensor]]]]:
    """Sort tensors into the layers of each kind, by what stands before their names."""
    found: dict[str, dict[int, tuple[str, dict[str, Tensor]]]] = {}
    for name, x in tensors.items():
        match = _NAME.fullmatch(name)
        if match is None:
            raise CaptureError(
                f"a tensor's name must say what it is, got {name[:80]!r}; {_WAY_OUT}.",
                field=(name[:80],),
            )
        kind, index, part = match[1] or "self", int(match[2] or 0), match[3]
        prefix = name.removesuffix(part)
        layers = found.setdefault("self" if kind == "layer" else kind, {})
        known, parts = layers.setdefault(index, (prefix, {}))
        if known != prefix:
            raise CaptureError(
                f"a layer must have one name, got {known + part!r} and {name!r} for the same; "
                f"{_WAY_OUT}.",
                field=(name,),
            )
        parts[part] = x
    if not found:
        raise CaptureError(f"a file must hold a tensor at least, got none; {_WAY_OUT}.")
    return {kind: _in_order(kind, layers) for kind, layers in sorted(found.items(), key=_rank)}


def _rank(item: tuple[str, object]) -> int:
    return KINDS.index(item[0])


def _in_order(
    kind: str, layers: Mapping[int, tuple[str, dict[str, Tensor]]]
) -> list[tuple[str, dict[str, Tensor]]]:
    missing = next((index for index in range(len(layers)) if index not in layers), None)
    if missing is not None:
        raise CaptureError(
            f"layers must be counted from 0 without a gap, got no layer {missing} of '{kind}' but "
            f"layer {max(layers)}; number them anew."
        )
    return [layers[index] for index in range(len(layers))]


def _layer(
    prefix: str,
    parts: Mapping[str, Tensor],
    spec: AttentionSpec,
    *,
    max_bytes: int,
    check: Check | None,
) -> Layer:
    """Make a layer, and see that a map can be made of it."""
    made = {part: _shaped(prefix + part, part, x) for part, x in parts.items()}
    has_both = "query" in made and "key" in made
    if made.keys() != {"weights"} and ("weights" in made or not has_both):
        came = ", ".join(sorted(parts))
        raise ShapeError(
            f"a layer must have either a query and a key, or weights alone, got {came}; "
            f"{_WAY_OUT}.",
            field=(prefix + ("key" if "query" in made else "query"),),
        )
    layer = Layer(_sharing(spec, made) if has_both else None, **made)
    _require_bounded(prefix, layer, max_bytes)
    try:
        require_fitting(layer, check=check)
    except AttentionError as error:
        if error.field and error.field[0] in _PARTS:
            error.field = (f"{prefix}{error.field[0]}", *error.field[1:])
        raise
    return layer


def _shaped(name: str, part: str, x: Tensor) -> Tensor:
    """Give a tensor of one head its axis of heads, and refuse what is no such part."""
    n_axes = 2 if part in ("allowed", "distances") else 3
    axes = {"allowed": "[query, key]", "distances": "[head, distance]"}.get(
        part, "[head, query, key] or [query, key]"
        if part in ("weights", "bias")
        else "[head, token, dim] or [token, dim]",
    )  # fmt: skip
    is_right = x.dtype == torch.bool if part == "allowed" else x.dtype in _FLOATS
    if not is_right or 0 in x.shape:
        wanted = "booleans" if part == "allowed" else "floating-point numbers, none empty,"
        raise ShapeError(
            f"{name} must hold {wanted} got {x.dtype} of shape {list(x.shape)}; convert it.",
            field=(name,),
        )
    if x.ndim == n_axes - 1 and part != "allowed":
        x = x[None]
    if x.ndim != n_axes:
        raise ShapeError(
            f"{name} must be {axes}, got {list(x.shape)}; add or remove an axis.", field=(name,)
        )
    return x


def _sharing(spec: AttentionSpec, parts: Mapping[str, Tensor]) -> AttentionSpec:
    """Let heads share keys where there are fewer heads of keys, and the spec does not say how."""
    n_heads, n_kv_heads = parts["query"].shape[0], parts["key"].shape[0]
    if not isinstance(spec.heads, Mha) or n_heads == n_kv_heads or n_heads % n_kv_heads:
        return spec
    return spec.model_copy(update={"heads": Gqa(n_heads=n_heads, n_kv_heads=n_kv_heads)})


def _require_bounded(prefix: str, layer: Layer, max_bytes: int) -> None:
    """Refuse what is small in a file and large in a map: every head gets keys of its own there."""
    query, key = layer.query, layer.key
    require_tokens(prefix + ("weights" if query is None else "query"), layer.n_queries)
    require_tokens(prefix + ("weights" if key is None else "key"), layer.n_keys)
    n_heads = layer.n_heads if query is None else query.shape[0]
    if n_heads > MAX_HEADS:
        raise CaptureError(
            f"a layer must have {MAX_HEADS:,} heads at most, got {n_heads:,}; send them as several "
            "layers.",
            field=(prefix + ("weights" if query is None else "query"),),
        )
    for part, x in (("key", key), ("value", layer.value)):
        # Halves are computed as float32.
        n_bytes = 0 if x is None else x[0].numel() * max(x.element_size(), 4) * n_heads
        if n_bytes > max_bytes:
            raise CaptureError(
                f"the {part}s of a layer must be {max_bytes:,} bytes at most once every head has "
                f"its own, got {n_bytes:,} for {n_heads:,} heads; send fewer heads or keys.",
                field=(prefix + part,),
            )


def _require_like(prefix: str, layer: Layer, before: list[Layer]) -> None:
    """Refuse a layer of other sizes than the first of its kind: they share tokens and pictures."""
    sizes, wanted = (
        (each.n_heads, each.n_queries, each.n_keys) for each in (layer, (before or [layer])[0])
    )
    if sizes != wanted:
        came, must = (" × ".join(str(size) for size in each) for each in (sizes, wanted))
        raise ShapeError(
            f"layers of a kind must have the same heads, queries and keys, here {must}, got "
            f"{came}; send layers of other sizes as another kind.",
            field=(prefix + ("weights" if layer.query is None else "query"),),
        )


def _stack(kind: str, layers: tuple[Layer, ...], tokens: Mapping[str, tuple[str, ...]]) -> Stack:
    n_queries, n_keys = layers[0].n_queries, layers[0].n_keys
    query = _tokens(kind, "tokens.query", n_queries, tokens)
    is_same = n_queries == n_keys and not any(name.endswith("tokens.key") for name in tokens)
    key = query if is_same else _tokens(kind, "tokens.key", n_keys, tokens)
    return Stack(layers, query, key, n_queries)


def _tokens(
    kind: str, name: str, count: int, tokens: Mapping[str, tuple[str, ...]]
) -> tuple[Token, ...]:
    own = f"{kind}.{name}"
    texts = tokens.get(own, tokens.get(name))
    if texts is None:
        texts = tuple(str(place) for place in range(1, count + 1))
    if len(texts) != count:
        raise ShapeError(
            f"{name} must name each of {count} tokens of '{kind}', got {len(texts)}; give one "
            f"text for each, or name those of each kind apart, as in {own}.",
            field=(own if own in tokens else name,),
        )
    return tuple(Token(text, text) for text in texts)
