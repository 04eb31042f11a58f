"""What can be told of a model without opening it: from its small files and the sizes of others.

Fast, and without transformers: a list of models must not cost what opening one costs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from attention_core.errors import BrokenModelError
from attention_core.models.folder import (
    CONFIG,
    config_of,
    folder_named,
    read_json,
    refuse_code,
    weights_of,
)

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "source.spm",
)
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers", "encoder_layers")
_HEADS = ("num_attention_heads", "n_head", "num_heads", "n_heads", "encoder_attention_heads")
_LENGTHS = ("max_position_embeddings", "n_positions", "n_ctx")
_IMAGE_TOKENS = ("image_token_id", "image_token_index")
_NO_LENGTH = 10**9
"""From here on a tokenizer's longest text means that it knows of no limit."""
_OFFSET_POSITIONS = 2
"""RoBERTa counts positions from two, so that its table holds two that no token takes."""
_ROBERTA_TYPES = frozenset({"roberta", "camembert", "xlm-roberta", "xlm-roberta-xl", "longformer"})
_WRITERS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "MTModel")


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model before it is opened; None where nothing is.

    Attributes:
        is_here: Whether its files lie on this machine.
        accepts: What it can be given: ``text``, ``image``, or a ``pair`` of both.
        can_generate: Whether it writes on.
        n_layers: Layers of its first stack.
        n_heads: Heads of a layer.
        max_tokens: The longest text that it takes.
        n_bytes: Size of its weights.
    """

    is_here: bool
    accepts: frozenset[str] = frozenset()
    can_generate: bool = False
    n_layers: int | None = None
    n_heads: int | None = None
    max_tokens: int | None = None
    n_bytes: int | None = None

    @classmethod
    def of(cls, model: "Known") -> "ModelFacts":
        """Gather the facts of a model that is opened, or of a card."""
        return cls(
            is_here=True,
            accepts=model.accepts,
            can_generate=model.can_generate,
            n_layers=model.n_layers,
            n_heads=model.n_heads,
            max_tokens=model.max_tokens,
            n_bytes=model.n_bytes,
        )


class Known(Protocol):
    """What tells a model's facts by itself."""

    @property
    def accepts(self) -> frozenset[str]: ...
    @property
    def can_generate(self) -> bool: ...
    @property
    def n_layers(self) -> int | None: ...
    @property
    def n_heads(self) -> int | None: ...
    @property
    def max_tokens(self) -> int | None: ...
    @property
    def n_bytes(self) -> int: ...


def describe_model(location: str) -> ModelFacts:
    """Tell what is known of a folder, or of a model of the hub that was fetched before.

    Looks at small files of this machine only, and imports no model library. What it told is
    kept until a file changes.

    Raises:
        RefusedModelError: When the model asks for code of its own, or has pickles only.
        BrokenModelError: When a small file cannot be read, or a file of weights is not there.
    """
    folder = folder_named(location)
    if folder is not None:
        return _facts(folder, _signature(folder))
    cached = _cached_folder(location)
    if cached is None:
        return ModelFacts(is_here=False)
    try:
        return _facts(cached, _signature(cached))
    except BrokenModelError:
        # A download that ended half-way goes on when the model is opened.
        return ModelFacts(is_here=False)


def _cached_folder(location: str) -> Path | None:
    """Find the snapshot of a hub model in the cache of ``huggingface_hub``."""
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - few need it
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    try:
        found = try_to_load_from_cache(location, CONFIG)
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _signature(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name what would change if one of a folder's files did."""
    found = [(path.name, path.stat()) for path in folder.iterdir() if path.exists()]
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))


@lru_cache(maxsize=256)
def _facts(folder: Path, _signature: tuple[tuple[str, int, int], ...]) -> ModelFacts:
    refuse_code(folder)
    n_bytes = sum(path.stat().st_size for path in weights_of(folder))
    config = config_of(folder)
    nested = config.get("text_config")
    stack = nested if isinstance(nested, dict) else config
    return ModelFacts(
        is_here=True,
        accepts=_accepts(folder, config),
        can_generate=_can_generate(config),
        n_layers=_first(stack, _LAYERS),
        n_heads=_first(stack, _HEADS),
        max_tokens=_max_tokens(folder, stack),
        n_bytes=n_bytes,
    )


def _accepts(folder: Path, config: Mapping[str, Any]) -> frozenset[str]:
    images = _optional(folder / "preprocessor_config.json")
    takes_images = "image_processor_type" in images or "do_resize" in images
    if "feature_extractor_type" in images and not takes_images:
        return frozenset()  # Sound, which is captured from Python only.
    has_tokenizer = any((folder / name).exists() for name in _TOKENIZER_FILES)
    if takes_images and has_tokenizer and {"text_config", "vision_config"} <= set(config):
        # With a token that stands for an image, the image goes into the text: not read yet.
        return frozenset({"text"} if any(key in config for key in _IMAGE_TOKENS) else {"pair"})
    if takes_images:
        return frozenset({"image"})
    return frozenset({"text"}) if has_tokenizer else frozenset()


def _can_generate(config: Mapping[str, Any]) -> bool:
    architectures = config.get("architectures") or [""]
    return str(architectures[0]).endswith(_WRITERS)


def _max_tokens(folder: Path, config: Mapping[str, Any]) -> int | None:
    positions = _first(config, _LENGTHS)
    if positions is not None and str(config.get("model_type")) in _ROBERTA_TYPES:
        positions -= _OFFSET_POSITIONS
    longest = _optional(folder / "tokenizer_config.json").get("model_max_length")
    told = longest if isinstance(longest, int) and 0 < longest < _NO_LENGTH else None
    return min((length for length in (positions, told) if length is not None), default=None)


def _optional(path: Path) -> Mapping[str, Any]:
    read = read_json(path) if path.is_file() else None
    return read if isinstance(read, dict) else {}


def _first(config: Mapping[str, Any], names: Iterable[str]) -> int | None:
    found = (config.get(name) for name in names)
    return next((value for value in found if isinstance(value, int)), None)
