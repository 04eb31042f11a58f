"""Attention kernels that write down what they are handed, then call the model's own."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor, nn

from attention_core.errors import SpecError
from attention_core.models.inputs import CaptureOptions
from attention_core.models.kinds import has_vision_part, kind_of
from attention_core.models.long_masks import (
    Attending,
    attended,
    long_mask_of,
    mask_or_stand_in,
)
from attention_core.models.softcap import softcapped
from attention_core.prepared import Check

Kernel = Callable[..., tuple[Tensor, Tensor | None]]

_ADDED: Final = ("position_bias", "s_aux")
"""What a kernel adds to scores."""

KERNELS: Final = ("sdpa", "eager")
"""The kernels of transformers that are left in place."""


@dataclass(frozen=True)
class Call:
    """What one call of a kernel was handed.

    Attributes:
        kind: The stack that the layer belongs to.
        query: Queries, positions in them already.
        key: Keys, a head for each group; in later steps of generation the new ones only.
        value: Values likewise, where they are wanted.
        mask: True where allowed, or what is added to the scores; None where nothing is masked.
        is_causal: Whether the kernel itself hides later keys.
        scaling: Factor of the products; 1/√d when absent.
        softcap: Bound of the scores.
        sinks: A logit for each head that takes a share of every row.
        bias: Added to the scores.
        window: How many keys a query sees at most, itself included, as the model says.
        n_keys: How many keys the kernel saw.
    """

    kind: str
    query: Tensor
    key: Tensor
    value: Tensor | None
    mask: Tensor | None
    is_causal: bool
    scaling: float | None
    softcap: float | None
    sinks: Tensor | None
    bias: Tensor | None
    window: int | None
    n_keys: int


@dataclass
class Recorder:
    """Writes down the calls of one model's kernels, forward pass by forward pass.

    Attributes:
        model: The model that is looked at.
        options: What is kept.
        steps: The calls of each forward pass, in order.
        n_layers: How many layers of each kind a forward pass has, kept or not.
    """

    model: nn.Module
    options: CaptureOptions
    steps: list[list[Call]] = field(default_factory=lambda: [[]])
    n_layers: dict[str, int] = field(default_factory=dict)
    _n_passes: int = 0
    _n_recorded: int = 0
    _n_seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._paths = {id(module): path for path, module in self.model.named_modules()}
        config = getattr(self.model, "config", None)
        self._is_encoder_decoder = bool(getattr(config, "is_encoder_decoder", False))
        self._has_vision = has_vision_part(list(self._paths.values()))
        self._n_expected = n_attentions(config)

    def begin_pass(self) -> None:
        """Begin a forward pass of the whole model; what an encoder did before belongs to it.

        A pass that is not recorded, such as another thread's, is none.
        """
        if _RECORDER.get() is not self:
            return
        self._n_passes += 1
        if self._n_passes > 1:
            self.steps.append([])
            self._n_seen = {}

    def record(self, call: "Handed") -> None:
        """Write down what a kernel was handed."""
        if self.options.check is not None:
            self.options.check()
        kind = kind_of(
            self._paths.get(id(call.module), ""),
            is_encoder_decoder=self._is_encoder_decoder,
            has_vision=self._has_vision,
        )
        layer = self._n_seen.get(kind, 0)
        self._n_seen[kind] = layer + 1
        self.n_layers[kind] = max(layer + 1, self.n_layers.get(kind, 0))
        if self.options.layers is None or layer in self.options.layers:
            is_later = self._n_passes > 1
            self.steps[-1].append(call.kept(kind, values=self.options.values, is_later=is_later))
        self._n_recorded += 1
        if self.options.on_progress is not None and not self.options.generate:
            n_layers = max(self._n_expected, self._n_recorded)
            self.options.on_progress(self._n_recorded, n_layers)


def n_attentions(config: Any) -> int:
    """Count the layers of attention that a config announces, cross-attention apart."""
    parts = [getattr(config, name, None) for name in ("text_config", "vision_config")]
    whole = [part for part in parts if part is not None] or [config]
    counts = [getattr(part, "num_hidden_layers", 0) or 0 for part in whole]
    is_encoder_decoder = getattr(config, "is_encoder_decoder", False)
    decoder = getattr(config, "num_decoder_layers", None) or getattr(config, "decoder_layers", 0)
    return sum(counts) + (2 * (decoder or 0) if is_encoder_decoder else 0)


@dataclass(frozen=True)
class Handed:
    """The arguments of one call, as transformers hands them over."""

    module: nn.Module
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    options: Mapping[str, Any]
    kernel: str

    @property
    def is_causal(self) -> bool:
        """Whether the kernel hides later keys itself, as ``sdpa_attention_forward`` decides it."""
        if self.kernel != "sdpa" or self.mask is not None or self.query.shape[2] == 1:
            return False
        wanted = self.options.get("is_causal")
        return bool(getattr(self.module, "is_causal", True) if wanted is None else wanted)

    def softcapped(self) -> Tensor:
        """Compute the outputs where sdpa refuses to."""
        return softcapped(
            self.query,
            self.key,
            self.value,
            self.mask,
            scaling=self.options.get("scaling"),
            softcap=self.options["softcap"],
            is_causal=self.is_causal,
        )

    def in_blocks(self, check: Check | None) -> Tensor:
        """Compute the outputs under a mask that there is no matrix of.

        Raises:
            SpecError: When the kernel would add something to the scores besides.
        """
        mask = long_mask_of(self.mask)
        added = [name for name in _ADDED if self.options.get(name) is not None]
        if mask is None or added:
            raise SpecError(
                f"a window over {self.key.shape[2]:,} tokens must come alone, got one with "
                f"{', '.join(added)}; give a shorter text.",
                field=("inputs",),
            )
        how = Attending(self.options.get("scaling"), self.options.get("softcap"), check)
        return attended(self.query, self.key, self.value, mask, how)

    def kept(self, kind: str, *, values: bool, is_later: bool) -> Call:
        """Choose what is kept of the call.

        Later steps of generation keep their new keys only: the cache hands all of them over each
        time, in new memory.
        """
        n_keys, first = self.key.shape[2], 0
        is_causal = self.is_causal
        if is_causal and n_keys > self.query.shape[2]:
            # A static cache before its first step: keys past the queries are not filled yet.
            n_keys = self.query.shape[2]
        if is_later:
            first = n_keys if kind == "cross" else n_keys - self.query.shape[2]
        return Call(
            kind=kind,
            query=_alone(self.query),
            key=_alone(self.key[:, :, first:n_keys]),
            value=_alone(self.value[:, :, first:n_keys]) if values else None,
            mask=self.mask,
            is_causal=is_causal,
            scaling=self.options.get("scaling"),
            softcap=self.options.get("softcap"),
            sinks=self.options.get("s_aux"),
            bias=self.options.get("position_bias"),
            window=self.options.get("sliding_window"),
            n_keys=n_keys,
        )


def _alone(x: Tensor) -> Tensor:
    """Copy a view: what it was cut from would be kept too, and a static cache is written over.

    What lies otherwise than it is read is copied too, while there is one layer of it.
    """
    is_whole = x.untyped_storage().nbytes() == x.nbytes and x.is_contiguous()
    return x if is_whole else x.clone(memory_format=torch.contiguous_format)


_RECORDER: ContextVar[Recorder | None] = ContextVar("attention_atlas_recorder", default=None)


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Hand what this thread's kernels see to the recorder."""
    token = _RECORDER.set(recorder)
    try:
        yield
    finally:
        _RECORDER.reset(token)


def recording_name(kernel: str) -> str:
    """Name the kernel that records and then calls the given one."""
    return f"attention_atlas_{kernel}"


def register() -> None:
    """Register a recording kernel, and its mask, for each kernel that is left in place."""
    from transformers import AttentionInterface, AttentionMaskInterface  # noqa: PLC0415

    for kernel in KERNELS:
        AttentionInterface.register(recording_name(kernel), _recorded(kernel))
        AttentionMaskInterface.register(recording_name(kernel), _mask_of(kernel))


def own_kernel(module: nn.Module, kernel: str) -> Kernel:
    """Find the function that the module itself would have called.

    Raises:
        SpecError: When the module's file has none.
    """
    for file in _files_of(module):
        interface = getattr(file, "ALL_ATTENTION_FUNCTIONS", None)
        eager = getattr(file, "eager_attention_forward", None)
        if interface is not None and (eager is not None or kernel != "eager"):
            found: Kernel = interface.get_interface(kernel, eager)
            return found
    raise SpecError(
        f"the file of {type(module).__name__} must define eager_attention_forward, got none; open "
        "the model with another attn_implementation, such as 'sdpa'.",
        field=("model",),
    )


def _files_of(module: nn.Module) -> Iterable[Any]:
    return (sys.modules[cls.__module__] for cls in type(module).__mro__)


def _recorded(kernel: str) -> Kernel:
    def attention(
        module: nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None = None,
        **options: Any,
    ) -> tuple[Tensor, Tensor | None]:
        handed = Handed(module, query, key, value, attention_mask, options, kernel)
        recorder = _RECORDER.get()
        if recorder is not None:
            recorder.record(handed)
        if recorder is not None and long_mask_of(attention_mask) is not None:
            return handed.in_blocks(recorder.options.check), None
        if kernel == "sdpa" and options.get("softcap") is not None:
            return handed.softcapped(), None
        return own_kernel(module, kernel)(module, query, key, value, attention_mask, **options)

    return attention


def _mask_of(kernel: str) -> Callable[..., Any]:
    def mask(*args: Any, **options: Any) -> Any:
        # Looked up late, so that a mask that the user registered under the name is kept.
        from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS  # noqa: PLC0415

        make = ALL_MASK_ATTENTION_FUNCTIONS[kernel]
        recorder = _RECORDER.get()
        # While a text is written, the rows of each step are laid into one matrix in the end.
        is_one_pass = recorder is not None and not recorder.options.generate
        if kernel == "sdpa" and is_one_pass and not args:
            return mask_or_stand_in(make, options)
        return make(*args, **options)

    return mask
