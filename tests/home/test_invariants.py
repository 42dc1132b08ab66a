"""What must hold between rows holds after everything people do, and is missed where it does not."""

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.home.installations import fill, installing
from webapp.core.database import Base, db
from webapp.home import invariants
from webapp.home.cli import look_deeper
from webapp.home.snapshot import snapshot


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], scope="module")
def filled(request, tmp_path_factory):
    """An installation with rows in every table, as the operations wrote them; its context is pushed."""
    with installing(tmp_path_factory.mktemp("filled")) as install, install(request.param).app_context():
        fill()
        db.session.remove()
        yield request.param


def found() -> dict[str, int]:
    with snapshot() as session:
        return {one.words: one.number for one in invariants.findings(session)}


def test_nothing_is_found_where_nothing_is_wrong(filled):
    with db.engine.connect() as connection:
        empty = [t.name for t in Base.metadata.sorted_tables if connection.execute(sa.select(t)).first() is None]
    assert empty == []
    assert found() == {}
    assert look_deeper() == []


BROKEN = [
    ("UPDATE events SET taken = taken + 1 WHERE capacity IS NULL", "places taken"),
    ("UPDATE guests SET places = 0, party_size = 9 WHERE places > 0", "places taken"),
    *[
        (f"UPDATE events SET {counter} = {counter} + 1", "counters")  # noqa: S608 names of the test's own
        for counter in Base.metadata.tables["events"].columns.keys()  # noqa: SIM118 a collection of columns
        if counter.startswith("guests_")
    ],
    ("UPDATE guests SET on_roll = (1 = 0) WHERE on_roll", "counters"),
    ("UPDATE guests SET has_voted = (1 = 1) WHERE reply = 'no'", "have voted without a ballot"),
    ("UPDATE guests SET has_voted = (1 = 0) WHERE has_voted", "have voted without a ballot"),
    ("UPDATE tallies SET ballots = ballots + 1", "number of ballots"),
    ("DELETE FROM tallies", "number of ballots"),
    ("UPDATE answers SET votes = votes + 1", "Answers whose votes"),
    ("UPDATE answer_sets SET votes = votes + 1", "sets of answers"),
    ("DELETE FROM answer_sets", "sets of answers"),
    ("UPDATE invitations SET uses = 0", "another number of times"),
    ("UPDATE projects SET is_default = (1 = 0)", "default project"),
    ("UPDATE companies SET parent_id = NULL", "place in the tree"),
    ("UPDATE company_ancestors SET depth = depth + 1 WHERE depth > 1", "place in the tree"),
    ("DELETE FROM company_ancestors WHERE depth = 0", "place in the tree"),
]


@pytest.mark.parametrize(("statement", "words"), BROKEN)
def test_what_is_wrong_is_found(filled, statement, words):
    """Each change is made, looked at from inside its transaction, and rolled back."""
    with db.engine.connect() as connection, Session(connection) as session:
        changed = connection.exec_driver_sql(statement).rowcount
        assert changed > 0
        told = [one.words for one in invariants.findings(session)]
    assert any(words in line for line in told), told
    assert found() == {}


def ballots(connection: sa.Connection) -> list[uuid.UUID]:
    table = Base.metadata.tables["ballots"]
    return list(connection.scalars(sa.select(table.c.id).order_by(table.c.event_id, table.c.id)))


def _half_a_ballot(connection):
    given = Base.metadata.tables["ballot_answers"]
    question = connection.scalar(sa.select(given.c.question_id).where(given.c.ballot_id == ballots(connection)[0]))
    connection.execute(given.delete().where(given.c.question_id == question))


def _answer_to_another_question(connection):
    given, answers = Base.metadata.tables["ballot_answers"], Base.metadata.tables["answers"]
    one = connection.execute(sa.select(given)).first()
    other = connection.scalar(sa.select(answers.c.id).where(answers.c.question_id != one.question_id))
    connection.execute(given.update().where(given.c.ballot_id == one.ballot_id).values(answer_id=other))


def _anothers_ballot(connection):
    table, guests = Base.metadata.tables["ballots"], Base.metadata.tables["guests"]
    one = connection.execute(sa.select(table)).first()
    other = connection.scalar(
        sa.select(guests.c.id).where(guests.c.event_id != one.event_id, guests.c.has_voted.is_(False))
    )
    connection.execute(table.update().where(table.c.id == one.id).values(guest_id=other))


def _anothers_project(connection):
    events, projects = Base.metadata.tables["events"], Base.metadata.tables["projects"]
    one = connection.execute(sa.select(events)).first()
    other = connection.scalar(sa.select(projects.c.id).where(projects.c.company_id != one.company_id))
    connection.execute(events.update().where(events.c.id == one.id).values(project_id=other))


def _two_roles(connection):
    connection.exec_driver_sql("DROP INDEX uq_memberships_standing")
    table = Base.metadata.tables["memberships"]
    one = connection.execute(sa.select(table)).mappings().first()
    connection.execute(table.insert().values({**one, "id": uuid.uuid4(), "role": "doorkeeper"}))


def _circle(connection):
    companies = Base.metadata.tables["companies"]
    below = connection.execute(sa.select(companies).where(companies.c.parent_id.is_not(None))).first()
    connection.execute(companies.update().where(companies.c.id == below.parent_id).values(parent_id=below.id))


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (_half_a_ballot, "do not answer each question"),
        (_answer_to_another_question, "do not answer each question"),
        (_anothers_ballot, "another event's guest"),
        (_anothers_project, "another company's project"),
        (_two_roles, "two roles"),
        (_circle, "place in the tree"),
    ],
)
def test_what_does_not_fit_together_is_found(filled, break_it, words):
    with db.engine.connect() as connection, Session(connection) as session:
        break_it(connection)
        told = [one.words for one in invariants.findings(session)]
    assert any(words in line for line in told), told
    assert found() == {}


@pytest.mark.postgresql
@pytest.mark.parametrize("filled", ["postgresql"], indirect=True)  # SQLite cannot drop the constraint
def test_two_ballots_of_one_guest_are_found_where_the_constraint_is_gone(filled):
    with db.engine.connect() as connection, Session(connection) as session:
        connection.exec_driver_sql("ALTER TABLE ballots DROP CONSTRAINT uq_ballots_guest_id")
        first, second, *_rest = ballots(connection)
        table = Base.metadata.tables["ballots"]
        guest = connection.scalar(sa.select(table.c.guest_id).where(table.c.id == first))
        connection.execute(table.update().where(table.c.id == second).values(guest_id=guest))
        told = [one.words for one in invariants.findings(session)]
    assert any("more than one ballot" in line for line in told), told


def test_a_finding_says_how_many_and_names_one(filled):
    with db.engine.connect() as connection, Session(connection) as session:
        connection.exec_driver_sql("UPDATE answers SET votes = votes + 1")
        (one,) = [one for one in invariants.findings(session) if "Answers" in one.words]
        number = connection.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables["answers"]))
    assert one.number == number
    assert isinstance(one.example, uuid.UUID)


@pytest.mark.postgresql
@pytest.mark.parametrize("filled", ["postgresql"], indirect=True)  # on SQLite any transaction may write
def test_a_snapshot_cannot_write(filled):
    with snapshot() as session, pytest.raises(sa.exc.DBAPIError, match="read-only"):
        session.execute(sa.text("UPDATE sites SET name = 'x'"))


def test_what_the_journal_misses_is_told_too(filled):
    assert look_deeper("0" * 64)[0].startswith("The journal")
