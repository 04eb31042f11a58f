"""Puts another attention kernel into a model for a while, and everything back afterwards."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

from torch import nn

from attention_core.models.recording import KERNELS, recording_name, register


class _Lock:
    def __init__(self) -> None:
        self.held = threading.RLock()


_LOCKS: WeakValueDictionary[int, _Lock] = WeakValueDictionary()
_OF_LOCKS = threading.Lock()


@contextmanager
def alone_with(model: nn.Module) -> Iterator[None]:
    """Keep other captures of the same model waiting; dropout is off meanwhile."""
    # Models made from one config share it, and the config is what is switched.
    name = id(getattr(model, "config", model))
    with _OF_LOCKS:
        lock = _LOCKS.get(name) or _LOCKS.setdefault(name, _Lock())
    with lock.held:
        training = [module for module in model.modules() if module.training]
        model.eval()
        try:
            yield
        finally:
            for module in training:
                module.training = True


@contextmanager
def recording_kernels(model: nn.Module) -> Iterator[bool]:
    """Let the model's kernels be recorded; yields whether one of them had to be replaced.

    Kernels other than ``sdpa`` and ``eager``, such as FlashAttention's, give way to ``sdpa``.
    """
    register()
    configs = switchable_configs(model)
    replaced = [c for c in configs if c._attn_implementation not in (*KERNELS, None)]
    with _switched(configs, lambda name: recording_name(name if name in KERNELS else "sdpa")):
        yield bool(replaced)


@contextmanager
def eager_kernels(model: nn.Module) -> Iterator[None]:
    """Let the model compute its weights one by one, as it must to hand them over."""
    with _switched(switchable_configs(model), lambda _: "eager"):
        yield


def outermost(model: nn.Module) -> nn.Module:
    """Find the model of transformers, which adapters such as LoRA's may be wrapped around."""
    from transformers import PreTrainedModel  # noqa: PLC0415

    inner = (module for module in model.modules() if isinstance(module, PreTrainedModel))
    return next(inner, model)


def switchable_configs(model: nn.Module) -> list[Any]:
    """List every config of the model, and of its parts, whose kernel may be switched."""
    from transformers import PreTrainedConfig, PreTrainedModel  # noqa: PLC0415

    found: dict[int, Any] = {}
    fixed: set[int] = set()
    for module in model.modules():
        config = getattr(module, "config", None)
        if not isinstance(config, PreTrainedConfig):
            continue
        found[id(config)] = config
        if isinstance(module, PreTrainedModel) and not module._can_set_attn_implementation():
            fixed.add(id(config))
    return [config for name, config in found.items() if name not in fixed]


@contextmanager
def _switched(configs: list[Any], renamed: Callable[[str], str]) -> Iterator[None]:
    before = [config._attn_implementation_internal for config in configs]
    try:
        for config, name in zip(configs, before, strict=True):
            # Not through the property: it would set every sub-config alike.
            config._attn_implementation_internal = renamed(name or "eager")
        yield
    finally:
        for config, name in zip(configs, before, strict=True):
            config._attn_implementation_internal = name
