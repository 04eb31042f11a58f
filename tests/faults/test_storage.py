"""The data folder full, locked, read-only, gone, or damaged: what is told, and what goes on."""

import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from app.store.folder import DataFolder
from tests.api.captures import (
    CAPTURES,
    TEXT,
    FakeModel,
    FakePool,
    ended,
    post,
    ready,
    tensors_of,
    upload,
)
from tests.api.conftest import PATH, open_client
from tests.api.test_problems import require_problem

pytestmark = pytest.mark.anyio

MODEL = {"source": {"kind": "model", "model": "fake", "text": "two words"}}
TOKENS = {"tokens": ["a", "b"]}
NOBODY = 65_534


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class Disk(NamedTuple):
    """What the system tells of a disk."""

    total: int
    used: int
    free: int


def disk_with(free_bytes: int) -> Callable[[Any], Disk]:
    return lambda _path: Disk(10**12, 10**12 - free_bytes, free_bytes)


async def computes(client: httpx.AsyncClient) -> bool:
    return (await client.post(PATH, json=TOKENS)).status_code == 200


async def test_below_the_free_space_nothing_is_promised_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_client() as client:
        found = await ready(client)
        monkeypatch.setattr("app.store.folder.shutil.disk_usage", disk_with(64 * 2**20 - 1))

        for answer in (await client.post(CAPTURES, json=TEXT), await upload(client, tensors_of())):
            assert require_problem(answer, 507)["limit"] == "min_free_bytes"
        assert (await client.get(f"{CAPTURES}/{found['id']}/region")).status_code == 200
        assert await computes(client)


async def test_an_upload_that_would_fill_the_disk_is_refused_before_it_comes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with open_client(data_dir=tmp_path) as client:
        monkeypatch.setattr("app.store.folder.shutil.disk_usage", disk_with(64 * 2**20 + 900))

        require_problem(await upload(client, bytes(1000)), 507)

    assert not any((tmp_path / "uploads").iterdir())


async def test_a_disk_that_fills_while_a_capture_is_saved_fails_it_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    async with open_client(data_dir=tmp_path) as client:
        monkeypatch.setattr("attention_core.captures.storage._flush", fail)
        failed = await ended(client, await post(client, TEXT))
        monkeypatch.undo()
        again = await ready(client)

    assert failed["problem"]["status"] == 507
    assert [path.name for path in (tmp_path / "captures").iterdir()] == [again["id"]]


async def test_the_oldest_captures_that_are_not_pinned_leave_for_new_ones(tmp_path: Path) -> None:
    megabyte = tensors_of(n_heads=3, n_tokens=509, dim=64)
    assert 2**20 < len(megabyte) < 1.2 * 2**20
    # Each takes its tensors, and some 150 kB of tokens in the index.
    settings = {"max_captures_bytes": 4 * 2**20 + 2**18, "max_upload_bytes": 2**21}
    async with open_client(data_dir=tmp_path, **settings) as client:
        ids = []
        for i in range(5):
            answer = await upload(client, megabyte)
            ids.append((await ended(client, answer.json()["id"]))["id"])
            if i == 0:
                await client.patch(f"{CAPTURES}/{ids[0]}", json={"pinned": True})
        listed = (await client.get(CAPTURES)).json()["captures"]

    assert [each["id"] for each in listed] == [ids[0], ids[4], ids[3]]
    assert {path.name for path in (tmp_path / "captures").iterdir()} == {ids[0], ids[3], ids[4]}


async def test_failed_captures_take_space_and_leave_too() -> None:
    settings = {"max_captures_bytes": 2**20, "max_upload_bytes": 2**20, "max_tokens": 4096}
    long_text = "word " * 60_000
    async with open_client(**settings) as client:
        for _ in range(6):
            posted = await client.post(
                CAPTURES, json={"source": {"kind": "model", "model": "dates", "text": long_text}}
            )
            failed = await ended(client, posted.json()["id"])
            assert failed["state"] == "failed"
        listed = (await client.get(CAPTURES)).json()["captures"]

    assert listed[0]["id"] == failed["id"]
    assert len(listed) == 3  # of 300 kB each, in one MiB


async def test_what_is_pinned_may_fill_the_storage() -> None:
    megabyte = tensors_of(n_heads=3, n_tokens=509, dim=64)
    settings = {"max_captures_bytes": 3 * 2**20, "max_upload_bytes": 2**21}
    async with open_client(**settings) as client:
        for _ in range(2):
            found = await ended(client, (await upload(client, megabyte)).json()["id"])
            await client.patch(f"{CAPTURES}/{found['id']}", json={"pinned": True})

        failed = await ended(client, (await upload(client, megabyte)).json()["id"])

    assert failed["problem"]["status"] == 507
    assert failed["problem"]["limit"] == "max_captures_bytes"
    assert "unpin" in failed["problem"]["detail"]


@pytest.mark.parametrize("where", ["/proc/attention-atlas", "/dev/null/attention-atlas"])
async def test_without_a_folder_saving_is_off_and_the_rest_goes_on(where: str) -> None:
    async with open_client(data_dir=where) as client:
        for method, path in (("GET", CAPTURES), ("GET", f"{CAPTURES}/x"),
                             ("DELETE", f"{CAPTURES}/x"), ("GET", f"{CAPTURES}/x/region"),
                             ("GET", f"{CAPTURES}/x/events")):  # fmt: skip
            problem = require_problem(await client.request(method, path), 503)
            assert "saving is off" in problem["detail"]
        require_problem(await client.post(CAPTURES, json=TEXT), 503)
        require_problem(await upload(client, tensors_of()), 503)
        assert await computes(client)
        assert (await client.get("/readyz")).status_code == 200


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run as a user that may write nowhere; root may write everywhere."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def set_modes(folder: Path, *, of_folders: int, of_files: int) -> None:
    folder.chmod(of_folders)
    for path in folder.rglob("*"):
        path.chmod(of_folders if path.is_dir() else of_files)


@pytest.mark.parametrize("is_killed", [False, True])
async def test_in_a_read_only_folder_old_captures_are_readable(is_killed: bool) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        async with open_client(data_dir=folder / "data") as client:
            found = await ready(client)
            drawn = await client.get(f"{CAPTURES}/{found['id']}/region")
            if is_killed:
                shutil.copytree(folder / "data", folder / "killed")
        data = folder / ("killed" if is_killed else "data")
        assert (data / "index.sqlite-wal").exists() == is_killed
        set_modes(folder, of_folders=0o555, of_files=0o444)
        with as_nobody():
            async with open_client(data_dir=data) as client:
                again = await client.get(f"{CAPTURES}/{found['id']}")
                region = await client.get(f"{CAPTURES}/{found['id']}/region")
                refused = [
                    await client.post(CAPTURES, json=TEXT),
                    await client.delete(f"{CAPTURES}/{found['id']}"),
                    await client.patch(f"{CAPTURES}/{found['id']}", json={"name": "x"}),
                ]
                assert await computes(client)
    finally:
        set_modes(folder, of_folders=0o755, of_files=0o644)
        shutil.rmtree(folder)

    assert again.json() == found
    assert region.content == drawn.content
    for answer in refused:
        assert "saving is off" in require_problem(answer, 503)["detail"]


async def test_an_index_that_is_none_turns_saving_off(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"no database at all, " * 300)
    async with open_client(data_dir=tmp_path) as client:
        problem = require_problem(await client.get(CAPTURES), 503)
        assert await computes(client)

    assert "index" in problem["detail"]


async def test_a_locked_index_is_told_and_nothing_promised_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.engine._BUSY_MS", 50)
    model = FakeModel()
    async with open_client(FakePool(model), data_dir=tmp_path) as client:
        found = await ready(client)
        running = await post(client, MODEL)
        assert model.started.wait(5)
        with closing(sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = await client.post(CAPTURES, json=TEXT)
            model.goes_on.set()
            assert (await client.get(f"{CAPTURES}/{found['id']}")).status_code == 200
            assert (await client.get(f"{CAPTURES}/{found['id']}/region")).status_code == 200
            assert await computes(client)
            await asyncio.sleep(0.3)
            other.execute("ROLLBACK")

        assert (await ended(client, running))["state"] == "ready"
        require_problem(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1
        assert (await ready(client))["state"] == "ready"


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(bytes(content))


DAMAGES = {
    "cut short": cut_short,
    "a flipped bit": flip_a_bit,
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "another capture's": lambda path: path.write_bytes(tensors_of()),
    "its folder missing": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("was_looked_at", [False, True])
async def test_a_damaged_file_is_told_and_other_captures_are_readable(
    tmp_path: Path, damage: Callable[[Path], object], was_looked_at: bool
) -> None:
    async with open_client(data_dir=tmp_path) as client:
        found, other = await ready(client), await ready(client)
        if was_looked_at:
            await client.get(f"{CAPTURES}/{found['id']}/region?query=0:1")
        (file,) = (tmp_path / "captures" / found["id"]).glob("*.safetensors")

        damage(file)

        for look in ("region", "grid", "cell?query=0&key=0"):
            problem = require_problem(await client.get(f"{CAPTURES}/{found['id']}/{look}"), 424)
            assert str(tmp_path) not in problem["detail"]
        assert (await client.get(f"{CAPTURES}/{found['id']}")).status_code == 200
        assert (await client.get(f"{CAPTURES}/{other['id']}/region")).status_code == 200
        assert (await client.delete(f"{CAPTURES}/{found['id']}")).status_code == 204


async def test_what_a_kill_left_behind_is_swept_and_what_waits_stays(tmp_path: Path) -> None:
    model = FakeModel()
    async with open_client(FakePool(model), data_dir=tmp_path) as client:
        kept = await ready(client)
        running = await post(client, MODEL)
        assert model.started.wait(5)
    half = tmp_path / "captures" / running
    half.mkdir()
    (half / "half-written").write_bytes(b"x")
    uploads = {name: tmp_path / "uploads" / name for name in ("old.part", "new.part", running)}
    for path in uploads.values():
        path.write_bytes(b"x")
    for name in ("old.part", running):
        os.utime(uploads[name], (time.time() - 4000, time.time() - 4000))

    async with open_client(FakePool(), data_dir=tmp_path) as client:
        for _ in range(500):
            if not half.exists() and not uploads["old.part"].exists():
                break
            await asyncio.sleep(0.01)
        assert (await client.get(f"{CAPTURES}/{kept['id']}/region")).status_code == 200

    assert not half.exists()
    assert {path.name for path in (tmp_path / "uploads").iterdir()} == {"new.part", running}


async def test_one_process_of_a_folder_captures_at_a_time(tmp_path: Path) -> None:
    async with open_client(data_dir=tmp_path) as first, open_client(data_dir=tmp_path) as second:
        found = await ready(second)
        assert (await first.get(f"{CAPTURES}/{found['id']}/region")).status_code == 200
        assert not DataFolder(tmp_path, 0).lock()

    folder = DataFolder(tmp_path, 0)
    assert folder.lock()
    folder.unlock()
