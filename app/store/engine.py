"""The database: SQLite as it loses nothing, PostgreSQL as it comes; upgraded at start-up."""

from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_BUSY_MS = 5000
"""How long a statement waits for another process to end its transaction."""

WRITES = "index_writes"
"""Execution option of the one connection that writes."""


def open_engine(url: str, *, read_only: bool = False) -> Engine:
    """Open a database.

    Args:
        url: SQLAlchemy's URL of it.
        read_only: Open SQLite's file without touching anything beside it.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    engine = create_engine(_read_only(parsed) if read_only else parsed)
    event.listen(engine, "connect", _set_read_pragmas if read_only else _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest form."""
    # Two processes may start at once; the second one then finds the work done.
    connection = engine.connect().execution_options(**{WRITES: True})
    with connection, connection.begin():
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Tell whether the tables have the newest form."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _read_only(url: URL) -> URL:
    # A log beside the file holds what the file does not have yet. Without one SQLite is told that
    # nobody writes, or it would want to make its own files in a folder that is read-only.
    path = Path(url.database or "")
    has_log = path.with_name(path.name + "-wal").exists()
    query = {"mode": "ro", "uri": "true"} | ({} if has_log else {"immutable": "1"})
    return url.set(database=f"file:{path}", query=query)


def _set_pragmas(connection: SQLiteConnection, record: Any) -> None:
    _set_read_pragmas(connection, record)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _set_read_pragmas(connection: SQLiteConnection, _record: Any) -> None:
    # The driver would open transactions when it sees fit; `_begin` does, and says which kind.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes then may find that it cannot; one that says at its
    # beginning that it writes waits its turn.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
