"""Which parts do not go together, why, and what would."""

from attention_core.errors import SpecError
from attention_core.heads import Heads, Mla, TalkingHeads
from attention_core.normalizers import Linear, Normalizer
from attention_core.positions import AdaptiveSpan, Position, Shaw
from attention_core.scores import Additive, Dot, General, Rbf, ScaledDot, Score


def refuse_nonsense(
    score: Score, position: Position, normalizer: Normalizer, heads: Heads, softcap: float | None
) -> None:
    """Refuse parts that do not go together.

    Raises:
        SpecError: Naming the part to change, with why and what would go.
    """
    if isinstance(position, Shaw) and not isinstance(score, Dot | ScaledDot):
        raise SpecError(
            "the position 'shaw' adds a vector to each key of a dot product, so the score must be "
            f"'dot' or 'scaled_dot', got '{score.kind}'; change the score, or use 't5' or 'alibi', "
            "which add to any score.",
            field=("spec", "position"),
        )
    if isinstance(heads, Mla) and not isinstance(score, Dot | ScaledDot):
        raise SpecError(
            "the heads 'mla' fold a matrix into the queries of a dot product, so the score must be "
            f"'dot' or 'scaled_dot', got '{score.kind}'; change the score, or use 'mqa'.",
            field=("spec", "heads"),
        )
    if isinstance(heads, TalkingHeads) and isinstance(position, AdaptiveSpan):
        raise SpecError(
            "the heads 'talking_heads' mix scores, so every head's score must be finite, and "
            "'adaptive_span' gives −inf beyond a head's span; use the mask 'sliding_window', which "
            "forbids after the mix, or other heads.",
            field=("spec", "position"),
        )
    if isinstance(normalizer, Linear):
        _refuse_with_linear(score, position, heads, softcap)


def _refuse_with_linear(
    score: Score, position: Position, heads: Heads, softcap: float | None
) -> None:
    """Linear attention weighs by φ(q)·φ(k), which nothing may stand between."""
    if isinstance(score, Additive | Rbf):
        raise SpecError(
            "the normaliser 'linear' maps the two factors of a product, so the score must be "
            f"'dot', 'scaled_dot', 'cosine' or 'general', got '{score.kind}'; change the score, or "
            "the normaliser.",
            field=("spec", "normalizer"),
        )
    if isinstance(score, General) and score.bias is not False:
        raise SpecError(
            "the normaliser 'linear' maps the two factors of a product, so the score 'general' "
            "must have no bias here; switch the bias off, or change the normaliser.",
            field=("spec", "score", "bias"),
        )
    if position.has_bias:
        raise SpecError(
            "the normaliser 'linear' never forms a matrix that a bias could be added to, so the "
            f"position must be 'none', 'sinusoidal' or 'rope', got '{position.kind}'; change the "
            "position, or the normaliser.",
            field=("spec", "position"),
        )
    if softcap is not None:
        raise SpecError(
            "the normaliser 'linear' never forms a matrix whose scores could be capped, so the "
            f"softcap must be left out, got {softcap:g}; leave it out, or change the normaliser.",
            field=("spec", "softcap"),
        )
    if isinstance(heads, TalkingHeads):
        raise SpecError(
            "the normaliser 'linear' divides by sums of products that must not be negative, and "
            "'talking_heads' mix them with signs; use other heads, or another normaliser.",
            field=("spec", "heads"),
        )
