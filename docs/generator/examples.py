"""One example for each mechanism: the parameters that it is shown with.

A kind that is not named here is shown with its defaults; a new mechanism needs an entry only
where its parameters have none, or where others show its rule better.
"""

import json
from typing import Any, NamedTuple

Parameters = dict[str, Any]

SENTENCE = "The animal didn't cross the street because it was too tired."
"""Twelve tokens; no position, no mask."""

PROJECTION_SEED = 0

N_TOKENS = 24
"""Queries, and keys, of the picture of a mask or of a bias."""


class Shown(NamedTuple):
    """A picture's parameters and what to see in it.

    Attributes:
        parameters: Of the kind.
        remark: What to see.
        n_queries: Rows of the picture.
    """

    parameters: Parameters
    remark: str
    n_queries: int = N_TOKENS


MASKS: dict[str, tuple[Shown, ...]] = {
    "full": (Shown({}, "Nothing is forbidden."),),
    "causal": (
        Shown({}, "On the diagonal and below it. With as many queries as keys both aligns agree."),
        Shown(
            {"align": "lower_right"},
            "16 queries are the last of 24 tokens, so the diagonal ends in the last corner.",
            n_queries=16,
        ),
    ),
    "padding": (Shown({"key_length": 17}, "The last 7 keys are padding for every query."),),
    "sliding_window": (Shown({"window": [5, 2]}, "Five keys back, two keys ahead, and itself."),),
    "dilated": (Shown({"window": 9, "dilation": 3}, "Every third key, up to three on each side."),),
    "prefix_lm": (Shown({"prefix_length": 8}, "All see the first 8 keys; after them, causal."),),
    "chunked": (Shown({"chunk_size": 6}, "Four chunks of 6 that see nothing of each other."),),
    "document": (
        Shown(
            {"document_ids": [0] * 7 + [1] * 5 + [2] * 12},
            "Documents of 7, 5 and 12 tokens, packed into one sequence.",
        ),
    ),
    "global_window": (
        Shown(
            {"window": 2, "global_positions": [0, 11]},
            "Tokens 0 and 11 see all and are seen by all; the rest sees two keys to each side.",
        ),
    ),
    "bigbird": (
        Shown(
            {"block_size": 2, "num_random_blocks": 1, "seed": 0},
            "Blocks of 2: neighbours, the first and the last block, and a random one per row.",
        ),
    ),
    "sinks_window": (
        Shown(
            {"num_sink_tokens": 3, "window": [6, 0]},
            "The first three keys stay in sight when the window has moved on.",
        ),
    ),
    "neighborhood_2d": (
        Shown(
            {"grid": [4, 6], "kernel": [3, 3]},
            "An image of 4 × 6 patches, row by row: three runs of three keys for each query.",
        ),
    ),
    "custom": (
        Shown(
            {"predicate": "abs(i - j) <= 3 or i + j == n_keys - 1"},
            "A band, and the other diagonal.",
        ),
    ),
    "and": (
        Shown(
            {"of": ["causal", {"kind": "chunked", "chunk_size": 8}]},
            "Causal within each chunk of 8.",
        ),
    ),
    "or": (
        Shown(
            {
                "of": [
                    {"kind": "chunked", "chunk_size": 6},
                    {"kind": "dilated", "window": 24, "dilation": 6},
                ]
            },
            "The own chunk of 6, and every sixth key.",
        ),
    ),
    "not": (
        Shown(
            {"of": {"kind": "sliding_window", "window": [3, 3]}},
            "Everything but what is near.",
        ),
    ),
}

BIASES: dict[str, Shown] = {
    "alibi": Shown(
        {"alibi_slopes": [0.25]}, "One head whose slope is 1/4: the fall is even on both sides."
    ),
    "t5": Shown(
        {"num_buckets": 16, "max_distance": 24},
        "Eight buckets to each side, one distance each at first and then wider. Untrained: "
        "numbers from the seed.",
    ),
    "shaw": Shown(
        {"max_relative_position": 5},
        "Every query is the same vector of ones, 8 long, so that only the distance counts; from "
        "5 on it is clipped. Untrained: vectors from the seed.",
    ),
    "adaptive_span": Shown(
        {"span": 5.0, "ramp": 6.0},
        "Nothing is lost up to 5 tokens away, all from 11 on.",
    ),
}

NORMALIZERS: dict[str, Parameters] = {
    "sink": {"sink": 2.0},
    "entmax": {"alpha": 1.2},
    "topk": {"k": 3},
}

_OTHERS: dict[str, dict[str, Parameters]] = {
    "score": {
        "general": {"seed": 1},
        "additive": {"attn_dim": 32},
        "cosine": {"scale": 10.0},
        "rbf": {"gamma": 0.5},
    },
    "position": {
        "rope": {
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8,
                "original_max_position_embeddings": 8192,
            }
        },
        **{kind: shown.parameters for kind, shown in BIASES.items()},
    },
    "heads": {
        "mha": {"n_heads": 4},
        "gqa": {"n_heads": 8, "n_kv_heads": 2},
        "mqa": {"n_heads": 8},
        "mla": {"n_heads": 4, "kv_lora_rank": 16},
        "talking_heads": {"n_heads": 4, "seed": 1},
        "differential": {"n_heads": 2, "layer": 3},
    },
    "embedding": {
        "hash": {"dim": 32},
        "given": {"vectors": [[1.0, 0.0], [0.5, 0.5]]},
    },
    "projection": {
        "random": {"seed": 1},
        "given": {
            "weight_query": [[1.0, 0.0], [0.0, 1.0]],
            "weight_key": [[0.0, 1.0], [1.0, 0.0]],
            "weight_value": [[1.0, 0.0], [0.0, 1.0]],
        },
    },
    "normalizer": NORMALIZERS,
    "mask": {kind: shown[0].parameters for kind, shown in MASKS.items()},
}


def example(part: str, choice: dict[str, Any]) -> dict[str, Any]:
    """Return a spec, or a request, that shows one kind.

    Raises:
        ValueError: When the kind has required parameters and no example here.
    """
    kind = choice["kind"]
    parameters = _OTHERS.get(part, {}).get(kind, choice["starter"])
    missing = set(choice["parameters"]["required"]) - set(parameters)
    if missing:
        raise ValueError(
            f"{part} '{kind}' must have an example for {sorted(missing)}; add one to "
            "docs/generator/examples.py."
        )
    return {part: {"kind": kind, **parameters} if parameters else kind}


def as_json(value: Any) -> str:
    """Write a value as JSON, as it stands in a request."""
    return json.dumps(value, ensure_ascii=False)
