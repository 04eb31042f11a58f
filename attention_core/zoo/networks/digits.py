"""The vision transformer of ``digits``: sixteen patches of 2 × 2 pixels and a ``[CLS]``."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attention_core.zoo.networks.layers import EncoderLayer, Kernel, Places, fused

SIDE = 8
PATCH_SIDE = 2
N_ROWS = SIDE // PATCH_SIDE
N_TOKENS = 1 + N_ROWS**2
N_CLASSES = 10

_WIDTH = 48
_N_HEADS = 4
_N_LAYERS = 3

Pixels = Float[Tensor, "batch 8 8"]


class DigitNetwork(nn.Module):
    """Three layers that read patches; the class is told from ``[CLS]``."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Linear(PATCH_SIDE**2, _WIDTH)
        self.cls = nn.Parameter(torch.zeros(_WIDTH))
        self.places = Places(N_TOKENS, _WIDTH)
        self.layers = nn.ModuleList(
            EncoderLayer("self", _WIDTH, _N_HEADS) for _ in range(_N_LAYERS)
        )
        self.norm = nn.LayerNorm(_WIDTH)
        self.logits = nn.Linear(_WIDTH, N_CLASSES)

    def forward(self, pixels: Pixels, *, kernel: Kernel = fused) -> Float[Tensor, "batch digit"]:
        """Tell which digit each image shows: logits of the ten.

        Args:
            pixels: Ink from zero to one.
            kernel: Computes the attention of every layer.
        """
        rows = pixels.unflatten(1, (N_ROWS, PATCH_SIDE)).unflatten(3, (N_ROWS, PATCH_SIDE))
        patches = self.patches(rows.transpose(2, 3).flatten(1, 2).flatten(2))
        states = self.places(torch.cat([self.cls.expand(len(pixels), 1, -1), patches], dim=1))
        for layer in self.layers:
            states = layer(states, kernel)
        logits: Tensor = self.logits(self.norm(states[:, 0]))
        return logits
