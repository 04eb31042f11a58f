"""Lets a model write, greedily, while every step is recorded."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor, nn

from attention_core.captures.token import Token
from attention_core.errors import SpecError
from attention_core.models.inputs import CaptureOptions
from attention_core.models.reading import Reading
from attention_core.models.switching import outermost

_UNSET: Final = (
    "temperature", "top_p", "top_k", "top_h", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff",
    "penalty_alpha", "dola_layers", "guidance_scale", "constraints", "force_words_ids",
    "num_beam_groups", "diversity_penalty", "early_stopping", "length_penalty",
    "prompt_lookup_num_tokens", "is_assistant", "token_healing", "watermarking_config",
    "max_length", "max_time", "stop_strings", "cache_implementation", "cache_config",
    "prefill_chunk_size", "compile_config",
)  # fmt: skip
"""What would sample, search, fetch code, run the model twice for a token, or preset the cache."""


@dataclass(frozen=True)
class Written:
    """What was read and written in the end.

    Attributes:
        reading: What the model read, with what it wrote.
        n_main: How many of the tokens that it reads were given.
        n_target: How many of its decoder's were given.
    """

    reading: Reading
    n_main: int
    n_target: int

    def n_given(self, kind: str) -> int:
        """Count the given queries of a kind."""
        if kind in {"decoder", "cross"}:
            return self.n_target
        return len(self.reading.vision) if kind == "vision" else self.n_main


def written(model: nn.Module, reading: Reading, options: CaptureOptions) -> Written:
    """Let the model write with its cache: one step, and so one row, for each token.

    One token more is asked for than wanted, because a token is read in the step after it was
    written, and only then has a row. A token that ends the text is never read.

    Raises:
        SpecError: When the model does not write.
    """
    if not can_generate(model):
        raise SpecError(
            f"generate must be 0 for a model that does not write, got {options.generate} for "
            f"{type(model).__name__}; open a model for causal or sequence-to-sequence language.",
            field=("generate",),
        )
    is_encoder_decoder = bool(model.config.is_encoder_decoder)  # type: ignore[union-attr]
    if not is_encoder_decoder and "input_ids" not in reading.tensors:
        raise SpecError(
            f"input_ids must be given to a model that writes on, got {sorted(reading.tensors)}.",
            field=("inputs",),
        )
    if reading.tensors.get("past_key_values") is not None:
        raise SpecError(
            "past_key_values must be left out where a model writes on, got a cache; give all ids "
            "that it was filled with.",
            field=("inputs",),
        )
    with _greedily(model, options.generate + 1) as config:
        ids = _generate_of(model)(
            **reading.tensors, generation_config=config, stopping_criteria=[_Watch(options)]
        )[0, :-1]
    if is_encoder_decoder:
        return _with_target(reading, ids)
    n_given = reading.tensors["input_ids"].shape[1]
    tensors = {**reading.tensors, "input_ids": ids[None]}
    if (mask := tensors.get("attention_mask")) is not None:
        tensors["attention_mask"] = _longer(mask, len(ids))
    main = (*reading.main[:n_given], *_tokens(reading, ids.tolist(), n_given)[n_given:])
    return Written(replace(reading, tensors=tensors, main=main), n_given, 0)


def _with_target(reading: Reading, ids: Tensor) -> Written:
    given = reading.tensors.get("decoder_input_ids")
    n_given = 1
    if given is not None:
        # transformers puts the token that decoders begin with before what does not begin with it.
        n_given = given.shape[1] + int(bool(ids[0] != given[0, 0]))
    tokens = _tokens(reading, ids.tolist(), n_given)
    n_before = n_given - len(reading.target)
    target = (*tokens[:n_before], *reading.target, *tokens[n_given:])
    tensors = {**reading.tensors, "decoder_input_ids": ids[None]}
    return Written(replace(reading, tensors=tensors, target=target), len(reading.main), n_given)


def can_generate(model: nn.Module) -> bool:
    """Tell whether a model writes."""
    asked = getattr(model, "can_generate", None)
    return callable(asked) and bool(asked())


def _generate_of(model: nn.Module) -> Callable[..., Tensor]:
    """Choose how a model writes; Whisper's own way cuts speech up, and leaves its prompt out."""
    from transformers import GenerationMixin  # noqa: PLC0415

    if getattr(model, "main_input_name", "") == "input_features":
        return partial(GenerationMixin.generate, model)
    own: Callable[..., Tensor] = model.generate  # type: ignore[assignment]
    return own


@contextmanager
def _greedily(model: nn.Module, n_tokens: int) -> Iterator[Any]:
    """Give the model a way of writing for a while: transformers fills what is None from its own."""
    inner: Any = outermost(model)
    before = inner.generation_config
    inner.generation_config = _greedy(before, n_tokens)
    try:
        yield inner.generation_config
    finally:
        inner.generation_config = before


def _greedy(own: Any, n_tokens: int) -> Any:
    config: Any = copy.deepcopy(own)
    for name in _UNSET:
        if hasattr(config, name):
            setattr(config, name, None)
    config.do_sample, config.num_beams, config.num_return_sequences = False, 1, 1
    config.return_dict_in_generate, config.use_cache = False, True
    config.max_new_tokens = n_tokens
    if config.pad_token_id is None:
        # Only said to keep transformers from guessing it aloud: one sequence is never padded.
        eos = config.eos_token_id
        config.pad_token_id = next(iter(eos), None) if isinstance(eos, list) else eos
    return config


class _Watch:
    """Reports each written token, and never ends the text."""

    def __init__(self, options: CaptureOptions) -> None:
        self._options = options
        self._n_written = 0

    def __call__(self, ids: Tensor, scores: object, **_: object) -> Tensor:
        if self._options.check is not None:
            self._options.check()
        self._n_written = min(self._n_written + 1, self._options.generate)
        if self._options.on_progress is not None:
            self._options.on_progress(self._n_written, self._options.generate)
        return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)


def _longer(mask: Tensor, n_tokens: int) -> Tensor:
    more = mask.new_ones((1, n_tokens - mask.shape[1]))
    return torch.cat([mask, more], dim=1)


def _tokens(reading: Reading, ids: Sequence[int], n_given: int) -> tuple[Token, ...]:
    if reading.writer is not None:
        return reading.writer(ids, n_given)
    return tuple(
        Token(text=str(i), piece=str(i), id=i, is_generated=place >= n_given)
        for place, i in enumerate(ids)
    )
