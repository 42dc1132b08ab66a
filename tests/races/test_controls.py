"""The races again with the guard off: they fail. So it is the guard that holds, not luck.

The conditional UPDATE is taken apart into a check and a write, with a barrier between them at which all meet; the
constraint behind it is taken away, and on SQLite the turn that writers take (BEGIN IMMEDIATE). With the barrier alone,
and the guard as it is, everything holds.
"""

import concurrent.futures
import datetime as dt
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask

from tests import databases, factories
from tests.races import outcomes
from webapp import create_app
from webapp.core import clock, database, text
from webapp.core import operation as transaction
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import AppError
from webapp.guests import operations as guests
from webapp.guests import places
from webapp.invitations import operations as invitations
from webapp.invitations import taking
from webapp.invitations.links import public_id
from webapp.models import Answer, Event, Guest, Invitation, Question, User
from webapp.voting import operations as voting

pytestmark = pytest.mark.race
MANY = 8
PATIENCE = 20.0


@pytest.fixture(params=["sqlite", "postgresql"])
def racing(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Flask]:
    """An app on a database of its own, with its context pushed."""
    made = databases.postgresql_database() if request.param == "postgresql" else iter([""])
    environ = {
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": next(made),
        "SECRET_KEY": "kept for tests",
        "JOBS": "none",
        "LIMITS": "no",
    }
    app = create_app(environ, TESTING=True)
    with app.app_context():
        flask_migrate.upgrade()
        factories.set_up_site()
        yield app
        db.session.remove()
        db.engine.dispose()
    next(made, None)


def without_constraints() -> None:
    """Take away what the database itself would refuse."""
    engine = db.engine
    db.session.remove()
    if engine.dialect.name == "sqlite":
        # no turns: every statement stands for itself, as it would where a check comes before the transaction
        sa.event.remove(engine, "begin", database._sqlite_begin)
        sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA ignore_check_constraints=ON"))
        engine.dispose()
    with engine.connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("ballots") as ballots:
            ballots.drop_constraint("uq_ballots_guest_id", type_="unique")
        if engine.dialect.name == "postgresql":
            operations.drop_constraint("ck_events_places", "events")
            operations.drop_constraint("ck_invitations_uses", "invitations")
        connection.commit()


def checked_and_then_written(meet: threading.Barrier) -> Callable[[Any], int]:
    """Return a `count` that looks first whether its UPDATE may, waits for all others, and then writes regardless."""

    def count(statement: Any) -> int:
        allowed = db.session.scalar(
            sa.select(sa.func.count()).select_from(statement.table).where(*statement._where_criteria)
        )
        if not allowed:
            return 0
        meet.wait(PATIENCE)
        loose = statement._generate()
        loose._where_criteria = statement._where_criteria[:1]  # the row's key alone
        return transaction.count(loose)

    return count


def at_once(app: Flask, calls: list[Callable[[], Any]]) -> list[str]:
    """Make all calls, each in a thread and context of its own; return "done" or the refusal of each."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> str:
        with app.app_context():
            start.wait(PATIENCE)
            try:
                call()
            except AppError as error:
                return error.id
            return "done"

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def joining(places_there: int) -> tuple[Event, list[Callable[[], Any]]]:
    """An event of so few places, and MANY on its list who join it."""
    host = factories.an_account()
    event = factories.an_event(factories.a_company(host), host, capacity=places_there)
    # on the list already: nothing is written to the event's row before the places are taken
    event_id, users = event.id, [factories.an_account() for _ in range(MANY)]
    for user in users:
        factories.a_guest(event, user=user)

    def join(user_id: Any) -> Any:
        return guests.join(Actor(user_id=user_id), db.session.get_one(Event, event_id))

    return event, [lambda user_id=user.id: join(user_id) for user in users]


def test_joining_with_the_guard(racing: Flask):
    event, joins = joining(3)
    event_id = event.id
    said = at_once(racing, joins)
    assert sorted(said) == ["done"] * 3 + ["event_full_error"] * (MANY - 3)
    outcomes.places_are_kept(event_id, 3, listed=MANY)


def test_joining_without_the_guard_gives_away_more_places_than_there_are(
    racing: Flask, monkeypatch: pytest.MonkeyPatch
):
    event, joins = joining(3)
    event_id = event.id
    without_constraints()
    monkeypatch.setattr(places, "count", checked_and_then_written(threading.Barrier(MANY)))
    assert at_once(racing, joins) == ["done"] * MANY
    with pytest.raises(AssertionError):
        outcomes.places_are_kept(event_id, 3, listed=MANY)


def accepting() -> tuple[Invitation, list[Callable[[], Any]]]:
    """An invitation to use once, and MANY who make a login with it."""
    issuer = factories.an_account(site_administrator=True)
    later = clock.now() + dt.timedelta(hours=24)
    invitation = Invitation(kind="site", issuer_id=issuer.id, nonce=text.secret(128), expires_at=later)
    factories.save(invitation)
    link = public_id(invitation)

    def accept(number: int) -> Any:
        return invitations.accept_with_new_login(
            link,
            name=f"Racer {number}",
            email=f"racer{number}@example.org",
            password_hash=factories.password_hash(),
            registration_secret=f"secret {number}",
        )

    return invitation, [lambda n=n: accept(n) for n in range(MANY)]


def logins() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(User)) or 0


def test_accepting_with_the_guard(racing: Flask):
    invitation, accepts = accepting()
    invitation_id, before = invitation.id, logins()
    said = at_once(racing, accepts)
    assert sorted(said) == ["done"] + ["not_found"] * (MANY - 1)
    outcomes.one_login(invitation_id, before)


def test_accepting_without_the_guard_makes_many_logins(racing: Flask, monkeypatch: pytest.MonkeyPatch):
    invitation, accepts = accepting()
    invitation_id, before = invitation.id, logins()
    without_constraints()
    monkeypatch.setattr(taking, "count", checked_and_then_written(threading.Barrier(MANY)))
    assert at_once(racing, accepts) == ["done"] * MANY
    with pytest.raises(AssertionError):
        outcomes.one_login(invitation_id, before)


def voting_guest() -> tuple[Guest, list[Callable[[], Any]]]:
    """A guest with a vote that is open, who votes MANY times."""
    host = factories.an_account()
    asked = {"Where do we meet?": ["Under the lime tree", "By the river"]}
    event = factories.an_event(factories.a_company(host), host, questions=asked)
    guest = factories.a_guest(event, reply="yes")
    voting.open_vote(event)
    question = db.session.scalars(sa.select(Question).where(Question.event_id == event.id)).one()
    answer = db.session.scalars(sa.select(Answer.id).where(Answer.question_id == question.id)).first()
    guest_id, chosen = guest.id, {str(question.id): str(answer)}

    def vote() -> Any:
        return voting.cast_ballot(Actor(guest_id=guest_id), db.session.get_one(Guest, guest_id), chosen)

    return guest, [vote] * MANY


def test_voting_with_the_guard(racing: Flask):
    guest, votes = voting_guest()
    guest_id = guest.id
    said = at_once(racing, votes)
    assert sorted(said) == ["already_voted_error"] * (MANY - 1) + ["done"]
    outcomes.one_ballot(guest_id)


def test_voting_without_the_guard_counts_many_ballots(racing: Flask, monkeypatch: pytest.MonkeyPatch):
    guest, votes = voting_guest()
    guest_id = guest.id
    without_constraints()
    meet, next_position = threading.Barrier(MANY), voting._next_position

    def met(event: Event) -> int:
        # here the check is behind and the write before every one of them
        meet.wait(PATIENCE)
        return next_position(event)

    def loose(statement: Any) -> int:
        if statement.table.name == "guests":
            statement = statement._generate()
            statement._where_criteria = statement._where_criteria[:1]
        return transaction.count(statement)

    monkeypatch.setattr(voting, "_next_position", met)
    monkeypatch.setattr(voting, "count", loose)
    assert at_once(racing, votes) == ["done"] * MANY
    with pytest.raises(AssertionError):
        outcomes.one_ballot(guest_id)
