"""The main questions are answered by an index, however long the journal is."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.journal.entries import many_entries, some_entries
from webapp.core.database import db
from webapp.journal import queries
from webapp.journal.queries import SITE, Asked, Scope
from webapp.journal.sealing import seal_all, waiting
from webapp.models import JournalEntry

pytestmark = pytest.mark.both_databases
PAGE = 50
PEOPLE = [uuid.UUID(int=n) for n in range(1, 201)]
COMPANIES = [uuid.UUID(int=1000 + n) for n in range(20)]
EVENTS = [uuid.UUID(int=2000 + n) for n in range(100)]


@pytest.fixture
def long_journal(app: Flask) -> None:
    """Four thousand entries of many people, companies and events."""
    for number in range(20):
        many_entries(
            200,
            ago=(20 - number) * 200,
            actor_id=PEOPLE[number],
            company_id=COMPANIES[number],
            event_id=EVENTS[number],
            thing_type="guest" if number % 2 else "event",
        )
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE journal_entries")


def plan(statement: sa.Select) -> str:
    """How the database goes about it."""
    sqlite = db.engine.dialect.name == "sqlite"
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    words = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
    rows = db.session.execute(sa.text(f"{words} {str(compiled).replace(':', chr(92) + ':')}")).all()
    return "\n".join(str(row[-1]) for row in rows)


def asked_of(scope: Scope, asked: Asked) -> str:
    (first, *_others) = queries.entries(scope, asked)
    return plan(first.order_by(JournalEntry.id.desc()).limit(PAGE + 1))


def scans(told: str) -> bool:
    """Tell whether the table is read from end to end."""
    return bool(re.search(r"Seq Scan on journal_entries|SCAN journal_entries(?! USING)", told))


WHOLE = "ix_journal_entries_"


@pytest.mark.parametrize(
    ("scope", "asked", "index"),
    [
        (SITE, Asked(people=frozenset({PEOPLE[3]})), f"{WHOLE}actor_id_journal_entries_id"),
        (Scope((COMPANIES[3],)), Asked(), f"{WHOLE}company_id_journal_entries_id"),
        (Scope(tuple(COMPANIES[:3])), Asked(), f"{WHOLE}company_id_journal_entries_id"),
        (SITE, Asked(thing_type="event", thing_id=EVENTS[3]), f"{WHOLE}event_id_journal_entries_id"),
        (SITE, Asked(thing_type="guest", thing_id=EVENTS[3]), f"{WHOLE}thing_type_journal_entries_thing_id"),
    ],
    ids=["person", "company", "companies", "event", "thing"],
)
def test_a_question_is_answered_by_its_index_in_the_order_of_the_page(long_journal: None, scope, asked, index):
    told = asked_of(scope, asked)
    assert index in told, told
    assert not scans(told), told
    if "thing_type" not in index:
        assert not re.search(r"TEMP B-TREE|\bSort\b", told), told


def test_the_newest_of_the_whole_site_are_read_from_the_end(long_journal: None):
    told = asked_of(SITE, Asked())
    assert not re.search(r"TEMP B-TREE|\bSort\b|Seq Scan", told), told


def test_a_short_time_is_found_by_its_index(long_journal: None):
    middle = db.session.scalar(sa.select(JournalEntry.at).order_by(JournalEntry.id).offset(2000).limit(1))
    day = Asked(since=middle, until=middle.replace(microsecond=0) + dt.timedelta(seconds=20))
    told = asked_of(SITE, day)
    assert f"{WHOLE}at" in told, told
    assert not scans(told), told


def test_what_waits_is_found_by_an_index_of_nothing_else(long_journal: None):
    seal_all()
    some_entries(3)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE journal_entries")
    # an open connection of SQLite keeps to the statistics that it read before
    db.session.remove()
    db.engine.dispose()
    assert f"{WHOLE}unsealed" in plan(waiting(500))


def test_the_head_is_found_by_the_index_of_places(long_journal: None):
    last = sa.select(JournalEntry.position).where(JournalEntry.position.is_not(None))
    told = plan(last.order_by(JournalEntry.position.desc()).limit(1))
    assert "position" in told or "autoindex" in told, told
    assert not re.search(r"TEMP B-TREE|\bSort\b", told), told
