"""The encoder–decoder of ``dates``: characters of a written date in, ``1979-05-03`` out."""

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attention_core.zoo.networks.layers import (
    CAUSAL,
    Asked,
    Attention,
    EncoderLayer,
    FeedForward,
    Kernel,
    Places,
    fused,
)

CHARACTERS = " ,-./0123456789abcdefghijklmnopqrstuvwxyz〇一七三九二五八六十四年日月"
"""What the encoder reads; a character's id is its place here plus one, zero is padding."""

ANSWER_CHARACTERS = "0123456789-"
"""What the decoder writes; the id after the last is the start."""

START_ID = len(ANSWER_CHARACTERS)
N_ANSWER = len("1979-05-03")
MAX_CHARACTERS = 40

_WIDTH = 64
_N_HEADS = 4
_N_ENCODER_LAYERS = 2
_DROPOUT = 0.1

Source = Int[Tensor, "batch character"]
Written = Int[Tensor, "batch written"]


class DateNetwork(nn.Module):
    """Two layers that read, and one that writes."""

    def __init__(self) -> None:
        super().__init__()
        self.source = nn.Embedding(len(CHARACTERS) + 1, _WIDTH)
        self.source_places = Places(MAX_CHARACTERS, _WIDTH)
        layers = (
            EncoderLayer("encoder", _WIDTH, _N_HEADS, dropout=_DROPOUT)
            for _ in range(_N_ENCODER_LAYERS)
        )
        self.encoder = nn.ModuleList(layers)
        self.encoder_norm = nn.LayerNorm(_WIDTH)
        self.answer = nn.Embedding(len(ANSWER_CHARACTERS) + 1, _WIDTH)
        self.answer_places = Places(N_ANSWER, _WIDTH)
        self.decoder = Attention("decoder", _WIDTH, n_heads=_N_HEADS, spec=CAUSAL)
        self.cross = Attention("cross", _WIDTH, n_heads=_N_HEADS)
        self.feed_forward = FeedForward(_WIDTH)
        self.norm = nn.LayerNorm(_WIDTH)
        self.logits = nn.Linear(_WIDTH, len(ANSWER_CHARACTERS))

    def forward(
        self,
        source: Source,
        written: Written,
        *,
        kernel: Kernel = fused,
        is_real: Bool[Tensor, "batch character"] | None = None,
    ) -> Float[Tensor, "batch written answer"]:
        """Tell what follows each place of what is written: logits of the next character.

        Args:
            source: Ids of the written date's characters.
            written: Ids of the start and of what the answer holds so far.
            kernel: Computes the attention of every layer.
            is_real: Which characters are no padding; all when absent.
        """
        states = self.source_places(self.source(source))
        for layer in self.encoder:
            states = layer(states, kernel, is_real)
        asked = Asked(self.encoder_norm(states), is_real)
        states = self.answer_places(self.answer(written))
        states = states + self.decoder(states, kernel)
        states = states + self.cross(states, kernel, asked)
        states = states + self.feed_forward(states)
        logits: Tensor = self.logits(self.norm(states))
        return logits
