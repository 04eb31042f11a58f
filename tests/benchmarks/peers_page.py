"""Write what a peer makes of the same queries and keys as one page of HTML.

Run by an interpreter that has the peers: ``python peers_page.py bertviz arrays.npz page.html``.
Prints JSON: seconds of the peer's own call, its version and the peak memory, or what went wrong.
"""

import importlib
import importlib.metadata
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

MAX_BYTES = 12 * 2**30
"""Address space that a peer may take: the machine is not its own."""


def bertviz(weights: torch.Tensor, tokens: list[str]) -> list[str]:
    """Ask for the view of all layers and heads, as its documentation does."""
    view = importlib.import_module("bertviz").model_view
    return [view([layer[None] for layer in weights], tokens, html_action="return").data]


def inspectus(weights: torch.Tensor, tokens: list[str]) -> list[str]:
    """Ask for the charts it shows by default; it has no way to return them but to show them."""
    shown: list[str] = []
    notebook = importlib.import_module("IPython.display")
    vars(notebook)["display"] = lambda *parts, **_: shown.extend(part.data for part in parts)
    importlib.import_module("inspectus").attention(weights.numpy(), tokens)
    return shown


PEERS: dict[str, Callable[[torch.Tensor, list[str]], list[str]]] = {
    "bertviz": bertviz,
    "inspectus": inspectus,
}


def write(peer: str, arrays: Path, page: Path) -> dict[str, Any]:
    """Compute the weights, call the peer, and write its page."""
    loaded = np.load(arrays)
    query, key = (torch.from_numpy(loaded[name]) for name in ("query", "key"))
    weights = (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-1)
    tokens = loaded["tokens"].tolist()
    started = time.perf_counter()
    parts = PEERS[peer](weights, tokens)
    call_s = time.perf_counter() - started
    with page.open("w", encoding="utf-8") as file:
        file.write('<!doctype html><meta charset="utf-8"><title>peer</title><body>')
        file.writelines(parts)
    return {"call_s": call_s}


def main() -> None:
    """Write the page, within the memory there is."""
    peer, arrays, page = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    try:
        result = write(peer, Path(arrays), Path(page))
    except MemoryError:
        result = {"problem": f"out of memory at {MAX_BYTES >> 30} GiB"}
    result["version"] = importlib.metadata.version(peer)
    result["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(result))


if __name__ == "__main__":
    main()
