"""A person's input made into what a model is called with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from torch import Tensor, nn

from attention_core.captures.token import Token
from attention_core.errors import SpecError
from attention_core.models.images import as_seen, opened_image, patches
from attention_core.models.inputs import ModelInput
from attention_core.models.reading import Reading
from attention_core.models.text import Encoded, TextWriter, encoded, readable


@dataclass(frozen=True)
class Processors:
    """What makes a model's inputs.

    Attributes:
        accepts: What the model can be given.
        tokenizer: Of texts, as transformers has them.
        images: Of images, likewise.
    """

    accepts: frozenset[str] = frozenset()
    tokenizer: Any = None
    images: Any = None

    def read(self, tensors: Mapping[str, Any], model: nn.Module) -> Reading:
        """Name the tokens of inputs that were made elsewhere."""
        main = _named(self.tokenizer, tensors.get("input_ids"))
        target = _named(self.tokenizer, tensors.get("decoder_input_ids"))
        pixels = tensors.get("pixel_values")
        vision = () if pixels is None else patches(pixels, _vision_config(model))
        if pixels is not None and not main:
            main, vision = vision, ()
        writer = None if self.tokenizer is None else TextWriter(self.tokenizer)
        return Reading(tensors, main, target, vision, writer=writer)


def prepared(
    model: nn.Module, processors: Processors, inputs: ModelInput, *, max_tokens: int | None
) -> Reading:
    """Make what a model is called with.

    Raises:
        SpecError: When the input is not what the model takes, or is too long for it.
    """
    _require_accepted(processors.accepts, inputs)
    config: Any = model.config
    reading = Reading({})
    if inputs.text is not None:
        reading = _of_text(reading, processors, inputs.text, max_tokens)
    if inputs.image is not None:
        reading = _of_image(reading, processors, inputs.image, model)
    if config.is_encoder_decoder and processors.tokenizer is not None:
        # What a decoder writes is another text than the one that was read.
        reading = replace(reading, writer=TextWriter(processors.tokenizer))
    if inputs.target is not None:
        if not config.is_encoder_decoder:
            raise SpecError(
                "target must be left out for a model without a decoder of its own, got "
                f"{type(model).__name__}; give text alone.",
                field=("target",),
            )
        reading = _of_target(reading, processors, inputs.target, model, max_tokens)
    first = next(model.parameters())
    tensors = {
        name: x.to(first.device, first.dtype if x.is_floating_point() else x.dtype)
        for name, x in reading.tensors.items()
    }
    return replace(reading, tensors=tensors)


_TAKES: Final = {
    "text": ("a text", {"text"}),
    "image": ("an image", {"image"}),
    "pair": ("a text and an image", {"text", "image"}),
}


def _require_accepted(accepts: frozenset[str], inputs: ModelInput) -> None:
    given = {name for name in ("text", "image") if getattr(inputs, name) is not None}
    takes = [_TAKES[name] for name in sorted(accepts)]
    if any(given == wanted for _, wanted in takes):
        return
    known = set().union(*(wanted for _, wanted in takes))
    wrong = sorted(given - known) or sorted(known - given) or ["image"]
    names = " or ".join(name for name, _ in takes)
    came = " and ".join(sorted(given, reverse=True)) or "nothing"
    way_out = "give what it takes" if takes else "call capture with a mapping of tensors"
    raise SpecError(
        f"this model must be given {names or 'tensors'}, got {came}; {way_out}.",
        field=(wrong[0],),
    )


def _of_text(
    reading: Reading, processors: Processors, text: str, max_tokens: int | None
) -> Reading:
    read = encoded(processors.tokenizer, text, max_tokens=max_tokens)
    ids = torch.tensor([read.ids])
    return replace(
        reading,
        tensors={"input_ids": ids, "attention_mask": torch.ones_like(ids)},
        main=read.tokens,
        writer=TextWriter(processors.tokenizer, read.tokens),
    )


def _of_image(reading: Reading, processors: Processors, image: bytes, model: nn.Module) -> Reading:
    pixels = processors.images(images=opened_image(image), return_tensors="pt")["pixel_values"]
    tokens = patches(pixels, _vision_config(model))
    is_alone = not reading.main
    return replace(
        reading,
        tensors={**reading.tensors, "pixel_values": pixels},
        main=tokens if is_alone else reading.main,
        vision=() if is_alone else tokens,
        image=as_seen(pixels, processors.images),
    )


def _of_target(
    reading: Reading, processors: Processors, target: str, model: nn.Module, max_tokens: int | None
) -> Reading:
    read = encoded(
        processors.tokenizer, target, max_tokens=max_tokens, field="target", as_target=True
    )
    started = _started(read, processors.tokenizer, model)
    writer = TextWriter(processors.tokenizer, started.tokens)
    return replace(
        reading,
        tensors={**reading.tensors, "decoder_input_ids": torch.tensor([started.ids])},
        target=started.tokens,
        writer=writer,
    )


def _started(read: Encoded, tokenizer: Any, model: nn.Module) -> Encoded:
    """Begin with the token that decoders begin with; the one that ends a text is not read."""
    config: Any = model.config
    start = _first_id(config.decoder_start_token_id, getattr(model, "generation_config", None))
    ids, tokens = read.ids, read.tokens
    if ids[-1] == tokenizer.eos_token_id:
        ids, tokens = ids[:-1], tokens[:-1]
    if start is None or ids[:1] == (start,):
        return Encoded(ids, tokens)
    name = tokenizer.convert_ids_to_tokens(start)
    first = Token(text=name, piece=name, kind="special", id=start)
    return Encoded((start, *ids), (first, *tokens))


def _first_id(told: int | None, config: Any) -> int | None:
    if told is not None:
        return told
    found = getattr(config, "decoder_start_token_id", None)
    return found if isinstance(found, int) else None


def _named(tokenizer: Any, ids: Any) -> tuple[Token, ...]:
    if not isinstance(ids, Tensor) or ids.ndim != 2 or ids.shape[0] != 1:
        return ()
    listed = ids[0].tolist()
    if tokenizer is None:
        return tuple(Token(text=str(i), piece=str(i), id=i) for i in listed)
    return readable(tokenizer, listed)


def _vision_config(model: nn.Module) -> Any:
    config: Any = model.config
    for name in ("vision_config", "encoder"):
        part = getattr(config, name, None)
        if part is not None:
            return part
    return config
