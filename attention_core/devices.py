"""Where to compute: named, and refused where there is no such device."""

from typing import Literal, get_args

import torch

from attention_core.errors import DeviceError

Device = Literal["auto", "cpu", "cuda"]


def device_of(name: Device) -> torch.device:
    """Find a device by name; a GPU, if there is one, under ``auto``.

    Raises:
        DeviceError: When the device is not there.
    """
    has_cuda = torch.cuda.is_available()
    if name not in get_args(Device) or (name == "cuda" and not has_cuda):
        raise DeviceError(
            f"device must be 'auto', 'cpu' or, where a GPU is, 'cuda', got {name!r} "
            f"{'with' if has_cuda else 'without'} a GPU; use 'auto'.",
            field=("device",),
        )
    return torch.device("cuda" if name == "cuda" or (name == "auto" and has_cuda) else "cpu")
