"""The model ``induction``, opened: reads symbols, and goes on with what repeats itself."""

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attention_core.captures.capture import Capture
from attention_core.captures.token import Token
from attention_core.errors import SpecError
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.notes import Note
from attention_core.zoo.networks.induction import MAX_SYMBOLS, N_LAYERS, START_ID, SYMBOLS
from attention_core.zoo.recording import Recording
from attention_core.zoo.zoo_model import ZooModel

_START: Final = Token("<start>", "<start>", kind="special", id=START_ID)


class InductionModel(ZooModel):
    """Two attention layers; each letter or digit is one symbol, spaces are left out."""

    def _capture(self, inputs: ModelInput, options: CaptureOptions) -> Capture:
        tokens = _tokens(inputs.text or "", options.generate)
        recording = Recording(options, (1 + options.generate) * N_LAYERS)
        for _ in range(options.generate):
            logits = self.network(self._ids(tokens), kernel=recording.passing)
            tokens.append(_written(int(logits[0, -1].argmax()), len(tokens)))
        # What was written last is read too, so that each token has its row.
        logits = self.network(self._ids(tokens), kernel=recording)
        stacks = recording.stacks({"self": (tokens, tokens)})
        notes = (_expected(logits[0, -1]), *recording.notes)
        return Capture(stacks, model=self.name, notes=notes)

    def _ids(self, tokens: Sequence[Token]) -> Int[Tensor, "one token"]:
        return torch.tensor([[token.id for token in tokens]], device=self.device)


def _tokens(text: str, n_generated: int) -> list[Token]:
    places = [i for i, character in enumerate(text) if not character.isspace()]
    if not 0 < len(places) <= MAX_SYMBOLS - n_generated:
        raise SpecError(
            f"text and what is generated must be 1 to {MAX_SYMBOLS} symbols together, got "
            f"{len(places)} and {n_generated}; give a few letters or digits, such as 'a b c a b'.",
            field=("text" if n_generated < MAX_SYMBOLS else "generate",),
        )
    strange = [text[i] for i in places if text[i] not in SYMBOLS]
    if strange:
        raise SpecError(
            f"text must be made of the letters a–z and A–Z, digits and spaces, got {strange[0]!r}; "
            "leave it out.",
            field=("text",),
        )
    return [_START, *(_read(text, place, i) for i, place in enumerate(places))]


def _read(text: str, place: int, i: int) -> Token:
    symbol = text[place]
    # Each symbol is a word of its own, whether or not there is a space before it.
    return Token(
        symbol, symbol, id=SYMBOLS.index(symbol), span=(place, place + 1), word=i, sentence=0
    )


def _written(symbol_id: int, n_tokens: int) -> Token:
    symbol = SYMBOLS[symbol_id]
    return Token(symbol, symbol, id=symbol_id, word=n_tokens - 1, sentence=0, is_generated=True)


def _expected(logits: Float[Tensor, " symbol"]) -> Note:
    likelihood, symbol = logits.softmax(dim=0).max(dim=0)
    message = f"Next the model expects '{SYMBOLS[int(symbol)]}' ({float(likelihood):.0%})."
    return Note("prediction", message)
