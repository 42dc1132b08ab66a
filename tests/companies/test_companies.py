"""Companies, and who is what in them."""

import datetime as dt
import threading

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.accounts import operations as accounts
from webapp.companies import handlers, operations, policy, queries
from webapp.companies.errors import LastOwnerError
from webapp.core.actor import SYSTEM, Actor
from webapp.core.database import db
from webapp.core.errors import ForbiddenError, NotFoundError
from webapp.core.hooks import AccountChange, access_revoked
from webapp.core.permissions import Role
from webapp.models import Company, CompanyAncestor, Invitation, InvitationUse, Membership, Project, User

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


def test_a_new_company_has_an_owner_a_project_and_its_place_in_the_tree(app: Flask, ana: User):
    top = operations.create_company(factories.acting(ana), name="Zveza")
    below = operations.create_company(factories.acting(ana), name="Društvo Čebela", parent=top)
    lowest = operations.create_company(factories.acting(ana), name="Panj", parent=below)
    assert below.slug == "drustvo-cebela"
    rows = db.session.scalars(select(CompanyAncestor).where(CompanyAncestor.company_id == lowest.id)).all()
    assert {(row.ancestor_id, row.depth) for row in rows} == {(lowest.id, 0), (below.id, 1), (top.id, 2)}
    projects = db.session.scalars(select(Project).where(Project.company_id == lowest.id)).all()
    assert [(project.name, project.is_default) for project in projects] == [("General", True)]
    assert queries.standing(lowest.id, ana.id).role == "owner"


def test_names_for_paths_are_unique(app: Flask, ana: User):
    actor = factories.acting(ana)
    slugs = [operations.create_company(actor, name=name).slug for name in ("Pod lipo", "Pod Lipo!", "new", "树", "!")]
    assert slugs == ["pod-lipo", "pod-lipo-2", "new-2", "company", "company-2"]


def test_names_for_paths_are_unique_under_a_race(app: Flask, ana: User):
    actor, start, trouble = factories.acting(ana), threading.Barrier(6), []

    def make() -> None:
        with app.app_context():
            try:
                start.wait(20)
                operations.create_company(actor, name="Pod lipo")
            except Exception as error:  # noqa: BLE001 told to the test
                trouble.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert trouble == []
    slugs = sorted(db.session.scalars(select(Company.slug)))
    assert slugs == ["pod-lipo", *(f"pod-lipo-{n}" for n in range(2, 7))]


@pytest.mark.parametrize(("role", "error"), [(None, NotFoundError), (Role.ORGANISER, ForbiddenError)])
def test_a_company_below_is_made_by_administrators_only(app: Flask, ana: User, role: Role | None, error: type):
    company = factories.a_company(ana)
    bob = factories.an_account()
    if role:
        factories.a_membership(bob, company, role)
    with pytest.raises(error):
        operations.create_company(factories.acting(bob), name="Below", parent=company)
    assert len(db.session.scalars(select(Company)).all()) == 1


def test_rights_flow_down_and_never_up_or_sideways(app: Flask, ana: User):
    top = factories.a_company(ana)
    left, right = factories.a_company(parent=top), factories.a_company(parent=top)
    bob = factories.an_account()
    factories.a_membership(bob, left, Role.ADMINISTRATOR)
    assert [policy.role_in(factories.acting(ana), one.id) for one in (top, left, right)] == [Role.OWNER] * 3
    assert [policy.role_in(factories.acting(bob), one.id) for one in (top, left, right)] == [
        None,
        Role.ADMINISTRATOR,
        None,
    ]
    assert [row.company.id for row in queries.companies_of(factories.acting(bob))] == [left.id]
    assert len(queries.companies_of(factories.acting(ana))) == 3
    limited = Actor(user_id=ana.id, company_id=left.id)
    assert [row.company.id for row in queries.companies_of(limited)] == [left.id]


def test_projects_are_offered_to_those_who_may_make_events(app: Flask, ana: User):
    top = factories.a_company(ana, name="A")
    factories.a_company(parent=top, name="B")
    keeper = factories.an_account()
    factories.a_membership(keeper, top, Role.DOORKEEPER)
    assert [project.company.name for project in queries.projects_of(factories.acting(ana))] == ["A", "B"]
    assert queries.projects_of(factories.acting(keeper)) == []


# ---------------------------------------------------------------- granting and revoking


def test_another_role_ends_the_one_before_and_both_are_kept(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    actor = factories.acting(ana)
    operations.grant(actor, company, bob, Role.DOORKEEPER)
    operations.grant(actor, company, bob, Role.ORGANISER)
    rows = db.session.scalars(select(Membership).where(Membership.user_id == bob.id).order_by(Membership.id)).all()
    assert [(row.role, row.revoked_at is None, row.granted_by) for row in rows] == [
        ("doorkeeper", False, ana.id),
        ("organiser", True, ana.id),
    ]
    assert rows[0].revoked_by == ana.id


def test_the_same_role_again_changes_nothing(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    first = operations.grant(factories.acting(ana), company, bob, Role.ORGANISER)
    assert operations.grant(factories.acting(ana), company, bob, Role.ORGANISER).id == first.id


def test_an_accepted_invitation_never_lowers_a_role(app: Flask, ana: User):
    company = factories.a_company(ana)
    assert operations.grant(SYSTEM, company, ana, Role.DOORKEEPER).role == "owner"
    bob = factories.an_account()
    operations.grant(SYSTEM, company, bob, Role.DOORKEEPER)
    assert operations.grant(SYSTEM, company, bob, Role.ADMINISTRATOR).role == "administrator"


@pytest.mark.parametrize(
    ("own", "role", "error"),
    [
        (None, Role.DOORKEEPER, NotFoundError),
        (Role.DOORKEEPER, Role.DOORKEEPER, ForbiddenError),
        (Role.ORGANISER, Role.DOORKEEPER, ForbiddenError),
        (Role.ADMINISTRATOR, Role.OWNER, ForbiddenError),
    ],
)
def test_nobody_grants_more_than_he_may(app: Flask, ana: User, own: Role | None, role: Role, error: type):
    company, bob, cilka = factories.a_company(ana), factories.an_account(), factories.an_account()
    if own:
        factories.a_membership(bob, company, own)
    with pytest.raises(error):
        operations.grant(factories.acting(bob), company, cilka, role)
    assert queries.standing(company.id, cilka.id) is None


def test_an_administrator_takes_no_owner_out(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    factories.a_membership(factories.an_account(), company, Role.OWNER)
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    with pytest.raises(ForbiddenError):
        operations.revoke(factories.acting(bob), queries.standing(company.id, ana.id))
    with pytest.raises(ForbiddenError):
        operations.grant(factories.acting(bob), company, ana, Role.DOORKEEPER)


def test_the_last_owner_stays(app: Flask, ana: User):
    company = factories.a_company(ana)
    actor = factories.acting(ana)
    with pytest.raises(LastOwnerError):
        operations.revoke(actor, queries.standing(company.id, ana.id))
    with pytest.raises(LastOwnerError):
        operations.grant(actor, company, ana, Role.ORGANISER)
    factories.a_membership(factories.an_account(), company, Role.OWNER)
    operations.revoke(actor, queries.standing(company.id, ana.id))
    assert policy.role_in(actor, company.id) is None


def test_everybody_may_leave_and_others_hear_of_it(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    heard: list[object] = []
    access_revoked.listen(app, heard.append)
    try:
        operations.revoke(factories.acting(bob), factories.a_membership(bob, company, Role.DOORKEEPER))
    finally:
        app.extensions["hooks"]["access_revoked"].remove(heard.append)
    assert queries.standing(company.id, bob.id) is None
    assert [(change.user_id, change.company_id) for change in heard] == [(bob.id, company.id)]


def test_two_owners_cannot_both_leave_at_once(app: Flask, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    factories.a_membership(bob, company, Role.OWNER)
    start, refused = threading.Barrier(2), []

    def leave(user_id: object) -> None:
        with app.app_context():
            membership = queries.standing(company_id, user_id)
            start.wait(20)
            try:
                operations.revoke(Actor(user_id=user_id), membership)
            except LastOwnerError as error:
                refused.append(error)

    company_id = company.id
    threads = [threading.Thread(target=leave, args=(user_id,)) for user_id in (ana.id, bob.id)]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert len(queries.people_of(company_id)) == 1


# ---------------------------------------------------------------- the first company


def test_a_proven_account_gets_a_company_of_its_own_once(app: Flask, ana: User):
    for _ in range(2):
        accounts.account_proven(ana)
    assert db.session.scalars(select(Company.name)).all() == ["Ana's company"]


def test_whoever_has_a_role_or_is_promised_one_gets_none(app: Flask, ana: User):
    company = factories.a_company(ana)
    handlers.account_verified(AccountChange(ana.id, ana.email_key))
    bob = factories.an_account()
    moment = ana.created_at + dt.timedelta(hours=1)
    invitation = Invitation(
        kind="company", issuer_id=ana.id, company_id=company.id, role="organiser", nonce="x", expires_at=moment
    )
    factories.save(invitation)
    factories.save(InvitationUse(invitation_id=invitation.id, user_id=bob.id, state="held", held_until=moment))
    handlers.account_verified(AccountChange(bob.id, bob.email_key))
    own = select(Company.name).where(Company.id != company.id)
    assert db.session.scalars(own).all() == []
    with time_machine.travel(moment + dt.timedelta(seconds=1), tick=False):
        handlers.account_verified(AccountChange(bob.id, bob.email_key))
    assert db.session.scalars(own).all() == [f"{bob.name}'s company"]


def test_a_long_name_makes_a_company_too(app: Flask):
    user = factories.an_account("ž" * 255)
    accounts.account_proven(user)
    assert len(db.session.scalar(select(Company.name))) == 120
