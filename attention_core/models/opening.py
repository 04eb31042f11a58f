"""Opens a model: from the zoo, a folder, or the hub."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch

from attention_core.devices import Device, device_of
from attention_core.errors import BrokenModelError, UnknownModelError
from attention_core.models.architecture import loaded, quiet
from attention_core.models.facts import describe_model
from attention_core.models.folder import checked, config_of, folder_named
from attention_core.models.hub import fetched, is_hub_id
from attention_core.models.inputs import Progress
from attention_core.models.opened import OpenedModel
from attention_core.models.preparing import Processors

_READ: Final = ("input_ids", "pixel_values")
"""What inputs are made for; speech, for one, is captured from tensors only."""


def open_model(
    name_or_path: str,
    *,
    allow_download: bool = True,
    on_progress: Progress | None = None,
    device: Device = "auto",
    dtype: torch.dtype | None = None,
) -> Any:
    """Open a model of the zoo, of a local folder, or of the hub, in this order.

    Weights are read from safetensors only, and no code of a model's own is ever run.

    Args:
        name_or_path: ``dates``, ``induction`` or ``digits``; a folder; or ``owner/name``.
        allow_download: Whether files may be fetched; only what is in the cache otherwise.
        on_progress: Called with the bytes fetched and the bytes to fetch.
        device: Where it computes.
        dtype: Of its weights; as stored when absent.

    Raises:
        UnknownModelError: When there is no such model.
        RefusedModelError: When it needs code of its own, has pickles only, or does not fit.
        BrokenModelError: When its files are missing, cut short or changed.
        OfflineModelError: When it is not here, and cannot or may not be fetched.
    """
    from attention_core.zoo import ZOO_NAMES, open_zoo  # noqa: PLC0415 - the zoo builds on this

    if name_or_path in ZOO_NAMES:
        return open_zoo(name_or_path, device=device)
    folder = folder_named(name_or_path)
    if folder is not None:
        return _opened(folder, device, dtype)
    if not is_hub_id(name_or_path):
        raise UnknownModelError(
            f"a model must be one of the zoo ({', '.join(ZOO_NAMES)}), a folder, or owner/name of "
            f"the hub, got {name_or_path!r}, which is none of them.",
            field=("model",),
        )
    folder = fetched(name_or_path, allow_download=allow_download, on_progress=on_progress)
    return replace(_opened(folder, device, dtype), name=name_or_path, source="hub")


def _opened(folder: Path, device: Device, dtype: torch.dtype | None) -> OpenedModel:
    folder = folder.absolute()
    weights = checked(folder)
    config = config_of(folder)
    facts = describe_model(str(folder))
    model = loaded(folder, config, weights, dtype).to(device_of(device))
    accepts = facts.accepts if model.main_input_name in _READ else frozenset()
    # An image's caption is text too.
    needs_tokenizer = accepts & {"text", "pair"} or model.config.is_encoder_decoder
    return OpenedModel(
        name=folder.name,
        source="folder",
        model=model,
        processors=Processors(
            accepts=accepts,
            tokenizer=_tokenizer(folder) if needs_tokenizer else None,
            images=_images(folder) if accepts & {"image", "pair"} else None,
        ),
        max_tokens=facts.max_tokens,
        n_bytes=sum(path.stat().st_size for path in weights),
    )


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer  # noqa: PLC0415

    return _processor(AutoTokenizer, folder, "tokenizer")


def _images(folder: Path) -> Any:
    from transformers import AutoImageProcessor  # noqa: PLC0415

    return _processor(AutoImageProcessor, folder, "image processor")


def _processor(kind: Any, folder: Path, name: str) -> Any:
    try:
        with quiet(), warnings.catch_warnings():
            # Of packages that would do a little better, for one.
            warnings.simplefilter("ignore")
            return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BrokenModelError(
            f"the {name}'s files must be whole, got: {lines[0][:200].rstrip('.')}; fetch the "
            "model again.",
            field=("model",),
        ) from error
