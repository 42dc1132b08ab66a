"""Apps: registered programs, whose key is shown once."""

import datetime as dt
import hashlib
import threading
import uuid
from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Update, select, update

from tests import factories
from webapp.accounts import sessions
from webapp.companies import operations, queries
from webapp.companies.errors import AppRevokedError
from webapp.companies.operations import apps
from webapp.companies.operations.apps import note_use
from webapp.core import clock
from webapp.core.actor import Actor, Scope
from webapp.core.database import db, new_id
from webapp.core.errors import AppError, ConflictError, DuplicateError, ForbiddenError, NotFoundError
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.models import App, Company, JournalEntry, LoginSession, Membership, User

pytestmark = pytest.mark.both_databases
SOME = [Scope.GUESTS_WRITE, Scope.EVENTS_READ, Scope.EVENTS_READ]


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana)


def a_token(app: App, user: User, **values: object) -> LoginSession:
    token = LoginSession(
        user_id=user.id,
        kind="token",
        secret_hash=hashlib.sha256(uuid.uuid4().bytes).hexdigest(),
        last_used_at=clock.now(),
        app_id=app.id,
        **values,
    )
    factories.save(token)
    return token


def at_once(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """Run all `acts` in threads at the same moment; return what each gave, or the id of its refusal."""
    start, came = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        with app.app_context():
            start.wait(30)
            try:
                came.append(act())
            except AppError as error:
                came.append(error.id)
            except Exception as error:  # noqa: BLE001 told to the test
                came.append(repr(error))

    db.session.rollback()
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return came


@operation
def changed(statement: Update) -> None:
    db.session.execute(statement)


def rotated(actor: Actor, app_id: uuid.UUID, mark: str | None = None) -> Callable[[], str]:
    """What changes the key of an app that each thread reads for itself."""
    return lambda: operations.rotate_app(actor, db.session.get_one(App, app_id), mark=mark)


def works(app: App, *keys: str) -> list[bool]:
    return [queries.find_app(str(app.id), key) is not None for key in keys]


# ---------------------------------------------------------------- making one


def test_a_new_app_is_known_by_its_key_of_which_only_the_hash_is_kept(ana: User, company: Company):
    made, key = operations.create_app(factories.acting(ana), company, name="Ticket printer", scopes=SOME)
    assert len(key) >= 43  # 256 bits
    assert made.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert made.scopes == ["events:read", "guests:write"]
    assert made.created_by == ana.id
    found = queries.find_app(str(made.id), key)
    assert found is not None
    assert (found.id, found.company_id) == (made.id, company.id)


@pytest.mark.parametrize("key", ["", "wrong", "x" * 5000, "\ud800", "ključ", "\x00"])
def test_another_key_opens_nothing(ana: User, company: Company, key: str):
    made, right = operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
    assert works(made, key, right + key[:1] + "x", right[:-1], right) == [False, False, False, True]


@pytest.mark.parametrize("app_id", ["", "x", "\ud800", "0" * 5000, "01890000-0000-7000-8000-000000000000"])
def test_an_app_that_is_not_there_opens_nothing(ana: User, company: Company, app_id: str):
    _made, key = operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
    assert queries.find_app(app_id, key) is None


def test_the_key_of_one_app_opens_no_other(ana: User, company: Company):
    actor = factories.acting(ana)
    one, its_key = operations.create_app(actor, company, name="One", scopes=SOME)
    other, other_key = operations.create_app(actor, company, name="Other", scopes=SOME)
    assert works(one, other_key) == works(other, its_key) == [False]


def test_an_app_of_a_company_that_is_no_more_opens_nothing(ana: User, company: Company):
    made, key = operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
    changed(update(Company).values(deleted_at=clock.now()))
    assert works(made, key) == [False]


def test_the_journal_tells_of_an_app_and_never_of_its_key(ana: User, company: Company):
    actor = factories.acting(ana)
    made, key = operations.create_app(actor, company, name="Ticket printer", scopes=SOME)
    other_key = operations.rotate_app(actor, made)
    operations.revoke_app(actor, made)
    lines = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert [(line.action, line.thing_id, line.company_id) for line in lines] == [
        ("app.created", made.id, company.id),
        ("app.rotated", made.id, company.id),
        ("app.revoked", made.id, company.id),
    ]
    said = repr([line.details for line in lines])
    for secret in (key, other_key, hashlib.sha256(key.encode()).hexdigest(), made.key_hash, "Ticket printer"):
        assert secret not in said


@pytest.mark.parametrize(("role", "error"), [(None, NotFoundError), (Role.ORGANISER, ForbiddenError)])
def test_only_administrators_and_owners_have_to_do_with_apps(
    ana: User, company: Company, role: Role | None, error: type[AppError]
):
    made, key = operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
    bob = factories.an_account()
    if role:
        factories.a_membership(bob, company, role)
    actor = factories.acting(bob)
    for act in (
        lambda: operations.create_app(actor, company, name="Mine", scopes=SOME),
        lambda: operations.rotate_app(actor, made),
        lambda: operations.revoke_app(actor, made),
        lambda: queries.apps_of(actor, company),
        lambda: queries.get_app(actor, company, made.id),
    ):
        with pytest.raises(error):
            act()
    assert works(made, key) == [True]
    assert len(db.session.scalars(select(App)).all()) == 1


def test_rights_over_apps_flow_down_and_never_up_or_sideways(ana: User):
    top = factories.a_company()
    here, beside = factories.a_company(ana, parent=top), factories.a_company(parent=top)
    boss = factories.an_account()
    factories.a_membership(boss, top, Role.ADMINISTRATOR)
    made, _key = operations.create_app(factories.acting(boss), here, name="P", scopes=SOME)
    assert queries.get_app(factories.acting(ana), here, made.id).id == made.id
    for company in (top, beside):
        with pytest.raises(NotFoundError):
            operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
        with pytest.raises(NotFoundError):
            queries.get_app(factories.acting(boss), company, made.id)
        assert db.session.scalars(queries.apps_of(factories.acting(boss), company)).all() == []
    limited = Actor(user_id=boss.id, company_id=beside.id)
    with pytest.raises(NotFoundError):
        operations.rotate_app(limited, made)


def test_a_form_that_is_sent_twice_makes_one_app(app: Flask, ana: User, company: Company):
    actor, once = factories.acting(ana), new_id()
    operations.create_app(actor, company, name="P", scopes=SOME, app_id=once)
    with pytest.raises(DuplicateError):
        operations.create_app(actor, company, name="P", scopes=SOME, app_id=once)
    again, company_id = new_id(), company.id

    def make() -> object:
        here = db.session.get_one(Company, company_id)
        return operations.create_app(actor, here, name="P", scopes=SOME, app_id=again)

    came = at_once(app, *[make] * 6)
    assert sorted(map(str, came))[1:] == ["duplicate"] * 5
    assert len(db.session.scalars(select(App)).all()) == 2


# ---------------------------------------------------------------- rotating and revoking


def test_a_rotated_key_is_dead_at_once_and_nobody_is_signed_out(ana: User, company: Company):
    actor = factories.acting(ana)
    made, key = operations.create_app(actor, company, name="P", scopes=SOME)
    token = a_token(made, ana)
    other = operations.rotate_app(actor, made)
    assert works(made, key, other) == [False, True]
    assert db.session.get_one(LoginSession, token.id).revoked_at is None
    assert db.session.get_one(App, made.id).rotated_at is not None


def test_a_page_that_shows_an_older_key_rotates_nothing(ana: User, company: Company):
    actor = factories.acting(ana)
    made, _key = operations.create_app(actor, company, name="P", scopes=SOME)
    seen = queries.key_mark(made)
    second = operations.rotate_app(actor, made, mark=seen)
    with pytest.raises(ConflictError):
        operations.rotate_app(actor, made, mark=seen)
    assert works(made, second) == [True]
    assert queries.key_mark(made) != seen
    assert queries.key_mark(made) not in made.key_hash


def test_a_revoked_app_signs_its_tokens_out_and_nobody_else(ana: User, company: Company):
    actor = factories.acting(ana)
    made, key = operations.create_app(actor, company, name="P", scopes=SOME)
    other, other_key = operations.create_app(actor, company, name="Other", scopes=SOME)
    token, others = a_token(made, ana), a_token(other, ana)
    sessions.start(ana, remember=True)
    operations.revoke_app(actor, made)
    assert works(made, key) == [False]
    assert works(other, other_key) == [True]
    standing = select(LoginSession.id).where(LoginSession.revoked_at.is_(None))
    assert token.id not in db.session.scalars(standing).all()
    assert others.id in db.session.scalars(standing).all()
    assert len(db.session.scalars(standing).all()) == 2
    assert (made.revoked_by, made.revoked_at is not None) == (ana.id, True)


def test_a_revoked_app_has_no_key_any_more_and_is_revoked_once(ana: User, company: Company):
    actor = factories.acting(ana)
    made, _key = operations.create_app(actor, company, name="P", scopes=SOME)
    operations.revoke_app(actor, made)
    at = made.revoked_at
    operations.revoke_app(actor, made)
    with pytest.raises(AppRevokedError):
        operations.rotate_app(actor, made)
    assert made.revoked_at == at
    assert db.session.query(JournalEntry).filter_by(action="app.revoked").count() == 1


def test_of_many_rotations_at_once_the_last_key_alone_works(app: Flask, ana: User, company: Company):
    actor = factories.acting(ana)
    made, key = operations.create_app(actor, company, name="P", scopes=SOME)
    keys = [str(came) for came in at_once(app, *[rotated(actor, made.id)] * 6)]
    assert all(len(one) >= 43 for one in keys)
    assert sorted(works(made, key, *keys)) == [False] * 6 + [True]


def test_of_many_rotations_from_one_page_one_is_shown_its_key(app: Flask, ana: User, company: Company):
    actor = factories.acting(ana)
    made, key = operations.create_app(actor, company, name="P", scopes=SOME)
    seen = queries.key_mark(made)
    came = [str(one) for one in at_once(app, *[rotated(actor, made.id, seen)] * 6)]
    keys = [one for one in came if one != "conflict"]
    assert len(keys) == 1
    assert works(made, key, *keys) == [False, True]


def test_what_is_revoked_stays_revoked_while_others_rotate(app: Flask, ana: User, company: Company):
    actor = factories.acting(ana)
    made, key = operations.create_app(actor, company, name="P", scopes=SOME)
    rotating, app_id = [rotated(actor, made.id)] * 4, made.id
    came = at_once(app, lambda: operations.revoke_app(actor, db.session.get_one(App, app_id)), *rotating)
    keys = [str(one) for one in came if one is not None]
    assert set(works(made, key, *keys)) == {False}
    assert db.session.get_one(App, made.id).revoked_at is not None


def test_who_is_taken_out_while_waiting_gets_no_key(ana: User, company: Company, monkeypatch: pytest.MonkeyPatch):
    made, key = operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
    bob = factories.an_account()
    membership_id = factories.a_membership(bob, company, Role.ADMINISTRATOR).id
    actor, lock = factories.acting(bob), apps.locked_company

    def waited(company_id: uuid.UUID) -> Company:
        found = lock(company_id)
        # as somebody else has done it, who had the lock before
        db.session.execute(update(Membership).where(Membership.id == membership_id).values(revoked_at=clock.now()))
        return found

    monkeypatch.setattr(apps, "locked_company", waited)
    with pytest.raises(NotFoundError):
        operations.create_app(actor, company, name="Mine", scopes=SOME)
    with pytest.raises(NotFoundError):
        operations.rotate_app(actor, made)
    assert works(made, key) == [True]
    assert len(db.session.scalars(select(App)).all()) == 1


# ---------------------------------------------------------------- use


def test_last_use_is_written_at_most_every_15_minutes(ana: User, company: Company):
    made, _key = operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
    start = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    written = []
    for minutes in (0, 1, 14, 15, 16, 31, 32):
        with time_machine.travel(start + dt.timedelta(minutes=minutes), tick=False):
            written.append(note_use(made.id))
    assert written == [True, False, False, False, True, False, True]
    assert db.session.get_one(App, made.id).last_used_at == start + dt.timedelta(minutes=32)


def test_a_revoked_app_is_not_used(ana: User, company: Company):
    actor = factories.acting(ana)
    made, _key = operations.create_app(actor, company, name="P", scopes=SOME)
    operations.revoke_app(actor, made)
    assert note_use(made.id) is False


def test_standing_tokens_are_counted(ana: User, company: Company):
    actor, long_ago = factories.acting(ana), clock.now() - dt.timedelta(days=8)
    made, _key = operations.create_app(actor, company, name="P", scopes=SOME)
    other, _key = operations.create_app(actor, company, name="Other", scopes=SOME)
    a_token(made, ana)
    a_token(made, ana)
    a_token(made, ana, revoked_at=clock.now())
    changed(update(LoginSession).where(LoginSession.id == a_token(made, ana).id).values(last_used_at=long_ago))
    assert queries.tokens_of([made.id, other.id]) == {made.id: 2}


def test_an_app_is_handed_over_within_an_operation(ana: User, company: Company):
    bob = factories.an_account()
    made, _key = operations.create_app(factories.acting(ana), company, name="P", scopes=SOME)
    operation(operations.hand_over_app)(factories.acting(ana), made, bob.id)
    assert db.session.get_one(App, made.id).created_by == bob.id
    assert db.session.query(JournalEntry).filter_by(action="app.handed-over").one().details == {"to": str(bob.id)}
