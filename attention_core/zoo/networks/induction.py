"""The network of ``induction``: two layers of nothing but attention."""

import string

from jaxtyping import Float, Int
from torch import Tensor, nn

from attention_core.positions import Rope
from attention_core.zoo.networks.layers import CAUSAL, Attention, Kernel, fused

SYMBOLS = string.ascii_lowercase + string.ascii_uppercase + string.digits
"""A symbol's id is its place here; the id after the last is the start."""

START_ID = len(SYMBOLS)
MAX_SYMBOLS = 64
N_LAYERS = 2

_WIDTH = 64
_N_HEADS = 4


class InductionNetwork(nn.Module):
    """Two attention layers over rotary positions, between an embedding and its logits."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols = nn.Embedding(len(SYMBOLS) + 1, _WIDTH)
        self.layers = nn.ModuleList(
            Attention("self", _WIDTH, n_heads=_N_HEADS, spec=CAUSAL, position=Rope())
            for _ in range(N_LAYERS)
        )
        self.norm = nn.LayerNorm(_WIDTH)
        self.logits = nn.Linear(_WIDTH, len(SYMBOLS))

    def forward(
        self, symbols: Int[Tensor, "batch token"], *, kernel: Kernel = fused
    ) -> Float[Tensor, "batch token symbol"]:
        """Tell what follows each place: logits of the next symbol.

        Args:
            symbols: Ids of the start and of the symbols.
            kernel: Computes the attention of every layer.
        """
        states = self.symbols(symbols)
        for layer in self.layers:
            states = states + layer(states, kernel)
        logits: Tensor = self.logits(self.norm(states))
        return logits
