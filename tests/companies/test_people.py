"""Changing what somebody is in a company."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.companies import operations, policy, queries
from webapp.companies.errors import LastOwnerError
from webapp.companies.operations import people as operations_of_people
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import AppError, ConflictError, ForbiddenError, NotFoundError
from webapp.core.permissions import Role
from webapp.models import Company, JournalEntry, Membership, User

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


def test_a_changed_role_ends_the_one_before_and_says_who_and_when(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    first = factories.a_membership(bob, company, Role.DOORKEEPER)
    made = operations.change_role(factories.acting(ana), first, Role.ADMINISTRATOR)
    assert (made.role, made.granted_by, made.revoked_at) == ("administrator", ana.id, None)
    before = db.session.get_one(Membership, first.id)
    assert (before.role, before.revoked_by) == ("doorkeeper", ana.id)
    assert before.revoked_at <= made.granted_at
    lines = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert [(line.action, line.details["role"]) for line in lines] == [
        ("membership.revoked", "doorkeeper"),
        ("membership.granted", "administrator"),
    ]


@pytest.mark.parametrize(
    ("own", "has", "becomes", "error"),
    [
        (None, Role.ORGANISER, Role.DOORKEEPER, NotFoundError),
        (Role.DOORKEEPER, Role.ORGANISER, Role.DOORKEEPER, ForbiddenError),
        (Role.ORGANISER, Role.DOORKEEPER, Role.ORGANISER, ForbiddenError),
        (Role.ADMINISTRATOR, Role.ORGANISER, Role.OWNER, ForbiddenError),
        (Role.ADMINISTRATOR, Role.OWNER, Role.ADMINISTRATOR, ForbiddenError),
    ],
)
def test_nobody_changes_more_than_he_may(
    app: Flask, ana: User, own: Role | None, has: Role, becomes: Role, error: type[AppError]
):
    company, bob, cilka = factories.a_company(ana), factories.an_account(), factories.an_account()
    if own:
        factories.a_membership(bob, company, own)
    membership = factories.a_membership(cilka, company, has)
    with pytest.raises(error):
        operations.change_role(factories.acting(bob), membership, becomes)
    assert queries.standing(company.id, cilka.id).role == has.value


@pytest.mark.parametrize("becomes", [Role.ADMINISTRATOR, Role.ORGANISER, Role.DOORKEEPER])
def test_administrators_change_roles_below_owner_their_own_too(app: Flask, ana: User, becomes: Role):
    company, bob, cilka = factories.a_company(ana), factories.an_account(), factories.an_account()
    own = factories.a_membership(bob, company, Role.ADMINISTRATOR)
    other = factories.a_membership(cilka, company, Role.ORGANISER)
    actor = factories.acting(bob)
    assert operations.change_role(actor, other, becomes).role == becomes.value
    assert operations.change_role(actor, own, becomes).role == becomes.value


def test_owners_make_and_unmake_owners(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    actor = factories.acting(ana)
    made = operations.change_role(actor, factories.a_membership(bob, company, Role.ORGANISER), Role.OWNER)
    assert policy.role_in(factories.acting(bob), company.id) is Role.OWNER
    operations.change_role(actor, made, Role.ORGANISER)
    assert policy.role_in(factories.acting(bob), company.id) is Role.ORGANISER


def test_an_owner_who_was_disabled_is_no_owner_to_rely_on(app: Flask, ana: User):
    company = factories.a_company(ana)
    other = factories.an_account(disabled_at=clock.now())
    factories.a_membership(other, company, Role.OWNER)
    own = queries.standing(company.id, ana.id)
    with pytest.raises(LastOwnerError):
        operations.revoke(Actor(user_id=ana.id), own)


def test_the_last_owner_stays_owner_unless_one_above_owns_the_company(app: Flask, ana: User):
    top = factories.a_company(ana)
    company, bob = factories.a_company(parent=top), factories.an_account()
    own = queries.standing(top.id, ana.id)
    with pytest.raises(LastOwnerError) as refused:
        operations.change_role(factories.acting(ana), own, Role.ADMINISTRATOR)
    assert top.name in str(refused.value)
    below = factories.a_membership(bob, company, Role.OWNER)
    assert operations.change_role(factories.acting(bob), below, Role.ORGANISER).role == "organiser"


def test_a_role_that_has_ended_is_not_changed(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    first = factories.a_membership(bob, company, Role.DOORKEEPER)
    operations.change_role(factories.acting(ana), first, Role.ORGANISER)
    with pytest.raises(ConflictError):
        operations.change_role(factories.acting(ana), first, Role.ADMINISTRATOR)
    assert queries.standing(company.id, bob.id).role == "organiser"


# ---------------------------------------------------------------- many at once


def at_once(app: Flask, *calls: Callable[[], object]) -> list[str]:
    """Run all `calls` at once, each as a request of its own; return the ids of the refusals."""
    start, refused = threading.Barrier(len(calls)), []
    db.session.rollback()

    def run(call: Callable[[], object]) -> None:
        with app.app_context():
            start.wait(20)
            try:
                call()
            except AppError as error:
                refused.append(error.id)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return refused


def demoting(company_id: object, by: object, whom: object) -> Callable[[], object]:
    def demote() -> None:
        found = select(Membership).where(Membership.company_id == company_id, Membership.user_id == whom)
        operations.change_role(Actor(user_id=by), db.session.scalars(found).one(), Role.ORGANISER)

    return demote


def owners(company_id: object) -> int:
    return [membership.role for membership in queries.people_of(company_id)].count("owner")


@pytest.mark.parametrize("themselves", [False, True])
def test_two_owners_cannot_both_be_demoted_at_once(app: Flask, ana: User, themselves: bool):
    bob = factories.an_account()
    company_id = factories.a_company(ana).id
    factories.a_membership(bob, db.session.get_one(Company, company_id), Role.OWNER)
    pairs = [(ana.id, ana.id), (bob.id, bob.id)] if themselves else [(ana.id, bob.id), (bob.id, ana.id)]
    refused = at_once(app, *(demoting(company_id, by, whom) for by, whom in pairs))
    assert refused == ["last_owner" if themselves else "forbidden"]
    assert owners(company_id) == 1


def test_without_the_guards_nobody_would_own_the_company(app: Flask, ana: User, monkeypatch: pytest.MonkeyPatch):
    """The control: what the race above asks can fail."""
    bob = factories.an_account()
    company_id = factories.a_company(ana).id
    factories.a_membership(bob, db.session.get_one(Company, company_id), Role.OWNER)
    monkeypatch.setattr(operations_of_people, "require_owner_left", lambda *_: None)
    monkeypatch.setattr(operations_of_people, "require_over", lambda *_: None)
    refused = at_once(app, demoting(company_id, ana.id, bob.id), demoting(company_id, bob.id, ana.id))
    assert (refused, owners(company_id)) == ([], 0)
