"""What the index keeps of a capture, so that a look at it needs no file."""

from dataclasses import asdict

import orjson

from app.store.records import Facts
from attention_core import Capture


def facts_of(capture: Capture) -> Facts:
    """Tell what a listing shows of a capture."""
    return Facts(
        kinds={kind: asdict(sizes) for kind, sizes in capture.kinds.items()},
        n_given={kind: stack.n_given for kind, stack in capture.stacks.items()},
        notes=[asdict(note) for note in capture.notes],
        has_image=capture.image is not None,
    )


def details_of(capture: Capture) -> bytes:
    """Write tokens and specs of a capture as JSON."""
    tokens = {
        kind: {"query": stack.query_tokens, "key": stack.key_tokens}
        for kind, stack in capture.stacks.items()
    }
    specs = {
        kind: [
            None if layer.spec is None else layer.spec.model_dump(mode="json")
            for layer in stack.layers
        ]
        for kind, stack in capture.stacks.items()
    }
    return orjson.dumps({"tokens": tokens, "specs": specs})
