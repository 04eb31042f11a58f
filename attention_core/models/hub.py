"""Models of the hub: fetched into its own cache, weights as safetensors only."""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from attention_core.errors import (
    OfflineModelError,
    RefusedModelError,
    UnknownModelError,
)
from attention_core.models.inputs import Progress

_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", re.ASCII)
_WANTED: Final = (
    "*.json",
    "model.safetensors",
    "model-*.safetensors",
    "*.model",
    "*.spm",
    "vocab.txt",
    "merges.txt",
    "vocab.bpe",
)


def is_hub_id(name: str) -> bool:
    """Tell whether a name is one that the hub could have: ``name`` or ``owner/name``."""
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # noqa: PLC0415
        validate_repo_id,
    )

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return _ID.fullmatch(name) is not None


def fetched(
    name: str,
    *,
    allow_download: bool,
    on_progress: Progress | None = None,
    endpoint: str | None = None,
    cache: Path | None = None,
) -> Path:
    """Fetch a model into the hub's cache, or find it there.

    Args:
        name: The hub's name of it.
        allow_download: Whether files may be fetched.
        on_progress: Called with the bytes fetched and the bytes to fetch.
        endpoint: Address of the hub; its own when absent.
        cache: The cache's folder; its own when absent.

    Raises:
        UnknownModelError: When the hub has no such model, or shows it to others only.
        OfflineModelError: When it is not here, and cannot or may not be fetched.
        RefusedModelError: When the hub has no safetensors of it.
    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415

    if allow_download:
        return _downloaded(name, on_progress, endpoint, cache)
    try:
        found = snapshot_download(
            name, local_files_only=True, allow_patterns=list(_WANTED), cache_dir=cache
        )
    except LocalEntryNotFoundError as error:
        raise OfflineModelError(
            f"the model must be here when nothing may be fetched, got none of {name!r}; allow "
            "downloads, or give the folder that it is in.",
            field=("model",),
        ) from error
    return Path(found)


def _downloaded(
    name: str, on_progress: Progress | None, endpoint: str | None, cache: Path | None
) -> Path:
    # HTTPError is of the HTTP library that huggingface_hub chooses; its own come first.
    from huggingface_hub.errors import (  # type: ignore[attr-defined]  # noqa: PLC0415
        HfHubHTTPError,
        HTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    try:
        return _snapshot(name, on_progress, endpoint, cache)
    except RepositoryNotFoundError as error:
        raise UnknownModelError(
            f"the hub must have the model, got no {name!r} there that is open to all; check its "
            "name, or give a folder.",
            field=("model",),
        ) from error
    except HfHubHTTPError as error:
        raise OfflineModelError(
            f"the hub must answer, got {error.response.status_code} for {name!r}; try later, or "
            "give a folder.",
            field=("model",),
        ) from error
    except (HTTPError, OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        return _cached(name, cache, error)


def _snapshot(
    name: str, on_progress: Progress | None, endpoint: str | None, cache: Path | None
) -> Path:
    from huggingface_hub import HfApi, hf_hub_download  # noqa: PLC0415

    info = HfApi(endpoint=endpoint).model_info(name, files_metadata=True)
    files = _wanted(name, info.siblings or ())
    total, done, found = sum(file.size or 0 for file in files), 0, Path()
    for file in files:
        reported = partial(_Reports, partial(_tell, on_progress, done, total))
        # By branch and not by commit: only so is the cache found again without a network.
        found = Path(
            hf_hub_download(
                name,
                file.rfilename,
                endpoint=endpoint,
                cache_dir=cache,
                # A function makes the bar as well as a class does.
                tqdm_class=cast("Any", reported),
            )
        )
        done += file.size or 0
        if on_progress is not None:
            on_progress(done, total)
    return found.parent


def _tell(on_progress: Progress | None, before: int, total: int, n_bytes: int) -> None:
    if on_progress is not None:
        on_progress(min(before + n_bytes, total), total)


class _Reports:
    """Stands in for a progress bar: tells how many bytes of a file came, and draws nothing."""

    def __init__(self, tell: Callable[[int], None], *, initial: int = 0, **_: Any) -> None:
        self._tell, self.n = tell, initial

    def __enter__(self) -> "_Reports":
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def update(self, n: float | int | None = 1) -> None:
        """Count bytes that came."""
        self.n += int(n or 0)
        self._tell(self.n)

    def refresh(self, *_: object) -> None:
        """Draw nothing."""

    close = set_description = set_postfix_str = refresh


def _wanted(name: str, siblings: Sequence[Any]) -> list[Any]:
    """Choose the files to fetch; the weights of one form only.

    Raises:
        RefusedModelError: When there are no safetensors.
    """
    at_top = [file for file in siblings if "/" not in file.rfilename]
    names = {file.rfilename for file in at_top}
    wanted = [
        file for file in at_top if any(fnmatch(file.rfilename, pattern) for pattern in _WANTED)
    ]
    if "model.safetensors" in names:
        wanted = [file for file in wanted if not file.rfilename.startswith("model-")]
    if not any(file.rfilename.endswith(".safetensors") for file in wanted):
        raise RefusedModelError(
            f"weights must be safetensors, got none of {name!r} on the hub; choose a model that "
            "has them.",
            field=("model",),
        )
    # Small files first, so that what is refused is refused before gigabytes were fetched.
    return sorted(wanted, key=lambda file: file.size or 0)


def _cached(name: str, cache: Path | None, error: Exception) -> Path:
    """Go on with the cache where the hub cannot be reached."""
    try:
        return fetched(name, allow_download=False, cache=cache)
    except OfflineModelError:
        raise OfflineModelError(
            f"the hub must be reached to fetch {name!r} for the first time, got no connection; "
            "try again with a network, or give a folder.",
            field=("model",),
        ) from error
