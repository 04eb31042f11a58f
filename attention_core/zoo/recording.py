"""Keeps what each layer's kernel is handed while a network of the zoo answers."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from attention_core.captures.capture import Stack
from attention_core.captures.layer import Layer
from attention_core.captures.token import Token
from attention_core.errors import SpecError
from attention_core.models.inputs import CaptureOptions
from attention_core.notes import Note
from attention_core.zoo.networks.layers import Handed, fused


class Recording:
    """A kernel that computes as the fused one does, and keeps queries, keys and spec.

    Args:
        options: Which layers to keep, whether with values, and whom to tell.
        n_calls: How often the network calls a kernel, all layers and passes together.
    """

    def __init__(self, options: CaptureOptions, n_calls: int) -> None:
        self._options, self._n_calls = options, n_calls
        self._n_done = 0
        self._layers: dict[str, list[Layer]] = {}

    def __call__(self, handed: Handed) -> Float[Tensor, "batch head query dim"]:
        """Compute the attention of one layer, and keep what it is a function of."""
        outputs = self.passing(handed)
        value = _kept(handed.value) if self._options.values else None
        layer = Layer(handed.spec, _kept(handed.query), _kept(handed.key), value)
        self._layers.setdefault(handed.kind, []).append(layer)
        return outputs

    def passing(self, handed: Handed) -> Float[Tensor, "batch head query dim"]:
        """Compute the attention of one layer and keep nothing, in a pass that is not the last."""
        if self._options.check is not None:
            self._options.check()
        outputs = fused(handed)
        self._n_done += 1
        if self._options.on_progress is not None:
            self._options.on_progress(self._n_done, self._n_calls)
        return outputs

    def stacks(
        self, tokens: dict[str, tuple[Sequence[Token], Sequence[Token]]]
    ) -> dict[str, Stack]:
        """Make the stacks of the kept layers.

        Args:
            tokens: The tokens that ask and those that are asked, of each kind.

        Raises:
            SpecError: When a layer is asked for that no kind has.
        """
        self._require_layers()
        stacks = {}
        for kind, (asking, asked) in tokens.items():
            layers = [layer for i, layer in enumerate(self._layers[kind]) if self._is_kept(i)]
            if layers:
                n_given = sum(not token.is_generated for token in asking)
                stacks[kind] = Stack(tuple(layers), tuple(asking), tuple(asked), n_given)
        return stacks

    @property
    def notes(self) -> tuple[Note, ...]:
        """Which layers were kept, where not all were."""
        if self._options.layers is None:
            return ()
        names = ", ".join(str(layer) for layer in sorted(set(self._options.layers)))
        message = f"Kept are layers {names} of {self._most}; they are counted from 0 here."
        return (Note("layers_kept", message),)

    @property
    def _most(self) -> int:
        return max(len(layers) for layers in self._layers.values())

    def _is_kept(self, layer: int) -> bool:
        return self._options.layers is None or layer in self._options.layers

    def _require_layers(self) -> None:
        wrong = [layer for layer in self._options.layers or () if not 0 <= layer < self._most]
        if wrong or self._options.layers == ():
            raise SpecError(
                f"layers must be between 0 and {self._most - 1}, got {wrong or 'none'}; count from "
                "zero, or leave them out for all.",
                field=("layers",),
            )


def _kept(vectors: Float[Tensor, "1 head token dim"]) -> Float[Tensor, "head token dim"]:
    return vectors[0].cpu().clone()
