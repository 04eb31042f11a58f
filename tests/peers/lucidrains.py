"""x-transformers, imported without its warning: it still compiles one function by TorchScript."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`torch.jit.script", DeprecationWarning)
    from x_transformers.attend import Attend
    from x_transformers.x_transformers import (
        AlibiPositionalBias,
        Attention,
        RelativePositionBias,
        RotaryEmbedding,
        apply_rotary_pos_emb,
    )

__all__ = [
    "AlibiPositionalBias",
    "Attend",
    "Attention",
    "RelativePositionBias",
    "RotaryEmbedding",
    "apply_rotary_pos_emb",
]
