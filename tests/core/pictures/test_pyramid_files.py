"""Kept pyramids: the same bits come back, and a file that is not what it must be is refused."""

from pathlib import Path
from typing import Any

import pytest
import torch

from attention_core import (
    AttentionMap,
    CaptureError,
    Survey,
    load_pyramid,
    region,
    save_pyramid,
)
from tests.core.captures.examples import drawn
from tests.core.pictures.test_pyramids import CAUSAL, N_KEYS, N_QUERIES, PYRAMID, made, surveyed


def test_a_saved_pyramid_gives_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "1.safetensors"
    n_bytes = save_pyramid(PYRAMID, path, of="a capture")
    assert path.stat().st_size == n_bytes
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    kept = load_pyramid(path, of="a capture", extent=(N_QUERIES, N_KEYS), head=1)
    assert kept.is_complete
    assert kept.cell == (8, 8)
    for mine, other in zip(kept.levels, PYRAMID.levels, strict=True):
        assert torch.equal(mine.largest, other.largest)
        assert torch.equal(mine.mean, other.mean)
    fresh = made(mask="causal")
    found = region(fresh, head=1, query=slice(256, 700), pyramid=kept)
    assert torch.equal(found.matrix, region(CAUSAL, head=1, query=slice(256, 700)).matrix)


def test_a_saved_pyramid_spares_a_new_map_every_pass_over_the_keys() -> None:
    asked: dict[str, Any] = {"head": 1, "query": slice(256, 700), "key": slice(0, 300)}

    def n_questions(**more: Any) -> int:
        """Count how often a new map asks whether to go on: before each block of scores."""
        n_asked = 0

        def check() -> None:
            nonlocal n_asked
            n_asked += 1

        query, key = drawn(2, N_QUERIES, 8, seed=0), drawn(2, N_KEYS, 8, seed=1)
        region(AttentionMap(query, key, None, CAUSAL.spec, check=check), **asked, **more)
        return n_asked

    # Two rows of two blocks; the causal mask empties none of them.
    assert n_questions(pyramid=PYRAMID) == 4
    assert n_questions() > 4


def test_a_pyramid_without_states_is_saved_too(tmp_path: Path) -> None:
    pyramid = surveyed(made(307, 523, normalizer="sparsemax"))
    save_pyramid(pyramid, tmp_path / "p", of="x")
    kept = load_pyramid(tmp_path / "p", of="x", extent=(307, 523), head=1)
    assert kept.row_numbers is None
    assert torch.equal(kept.levels[0].mean, pyramid.levels[0].mean)


def test_a_pyramid_that_is_not_complete_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="0 of 1031"):
        save_pyramid(Survey(CAUSAL, 1, cell=(8, 8)).pyramid, tmp_path / "p", of="x")
    assert list(tmp_path.iterdir()) == []


def test_a_pyramid_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "taken").touch()
    with pytest.raises(OSError, match="p"):
        save_pyramid(PYRAMID, tmp_path / "p", of="x")
    assert [each.name for each in tmp_path.iterdir()] == ["p"]


@pytest.mark.parametrize(
    "asked",
    [
        {"of": "another capture"},
        {"extent": (N_QUERIES, N_KEYS + 1)},
        {"head": 0},
    ],
)
def test_a_pyramid_of_something_else_is_not_read(tmp_path: Path, asked: dict[str, Any]) -> None:
    save_pyramid(PYRAMID, tmp_path / "p", of="a capture")
    of: dict[str, Any] = {"of": "a capture", "extent": (N_QUERIES, N_KEYS), "head": 1} | asked
    with pytest.raises(CaptureError, match="must be of head"):
        load_pyramid(tmp_path / "p", **of)


def test_a_file_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p"
    save_pyramid(PYRAMID, path, of="x")
    whole = path.read_bytes()
    n_header = 8 + int.from_bytes(whole[:8], "little")
    places = [0, 9, whole.index(b"sha256") + 20, n_header - 1, n_header, len(whole) // 2]
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (*places, -2)]
    other_version = whole.replace(rb"\"version\":1", rb"\"version\":9")
    assert other_version != whole
    cut = [whole[:at] for at in (0, 5, n_header - 3, n_header, len(whole) - 1)]
    for content in (*changed, *cut, whole + b"\0", other_version, b"\xff" * 64):
        path.write_bytes(content)
        with pytest.raises(CaptureError):
            load_pyramid(path, of="x", extent=(N_QUERIES, N_KEYS), head=1)
    path.unlink()
    with pytest.raises(CaptureError, match="got none"):
        load_pyramid(path, of="x", extent=(N_QUERIES, N_KEYS), head=1)


def test_a_pyramid_of_another_release_of_torch_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_pyramid(PYRAMID, tmp_path / "p", of="x")
    monkeypatch.setattr(torch, "__version__", "0.4.1")

    with pytest.raises(CaptureError, match=r"torch 0\.4\.1, got one by 2"):
        load_pyramid(tmp_path / "p", of="x", extent=(N_QUERIES, N_KEYS), head=1)
