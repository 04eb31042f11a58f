"""The index itself: its tables, and who opens it."""

import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from app.captures.progress import Progress, ProgressBoard
from app.store import CaptureIndex, Cursor, QueueFullError, new_record
from app.store.engine import is_current, open_engine, upgrade
from app.store.tables import METADATA
from tests.api.captures import CAPTURES, ready
from tests.api.conftest import PATH, open_client
from tests.api.test_problems import require_problem

SOURCE = {"kind": "tokens", "text": "a"}


def index_in(folder: Path) -> CaptureIndex:
    engine = open_engine(f"sqlite:///{folder / 'index.sqlite'}")
    upgrade(engine)
    return CaptureIndex(engine)


def test_the_newest_migration_leaves_the_tables_that_the_code_reads(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'index.sqlite'}")
    assert not is_current(engine)

    upgrade(engine)
    upgrade(engine)

    assert is_current(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert set(inspect(connection).get_table_names()) == {"captures", "alembic_version"}
    engine.dispose()


def test_what_is_promised_is_flushed_to_the_disk(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'index.sqlite'}")
    with engine.connect() as connection:
        pragmas: dict[str, Any] = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    engine.dispose()

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000}


def test_captures_are_taken_in_their_order_and_each_once(tmp_path: Path) -> None:
    index = index_in(tmp_path)
    records = [new_record(f"{i}", SOURCE) for i in range(3)]
    for record in records:
        index.create(record, most_waiting=3)

    with pytest.raises(QueueFullError):
        index.create(new_record("4", SOURCE), most_waiting=3)
    taken = [index.take() for _ in range(4)]

    assert [record and record.id for record in taken] == [*(each.id for each in records), None]
    assert taken[0] is not None
    assert (taken[0].state, taken[0].source) == ("running", SOURCE)
    assert index.requeue(most_runs=2, problem={}) == [each.id for each in records]
    assert index.n_waiting() == 3
    index.close()


def test_a_capture_that_ends_its_process_each_time_fails_in_the_end(tmp_path: Path) -> None:
    index, deadly, other = index_in(tmp_path), new_record("a", SOURCE), new_record("b", SOURCE)
    for record in (deadly, other):
        index.create(record, most_waiting=3)

    for _ in range(2):
        assert index.take()
        assert deadly.id in index.requeue(most_runs=3, problem={"status": 500})
    for _ in range(5):
        taken = index.take()
        assert taken is not None
        assert index.put_back(taken.id)  # A service that ends well counts for nothing.
    assert index.take()
    waiting = index.requeue(most_runs=3, problem={"status": 500})

    found = index.get(deadly.id)
    assert found is not None
    assert (found.state, found.problem) == ("failed", {"status": 500})
    assert waiting == [other.id]
    index.close()


def test_a_buried_capture_is_there_for_nobody_until_it_is_forgotten(tmp_path: Path) -> None:
    index, record = index_in(tmp_path), new_record("a", SOURCE)
    index.create(record, most_waiting=3)

    assert index.bury(record.id)

    assert not index.bury(record.id)
    assert index.get(record.id) is None
    assert index.page(10) == []
    assert index.take() is None
    assert not index.edit(record.id, {"name": "b"})
    assert index.buried() == [record.id]
    index.forget(record.id)
    assert index.buried() == []
    index.close()


def test_a_cursor_reads_back_as_it_was_written() -> None:
    cursor = Cursor.of(new_record("a", SOURCE))

    assert Cursor.read(cursor.write()) == cursor
    for text in ("", "x", "W10", "é", "bnVsbA", "WzEsMiwzXQ"):
        with pytest.raises(ValueError, match="a page"):
            Cursor.read(text)


def test_a_page_of_long_sources_takes_the_memory_of_one(tmp_path: Path) -> None:
    index, text = index_in(tmp_path), "word " * 200_000
    for n in range(23):
        source = {"kind": "model", "model": "dates", "text": text, "generate": n}
        index.create(new_record("a", source), most_waiting=100)

    tracemalloc.start()
    page = index.page(50)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [each.source["generate"] for each in page] == list(reversed(range(23)))
    assert all("text" not in each.source for each in page)
    assert peak_bytes < 23 * len(text)
    whole = index.get(page[0].id)
    assert whole is not None
    assert whole.source["text"] == text


def test_progress_tells_what_is_left() -> None:
    board = ProgressBoard()
    assert board.look("a") is None
    board.report("a", 1, 2)
    assert board.look("a") is None

    board.start("a")
    assert board.look("a") == Progress(0, 1, None)
    board.report("a", 0, 4)
    board.report("a", 1, 4)
    told = board.look("a")
    assert told is not None
    assert (told.done, told.total) == (1, 4)
    assert told.eta_s is not None
    assert 0 <= told.eta_s < 1
    board.end("a")
    assert board.look("a") is None


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_index_of_a_newer_version_turns_saving_off(
    tmp_path: Path, anyio_backend: str
) -> None:
    async with open_client(data_dir=tmp_path) as client:
        await ready(client)
    with closing(sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)) as index:
        index.execute("UPDATE alembic_version SET version_num = '9999'")

    async with open_client(data_dir=tmp_path) as client:
        problem = require_problem(await client.get(CAPTURES), 503)
        assert (await client.post(PATH, json={"tokens": ["a"]})).status_code == 200

    assert "newer version" in problem["detail"]
