"""Chooses the class of a model, and loads it without running or fetching anything else."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attention_core.errors import BrokenModelError, RefusedModelError

_HEADS: Final = (
    "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
    "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES",
    "MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES",
    "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES",
    "MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES",
    "MODEL_MAPPING_NAMES",
)
_OPTIONAL: Final = re.compile(
    r"(^|\.)(pooler|cls|classifier|lm_head|embed_out|score|head|qa_outputs|vocab_\w+|generator"
    r"|discriminator_predictions|position_ids|projector|logit_scale|lm_loss|predictions)(\.|$)"
)
"""Weights that attention needs none of: a base model is often saved without a head."""
_WRITING: Final = re.compile(r"(^|\.)(lm_head|embed_out)\.weight$")
"""Those of a head that chooses what is written: a random one would write nonsense unsaid."""
_QUIET = threading.RLock()


def class_of(config: dict[str, Any]) -> Any:
    """Choose the class that a config names, where transformers has it; else the plain model."""
    import transformers  # noqa: PLC0415
    from transformers.models.auto import modeling_auto  # noqa: PLC0415

    names = config.get("architectures") or [None]
    for heads in _HEADS:
        known: set[str] = set()
        for name in getattr(modeling_auto, heads, {}).values():
            known.update([name] if isinstance(name, str) else name)
        if names[0] in known:
            return getattr(transformers, names[0], transformers.AutoModel)
    return transformers.AutoModel


def loaded(folder: Path, config: dict[str, Any], weights: list[Path], dtype: Any) -> Any:
    """Load the model of a checked folder.

    Raises:
        RefusedModelError: When it does not fit into memory, or transformers does not know it.
        BrokenModelError: When its weights do not fit its config.
    """
    from huggingface_hub.errors import StrictDataclassError  # noqa: PLC0415

    _require_room(sum(path.stat().st_size for path in weights))
    _require_known(config)
    try:
        with quiet():
            model, report = class_of(config).from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype="auto" if dtype is None else dtype,
                output_loading_info=True,
            )
    except ImportError as error:
        raise RefusedModelError(
            f"a model must need no packages that are not here, got: {_short(error)}; install "
            "them, or open another one.",
            field=("model",),
        ) from error
    except (
        OSError, RuntimeError, LookupError, TypeError, ValueError, AttributeError,
        ArithmeticError, AssertionError, StrictDataclassError,
    ) as error:  # fmt: skip
        raise _misfit(_short(error)) from error
    missing = sorted(key for key in report["missing_keys"] if _is_needed(key, model))
    wrong = missing or sorted(str(key) for key in report.get("mismatched_keys", ()))
    if wrong:
        raise _misfit(f"nothing that fits for {wrong[0]} and {len(wrong) - 1} others")
    return model.eval().requires_grad_(requires_grad=False)


def _is_needed(name: str, model: Any) -> bool:
    if model.can_generate() and _WRITING.search(name):
        return True
    return not _OPTIONAL.search(name)


def _require_known(config: dict[str, Any]) -> None:
    from transformers import CONFIG_MAPPING  # noqa: PLC0415

    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in CONFIG_MAPPING:
        raise RefusedModelError(
            f"a model must be of a kind that transformers knows, got {kind!r}; open another one, "
            "or a newer transformers.",
            field=("model",),
        )


def _misfit(what: str) -> BrokenModelError:
    return BrokenModelError(
        f"config and weights must fit each other, got: {what}; fetch the model again.",
        field=("model",),
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from drawing progress bars and warnings on the terminal."""
    from transformers.utils import logging  # noqa: PLC0415

    # Both hold for the whole process, so that two models at once would leave them off.
    with _QUIET:
        level, had_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            if had_bar:
                logging.enable_progress_bar()


def _require_room(n_bytes: int) -> None:
    free = _available_bytes()
    if free is not None and n_bytes > free:
        raise RefusedModelError(
            f"a model must fit into memory, got {n_bytes:,} bytes of weights for {free:,} that "
            "are free; open a smaller one.",
            field=("model",),
        )


def _available_bytes() -> int | None:
    """Ask how much memory can be had; None where the system does not say."""
    try:
        pages, size = os.sysconf("SC_AVPHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    told = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return told[0] if told else pages * size


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")
