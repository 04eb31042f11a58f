"""Models of the hub: fetched once, found again, and told apart from those that are not there."""

from pathlib import Path

import pytest

from attention_core.errors import OfflineModelError, RefusedModelError, UnknownModelError
from attention_core.models.folder import checked
from attention_core.models.hub import fetched, is_hub_id
from tests.models.fake_hub import fake_hub
from tests.models.folders import bert_folder

NAME = "someone/tiny-bert"
NOWHERE = "http://127.0.0.1:9"
"""No hub is there: the port is discard's, and nothing listens."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bert_folder(tmp_path / "served")
    (tmp_path / "served" / "pytorch_model.bin").write_bytes(b"pickle")
    (tmp_path / "served" / "modeling_canary.py").write_text("raise SystemExit", encoding="utf-8")
    return tmp_path / "served"


def test_a_model_is_fetched_without_pickles_and_code(folder: Path, tmp_path: Path) -> None:
    with fake_hub(folder, NAME) as endpoint:
        found = fetched(NAME, allow_download=True, endpoint=endpoint, cache=tmp_path / "cache")

    names = {path.name for path in found.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names
    assert not names & {"pytorch_model.bin", "modeling_canary.py"}
    assert [path.name for path in checked(found)] == ["model.safetensors"]


def test_progress_ends_with_all_bytes(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    with fake_hub(folder, NAME) as endpoint:
        found = fetched(
            NAME,
            allow_download=True,
            on_progress=lambda done, total: told.append((done, total)),
            endpoint=endpoint,
            cache=tmp_path / "cache",
        )

    n_bytes = sum(path.stat().st_size for path in found.iterdir())
    assert told[-1] == (n_bytes, n_bytes)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_download_ends_when_its_progress_raises(folder: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with fake_hub(folder, NAME) as endpoint, pytest.raises(KeyboardInterrupt):
        fetched(
            NAME, allow_download=True, on_progress=stop, endpoint=endpoint, cache=tmp_path / "cache"
        )


@pytest.mark.parametrize("allow_download", [True, False])
def test_a_fetched_model_is_found_again_without_a_network(
    folder: Path, tmp_path: Path, *, allow_download: bool
) -> None:
    cache = tmp_path / "cache"
    with fake_hub(folder, NAME) as endpoint:
        first = fetched(NAME, allow_download=True, endpoint=endpoint, cache=cache)

    again = fetched(NAME, allow_download=allow_download, endpoint=NOWHERE, cache=cache)

    assert again == first


def test_a_model_that_the_hub_has_not_is_unknown(folder: Path, tmp_path: Path) -> None:
    with (
        fake_hub(folder, NAME) as endpoint,
        pytest.raises(UnknownModelError, match="no 'someone/else'"),
    ):
        fetched("someone/else", allow_download=True, endpoint=endpoint, cache=tmp_path / "cache")


def test_a_model_with_pickles_only_is_refused_before_it_is_fetched(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "model.safetensors").unlink()

    with fake_hub(folder, NAME) as endpoint, pytest.raises(RefusedModelError, match="safetensors"):
        fetched(NAME, allow_download=True, endpoint=endpoint, cache=tmp_path / "cache")

    assert not (tmp_path / "cache").exists()


def test_without_a_network_a_model_that_is_not_here_is_offline(tmp_path: Path) -> None:
    with pytest.raises(OfflineModelError, match="must be reached") as caught:
        fetched(NAME, allow_download=True, endpoint=NOWHERE, cache=tmp_path)

    assert caught.value.field == ("model",)


def test_when_nothing_may_be_fetched_a_model_that_is_not_here_is_offline(tmp_path: Path) -> None:
    with pytest.raises(OfflineModelError, match="allow downloads"):
        fetched(NAME, allow_download=False, cache=tmp_path)


@pytest.mark.parametrize(
    ("name", "is_id"),
    [
        ("gpt2", True),
        ("google-bert/bert-base-uncased", True),
        ("owner/a/b", False),
        ("../x", False),
        ("a b", False),
        ("http://x", False),
        ("owner/a..b", False),
        ("owner/a.git", False),
        ("owner/a.", False),
        ("a" * 97, False),
    ],
)
def test_an_id_is_a_name_or_an_owner_and_a_name(name: str, *, is_id: bool) -> None:
    assert is_hub_id(name) is is_id
