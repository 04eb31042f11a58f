"""Trains ``digits`` and writes its weights, card and example images; needs scikit-learn.

``python -m attention_core.zoo.training.digits``
"""

import io
from pathlib import Path

import torch
from jaxtyping import Float, Int
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from attention_core.zoo.card import Measure
from attention_core.zoo.networks import DigitNetwork
from attention_core.zoo.networks.digits import N_CLASSES, N_TOKENS, SIDE, Pixels
from attention_core.zoo.training.runs import (
    Schedule,
    begin,
    finish,
    folder_asked_for,
    optimise,
)

BATCH_SIZE = 64
N_TRAINED_ON = 1437
SCHEDULE = Schedule(n_steps=4400, learning_rate=1.5e-3, weight_decay=0.05)

Digits = Int[Tensor, " batch"]


def main() -> None:
    """Train, measure, and write."""
    began = begin(SCHEDULE)
    network = DigitNetwork()
    generator = torch.Generator().manual_seed(SCHEDULE.seed)
    pixels, digits = (x[:N_TRAINED_ON] for x in real_digits())

    def loss() -> Tensor:
        chosen = torch.randint(N_TRAINED_ON, (BATCH_SIZE,), generator=generator)
        logits = network(changed(pixels[chosen], generator))
        return cross_entropy(logits, digits[chosen], label_smoothing=0.1)

    optimise(network, SCHEDULE, loss)
    examples = write_examples(folder_asked_for())
    finish(network, began, {**FACTS, "examples": examples, "measures": measured(network)})


def real_digits() -> tuple[Pixels, Digits]:
    """Read scikit-learn's digits, in their order: ink from zero to one."""
    found = load_digits()
    return torch.tensor(found.images, dtype=torch.float32) / 16, torch.tensor(found.target)


def changed(pixels: Pixels, generator: torch.Generator) -> Pixels:
    """Turn, stretch, slant, shift and fade images a little, each in its own way."""

    def spread(width: float) -> Float[Tensor, " batch"]:
        return (torch.rand(len(pixels), generator=generator) - 0.5) * width

    angle, scale, slant = spread(0.4), 1 + spread(0.3), spread(0.3)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    across = torch.stack([cos, slant - sin, spread(0.4)], dim=1)
    down = torch.stack([sin, cos, spread(0.4)], dim=1)
    size = [len(pixels), 1, SIDE, SIDE]
    grid = affine_grid(torch.stack([across, down], dim=1), size, align_corners=False)
    moved = grid_sample(pixels[:, None], grid, align_corners=False)[:, 0]
    return moved * (1 + spread(0.3))[:, None, None]


def measured(network: DigitNetwork) -> tuple[Measure, ...]:
    """Measure a network on the images that it was not trained on."""
    pixels, digits = (x[N_TRAINED_ON:] for x in real_digits())
    with torch.no_grad():
        found = network.eval()(pixels).argmax(dim=1)
    return (
        Measure(
            name="accuracy",
            value=float((found == digits).float().mean()),
            required=0.96,
            definition=f"Share of the {len(digits)} held-out images whose digit is told right.",
        ),
    )


def write_examples(folder: Path) -> tuple[str, ...]:
    """Write the first held-out image of each digit as PNG; returns the names of the files."""
    pixels, digits = (x[N_TRAINED_ON:] for x in real_digits())
    names = []
    for digit in range(N_CLASSES):
        first = pixels[digits == digit][0]
        grey = (first * 255).round().to(torch.uint8).numpy()
        content = io.BytesIO()
        Image.fromarray(grey).save(content, "png")
        names.append(f"digit-{digit}.png")
        (folder / names[-1]).write_bytes(content.getvalue())
    return tuple(names)


FACTS = {
    "name": "digits",
    "title": "Digits",
    "summary": "Reads a handwritten digit from sixteen patches of 2 × 2 pixels.",
    "architecture": "Vision transformer: three layers, four heads of 12 features, [CLS] and "
    "sixteen patches with learned places, pre-norm; the digit is told from [CLS].",
    "data": f"scikit-learn's 1,797 handwritten digits of 8 × 8 pixels (E. Alpaydin, C. Kaynak, UCI "
    f"1998, CC BY 4.0). Trained on the first {N_TRAINED_ON:,}, turned, stretched, slanted, shifted "
    "and faded a little; the last 360 are held out.",
    "seed": SCHEDULE.seed,
    "accepts": frozenset({"image"}),
    "can_generate": False,
    "n_layers": 3,
    "n_heads": 4,
    "max_tokens": N_TOKENS,
}

if __name__ == "__main__":
    main()
