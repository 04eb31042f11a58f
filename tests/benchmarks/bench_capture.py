"""What capturing costs: a model's forward pass with and without it, side by side in one run.

Run with ``python -m tests.benchmarks.bench_capture``.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from attention_core.models import CaptureOptions, capture, open_model
from attention_core.models.opened import OpenedModel
from attention_core.models.recording import Recorder, recording
from attention_core.models.switching import recording_kernels
from tests.models.folders import minilm

N_ROUNDS = 15
TEXT = "the cat sat on the mat and " * 72 + "then it slept until next dawn"
"""512 tokens of MiniLM, its own two among them."""


def main() -> None:
    model: OpenedModel = open_model(str(minilm()))
    own: Any = model.model
    tensors = dict(model.processors.tokenizer(TEXT, return_tensors="pt"))

    def forward(**options: Any) -> None:
        with torch.no_grad():
            own(**tensors, **options)

    def recorded() -> None:
        with recording_kernels(own), recording(Recorder(own, CaptureOptions())):
            forward()

    times = _measured(
        {
            "forward": forward,
            "forward, recorded": recorded,
            "capture of tensors": lambda: capture(model, tensors),
            "capture of a text": lambda: capture(model, TEXT),
        }
    )
    own.set_attn_implementation("eager")
    times |= _measured({"eager, output_attentions=True": lambda: forward(output_attentions=True)})
    plain = statistics.median(times["forward"])
    n_tokens = tensors["input_ids"].shape[1]
    print(f"MiniLM, {n_tokens} tokens, {torch.get_num_threads()} threads, ")
    print(f"medians of {N_ROUNDS} interleaved rounds\n")
    print("| way | ms | × forward |")
    print("|---|---|---|")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"| {name} | {median * 1000:.1f} | {median / plain:.2f} |")


def _measured(ways: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(N_ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()
