"""Files of overviews: kept, found again, bounded, damaged, gone; answers are right all along."""

import errno
import os
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from safetensors.torch import save

from app.errors import ProblemError
from app.overviews.kept import KeptOverviews
from app.overviews.place import Place
from app.store.folder import DataFolder
from attention_core import AttentionMap, AttentionSpec, Pyramid, Survey
from tests.api.captures import CAPTURES, ended, upload
from tests.api.conftest import open_client
from tests.api.overviews import HEAD, Params, large, made, settled
from tests.api.test_captures_events import events_in
from tests.api.test_limits import SMALL
from tests.api.test_problems import require_problem
from tests.faults.test_storage import disk_with

pytestmark = pytest.mark.anyio

WHOLE: Params = {**HEAD, "encoding": "base64", "height": 129}
N_TOKENS = 4099


def files(data: Path) -> list[Path]:
    return sorted(path for path in (data / "overviews").glob("*/*") if path.is_file())


async def drawn(client: httpx.AsyncClient, path: str) -> bytes:
    answer = await client.get(f"{path}/region", params=WHOLE)
    assert answer.status_code == 200, answer.text
    return answer.content


async def state(client: httpx.AsyncClient, path: str) -> str:
    found: str = (await client.get(f"{path}/overview", params=HEAD)).json()["state"]
    return found


@pytest.fixture(scope="module")
async def kept(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Path, str, bytes]]:
    """A data folder with a capture and one overview, where it is, and the whole of its head."""
    data = tmp_path_factory.mktemp("data")
    async with open_client(data_dir=data) as client:
        path = await large(client)
        await made(client, path)
        yield data, path, await drawn(client, path)


async def test_an_overview_is_there_after_a_restart(kept: tuple[Path, str, bytes]) -> None:
    data, path, before = kept
    (file,) = files(data)
    number = file.stat().st_ino

    async with open_client(data_dir=data) as client:
        assert await state(client, path) == "ready"
        assert await drawn(client, path) == before

    assert [each.stat().st_ino for each in files(data)] == [number]


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a flipped bit": flipped,
    "cut short": lambda file: os.truncate(file, file.stat().st_size // 2),
    "empty": lambda file: os.truncate(file, 0),
    "of something else": lambda file: file.write_bytes(save({"largest": torch.zeros(5)})),
    "a foreign text": lambda file: file.write_text("no overview"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_file_is_made_again(
    kept: tuple[Path, str, bytes], damage: Callable[[Path], object]
) -> None:
    data, path, before = kept
    (file,) = files(data)
    damage(file)

    async with open_client(data_dir=data) as client:
        assert await drawn(client, path) == before
        assert await state(client, path) == "ready"
    async with open_client(data_dir=data) as client:
        assert await drawn(client, path) == before

    assert len(files(data)) == 1


async def test_a_file_that_is_cut_short_while_it_is_in_use_is_made_again(tmp_path: Path) -> None:
    async with open_client(data_dir=tmp_path) as client:
        path = await large(client)
        await made(client, path)
        before = await drawn(client, path)
        (file,) = files(tmp_path)
        os.truncate(file, 100)

        assert await drawn(client, path) == before


async def test_what_a_kill_left_behind_is_swept_at_the_next_start(
    kept: tuple[Path, str, bytes],
) -> None:
    data, path, before = kept
    (file,) = files(data)
    half, other = file.with_suffix(".part"), data / "overviews" / ("x" * 22)
    half.write_bytes(bytes(1000))
    os.utime(half, (0, 0))
    new = file.with_name("new.part")
    new.write_bytes(bytes(1000))
    other.mkdir()
    (other / "any.overview").write_bytes(bytes(1000))

    async with open_client(data_dir=data) as client:
        assert await drawn(client, path) == before

    assert files(data) == sorted([file, new])
    assert not other.exists()
    new.unlink()


async def test_a_deleted_capture_takes_its_overviews_along(tmp_path: Path) -> None:
    async with open_client(data_dir=tmp_path) as client:
        path = await large(client)
        await made(client, path)
        assert files(tmp_path)
        await client.delete(path)
        require_problem(await client.get(f"{path}/overview", params=HEAD), 404)

    assert not any((tmp_path / "overviews").iterdir())


async def test_a_capture_that_is_deleted_while_it_is_surveyed_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with open_client(data_dir=tmp_path) as client:
        path = await large(client)
        for head in (0, 1):
            await client.post(f"{path}/overview", json={"head": head})
        await client.delete(path)

    assert not any((tmp_path / "overviews").iterdir())


async def test_without_space_for_files_overviews_are_kept_in_memory(tmp_path: Path) -> None:
    async with open_client(data_dir=tmp_path, max_overviews_bytes=0) as client:
        path = await large(client)
        told = await made(client, path)
        first, again = await drawn(client, path), await drawn(client, path)
        assert await state(client, path) == "ready"
    async with open_client(data_dir=tmp_path) as client:
        assert await state(client, path) == "none"
        after = await drawn(client, path)

    assert told["state"] == "ready"
    assert told["estimate"]["fits"] is True
    assert first == again == after


@pytest.mark.parametrize("where", ["on the way", "before"])
async def test_a_full_disk_costs_the_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_given: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with open_client(data_dir=tmp_path) as client:
        path = await large(client)
        if where == "before":
            monkeypatch.setattr(DataFolder, "room_bytes", 0)
        else:
            monkeypatch.setattr("app.overviews.kept.save_pyramid", full)
        told = await made(client, path)
        first = await drawn(client, path)
        assert await state(client, path) == "ready"
        monkeypatch.undo()
        await client.delete(f"{path}/overview", params=HEAD)
        await made(client, path)
        assert await drawn(client, path) == first

    assert told["state"] == "ready"
    assert len(files(tmp_path)) == 1


async def captured(client: httpx.AsyncClient, n_tokens: int = N_TOKENS) -> str:
    made = torch.Generator().manual_seed(23)
    given = {name: torch.randn(1, n_tokens, 2, generator=made) for name in ("query", "key")}
    found = await ended(client, (await upload(client, save(given))).json()["id"])
    assert found["state"] == "ready", found["problem"]
    return f"{CAPTURES}/{found['id']}"


async def test_one_that_takes_too_much_memory_is_refused_with_an_offer() -> None:
    # An overview takes about 70 MB of memory while it is made, whatever the head.
    async with open_client(**SMALL | {"memory_budget_bytes": 64 * 2**20}) as client:
        path = await captured(client)
        told = (await client.get(f"{path}/overview")).json()
        posted = require_problem(await client.post(f"{path}/overview", json={}), 422)
        waited = require_problem(await client.get(f"{path}/region"), 422)
        rows: Params = {"query": "0:1000", "encoding": "base64"}
        offered = [
            await client.get(f"{path}/region", params={"sampled": "true"}),
            await client.get(f"{path}/region", params=rows),
        ]

    estimate = told["estimate"]
    assert (told["state"], estimate["fits"]) == ("none", False)
    assert estimate["offer"]["sampled"] is True
    assert estimate["offer"]["rectangle"] == [N_TOKENS, N_TOKENS]
    for problem in (posted, waited):
        assert problem["limit"] == "memory_budget_bytes"
        assert problem["detail"].startswith(estimate["why"])
        assert problem["detail"].endswith(estimate["offer"]["says"])
    assert [answer.status_code for answer in offered] == [200, 200]


async def test_one_that_could_not_be_kept_anywhere_is_refused_with_an_offer() -> None:
    limits = SMALL | {"max_overviews_bytes": 0, "memory_budget_bytes": 160 * 2**20}
    async with open_client(**limits) as client:
        # Its overview takes more than 20 MiB, an eighth of all memory.
        path = await captured(client, 16_411)
        told = (await client.get(f"{path}/overview")).json()
        posted = require_problem(await client.post(f"{path}/overview", json={}), 507)

    assert told["estimate"]["fits"] is False
    assert posted["limit"] == "max_overviews_bytes"
    assert posted["detail"].endswith(told["estimate"]["offer"]["says"])


async def test_a_survey_of_a_damaged_capture_fails_with_its_problem(tmp_path: Path) -> None:
    async with open_client(data_dir=tmp_path) as client:
        path = await large(client)
        await client.get(f"{path}/overview", params=HEAD)
        (file,) = (tmp_path / "captures" / path.rpartition("/")[2]).iterdir()
        flipped(file)
        await client.post(f"{path}/overview", json=HEAD)
        told = await settled(client, path)
        events = await client.get(f"{path}/overview/events", params=HEAD)
        region = await client.get(f"{path}/region", params=WHOLE)

    assert (told["state"], told["problem"]["status"]) == ("failed", 424)
    assert [event["state"] for event in events_in(events.text)] == ["failed"]
    require_problem(region, 424)


class Shelf:
    """Overviews of a folder, each of a small head."""

    def __init__(self, folder: Path, **limits: int) -> None:
        self.data = DataFolder(folder, 0)
        self.data.make()
        given: dict[str, Any] = {"max_bytes": 2**30, "max_open_bytes": 0} | limits
        self.kept = KeptOverviews(self.data, **given)
        generator = torch.Generator().manual_seed(3)
        query, key = (torch.randn(1, 523, 5, generator=generator) for _ in range(2))
        self.pyramid: Pyramid = Survey(AttentionMap(query, key, None, AttentionSpec()), 0).run()

    def keep(self, name: str) -> None:
        self.data.of_capture(name).mkdir(exist_ok=True)
        self.kept.keep(self.place(name), self.pyramid)

    def finds(self, name: str) -> bool:
        return self.kept.find(self.place(name), (523, 523)) is not None

    def place(self, name: str) -> Place:
        return Place(name, "0" * 64, "self", 0, 0)


def test_the_one_looked_at_longest_ago_leaves_for_another(tmp_path: Path) -> None:
    size = Shelf(tmp_path / "size").pyramid.n_bytes
    shelf = Shelf(tmp_path / "data", max_bytes=int(size * 2.5))
    shelf.keep("a")
    shelf.keep("b")
    for name, used in (("a", 200), ("b", 100)):
        os.utime(shelf.data.of_overviews(name) / shelf.place(name).file_name, (used, used))

    shelf.keep("c")

    assert [name for name in "abc" if shelf.finds(name)] == ["a", "c"]
    assert sorted(path.parent.name for path in files(tmp_path / "data")) == ["a", "c"]


def test_a_look_makes_an_overview_stay(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep("a")
    file = shelf.data.of_overviews("a") / shelf.place("a").file_name
    os.utime(file, (100, 100))
    other = Shelf(tmp_path)

    assert other.finds("a")
    assert file.stat().st_mtime > 100


def test_overviews_make_way_for_captures_where_that_is_of_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    for name, used in (("a", 300), ("b", 100), ("c", 200)):
        shelf.keep(name)
        os.utime(shelf.data.of_overviews(name) / shelf.place(name).file_name, (used, used))
    size = files(tmp_path)[0].stat().st_size
    shelf.data.on_lack(shelf.kept.make_way)
    monkeypatch.setattr("app.store.folder.shutil.disk_usage", disk_with(10 * size))

    shelf.data.require_room(10 * size)
    assert len(files(tmp_path)) == 3
    # They are too small altogether.
    with pytest.raises(ProblemError):
        shelf.data.require_room(14 * size)
    assert len(files(tmp_path)) == 3
    with pytest.raises(ProblemError):  # The disk of this test stays as full as it is.
        shelf.data.require_room(10 * size + 1)
    assert [path.parent.name for path in files(tmp_path)] == ["a", "c"]


def test_on_a_full_disk_overviews_make_way_for_a_deletion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    for name, used in (("a", 200), ("b", 100)):
        shelf.keep(name)
        os.utime(shelf.data.of_overviews(name) / shelf.place(name).file_name, (used, used))
    shelf.data.on_lack(shelf.kept.make_way)

    monkeypatch.setattr("app.store.folder.shutil.disk_usage", disk_with(2**20 - 1))
    shelf.data.ease()
    assert [path.parent.name for path in files(tmp_path)] == ["a"]
    monkeypatch.setattr("app.store.folder.shutil.disk_usage", disk_with(2**20))
    shelf.data.ease()
    assert len(files(tmp_path)) == 1


def test_an_overview_that_makes_way_is_mapped_no_more(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, max_open_bytes=2**20)
    shelf.keep("a")
    held = weakref.ref(shelf.kept.find(shelf.place("a"), (523, 523)))

    shelf.kept.make_way(1)

    # Or its space would not be free.
    assert (files(tmp_path), held()) == ([], None)


def test_those_in_memory_are_bounded_and_the_last_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, max_bytes=0)
    for name in "ab":
        shelf.keep(name)

    assert [name for name in "ab" if shelf.finds(name)] == ["b"]


def test_an_overview_of_a_capture_that_has_left_is_not_written(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)

    shelf.kept.keep(shelf.place("gone"), shelf.pyramid)

    assert not files(tmp_path)


def test_the_file_of_one_head_is_not_that_of_another() -> None:
    places = {
        Place("a", sha256, kind, layer, head)
        for sha256 in ("0" * 64, "1" * 64)
        for kind in ("self", "self 1")
        for layer in (1, 11)
        for head in (1, 11)
    }

    assert len({place.file_name for place in places}) == len(places)
