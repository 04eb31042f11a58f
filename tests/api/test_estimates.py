"""What a capture would cost, as the service tells it: whether it fits, and what would."""

from pathlib import Path
from typing import Any

import pytest

from app.captures.capturing import Capturing, Watch
from app.captures.estimates import Estimate
from app.captures.schemas import ModelSource, TokensSource
from app.config import Settings
from app.errors import ProblemError
from app.models import open_pool
from tests.models.folders import bert_folder, gpt2_folder
from tests.models.opened import opened_llama

WORDS = "the tired animal. "


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("models")
    for name in ("reader", "writer"):
        (path / name).mkdir()
    bert_folder(path / "reader")
    gpt2_folder(path / "writer")
    return {name: str(path / name) for name in ("reader", "writer")}


def capturing(folders: dict[str, str], **limits: Any) -> Capturing:
    models = tuple(f"{name}={folder}" for name, folder in folders.items())
    settings = Settings(models=models, allow_downloads=False, **limits)
    return Capturing(settings, open_pool(settings))


def estimate(work: Capturing, *, room_bytes: int | None = None, **source: Any) -> Estimate:
    return work.estimate(
        ModelSource(kind="model", **source), room_bytes=room_bytes, check=lambda: None
    )


def test_a_text_is_told_with_its_tokens_and_fits(folders: dict[str, str]) -> None:
    found = estimate(capturing(folders), model="reader", text=WORDS * 11)

    # Four words and pieces a line at least, and the two that begin and end a text.
    assert found.n_tokens is not None
    assert found.n_tokens["query"] == found.n_tokens["key"] >= 4 * 11 + 2
    assert found.seconds is not None
    assert found.seconds > 0
    assert found.disk_bytes > 0
    assert (found.fits, found.why, found.offer) == (True, None, None)


def test_what_is_written_counts_too(folders: dict[str, str]) -> None:
    work = capturing(folders)
    plain = estimate(work, model="writer", text=WORDS)
    longer = estimate(work, model="writer", text=WORDS, generate=7)

    assert plain.n_tokens is not None
    assert longer.n_tokens == {name: count + 7 for name, count in plain.n_tokens.items()}


def test_layers_that_fit_the_disk_are_offered(folders: dict[str, str]) -> None:
    work = capturing(folders)
    asked: dict[str, Any] = {"model": "reader", "text": WORDS * 60}
    whole, half = (estimate(work, **asked, layers=layers) for layers in (None, [0]))

    found = estimate(work, **asked, room_bytes=whole.disk_bytes - 1)

    assert not found.fits
    assert str(whole.disk_bytes) in str(found.why)
    assert found.offer == {"layers": [1]}
    assert half.disk_bytes < 0.7 * whole.disk_bytes
    assert estimate(work, **asked, room_bytes=half.disk_bytes // 3).offer is None


def test_more_tokens_than_a_capture_may_have_are_refused(folders: dict[str, str]) -> None:
    work = capturing(folders, max_capture_tokens=97, max_tokens=7)

    with pytest.raises(ProblemError, match="at most 97 tokens") as caught:
        estimate(work, model="reader", text=WORDS * 60)

    assert caught.value.status == 422
    assert [fault.loc for fault in caught.value.faults] == [("source", "text")]


def test_tokens_are_told_without_a_model(folders: dict[str, str]) -> None:
    source = TokensSource.model_validate_json(
        '{"kind": "tokens", "text": "the cat sat", "embedding": {"kind": "hash", "dim": 10},'
        ' "spec": {"heads": {"kind": "mha", "n_heads": 5}}}'
    )

    found = capturing(folders).estimate(source, room_bytes=None, check=lambda: None)

    assert found.n_tokens == {"query": 3, "key": 3}
    # Queries, keys and values of three tokens, five heads of two features; and six texts.
    assert found.disk_bytes == 3 * 3 * 5 * 2 * 4 + 6 * 60
    assert found.fits
    small = capturing(folders).estimate(source, room_bytes=11, check=lambda: None)
    assert not small.fits
    assert "11 bytes" in str(small.why)


def test_an_estimate_ends_where_nobody_waits_for_it(folders: dict[str, str]) -> None:
    def end() -> None:
        raise KeyboardInterrupt

    source = ModelSource(kind="model", model="reader", text=WORDS)
    with pytest.raises(KeyboardInterrupt):
        capturing(folders).estimate(source, room_bytes=None, check=end)


def test_a_capture_over_the_memory_of_a_worker_is_refused_before_it_runs(
    tmp_path: Path, folders: dict[str, str]
) -> None:
    limits: dict[str, Any] = {"workers": 1, "max_cells_json": 50, "max_cells_binary": 100,
                              "max_tokens": 7}  # fmt: skip
    (tmp_path / "long").mkdir()
    long_folder(tmp_path / "long")
    work = capturing({"long": str(tmp_path / "long")}, memory_budget_bytes=2**22, **limits)
    source = {"kind": "model", "model": "long", "text": WORDS * 300}
    reports: list[tuple[int, int]] = []
    watch = Watch(lambda *done: reports.append(done), lambda: None)

    with pytest.raises(ProblemError, match="keep fewer layers") as caught:
        work.capture(source, tmp_path / "none", watch)

    assert caught.value.status == 422
    assert caught.value.exceeded is not None
    assert caught.value.exceeded.limit == "memory_budget_bytes"
    assert not reports, "no layer was reached"
    found = estimate(work, model="long", text=WORDS * 300)
    assert not found.fits
    assert found.offer is not None
    assert estimate(work, model="long", text=WORDS * 300, layers=found.offer["layers"]).fits


def long_folder(folder: Path) -> None:
    """Save a tiny Llama of eleven layers, most of whose memory is what is kept."""
    opened = opened_llama(n_layers=11)
    opened.model.save_pretrained(folder)  # type: ignore[operator]
    opened.processors.tokenizer.save_pretrained(folder)
