"""The model ``digits``, opened: reads one handwritten digit."""

import io
from typing import Final

import torch
from jaxtyping import Float
from PIL import Image, ImageOps
from torch import Tensor

from attention_core.captures.capture import Capture
from attention_core.captures.token import Token
from attention_core.models.images import opened_image
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.notes import Note
from attention_core.zoo.networks.digits import N_ROWS, SIDE
from attention_core.zoo.recording import Recording
from attention_core.zoo.zoo_model import ZooModel

_SHOWN_SIDE: Final = 128

_TOKENS: Final = (
    Token("[CLS]", "[CLS]", kind="special"),
    *(
        Token(f"{row},{column}", f"{row},{column}", kind="patch", place=(row, column))
        for row in range(N_ROWS)
        for column in range(N_ROWS)
    ),
)

_INVERTED: Final = Note(
    "inverted", "The image is dark on a light ground; the model reads its negative."
)


class DigitModel(ZooModel):
    """The vision transformer of digits: bright ink on a dark ground, 8 × 8 pixels."""

    def _capture(self, inputs: ModelInput, options: CaptureOptions) -> Capture:
        seen, notes = _seen(inputs.image or b"")
        levels = torch.tensor(list(seen.tobytes()), dtype=torch.float32, device=self.device)
        recording = Recording(options, n_calls=self.n_layers)
        logits = self.network(levels.reshape(1, SIDE, SIDE) / 255, kernel=recording)
        stacks = recording.stacks({"self": (_TOKENS, _TOKENS)})
        notes = (_read(logits[0]), *notes, *recording.notes)
        return Capture(stacks, model=self.name, notes=notes, image=_enlarged(seen))


def _seen(content: bytes) -> tuple[Image.Image, tuple[Note, ...]]:
    """Make an image what the model sees: square, grey, 8 × 8, bright ink on a dark ground."""
    grey = opened_image(content).convert("L")
    is_light = _border_mean(grey) > 127
    if is_light:
        grey = ImageOps.invert(grey)
    side = max(grey.size)
    square = ImageOps.pad(grey, (side, side), color=0)
    seen = square.resize((SIDE, SIDE), Image.Resampling.BOX)
    return seen, (_INVERTED,) if is_light else ()


def _border_mean(grey: Image.Image) -> float:
    width, height = grey.size
    rows = [grey.crop((0, y, width, y + 1)) for y in (0, height - 1)]
    columns = [grey.crop((x, 0, x + 1, height)) for x in (0, width - 1)]
    border = b"".join(part.tobytes() for part in (*rows, *columns))
    return sum(border) / len(border)


def _enlarged(seen: Image.Image) -> bytes:
    file = io.BytesIO()
    seen.resize((_SHOWN_SIDE, _SHOWN_SIDE), Image.Resampling.NEAREST).save(file, "png")
    return file.getvalue()


def _read(logits: Float[Tensor, " digit"]) -> Note:
    likelihood, digit = logits.softmax(dim=0).max(dim=0)
    return Note("prediction", f"The model reads a {int(digit)} ({float(likelihood):.0%}).")
