"""What exists: every part of a spec with its parameters, formula and source, as plain data."""

from typing import Any, get_args

from attention_core.embeddings import AnyEmbedding
from attention_core.heads import AnyHeads
from attention_core.masks import AnyMask
from attention_core.normalizers import AnyNormalizer
from attention_core.part import Part
from attention_core.positions import AnyPosition
from attention_core.projections import AnyProjection
from attention_core.scores import AnyScore
from attention_core.spec import PRESETS, AttentionSpec

_PARTS: tuple[tuple[str, Any, str, str, str], ...] = (
    ("score", AnyScore, "scaled_dot", "Score", "How much a query and a key agree."),
    ("mask", AnyMask, "full", "Mask", "Which keys a query may attend to."),
    ("position", AnyPosition, "none", "Position", "How the place of a token enters."),
    ("normalizer", AnyNormalizer, "softmax", "Normaliser", "How scores become weights."),
    ("heads", AnyHeads, "mha", "Heads", "How several heads share the inputs."),
    ("embedding", AnyEmbedding, "hash", "Embedding", "How tokens become vectors."),
    ("projection", AnyProjection, "identity", "Projection", "How vectors become Q, K and V."),
)

_PRESET_TEXTS = {
    "article": (
        "The article's attention",
        "One linear layer between input and output, literally as written: equal lengths only.",
    )
}


def catalogue() -> dict[str, Any]:
    """List every mechanism, by part of the spec.

    Returns:
        ``parts``: for each part its title, its default and its choices, each with ``kind``,
        ``title``, ``summary``, ``formula`` (plain text), ``latex``, ``parameters`` (JSON Schema
        of an object without ``kind``), ``source`` and ``flags``. ``spec``: JSON Schema of what
        belongs to no part. ``presets``: named specs.
    """
    return {
        "parts": {
            name: {
                "title": title,
                "summary": summary,
                "default": default,
                "multiple": name == "mask",
                "choices": [_describe(kind) for kind in _kinds(union)],
            }
            for name, union, default, title, summary in _PARTS
        },
        "spec": _schema(AttentionSpec, only=("softcap",)),
        "presets": [
            {"id": name, "title": title, "summary": summary, "spec": PRESETS[name]}
            for name, (title, summary) in _PRESET_TEXTS.items()
        ],
    }


def _kinds(union: Any) -> tuple[type[Part], ...]:
    members = get_args(get_args(union)[0])
    # A union of one is the class itself.
    return members or (get_args(union)[0],)


def _describe(part: type[Part]) -> dict[str, Any]:
    names = tuple(name for name in part.model_fields if name != "kind")
    return {
        "kind": part.model_fields["kind"].default,
        "title": part.title,
        "summary": part.summary,
        "formula": part.formula,
        "latex": part.latex,
        "parameters": _schema(part, only=names),
        "source": part.source._asdict() if part.source else None,
        "flags": dict(part.flags),
    }


def _schema(model: Any, *, only: tuple[str, ...]) -> dict[str, Any]:
    whole = model.model_json_schema()
    # A mask made of masks refers to itself; its schema comes as a reference with definitions.
    if "$ref" in whole:
        whole = whole["$defs"][whole["$ref"].rsplit("/", 1)[-1]]
    return {
        "type": "object",
        "properties": {name: _opened(whole["properties"][name]) for name in only},
        "required": [name for name in whole.get("required", ()) if name in only],
        "additionalProperties": False,
    }


def _opened(schema: dict[str, Any]) -> dict[str, Any]:
    # A mask among the parameters of a mask is told by the name of its part, not all over again.
    if "discriminator" in schema:
        return {"title": schema["title"], "description": schema["description"], "part": "mask"}
    if "discriminator" in schema.get("items", {}):
        return {**schema, "items": {"part": "mask"}}
    return schema
