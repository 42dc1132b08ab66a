"""Up, down and up again, and the tables are what the models say."""

import datetime as dt
import uuid
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from tests import factories
from webapp.accounts import sessions, tokens
from webapp.core import clock, text
from webapp.core.actor import SYSTEM
from webapp.core.database import Base, db
from webapp.core.operation import operation
from webapp.journal.writing import record
from webapp.mail.outbox import queue
from webapp.models import (
    Answered,
    AnswerSet,
    App,
    Ballot,
    BallotAnswer,
    Company,
    Event,
    EventDay,
    EventWord,
    Invitation,
    InvitationUse,
    JournalEntry,
    OneTimeLink,
    Tally,
)


@operation
def _write_and_mail(event: Event) -> None:
    record(SYSTEM, "event.published", event, guests=1)
    queue("verify-email", to="ana@example.org", event_id=event.id)


def fill() -> None:
    """Put a row into every table."""
    factories.set_up_site()
    user, other = factories.an_account(site_administrator=True), factories.an_account()
    company = factories.a_company(user)
    factories.a_company(parent=company)
    asked = {"Where do we meet?": ["Under the lime tree", "By the river"]}
    event = factories.an_event(company, user, questions=asked, co_hosts=(other,), capacity=10)
    guest = factories.a_guest(event, user=other, reply="yes", has_voted=True)
    later = clock.now() + dt.timedelta(days=1)
    sessions.start(user, remember=False)
    link = Invitation(kind="event", issuer_id=user.id, event_id=event.id, nonce=text.secret(128), expires_at=later)
    factories.save(
        OneTimeLink(user_id=user.id, purpose="reset", nonce=text.secret(128), expires_at=later),
        link,
        Tally(event_id=event.id, opened_at=clock.now(), ballots=1),
        AnswerSet(event_id=event.id, key="0" * 64, answers=[], votes=1),
        App(company_id=company.id, name="Kiosk", scopes=["check-in"], key_hash="0" * 64, created_by=user.id),
        EventDay(event_id=event.id, day=clock.now().date(), invited=2, yes=1),
        Answered(user_id=user.id, key="a", fingerprint="0" * 64, status=201, body="{}"),
    )
    question = db.session.scalars(sa.select(Base.metadata.tables["questions"].c.id)).one()
    answer = db.session.scalars(sa.select(Base.metadata.tables["answers"].c.id)).first()
    ballot = Ballot(event_id=event.id, guest_id=guest.id, position=1, receipt="aaaa-bbbb-cccc-dddd")
    factories.save(InvitationUse(invitation_id=link.id, guest_id=guest.id), ballot)
    factories.save(BallotAnswer(ballot_id=ballot.id, question_id=question, answer_id=answer))
    _write_and_mail(event)


def counts() -> dict[str, int]:
    """How many rows each table has."""
    with db.engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        return {t.name: connection.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in tables}


def names() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again_from_nothing(fresh: Flask):
    flask_migrate.upgrade()
    assert names() == set(Base.metadata.tables)
    flask_migrate.downgrade(revision="base")
    assert names() == set()
    flask_migrate.upgrade()
    assert names() == set(Base.metadata.tables)
    assert {name: n for name, n in counts().items() if n} == {"sites": 1}


def test_up_down_and_up_again_with_rows(fresh: Flask):
    flask_migrate.upgrade()
    fill()
    assert [name for name, n in counts().items() if not n] == []
    db.session.remove()
    flask_migrate.downgrade(revision="base")
    assert names() == set()
    flask_migrate.upgrade()
    assert {name: n for name, n in counts().items() if n} == {"sites": 1}


def test_the_days_of_events_are_counted_from_the_guest_lists(fresh: Flask):
    flask_migrate.upgrade()
    fill()
    before = counts()
    event = db.session.query(Event).first()
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    late = dt.datetime(2026, 3, 2, 23, 59, 59, tzinfo=dt.UTC)
    factories.a_guest(event, email="a@example.org", invited_at=noon, opened_at=noon, reply="no", replied_at=late)
    factories.a_guest(event, email="b@example.org", invited_at=noon, removed_at=late)
    factories.a_guest(event, email="c@example.org", invited_at=late, checked_in_at=late)
    db.session.remove()
    flask_migrate.downgrade(revision="0001")
    flask_migrate.upgrade()
    days = {
        (day.day, day.invited, day.opened, day.yes, day.no, day.checked_in)
        for day in db.session.query(EventDay)
        if day.day.year == noon.year and day.day.month == noon.month
    }
    assert days == {(noon.date(), 1, 1, 0, 0, 0), (late.date(), 1, 0, 0, 1, 1)}
    kept = counts()
    assert kept["journal_entries"] == before["journal_entries"]
    assert kept["login_sessions"] == before["login_sessions"]
    assert kept["guests"] == before["guests"] + 3


def test_events_are_found_by_their_words_once_the_tables_know_them(fresh: Flask):
    flask_migrate.upgrade()
    fill()
    user, company = db.session.query(factories.User).first(), db.session.query(Company).filter_by(parent_id=None).one()
    factories.an_event(company, user, title="Žive meje", place="東京")
    words = sa.select(EventWord.word, EventWord.event_id, EventWord.starts_at)
    before = set(db.session.execute(words))
    assert {"zive", "meje", "東京"} <= {word for word, _event, _start in before}
    db.session.remove()
    flask_migrate.downgrade(revision="0003")
    flask_migrate.upgrade()
    assert set(db.session.execute(words)) == before


def test_tokens_of_programs_go_on_once_each_kind_has_a_serial_of_its_own(fresh: Flask):
    flask_migrate.upgrade()
    fill()
    user, company = db.session.query(factories.User).first(), db.session.query(Company).filter_by(parent_id=None).one()
    old = tokens.refresh(str(tokens.start(user, company_id=company.id).user_token))
    db.session.remove()
    flask_migrate.downgrade(revision="0004")
    flask_migrate.upgrade()
    for token in (old.user_token, old.company_token):
        assert tokens.find(str(token)).session.id == old.session_id
    db.session.rollback()
    new = tokens.refresh(str(old.company_token))
    assert tokens.find(str(old.user_token)).session.id == new.session_id


def test_the_journal_numbers_on_after_its_table_was_rebuilt(fresh: Flask):
    flask_migrate.upgrade()
    fill()
    last = max(entry.id for entry in db.session.query(JournalEntry))
    db.session.remove()
    flask_migrate.downgrade(revision="0001")
    flask_migrate.upgrade()
    _write_and_mail(db.session.query(Event).first())
    assert max(entry.id for entry in db.session.query(JournalEntry)) > last


def test_a_second_start_keeps_what_is_there(fresh: Flask):
    flask_migrate.upgrade()
    fill()
    before = counts()
    db.session.remove()
    flask_migrate.upgrade()
    assert counts() == before


def shape(engine: sa.Engine) -> dict[str, Any]:
    """What Alembic does not compare: the checks, and the conditions of indexes."""
    inspector = sa.inspect(engine)
    found: dict[str, Any] = {}
    for table in Base.metadata.tables:
        checks = {str(c["name"]): c["sqltext"] for c in inspector.get_check_constraints(table)}
        partial = {
            str(i["name"]): {key: str(value) for key, value in i.get("dialect_options", {}).items() if "where" in key}
            for i in inspector.get_indexes(table)
        }
        found[table] = {"checks": checks, "partial": partial}
    return found


def differences() -> list[Any]:
    with db.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def test_the_migrations_make_what_the_models_say(make_app, kind):
    with make_app().app_context():
        flask_migrate.upgrade()
        assert differences() == []
        migrated = shape(db.engine)
    with make_app().app_context():
        db.create_all()
        modelled = shape(db.engine)
        db.session.remove()
    assert migrated == modelled
    assert any(table["checks"] for table in modelled.values())


def test_a_difference_between_migrations_and_models_is_seen(fresh: Flask):
    flask_migrate.upgrade()
    before = shape(db.engine)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_events_public")
        connection.exec_driver_sql("ALTER TABLE events ADD COLUMN forgotten INTEGER CHECK (forgotten > 0)")
    seen = {difference[0] for difference in differences() if isinstance(difference, tuple)}
    assert {"remove_column", "add_index"} <= seen
    assert shape(db.engine) != before


BROKEN = [
    pytest.param("UPDATE events SET taken = capacity + 1", "places", id="more places taken than there are"),
    pytest.param("UPDATE events SET taken = -1", "places", id="fewer than none taken"),
    pytest.param("UPDATE events SET ends_at = starts_at", "ends_after_start", id="an event that ends as it starts"),
    pytest.param("UPDATE events SET state = 'perhaps'", "state", id="a state that is none"),
    pytest.param("UPDATE guests SET reply = NULL", "reply_has_time", id="a reply's time without a reply"),
    pytest.param("UPDATE guests SET reply = 'no', places = 1", "places_only_with_yes", id="places without a yes"),
    pytest.param("UPDATE users SET email_key = NULL", "email_with_key", id="an address without its key"),
    pytest.param("UPDATE companies SET parent_id = id", "not_its_own_parent", id="a company above itself"),
    pytest.param("UPDATE memberships SET role = 'king'", "role", id="a role that is none"),
    pytest.param("UPDATE invitations SET uses = 2", "uses", id="a link used too often"),
    pytest.param("UPDATE invitations SET role = 'owner'", "role_for_company", id="a role for a guest"),
    pytest.param("UPDATE tallies SET outcome = 'consensus'", "outcome_at_close", id="an outcome before the close"),
    pytest.param("UPDATE sites SET id = 2", "single", id="a second site"),
    pytest.param("UPDATE outbox_mails SET state = 'lost'", "state", id="a mail in no state"),
]


@pytest.fixture
def filled(fresh: Flask) -> Flask:
    flask_migrate.upgrade()
    fill()
    db.session.remove()
    return fresh


@pytest.mark.parametrize(("statement", "constraint"), BROKEN)
def test_the_database_itself_refuses(filled: Flask, statement: str, constraint: str):
    with pytest.raises(sa.exc.IntegrityError, match=constraint), db.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_row_that_points_to_nothing_is_refused(filled: Flask):
    for column in ("event_id", "user_id"):
        guests = Base.metadata.tables["guests"]
        with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
            connection.execute(guests.update().values({column: uuid.uuid4()}))


def test_a_row_that_others_point_to_is_kept(filled: Flask):
    for table in ("users", "companies", "events", "guests"):
        with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
            connection.execute(Base.metadata.tables[table].delete())


def test_what_may_be_there_once_is_refused_twice(filled: Flask):
    user = db.session.query(factories.User).first()
    company = db.session.query(Company).filter_by(parent_id=None).one()
    with pytest.raises(sa.exc.IntegrityError):
        factories.an_account(email=user.email.upper())
    with pytest.raises(sa.exc.IntegrityError):
        factories.a_membership(user, company, factories.Role.DOORKEEPER)
    guest = db.session.query(factories.Guest).first()
    event = db.session.get(Event, guest.event_id)
    with pytest.raises(sa.exc.IntegrityError):
        factories.a_guest(event, email=guest.email.upper())
    with pytest.raises(sa.exc.IntegrityError):
        factories.save(Ballot(event_id=event.id, guest_id=guest.id, position=2, receipt="aaaa-bbbb-cccc-eeee"))


def test_a_revoked_role_can_be_granted_again(filled: Flask):
    company = db.session.query(Company).filter_by(parent_id=None).one()
    with db.engine.begin() as connection:
        memberships = Base.metadata.tables["memberships"]
        user_id = connection.scalar(sa.select(memberships.c.user_id))
        connection.execute(memberships.update().values(revoked_at=clock.now()))
    factories.a_membership(db.session.get(factories.User, user_id), company, factories.Role.ORGANISER)


# ---------------------------------------------------------------- how a connection is opened


@pytest.mark.parametrize("kind", ["sqlite"])
def test_sqlite_is_opened_as_promised(fresh: Flask, kind: str):
    promised = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}
    for _ in range(2):
        with db.engine.connect() as connection:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in promised}
            connection.invalidate()
        assert found == promised


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_write_on_sqlite_takes_its_turn_from_the_start(fresh: Flask, kind: str):
    flask_migrate.upgrade()
    said: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    factories.set_up_site()
    db.session.query(Company).all()
    assert [s for s in said if s.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_a_time_comes_back_as_it_went_in(filled: Flask):
    event = db.session.query(Event).first()
    assert event.starts_at.utcoffset() == dt.timedelta(0)
    sites = Base.metadata.tables["sites"]
    with pytest.raises(sa.exc.StatementError, match="time zone"), db.engine.begin() as connection:
        connection.execute(sites.update().values(set_up_at=dt.datetime(2026, 1, 1, 12)))  # noqa: DTZ001 the point
