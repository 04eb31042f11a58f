"""Which stack a layer of a model belongs to, told from its module's path."""

from typing import Final

_CROSS: Final = (
    "encdecattention",
    "encoder_attn",
    "crossattention",
    "cross_attn",
    "cross_attention",
)
_VISION: Final = ("vision_model", "vision_tower", "vision_encoder", "visual", "vision")
_TEXT: Final = ("text_model", "language_model", "text_encoder", "text_decoder")

ORDER: Final = ("self", "encoder", "decoder", "cross", "text", "vision")
"""All kinds, as they are shown."""


def kind_of(path: str, *, is_encoder_decoder: bool, has_vision: bool) -> str:
    """Tell the kind of the attention at a path, as of ``decoder.layers.0.encoder_attn``: cross.

    Args:
        path: Names of the modules from the model to its attention, dots between.
        is_encoder_decoder: Whether the model has an encoder and a decoder.
        has_vision: Whether a part of the model sees images while another reads text.
    """
    names = path.lower().split(".")
    if any(name in _CROSS for name in names):
        return "cross"
    if is_encoder_decoder:
        # The first of both: a decoder made of BERT has an "encoder" of its own further in.
        sides = [name for name in names if name in ("encoder", "decoder")]
        return sides[0] if sides else "decoder"
    if has_vision:
        return "vision" if any(name in _VISION for name in names) else "text"
    return "self"


def has_vision_part(paths: list[str]) -> bool:
    """Tell whether the paths are those of a model with a part for images and one for text."""
    first = {name for path in paths for name in path.lower().split(".")[:3]}
    return any(name in first for name in _VISION) and any(name in first for name in _TEXT)
