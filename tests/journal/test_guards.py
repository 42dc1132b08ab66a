"""The database itself refuses to change or remove what stands in the journal."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from tests.journal.entries import some_entries
from webapp.core.database import db
from webapp.journal.sealing import seal
from webapp.models import JournalEntry

pytestmark = pytest.mark.both_databases
TABLE = JournalEntry.__table__
CHANGED = {
    "id": 99,
    "at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    "actor_kind": "system",
    "actor_id": uuid.UUID(int=7),
    "action": "event.deleted",
    "thing_type": "guest",
    "thing_id": None,
    "company_id": uuid.UUID(int=7),
    "event_id": None,
    "details": {},
    "position": 99,
    "seal": "0" * 64,
}


def refused(statement: sa.Executable) -> bool:
    """Tell whether the database refuses it; it is not kept either way."""
    db.session.rollback()
    with db.engine.connect() as connection:
        try:
            connection.execute(statement)
        except sa.exc.DatabaseError as error:
            words = str(error.orig)
            assert "append-only" in words or "seal_with_position" in words, words
            return True
        return False


def changing(entry: int, **values: object) -> sa.Executable:
    return sa.update(TABLE).where(TABLE.c.id == entry).values(**values)


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("column", CHANGED)
def test_no_column_can_be_changed(app, column, sealed):
    (entry,) = some_entries(1)
    if sealed:
        assert seal() == 1
    assert refused(changing(entry, **{column: CHANGED[column]}))


def test_every_column_was_tried():
    assert set(CHANGED) == {column.name for column in TABLE.columns}


@pytest.mark.parametrize("column", [name for name in CHANGED if name not in {"position", "seal", "id"}])
def test_nothing_else_is_changed_together_with_the_seal(app, column):
    (entry,) = some_entries(1)
    assert refused(changing(entry, position=1, seal="0" * 64, **{column: CHANGED[column]}))


def test_a_seal_is_written_once(app):
    (entry,) = some_entries(1)
    seal()
    assert refused(changing(entry, position=2, seal="0" * 64))
    assert refused(changing(entry, position=None, seal=None))


@pytest.mark.parametrize("sealed", [True, False])
def test_nothing_can_be_removed(app, sealed):
    (entry,) = some_entries(1)
    if sealed:
        seal()
    assert refused(sa.delete(TABLE).where(TABLE.c.id == entry))
    if db.engine.dialect.name == "postgresql":
        assert refused(sa.text("TRUNCATE journal_entries"))


def test_a_seal_and_a_new_entry_are_let_through(app):
    """The control: what the house does is not refused."""
    (entry,) = some_entries(1)
    assert not refused(changing(entry, position=1, seal="0" * 64))
    values = {"actor_kind": "system", "action": "site.set_up", "thing_type": "site", "details": {}}
    assert not refused(sa.insert(TABLE).values(**values))


def test_no_entry_is_put_in_place_of_another(app):
    if db.engine.dialect.name == "postgresql":
        return  # it knows no INSERT OR REPLACE: what it has in place of it is an UPDATE
    (entry,) = some_entries(1)
    other = sa.insert(TABLE).prefix_with("OR REPLACE")
    values = {**dict.fromkeys(CHANGED), "at": CHANGED["at"], "actor_kind": "system", "action": "x", "thing_type": "x"}
    assert refused(other.values(**{**values, "id": entry, "details": {}}))
    seal()
    assert refused(other.values(**{**values, "id": 99, "details": {}, "position": 1, "seal": "0" * 64}))
