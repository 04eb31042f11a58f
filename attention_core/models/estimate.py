"""What a capture would cost, and which layers could be kept where that is too much."""

from dataclasses import dataclass, fields

from torch import Tensor

from attention_core.captures.capture import Capture
from attention_core.captures.layer import Layer
from attention_core.captures.storage import text_bytes


@dataclass(frozen=True)
class CaptureEstimate:
    """What a capture would cost, told before it is taken.

    Attributes:
        n_query_tokens: Tokens that ask; of an encoder–decoder, those of its decoder.
        n_key_tokens: Tokens that are asked; of an encoder–decoder, those of its encoder.
        seconds: How long the model would run on this machine; right within a factor of about 3.
        n_bytes: Memory at its peak, beside the model itself.
        disk_bytes: Size of its file.
        n_layers: Layers that there are to choose from.
        n_kept: How many of them would be kept.
        layer_bytes: What each of them takes, in memory and in the file.
    """

    n_query_tokens: int
    n_key_tokens: int
    seconds: float
    n_bytes: int
    disk_bytes: int
    n_layers: int
    n_kept: int
    layer_bytes: int

    def layers_within(self, n_bytes: int, disk_bytes: int | None = None) -> tuple[int, ...] | None:
        """Choose as many layers as fit, spread evenly from the first to the last.

        Args:
            n_bytes: Memory that a capture may take.
            disk_bytes: How large its file may be; without a limit when absent.

        Returns:
            Indices from zero; None where not one layer fits.
        """
        spare = [n_bytes - self.n_bytes]
        if disk_bytes is not None:
            spare.append(disk_bytes - self.disk_bytes)
        count = self.n_kept + min(spare) // max(self.layer_bytes, 1)
        return spread(self.n_layers, min(count, self.n_layers)) if count > 0 else None


def measured(capture: Capture, seconds: float) -> CaptureEstimate:
    """Tell what a capture cost that was taken already, and none of it was more than is kept."""
    last = list(capture.stacks.values())[-1]
    n_layers = max(len(stack.layers) for stack in capture.stacks.values())
    tensor_bytes = sum(
        _n_bytes(layer) for stack in capture.stacks.values() for layer in stack.layers
    )
    disk_bytes = tensor_bytes + text_bytes(capture)
    return CaptureEstimate(
        n_query_tokens=len(last.query_tokens),
        n_key_tokens=len(last.key_tokens),
        seconds=seconds,
        n_bytes=disk_bytes,
        disk_bytes=disk_bytes,
        n_layers=n_layers,
        n_kept=n_layers,
        layer_bytes=tensor_bytes // n_layers,
    )


def spread(n_layers: int, count: int) -> tuple[int, ...]:
    """Choose some of so many layers, evenly: the first and the last among them, or the middle."""
    if count == 1:
        return (n_layers // 2,)
    return tuple(round(place * (n_layers - 1) / (count - 1)) for place in range(count))


def _n_bytes(layer: Layer) -> int:
    parts = (getattr(layer, part.name) for part in fields(layer))
    return sum(x.nbytes for x in parts if isinstance(x, Tensor))
