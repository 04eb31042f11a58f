"""A model's folder, looked through before anything of it is loaded."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attention_core.errors import BrokenModelError, RefusedModelError

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"

_PICKLES: Final = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt", "*.h5", "*.msgpack")
_CODE: Final = re.compile(
    r"(modeling|configuration|tokenization|processing|image_processing)_.*\.py"
)
_DATA: Final = ("tokenizer.json", "vocab.json")
"""Large files that name no code."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_KERNEL_KEY: Final = "_implementation"
"""In the name of every entry that chooses kernels: a path there is one of the hub."""


def folder_named(name: str) -> Path | None:
    """Find the folder of a name; None where there is none, or the name is that of no file."""
    try:
        folder = Path(name).expanduser()
        return folder if name and folder.is_dir() else None
    except (OSError, RuntimeError):
        # Longer than a name may be; or the home of somebody who is not here.
        return None


def checked(folder: Path) -> list[Path]:
    """Look a model's folder through; nothing in it is run.

    Returns:
        Its files of weights.

    Raises:
        RefusedModelError: When it asks for code of its own, or has its weights as pickles only.
        BrokenModelError: When a file is missing, malformed, cut short or changed.
    """
    refuse_code(folder)
    if not (folder / CONFIG).is_file():
        raise BrokenModelError(
            f"a model's folder must hold {CONFIG}, got none in {folder.name!r}; give the folder "
            "that save_pretrained wrote.",
            field=("model",),
        )
    weights = weights_of(folder)
    _require_hashes(folder, weights)
    for path in weights:
        _require_whole(path)
    return weights


def config_of(folder: Path) -> dict[str, Any]:
    """Read the folder's config.

    Raises:
        BrokenModelError: When it is no JSON object.
    """
    read = read_json(folder / CONFIG)
    if not isinstance(read, dict):
        raise BrokenModelError(
            f"{CONFIG} must hold an object, got a {type(read).__name__}; fetch it again.",
            field=("model",),
        )
    return read


def refuse_code(folder: Path) -> None:
    """Refuse a folder that asks for code, its own or fetched.

    Raises:
        RefusedModelError: With the file that asks for it.
        BrokenModelError: When a file that could ask is no JSON.
    """
    for path in sorted(folder.iterdir()):
        if _CODE.fullmatch(path.name):
            raise RefusedModelError(
                f"a model must need no code of its own, got {path.name}; use one that "
                "transformers knows, and remove the file.",
                field=("model",),
            )
        if path.name == "adapter_config.json":
            raise RefusedModelError(
                f"a model must be whole, got an adapter's {path.name}, whose model is elsewhere; "
                "merge the two and save the result.",
                field=("model",),
            )
        is_data = path.name in _DATA or path.name.endswith(".index.json")
        if path.suffix != ".json" or is_data:
            continue
        for key, value in _items(read_json(path)):
            if key == "auto_map":
                raise RefusedModelError(
                    f"a model must need no code of its own, got 'auto_map' in {path.name}, which "
                    "would run it; use a model that transformers knows.",
                    field=("model",),
                )
            if _KERNEL_KEY in key and any("/" in text for text in _texts(value)):
                raise RefusedModelError(
                    f"a model must not bring kernels, got {key} {value!r} in {path.name}, which "
                    "would fetch them; remove the entry.",
                    field=("model",),
                )


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value.items()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    # A kernel may be named for each part of a model.
    yield from (text for _, text in _items(value) if isinstance(text, str))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        BrokenModelError: When it cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BrokenModelError(
            f"{path.name} must be JSON, got something else ({error}); fetch it again.",
            field=("model",),
        ) from error
    except OSError as error:
        raise BrokenModelError(
            f"{path.name} must be readable, got {error.strerror}; look at its permissions.",
            field=("model",),
        ) from error


def weights_of(folder: Path) -> list[Path]:
    """List a folder's files of weights, without opening them.

    Raises:
        RefusedModelError: When there are pickles only.
        BrokenModelError: When one is missing.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        return _shards(folder)
    pickles = sorted(path.name for kind in _PICKLES for path in folder.glob(kind))
    if pickles:
        raise RefusedModelError(
            f"weights must be safetensors, got {pickles[0]}, which may run code when it is read; "
            "save the model again with save_pretrained, where you trust it.",
            field=("model",),
        )
    raise BrokenModelError(
        f"a model's folder must hold {WEIGHTS}, got none in {folder.name!r}; fetch it again.",
        field=("model",),
    )


def _shards(folder: Path) -> list[Path]:
    index = read_json(folder / INDEX)
    named = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(named, dict) or not all(isinstance(name, str) for name in named.values()):
        raise BrokenModelError(
            f"{INDEX} must name a file for each tensor, got no weight_map; fetch it again.",
            field=("model",),
        )
    names = sorted(set(named.values()))
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise RefusedModelError(
                f"{INDEX} must name safetensors of its own folder, got {name!r}; fetch it again.",
                field=("model",),
            )
        if not (folder / name).is_file():
            raise BrokenModelError(
                f"all {len(names)} files of weights must be there, got no {name}; fetch it again.",
                field=("model",),
            )
    return [folder / name for name in names]


def _require_whole(path: Path) -> None:
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        with safe_open(path, framework="pt") as file:
            file.keys()
    except (SafetensorError, OSError) as error:
        raise BrokenModelError(
            f"{path.name} must be whole, got one that is cut short or malformed ({error}); fetch "
            "it again.",
            field=("model",),
        ) from error


def _require_hashes(folder: Path, weights: list[Path]) -> None:
    """Hold the files against the folder's own list, and the hub's against their names."""
    expected: dict[Path, str] = {}
    for path in weights:
        # In the hub's cache a file is a link to one that is named by its hash.
        name = path.resolve().name
        if path.is_symlink() and _SHA256.fullmatch(name):
            expected[path] = name
    sums = folder / "SHA256SUMS"
    if sums.is_file():
        for line in sums.read_text(encoding="utf-8", errors="replace").splitlines():
            digest, _, name = line.strip().partition(" ")
            name = name.strip().removeprefix("*")
            if _SHA256.fullmatch(digest) and Path(name).name == name:
                expected[folder / name] = digest
    for path, digest in expected.items():
        if not path.is_file() or _sha256(path) != digest:
            raise BrokenModelError(
                f"{path.name} must have the SHA-256 {digest[:12]}…, got "
                f"{'another' if path.is_file() else 'no such file'}; fetch it again.",
                field=("model",),
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
