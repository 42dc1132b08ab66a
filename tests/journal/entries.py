"""Entries to begin a test with, and hands that change what nobody may change."""

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.models import JournalEntry

GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


@operation
def write(*entries: JournalEntry) -> list[int]:
    """Write entries as `record` would have; return their ids."""
    db.session.add_all(entries)
    db.session.flush()
    return [entry.id for entry in entries]


def an_entry(action: str = "event.published", **values: Any) -> JournalEntry:
    values = {
        "actor_kind": "account",
        "actor_id": uuid.uuid4(),
        "thing_type": "event",
        "thing_id": uuid.uuid4(),
        "company_id": uuid.uuid4(),
        "event_id": uuid.uuid4(),
        "details": {"number": 7, "role": "owner"},
        **values,
    }
    return JournalEntry(action=action, **values)


def some_entries(number: int, **values: Any) -> list[int]:
    return write(*(an_entry(**values) for _ in range(number)))


def many_entries(number: int, *, ago: int = 0, **values: Any) -> None:
    """Very many, quickly, a second apart, the last one so many seconds ago."""
    columns = {"actor_kind": "system", "action": "event.edited", "thing_type": "event", "details": {}, **values}
    begin = clock.now() - dt.timedelta(seconds=number + ago)
    for first in range(0, number, 5000):
        rows = [{**columns, "at": begin + dt.timedelta(seconds=n)} for n in range(first, min(first + 5000, number))]
        for row in rows:
            row.setdefault("thing_id", uuid.uuid4())
        with db.engine.begin() as connection:
            connection.execute(sa.insert(JournalEntry), rows)


@contextlib.contextmanager
def unguarded() -> Iterator[sa.Connection]:
    """A connection of somebody who holds the database: the guards are off, and on again afterwards."""
    db.session.rollback()
    with db.engine.connect() as connection, connection.begin():
        if db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
            return
        guards = connection.exec_driver_sql(GUARDS).fetchall()
        for name, _definition in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield connection
        for _name, definition in guards:
            connection.exec_driver_sql(definition)


def change(at: int | None, /, **values: Any) -> None:
    """Change the entry at this place (None: all) behind everybody's back."""
    table = JournalEntry.__table__
    statement = sa.update(table).values(**values)
    with unguarded() as connection:
        assert connection.execute(statement if at is None else statement.where(table.c.position == at)).rowcount


def take_out(*positions: int) -> None:
    """Remove the entries at these places behind everybody's back."""
    table = JournalEntry.__table__
    with unguarded() as connection:
        assert connection.execute(sa.delete(table).where(table.c.position.in_(positions))).rowcount == len(positions)


def raw(value: Any) -> Any:
    """A value that goes into the database as it is, whatever the column is for."""
    return sa.literal(value, sa.Integer() if isinstance(value, int) else sa.String())


def chain() -> list[Any]:
    """All entries by their place."""
    db.session.rollback()
    return db.session.scalars(sa.select(JournalEntry).order_by(JournalEntry.position)).all()
