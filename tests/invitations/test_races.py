"""Many at once: the row count of one UPDATE decides who was first."""

import concurrent.futures
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import AppError, NotFoundError
from webapp.core.permissions import Role
from webapp.invitations import links, operations, queries, taking
from webapp.models import Company, Event, Guest, Invitation, InvitationUse, Membership, User

pytestmark = pytest.mark.both_databases
MANY = 30


def at_once(app: Flask, calls: list[Callable[[], Any]]) -> list[Any]:
    """Run all `calls` at once, each as a request of its own; return what each returned or was refused with."""
    start = threading.Barrier(len(calls))
    db.session.rollback()

    def run(call: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait()
            try:
                return call()
            except AppError as error:
                return error.id

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def how_many(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def new_login(public_id: str, number: int) -> str:
    operations.accept_with_new_login(
        public_id,
        name=f"Person {number}",
        email=f"racer{number}@example.org",
        password_hash="made before",
        registration_secret="s",
    )
    return "accepted"


def signed_in(public_id: str, user_id: Any) -> str:
    accepted = operations.accept_signed_in(Actor(user_id=user_id), public_id)
    return "already" if accepted.had_already else "accepted"


def a_link() -> tuple[Invitation, Company]:
    owner = factories.an_account()
    company = factories.a_company(owner)
    actor = factories.acting(owner)
    made = operations.create_invitation(actor, kind="company", company=company, role=Role.ORGANISER)
    return made, company


def test_thirty_at_once_make_one_login_by_one_link(app: Flask) -> None:
    invitation, _ = a_link()
    public_id, invitation_id = links.public_id(invitation), invitation.id
    before = how_many(User)
    results = at_once(app, [lambda n=n: new_login(public_id, n) for n in range(MANY)])  # type: ignore[misc]
    assert sorted(results) == ["accepted", *["not_found"] * (MANY - 1)]
    assert how_many(User) == before + 1
    assert how_many(InvitationUse) == 1
    assert db.session.get_one(Invitation, invitation_id).uses == 1


def test_thirty_accounts_at_once_get_one_role_by_one_link(app: Flask) -> None:
    invitation, company = a_link()
    public_id = links.public_id(invitation)
    ids = [factories.an_account().id for _ in range(MANY)]
    results = at_once(app, [lambda i=i: signed_in(public_id, i) for i in ids])  # type: ignore[misc]
    assert sorted(results) == ["accepted", *["not_found"] * (MANY - 1)]
    assert how_many(Membership, Membership.company_id == company.id, Membership.user_id.in_(ids)) == 1


def test_without_the_guard_more_than_one_would_be_let_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with a guard that lets everybody through, the constraint or the count shows it."""
    invitation, company = a_link()
    public_id = links.public_id(invitation)
    ids = [factories.an_account().id for _ in range(3)]
    monkeypatch.setattr(taking, "take", lambda *_args, **_values: None)
    results = at_once(app, [lambda i=i: signed_in(public_id, i) for i in ids])  # type: ignore[misc]
    assert results == ["accepted"] * 3
    assert how_many(Membership, Membership.company_id == company.id, Membership.user_id.in_(ids)) == 3


def test_one_account_that_accepts_ten_times_at_once_uses_the_link_once(app: Flask) -> None:
    host = factories.an_account()
    event = factories.an_event(factories.a_company(host), host)
    shared = operations.create_invitation(factories.acting(host), kind="event", event=event, max_uses=None)
    public_id, user_id = links.public_id(shared), factories.an_account().id
    results = at_once(app, [lambda: signed_in(public_id, user_id) for _ in range(10)])
    assert sorted(results) == ["accepted", *["already"] * 9]
    assert how_many(Guest) == 1
    assert db.session.get_one(Invitation, shared.id).uses == 1


def test_a_link_for_ten_lets_ten_of_thirty_in(app: Flask) -> None:
    host = factories.an_account()
    event = factories.an_event(factories.a_company(host), host)
    shared = operations.create_invitation(factories.acting(host), kind="event", event=event, max_uses=10)
    public_id = links.public_id(shared)
    ids = [factories.an_account().id for _ in range(MANY)]
    results = at_once(app, [lambda i=i: signed_in(public_id, i) for i in ids])  # type: ignore[misc]
    assert results.count("accepted") == 10
    assert results.count("not_found") == 20
    assert how_many(Guest, Guest.removed_at.is_(None)) == 10
    assert db.session.get_one(Event, event.id).guests_listed == 10


def test_two_that_make_the_link_for_many_at_once_make_one(app: Flask) -> None:
    host = factories.an_account()
    event = factories.an_event(factories.a_company(host), host)
    actor = factories.acting(host)

    def make() -> str:
        found = db.session.get_one(Event, event_id)
        operations.create_invitation(actor, kind="event", event=found, max_uses=None)
        return "made"

    event_id = event.id
    assert sorted(at_once(app, [make] * 5)) == ["duplicate"] * 4 + ["made"]


def test_nobody_gets_over_twenty_standing_invitations_by_being_quick(app: Flask) -> None:
    issuer = factories.an_account()
    actor = factories.acting(issuer)
    for _ in range(15):
        operations.create_invitation(actor, kind="site")

    def make() -> str:
        operations.create_invitation(actor, kind="site")
        return "made"

    results = at_once(app, [make] * 10)
    assert results.count("made") == 5
    assert queries.standing_of(issuer.id) == 20


def test_a_link_that_is_revoked_while_it_is_accepted_is_one_or_the_other(app: Flask) -> None:
    invitation, company = a_link()
    public_id, invitation_id = links.public_id(invitation), invitation.id
    issuer, user = Actor(user_id=invitation.issuer_id), factories.an_account().id

    def revoke() -> str:
        operations.revoke_invitation(issuer, invitation_id)
        return "revoked"

    results = at_once(app, [revoke, lambda: signed_in(public_id, user)])
    assert results[0] == "revoked"
    granted = how_many(Membership, Membership.company_id == company.id, Membership.user_id == user)
    assert (results[1], granted) in {("accepted", 1), ("not_found", 0)}
    with pytest.raises(NotFoundError):
        queries.open_by_token(public_id)
