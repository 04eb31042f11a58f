"""Which parts do not go together: a spec for each refusal, told in the library's own words."""

from collections.abc import Iterator
from typing import Any

from attention_core import AttentionError, AttentionSpec, attend_tokens
from generator.examples import as_json
from generator.markdown import plain

# The test holds that every refusal of attention_core/combinations.py is reached by one of these.
_REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Shaw's positions with a score that is no dot product", {"position": "shaw", "score": "rbf"}),
    ("Latent heads with a score that is no dot product", {"heads": "mla", "score": "cosine"}),
    (
        "Talking heads with an adaptive span",
        {"heads": "talking_heads", "position": "adaptive_span"},
    ),
    (
        "Linear attention with a score that is no product",
        {"normalizer": "linear", "score": "additive"},
    ),
    (
        "Linear attention with a bias in the score",
        {"normalizer": "linear", "score": {"kind": "general", "bias": True}},
    ),
    ("Linear attention with a bias of positions", {"normalizer": "linear", "position": "alibi"}),
    ("Linear attention with a softcap", {"normalizer": "linear", "softcap": 30.0}),
    ("Linear attention with talking heads", {"normalizer": "linear", "heads": "talking_heads"}),
)


def refusals() -> Iterator[str]:
    """Write one item for each refusal: what, an example, why, and what would go."""
    for title, spec in _REFUSED:
        yield f"- **{title}**, as in `{as_json(spec)}`: {plain(_message(spec))}"


def _message(spec: dict[str, Any]) -> str:
    try:
        attend_tokens(["one", "two"], spec=AttentionSpec.model_validate(spec))
    except AttentionError as error:
        return str(error)
    raise ValueError(f"{spec} must be refused, and was not; take it out of docs/generator.")
