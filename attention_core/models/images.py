"""Images to what a vision model sees, and to tokens for its patches."""

import io
import warnings
from typing import Any

import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from attention_core.captures.token import Token
from attention_core.errors import SpecError

MAX_PIXELS = 64_000_000
"""How large an image may be: a small file can hold more pixels than a machine has memory."""

MAX_SIDE = 16_384
MAX_RATIO = 64
"""How much longer than wide: a model's processor scales the short side, and a strip of a few bytes
becomes one of gigabytes."""

_FORMATS = ("PNG", "JPEG", "WEBP")


def opened_image(data: bytes) -> Image.Image:
    """Read an image file.

    Raises:
        SpecError: When it is no image, broken, or has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of what is refused here anyway.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        _require_size(*image.size)
        return ImageOps.exif_transpose(image.convert("RGB"))
    except SpecError:
        raise
    except UnidentifiedImageError as error:
        raise SpecError(
            f"image must be a PNG, JPEG or WebP file, got {len(data)} bytes of something else; "
            "convert it.",
            field=("image",),
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large("more") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise SpecError(
            f"image must be whole, got one that breaks off or is malformed ({error}); save it "
            "again.",
            field=("image",),
        ) from error


def _require_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width} × {height}")
    longer, shorter = max(width, height), min(width, height)
    if longer > MAX_SIDE or longer > MAX_RATIO * shorter:
        raise SpecError(
            f"image must be at most {MAX_SIDE} pixels long, and {MAX_RATIO} times as long as it is "
            f"wide, got {width} × {height}; crop it.",
            field=("image",),
        )


def _too_large(came: str) -> SpecError:
    return SpecError(
        f"image must have at most {MAX_PIXELS} pixels, got {came}; make it smaller, the model "
        "does so anyway.",
        field=("image",),
    )


def as_seen(pixels: Tensor, processor: Any) -> bytes:
    """Turn a model's input back into the picture that it stands for, as PNG.

    Args:
        pixels: ``[1, channel, height, width]``, normalised.
        processor: The image processor that made them.
    """
    seen = pixels[0].to("cpu", torch.float32)
    if getattr(processor, "do_normalize", False):
        mean, std = (
            torch.tensor(getattr(processor, name), dtype=torch.float32).reshape(-1, 1, 1)
            for name in ("image_mean", "image_std")
        )
        seen = seen * std + mean
    if getattr(processor, "do_rescale", True):
        seen = seen * 255
    levels = seen.round().clamp(0, 255).to(torch.uint8)
    array = levels.permute(1, 2, 0).contiguous().numpy()
    # A model of grey images has one channel.
    picture = Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def patches(pixels: Tensor, config: Any) -> tuple[Token, ...]:
    """Name what a vision transformer sees: CLS, registers, then patches row by row.

    Args:
        pixels: ``[1, channel, height, width]``.
        config: Of the vision model.

    Returns:
        The tokens; none for models without one size of patches.
    """
    size = getattr(config, "patch_size", None)
    if isinstance(size, int):
        size = (size, size)
    if not isinstance(size, tuple | list) or len(size) != 2:
        return ()
    rows, columns = pixels.shape[-2] // size[0], pixels.shape[-1] // size[1]
    n_registers = getattr(config, "num_register_tokens", 0) or 0
    special = ["[CLS]", *(f"[REG {i}]" for i in range(1, n_registers + 1))]
    if getattr(config, "model_type", "") == "deit":
        special.append("[DIST]")
    if getattr(config, "model_type", "").startswith("siglip"):
        special = []
    grid = tuple(
        Token(text=f"{row},{column}", piece=f"{row},{column}", kind="patch", place=(row, column))
        for row in range(rows)
        for column in range(columns)
    )
    return (*(Token(text=name, piece=name, kind="special") for name in special), *grid)
