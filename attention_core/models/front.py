"""The front door to models: one call takes a capture of an opened model, or of a user's own."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from attention_core.captures.capture import Capture
from attention_core.errors import SpecError
from attention_core.models.inputs import CaptureOptions, ModelInput
from attention_core.models.opened import OpenedModel
from attention_core.models.preparing import Processors

Inputs = str | ModelInput | Mapping[str, Tensor]


def capture(model: Any, inputs: Inputs, *, tokenizer: Any = None, **options: Any) -> Capture:
    """Run a model once, its own kernels left in place, and keep what every layer's were handed.

    Args:
        model: What ``open_model`` gave, or any model of transformers; it is left as it was.
        inputs: A text, a ``ModelInput``, or what a tokenizer or processor made already.
        tokenizer: Of a user's own model, for texts and for tokens that people can read.
        **options: Fields of ``CaptureOptions``, such as ``generate=20`` or ``values=True``.

    Raises:
        SpecError: When the input is not what the model takes, or an option is unknown.
    """
    try:
        chosen = CaptureOptions(**options)
    except TypeError as error:
        names = ", ".join(CaptureOptions.__dataclass_fields__)
        raise SpecError(
            f"options must be among {names}, got {', '.join(sorted(options))}.",
            field=("options",),
        ) from error
    if isinstance(model, nn.Module):
        model = _own(model, tokenizer)
    if isinstance(inputs, str):
        inputs = ModelInput(text=inputs)
    if isinstance(inputs, ModelInput):
        taken: Capture = model.capture(inputs, options=chosen)
        return taken
    if not isinstance(inputs, Mapping):
        raise SpecError(
            "inputs must be a text, a ModelInput or a mapping of tensors, got a "
            f"{type(inputs).__name__}; give one text at a time.",
            field=("inputs",),
        )
    if not isinstance(model, OpenedModel):
        raise SpecError(
            "inputs must be a text or a ModelInput for a model of the zoo, got tensors.",
            field=("inputs",),
        )
    return model.capture_tensors(inputs, options=chosen)


def _own(model: nn.Module, tokenizer: Any) -> OpenedModel:
    from transformers import PreTrainedConfig  # noqa: PLC0415

    # What torch.compile wraps: its guards would compile anew for every capture.
    model = getattr(model, "_orig_mod", model)
    config = getattr(model, "config", None)
    if not isinstance(config, PreTrainedConfig):
        raise SpecError(
            f"model must be one of transformers, or what open_model gave, got "
            f"{type(model).__name__}; use attend() on its queries and keys otherwise.",
            field=("model",),
        )
    return OpenedModel(
        name=type(model).__name__,
        source="object",
        model=model,
        processors=Processors(
            accepts=frozenset() if tokenizer is None else frozenset({"text"}),
            tokenizer=tokenizer,
        ),
        max_tokens=_longest(config, tokenizer),
        n_bytes=sum(x.numel() * x.element_size() for x in model.parameters()),
    )


def _longest(config: Any, tokenizer: Any) -> int | None:
    """Ask tokenizer and config for the longest text; tokenizers say 10³⁰ where they know none."""
    told = getattr(tokenizer, "model_max_length", None)
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and "roberta" in config.model_type:
        # Its table holds two positions that no token takes.
        positions -= 2
    lengths = [n for n in (told, positions) if isinstance(n, int) and 0 < n < 10**9]
    return min(lengths, default=None)
