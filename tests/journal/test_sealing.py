"""Sealing: every entry gets one place, behind the one before, whoever seals and however many at once."""

import concurrent.futures
import datetime as dt
import hashlib
import threading
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.journal.entries import an_entry, chain, some_entries, write
from webapp.core.actor import SYSTEM
from webapp.core.database import db
from webapp.core.errors import ConflictError
from webapp.core.jobs import run
from webapp.core.operation import operation
from webapp.journal import queries, sealing
from webapp.journal.chain import canonical, content
from webapp.journal.sealing import seal, seal_all
from webapp.journal.verifying import verify
from webapp.journal.writing import record
from webapp.models import JournalEntry

MANY = 12


@pytest.mark.both_databases
def test_entries_are_sealed_in_their_order_one_behind_the_other(app: Flask):
    ids = some_entries(5)
    assert seal() == 5
    assert [(entry.position, entry.id) for entry in chain()] == list(enumerate(ids, 1))
    assert verify().whole
    assert seal() == 0


@pytest.mark.both_databases
def test_what_comes_later_is_sealed_behind_it(app: Flask):
    some_entries(2)
    seal()
    first = queries.head()
    some_entries(3)
    assert seal_all() == 3
    last = queries.head()
    assert first is not None
    assert last is not None
    assert (first.position, last.position) == (2, 5)
    assert verify(first.seal).noted_at == 2


@pytest.mark.both_databases
def test_a_batch_is_no_larger_than_asked_and_all_are_sealed_in_the_end(app: Flask, monkeypatch: pytest.MonkeyPatch):
    some_entries(7)
    assert seal(limit=3) == 3
    assert [entry.position for entry in chain()].count(None) == 4
    monkeypatch.setattr(sealing, "BATCH", 2)
    assert seal_all() == 4
    assert verify().sealed == 7


def test_the_job_seals(app: Flask):
    some_entries(2)
    assert run(app, "journal.seal") == 2
    assert app.extensions["jobs"]["journal.seal"].every == 1


@pytest.mark.both_databases
def test_the_seal_is_of_bytes_that_others_can_make(app: Flask):
    """The form itself, spelled out: whoever changes it breaks every chain there is."""
    actor, thing = uuid.UUID("018f0000-0000-7000-8000-000000000001"), uuid.UUID("018f0000-0000-7000-8000-000000000002")
    at = dt.datetime(2026, 11, 21, 17, 4, 5, 60, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    (entry_id,) = write(
        an_entry(
            "guest.added",
            at=at,
            actor_id=actor,
            thing_type="guest",
            thing_id=thing,
            company_id=None,
            event_id=None,
            details={"source": "walk-in", "number": 2, "b": True, "a": None, "names": ["ž", '"'], "half": 0.5},
        )
    )
    seal()
    written = (
        '{"action":"guest.added","actor_id":"018f0000-0000-7000-8000-000000000001","actor_kind":"account",'
        '"at":"2026-11-21T16:04:05.000060Z","company_id":null,'
        '"details":{"a":null,"b":true,"half":0.5,"names":["ž","\\""],"number":2,"source":"walk-in"},'
        f'"event_id":null,"id":"{entry_id}","position":1,"previous":"",'
        '"thing_id":"018f0000-0000-7000-8000-000000000002","thing_type":"guest"}'
    )
    (entry,) = chain()
    assert canonical(content(entry, 1, "")) == written.encode()
    assert entry.seal == hashlib.sha256(written.encode()).hexdigest()


@pytest.mark.both_databases
def test_what_is_no_character_does_not_stop_the_sealing(app: Flask):
    write(
        an_entry(
            details={"what": "\ud800 and \u0000 \u2028"} if db.engine.dialect.name == "sqlite" else {"x": "\u2028"}
        )
    )
    assert seal() == 1
    assert verify().whole


def test_both_databases_seal_the_same_bytes(app: Flask, request: pytest.FixtureRequest):
    """A row copied from one database to the other, as a move or a restored backup does, keeps its seal."""
    some_entries(3)
    write(an_entry(at=dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC), actor_id=None, details={"a": [1.0, 2, "ü"]}))
    seal()
    rows = [dict(row._mapping) for row in db.session.execute(sa.select(JournalEntry.__table__))]
    db.session.rollback()
    engine = sa.create_engine(request.getfixturevalue("postgresql_url"))
    table, previous = JournalEntry.__table__, ""
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA elsewhere")
        connection.exec_driver_sql("SET LOCAL search_path TO elsewhere")
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'Asia/Kolkata'")
        table.create(connection)
        connection.execute(sa.insert(table), rows)
        copied = connection.execute(sa.select(table).order_by(table.c.position)).all()
        for row in copied:
            assert hashlib.sha256(canonical(content(row, row.position, previous))).hexdigest() == row.seal
            previous = row.seal
    engine.dispose()
    assert len(copied) == 4


# ---- many at once


def at_once(app: Flask, calls: list) -> list:
    start = threading.Barrier(len(calls))
    db.session.rollback()

    def one(call):
        with app.app_context():
            start.wait()
            return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


@pytest.mark.both_databases
def test_many_that_seal_at_once_make_one_chain(app: Flask):
    some_entries(60)
    done = at_once(app, [lambda: seal(limit=7)] * MANY)
    assert sum(done) == 60
    assert [entry.position for entry in chain()] == list(range(1, 61))
    assert verify().whole


@pytest.mark.both_databases
def test_sealing_goes_on_while_others_write(app: Flask):
    company = factories.a_company(name="Pod lipo")
    company_id = company.id

    def work():
        for _ in range(5):
            operation(record)(SYSTEM, "company.renamed", db.session.get_one(type(company), company_id))
        return 0

    at_once(app, [work] * 6 + [seal_all] * 6)
    seal_all()
    found = verify()
    assert (found.sealed, found.unsealed, found.first) == (30, 0, None)


@pytest.mark.both_databases
def test_without_the_lock_two_would_take_the_same_places(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """The control: where the site's row is not held, the constraint or the count refuses all but one."""
    some_entries(200)
    monkeypatch.setattr(sealing, "locked", lambda row: row)
    refused = []

    def one() -> int:
        try:
            return seal(limit=200)
        except (sa.exc.IntegrityError, ConflictError) as error:
            refused.append(error)
            return 0

    at_once(app, [one] * MANY)
    db.session.rollback()
    assert verify().whole
    # SQLite begins every write IMMEDIATE, so that there is a lock beside ours
    assert refused if db.engine.dialect.name == "postgresql" else not refused


@pytest.mark.both_databases
def test_an_entry_that_is_committed_late_is_the_next(app: Flask):
    """On PostgreSQL an entry with a lower id may be committed after one with a higher id was sealed."""
    (first,) = some_entries(1)
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as slow:
            held = slow.execute(sa.insert(JournalEntry).returning(JournalEntry.id), _values()).scalar_one()
            (quick,) = some_entries(1)
            assert seal_all() == 2
            slow.commit()
    else:
        (quick,) = write(an_entry(id=first + 9))
        assert seal_all() == 2
        (held,) = write(an_entry(id=first + 5))
    assert held < quick
    assert seal_all() == 1
    assert [entry.id for entry in chain()] == [first, quick, held]
    assert verify().whole


def _values() -> dict[str, object]:
    entry = an_entry()
    return {name: getattr(entry, name) for name in ("actor_kind", "action", "thing_type", "thing_id", "details")}
