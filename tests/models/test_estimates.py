"""What a capture would cost: told without the model reading it, and near what it then costs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from attention_core import Capture, save_capture
from attention_core.models import CaptureEstimate, CaptureOptions, ModelInput, open_model
from attention_core.models.estimate import spread
from attention_core.zoo import ZOO_NAMES, open_zoo
from tests.api.captures import png
from tests.models.folders import bert_folder, gpt2_folder, marian_folder, t5_folder, vit_folder
from tests.models.opened import opened_llama
from tests.models.test_long_texts import WORDS, lengths_of_passes

TEXT = ModelInput(text=WORDS * 3)
OPENED: dict[str, tuple[Callable[[Path], Any], ModelInput, CaptureOptions]] = {
    "encoder": (lambda path: open_model(str(bert_folder(path))), TEXT, CaptureOptions()),
    "decoder": (lambda path: open_model(str(gpt2_folder(path))), TEXT, CaptureOptions()),
    "decoder that writes": (
        lambda path: open_model(str(gpt2_folder(path))), TEXT, CaptureOptions(generate=7)
    ),
    "translator": (lambda path: open_model(str(marian_folder(path))), TEXT, CaptureOptions()),
    "translator with its target": (
        lambda path: open_model(str(marian_folder(path))),
        ModelInput(text=WORDS * 3, target="the street"), CaptureOptions(),
    ),
    "bias by distance": (lambda path: open_model(str(t5_folder(path))), TEXT, CaptureOptions()),
    "long, shared keys": (
        lambda _: opened_llama(), ModelInput(text=WORDS * 300), CaptureOptions()
    ),
    "some layers, with values": (
        lambda _: opened_llama(n_layers=5), TEXT, CaptureOptions(layers=(1, 4), values=True)
    ),
    "half precision": (
        lambda _: opened_llama(dtype=torch.bfloat16), ModelInput(text=WORDS * 30), CaptureOptions()
    ),
}  # fmt: skip


@pytest.fixture(params=OPENED)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    make, asked, options = OPENED[request.param]
    return make(tmp_path), asked, options


def sizes_of(taken: Capture) -> tuple[int, int]:
    sizes = list(taken.kinds.values())[-1]
    return sizes.n_queries, sizes.n_keys


def test_tokens_and_disk_are_those_of_the_capture(opened: Any, tmp_path: Path) -> None:
    model, asked, options = opened

    found: CaptureEstimate = model.estimate(asked, options=options)

    taken = model.capture(asked, options=options)
    saved = save_capture(taken, tmp_path / "capture")
    assert (found.n_query_tokens, found.n_key_tokens) == sizes_of(taken)
    assert found.disk_bytes == pytest.approx(saved.n_bytes, rel=0.05)
    assert found.n_kept == max(sizes.n_layers for sizes in taken.kinds.values())


def test_seconds_are_of_the_right_order(opened: Any) -> None:
    model, asked, options = opened
    found = model.estimate(asked, options=options)
    started = time.perf_counter()
    model.capture(asked, options=options)
    elapsed = time.perf_counter() - started

    # Loosely: other work may hold either up.
    assert elapsed / 30 - 0.1 < found.seconds < elapsed * 30 + 0.1


def test_memory_covers_what_is_kept(opened: Any) -> None:
    model, asked, options = opened
    found = model.estimate(asked, options=options)

    stacks = model.capture(asked, options=options).stacks.values()
    kept = sum(x.nbytes for stack in stacks for layer in stack.layers
               for x in (layer.query, layer.key, layer.value) if x is not None)  # fmt: skip
    assert kept <= found.n_bytes < 40 * kept + 2**24


def test_the_model_does_not_read_what_is_estimated() -> None:
    model = opened_llama()
    lengths = lengths_of_passes(model.model)

    found = model.estimate(ModelInput(text=WORDS * 300))
    again = model.estimate(ModelInput(text=WORDS * 30))

    assert found.n_key_tokens > 4 * max(lengths)
    assert again.n_key_tokens < found.n_key_tokens
    n_passes = len(lengths)
    model.estimate(ModelInput(text=WORDS))
    assert len(lengths) == n_passes, "a model is timed once"


def test_an_image_is_estimated_by_its_patches(tmp_path: Path) -> None:
    model = open_model(str(vit_folder(tmp_path)))
    asked = ModelInput(image=png())

    found = model.estimate(asked)

    taken = model.capture(asked)
    saved = save_capture(taken, tmp_path / "capture")
    assert (found.n_query_tokens, found.n_key_tokens) == sizes_of(taken) == (26, 26)
    assert found.disk_bytes == pytest.approx(saved.n_bytes, rel=0.05)


@pytest.mark.parametrize("name", [name for name in ZOO_NAMES if name != "digits"])
def test_a_model_of_the_zoo_tells_the_same(name: str, tmp_path: Path) -> None:
    model = open_zoo(name)
    asked = ModelInput(text={"dates": "3 May 1979"}.get(name, "the cat sat the cat"))

    found = model.estimate(asked)

    taken = model.capture(asked)
    saved = save_capture(taken, tmp_path / "capture")
    assert (found.n_query_tokens, found.n_key_tokens) == sizes_of(taken)
    assert found.disk_bytes == pytest.approx(saved.n_bytes, rel=0.05)


@pytest.mark.parametrize(
    ("n_layers", "count", "chosen"),
    [(12, 3, (0, 6, 11)), (12, 1, (6,)), (5, 5, (0, 1, 2, 3, 4)), (7, 2, (0, 6)), (1, 1, (0,))],
)
def test_layers_are_spread_from_the_first_to_the_last(
    n_layers: int, count: int, chosen: tuple[int, ...]
) -> None:
    # 11 / 2 is rounded to the even neighbour.
    assert spread(n_layers, count) == chosen


def test_as_many_layers_are_offered_as_fit() -> None:
    found = CaptureEstimate(
        n_query_tokens=100, n_key_tokens=100, seconds=1.0, n_bytes=12 * 10 + 7,
        disk_bytes=12 * 10 + 3, n_layers=12, n_kept=12, layer_bytes=10,
    )  # fmt: skip

    assert found.layers_within(127) == tuple(range(12))
    assert found.layers_within(37) == (0, 6, 11)
    assert found.layers_within(36) == (0, 11)
    assert found.layers_within(16) is None
    assert found.layers_within(127, disk_bytes=23) == (0, 11)
