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
        ``title``, ``summary``, ``formula`` (plain text), ``latex``, ``score_latex`` (where the part
        puts a formula in the score's place), ``panel`` (``weights`` or ``outputs``, where a formula
        of heads belongs), ``parameters`` (JSON Schema of an object without ``kind``), ``source``,
        ``flags``, ``aliases`` (other names of the kind) and ``starter`` (parameters for a form to
        start with). ``spec``: JSON Schema of what belongs to no part. ``presets``: named specs.
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
        "score_latex": part.score_latex,
        "panel": part.panel,
        "parameters": _schema(part, only=names),
        "source": part.source._asdict() if part.source else None,
        "flags": dict(part.flags),
        "aliases": list(part.aliases),
        "starter": dict(part.starter),
    }


def _schema(model: Any, *, only: tuple[str, ...]) -> dict[str, Any]:
    whole = model.model_json_schema()
    definitions = whole.get("$defs", {})
    # A mask made of masks refers to itself; its schema comes as a reference with definitions.
    if "$ref" in whole:
        whole = definitions[whole["$ref"].rsplit("/", 1)[-1]]
    # A part that takes one of several parameters says so beside its properties.
    choice = {"oneOf": whole["oneOf"]} if "oneOf" in whole else {}
    return choice | {
        "type": "object",
        "properties": {name: _opened(whole["properties"][name], definitions) for name in only},
        "required": [name for name in whole.get("required", ()) if name in only],
        "additionalProperties": False,
    }


def _opened(schema: Any, definitions: dict[str, Any]) -> Any:
    """Put what is referred to in its place, so that a parameter's schema stands by itself."""
    if isinstance(schema, list):
        return [_opened(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _opened(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    told_by = schema.get("discriminator", {}).get("propertyName")
    if told_by == "kind":
        # A mask among the parameters of a mask is told by its part's name, not all over again.
        names = [name for name in ("title", "description") if name in schema]
        return {**{name: schema[name] for name in names}, "part": "mask"}
    opened = {name: _opened(each, definitions) for name, each in schema.items()}
    if told_by:
        del opened["discriminator"]
    return opened
