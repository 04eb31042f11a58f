"""How large uploaded tensors are, and the limits that a look at them must be able to keep."""

from app.config import Limits
from app.errors import Exceeded, field_problem
from app.schemas import AttentionRequest
from app.sizes import Fields, Size, bytes_of_parameters, require_counts, require_memory
from attention_core import Capture, Layer

MAX_LAYERS = 256

_COPIES = 2
"""What a map holds, and as much again while it is made and checked."""

_FIELDS = Fields(queries=("query",), keys=("key",), heads=("query",), dim=("query",))


def require_capture_size(capture: Capture, limits: Limits) -> None:
    """Refuse a capture that no look at it could be answered for.

    Args:
        capture: What was uploaded, and may carry any spec.
        limits: Those of captures.

    Raises:
        ProblemError: 422, naming the limit and the way out.
    """
    for kind, stack in capture.stacks.items():
        if len(stack.layers) > MAX_LAYERS:
            raise field_problem(
                (kind,),
                f"There may be at most {MAX_LAYERS} layers, got {len(stack.layers)}; send fewer.",
                exceeded=Exceeded("layers", len(stack.layers), MAX_LAYERS),
            )
        for layer in stack.layers:
            asked = AttentionRequest.model_construct(include=[])
            if layer.spec is not None:
                asked.spec = layer.spec
            size = _size(layer)
            require_counts(size, asked, limits)
            needed_bytes = layer.map_bytes * _COPIES + bytes_of_parameters(size, asked)
            require_memory(needed_bytes, size, limits)


def _size(layer: Layer) -> Size:
    n_score_heads, head_dim = layer.n_heads, 1
    if layer.query is not None:
        n_score_heads, _, head_dim = layer.query.shape
    value = layer.key if layer.value is None else layer.value
    return Size(
        n_heads=layer.n_heads,
        n_score_heads=n_score_heads,
        n_queries=layer.n_queries,
        n_keys=layer.n_keys,
        dim=head_dim,
        head_dim=head_dim,
        key_head_dim=1 if layer.key is None else layer.key.shape[-1],
        value_head_dim=1 if value is None else value.shape[-1],
        n_parameters=0,
        fields=_FIELDS,
    )
