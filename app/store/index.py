"""The index of captures: which there are, how far each is, and what a listing shows of it.

Reads take any connection; writes take turns on one. What a method returned from is on the disk.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, case, func, or_, select
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update

from app.store.engine import WRITES
from app.store.records import CaptureRecord, Cursor, Facts
from app.store.tables import CAPTURES

_DELETED = "deleted"
"""State of a capture that is gone for everybody, whose files may still be there."""

_COLUMNS = [column for column in CAPTURES.c if column.name != "details"]

_CHANGING = [CAPTURES.c.state, CAPTURES.c.name, CAPTURES.c.is_pinned]
"""What changes of a ready record. The others are remembered: some lie behind the details, and
SQLite reads through those, megabytes where a capture is long, to reach them."""

_MAX_READY = 32
"""Ready records that are remembered."""

_SPECS = ',"specs":{'
"""Where the specs begin in the details."""

_MAX_LISTED = 4096
"""A source of more characters is read by itself, and what is long of it is dropped at once: those
of a page together may be hundreds of megabytes."""

_LONG = 512
"""A member of a source that is longer, as JSON, is left out of a page."""

_SHORT_SOURCE = case((func.length(CAPTURES.c.source) <= _MAX_LISTED, CAPTURES.c.source))
_LISTED = [_SHORT_SOURCE.label(c.name) if c is CAPTURES.c.source else c for c in _COLUMNS]
_IS_THERE = CAPTURES.c.state != _DELETED
_LEAVES = and_(CAPTURES.c.state.in_(("ready", "failed")), CAPTURES.c.is_pinned.is_(False))


class QueueFullError(Exception):
    """As many captures wait as may."""


class CaptureIndex:
    """Records of captures in a database whose tables are there.

    Args:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._ready: OrderedDict[str, CaptureRecord] = OrderedDict()
        self._writer: Connection | None = None

    def create(self, record: CaptureRecord, *, most_waiting: int) -> None:
        """Keep a new record, to be captured when its turn comes.

        Raises:
            QueueFullError: When as many wait already.
        """
        source = orjson.dumps(record.source)
        values = {
            "id": record.id,
            "name": record.name,
            "state": record.state,
            "is_pinned": record.is_pinned,
            "created_us": record.created_us,
            "n_runs": 0,
            "source": source.decode(),
            "n_bytes": len(source),
        }
        with self._writing() as connection:
            if _n_waiting(connection) >= most_waiting:
                raise QueueFullError
            connection.execute(CAPTURES.insert().values(values))

    def get(self, capture_id: str) -> CaptureRecord | None:
        """Look a record up; None where there is none."""
        is_it = and_(CAPTURES.c.id == capture_id, _IS_THERE)
        with self._lock:
            ready = self._ready.get(capture_id)
        if ready is not None:
            rows = self._read(select(*_CHANGING).where(is_it))
            if rows and rows[0].state == "ready":
                return replace(ready, name=rows[0].name, is_pinned=rows[0].is_pinned)
        rows = self._read(select(*_COLUMNS).where(is_it))
        record = _record(rows[0]) if rows else None
        self._remember(capture_id, record)
        return record

    def details(self, capture_id: str) -> bytes | None:
        """Return tokens and specs of a ready capture, as JSON."""
        return self._text(CAPTURES.c.details, capture_id)

    def specs(self, capture_id: str) -> bytes | None:
        """Return details without their tokens, which may be megabytes: they stay where they are."""
        is_sqlite = self._engine.dialect.name == "sqlite"
        place_of = func.instr if is_sqlite else func.strpos
        # A quote inside of a text is written with a backslash before it, so this is the member.
        start = place_of(CAPTURES.c.details, _SPECS)
        found = self._text(func.substr(CAPTURES.c.details, start), capture_id)
        return None if found is None else b'{"tokens":{}' + found

    def page(self, limit: int, after: Cursor | None = None) -> list[CaptureRecord]:
        """List records: pinned ones first, the newest first; their sources without what is long."""
        c = CAPTURES.c
        query = select(*_LISTED).where(_IS_THERE)
        if after is not None:
            is_older = or_(
                c.created_us < after.created_us,
                and_(c.created_us == after.created_us, c.id < after.id),
            )
            is_behind = and_(c.is_pinned.is_(after.is_pinned), is_older)
            # Those that are not pinned come behind all that are.
            query = query.where(
                or_(is_behind, c.is_pinned.is_(False)) if after.is_pinned else is_behind
            )
        order = (c.is_pinned.desc(), c.created_us.desc(), c.id.desc())
        rows = self._read(query.order_by(*order).limit(limit))
        return [_record(row, self._short_source(row)) for row in rows]

    def n_waiting(self) -> int:
        """Count the captures whose turn has not come."""
        with self._engine.connect() as connection:
            return _n_waiting(connection)

    def edit(self, capture_id: str, changes: dict[str, Any]) -> bool:
        """Rename a capture, or pin it; False where there is none."""
        if not changes:
            return self.get(capture_id) is not None
        return self._update(capture_id, _IS_THERE, **changes)

    def take(self) -> CaptureRecord | None:
        """Take the oldest record that waits, as running; None where none waits."""
        c = CAPTURES.c
        oldest = select(*_COLUMNS).where(c.state == "queued").order_by(c.created_us, c.id).limit(1)
        with self._writing() as connection:
            row = connection.execute(oldest).first()
            if row is None:
                return None
            # Another process that looked at the same row finds it running.
            taken = sql_update(CAPTURES).where(c.id == row.id, c.state == "queued")
            if connection.execute(taken.values(state="running", n_runs=c.n_runs + 1)).rowcount != 1:
                return None
        return replace(_record(row), state="running")

    def finish(self, record: CaptureRecord, facts: Facts, details: bytes) -> bool:
        """Keep what a capture has become; False where it was deleted meanwhile.

        Args:
            record: The capture, with the size of all its files.
            facts: What a listing shows of it.
            details: What only a look at it needs.
        """
        return self._update(
            record.id,
            CAPTURES.c.state == "running",
            state="ready",
            facts=orjson.dumps(facts).decode(),
            details=details.decode(),
            n_bytes=record.n_bytes + len(details),
            sha256=record.sha256,
        )

    def fail(self, capture_id: str, problem: dict[str, Any]) -> bool:
        """Keep why a capture failed; False where it was deleted meanwhile."""
        is_running = CAPTURES.c.state == "running"
        text = orjson.dumps(problem).decode()
        return self._update(capture_id, is_running, state="failed", problem=text)

    def put_back(self, capture_id: str) -> bool:
        """Let a capture wait again that was begun, and was stopped as the service ended."""
        c = CAPTURES.c
        return self._update(capture_id, c.state == "running", state="queued", n_runs=c.n_runs - 1)

    def requeue(self, *, most_runs: int, problem: dict[str, Any]) -> list[str]:
        """Let what was running when its process ended wait again; returns all that waits.

        Args:
            most_runs: How often a capture may end its process before it has failed.
            problem: Why it has failed then.
        """
        c, text = CAPTURES.c, orjson.dumps(problem).decode()
        was_running = sql_update(CAPTURES).where(c.state == "running")
        with self._writing() as connection:
            connection.execute(
                was_running.where(c.n_runs >= most_runs).values(state="failed", problem=text)
            )
            connection.execute(was_running.values(state="queued"))
            return list(connection.scalars(select(c.id).where(c.state == "queued")))

    def bury(self, capture_id: str) -> bool:
        """Make a capture gone for everybody, while its files are still there."""
        return self._update(capture_id, _IS_THERE, state=_DELETED)

    def is_buried(self, capture_id: str) -> bool:
        """Tell whether a capture's files are to be removed."""
        is_it = CAPTURES.c.id == capture_id
        return bool(self._read(select(CAPTURES.c.id).where(is_it, CAPTURES.c.state == _DELETED)))

    def buried(self) -> list[str]:
        """Return the ids of captures whose files are to be removed."""
        found = self._read(select(CAPTURES.c.id).where(CAPTURES.c.state == _DELETED))
        return [row.id for row in found]

    def forget(self, capture_id: str) -> None:
        """Drop the record of a capture that is buried and whose files are removed."""
        c = CAPTURES.c
        with self._writing() as connection:
            connection.execute(sql_delete(CAPTURES).where(c.id == capture_id, c.state == _DELETED))

    def n_bytes(self, *, pinned_only: bool = False) -> int:
        """Add up the sizes of all captures, or of those that are pinned."""
        query = select(func.coalesce(func.sum(CAPTURES.c.n_bytes), 0)).where(_IS_THERE)
        if pinned_only:
            query = query.where(CAPTURES.c.is_pinned.is_(True))
        return int(self._read(query)[0][0])

    def leaving(self) -> CaptureRecord | None:
        """Return the oldest capture that may leave when space runs out."""
        order = (CAPTURES.c.created_us, CAPTURES.c.id)
        found = self._read(select(*_COLUMNS).where(_LEAVES).order_by(*order).limit(1))
        return _record(found[0]) if found else None

    def close(self) -> None:
        """Close every connection."""
        with self._turn:
            if self._writer is not None:
                self._writer.close()
            self._engine.dispose()

    def _remember(self, capture_id: str, record: CaptureRecord | None) -> None:
        with self._lock:
            self._ready.pop(capture_id, None)
            if record is not None and record.state == "ready":
                self._ready[capture_id] = record
            while len(self._ready) > _MAX_READY:
                self._ready.popitem(last=False)

    def _text(self, column: ColumnElement[str], capture_id: str) -> bytes | None:
        found = self._read(select(column).where(CAPTURES.c.id == capture_id))
        return found[0][0].encode() if found and found[0][0] is not None else None

    def _read(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _short_source(self, row: Row[Any]) -> dict[str, Any]:
        """Return a source without what is long, of which no two are in memory at once."""
        text = row.source
        if text is None:
            found = self._read(select(CAPTURES.c.source).where(CAPTURES.c.id == row.id))
            text = found[0].source if found else "{}"
        source = orjson.loads(text)
        return {name: each for name, each in source.items() if len(orjson.dumps(each)) <= _LONG}

    def _update(self, capture_id: str, condition: Any, **values: Any) -> bool:
        with self._writing() as connection:
            update = sql_update(CAPTURES).where(CAPTURES.c.id == capture_id, condition)
            return connection.execute(update.values(**values)).rowcount == 1

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Begin a transaction on the one connection that writes, and commit it."""
        with self._turn:
            if self._writer is None or self._writer.closed or self._writer.invalidated:
                self._writer = self._engine.connect().execution_options(**{WRITES: True})
            with self._writer.begin():
                yield self._writer


def _n_waiting(connection: Connection) -> int:
    query = select(func.count()).where(CAPTURES.c.state == "queued")
    return int(connection.scalar(query) or 0)


def _record(row: Any, source: dict[str, Any] | None = None) -> CaptureRecord:
    return CaptureRecord(
        id=row.id,
        name=row.name,
        state=row.state,
        is_pinned=row.is_pinned,
        created_us=row.created_us,
        source=orjson.loads(row.source) if source is None else source,
        facts=Facts() if row.facts is None else Facts(**orjson.loads(row.facts)),
        n_bytes=row.n_bytes,
        sha256=row.sha256,
        problem=None if row.problem is None else orjson.loads(row.problem),
    )
