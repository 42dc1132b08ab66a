"""Offboarding: everything one person holds in a tree of companies goes in one step."""

import concurrent.futures
import dataclasses
import datetime as dt
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import func, or_, select

from tests import factories
from webapp.accounts import sessions
from webapp.companies import operations, policy, queries
from webapp.companies.errors import LastOwnerError, OffboardSelfError
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import Base, db
from webapp.core.errors import AppError, ForbiddenError, InputError, NotFoundError
from webapp.core.hooks import AccessChange, access_revoked
from webapp.core.permissions import Role
from webapp.events import operations as events
from webapp.events.schemas import EventInput
from webapp.invitations import links
from webapp.invitations import operations as invitations
from webapp.models import (
    App,
    CoHost,
    Company,
    Event,
    Invitation,
    InvitationUse,
    JournalEntry,
    LoginSession,
    Membership,
    User,
)

pytestmark = pytest.mark.both_databases
DAY = dt.timedelta(days=1)


@dataclasses.dataclass
class Tree:
    """Above, here, below and aside, and the people of the story: Ana owns all, Bob leaves, Cilka stays."""

    above: Company
    here: Company
    below: Company
    aside: Company
    ana: User
    bob: User
    cilka: User


@pytest.fixture
def tree(app: Flask) -> Tree:
    ana, bob, cilka = (factories.an_account(name) for name in ("Ana", "Bob", "Cilka"))
    above = factories.a_company(ana, name="Above")
    here = factories.a_company(name="Here", parent=above)
    below = factories.a_company(name="Below", parent=here)
    aside = factories.a_company(name="Aside", parent=above)
    factories.a_membership(cilka, here, Role.ADMINISTRATOR)
    return Tree(above, here, below, aside, ana, bob, cilka)


def a_token(user: User, *, company: Company | None = None, app: App | None = None) -> LoginSession:
    row = LoginSession(
        user_id=user.id,
        kind="token",
        secret_hash=sessions.digest(text.secret()),
        last_used_at=clock.now(),
        company_id=company.id if company else None,
        app_id=app.id if app else None,
    )
    factories.save(row)
    return row


def an_app(company: Company, user: User, name: str = "Kiosk") -> App:
    row = App(company_id=company.id, name=name, scopes=[], key_hash=sessions.digest(name), created_by=user.id)
    factories.save(row)
    return row


def an_invitation(issuer: User, company: Company, **values: Any) -> Invitation:
    event = values.pop("event", None)
    kind = {"kind": "event", "event_id": event.id} if event else {"kind": "company", "role": "organiser"}
    email = values.get("email")
    row = Invitation(
        issuer_id=issuer.id,
        company_id=company.id,
        nonce=text.secret(128),
        email_key=text.fold(email) if email else None,
        **{**kind, "expires_at": clock.now() + DAY, **values},
    )
    factories.save(row)
    return row


def standing(row: Any) -> bool:
    db.session.rollback()
    return db.session.get_one(type(row), row.id).revoked_at is None


def offboard(tree: Tree, **values: Any) -> dict[str, int]:
    return operations.offboard(factories.acting(tree.ana), tree.here, tree.bob, **values)


# ---------------------------------------------------------------- what goes, and what stays


def test_every_role_in_the_company_and_below_ends_and_those_above_and_aside_stay(app: Flask, tree: Tree):
    gone = [factories.a_membership(tree.bob, one, Role.ORGANISER) for one in (tree.here, tree.below)]
    kept = [factories.a_membership(tree.bob, one, Role.DOORKEEPER) for one in (tree.above, tree.aside)]
    assert offboard(tree) == {"roles": 2}
    assert [standing(one) for one in (*gone, *kept)] == [False, False, True, True]
    assert {db.session.get_one(Membership, one.id).revoked_by for one in gone} == {tree.ana.id}


def test_all_browsers_are_signed_out_and_the_tokens_of_the_tree_are_dead(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    secrets = [sessions.start(tree.bob, remember=True) for _ in range(2)]
    theirs = sessions.start(tree.cilka, remember=True)
    program = an_app(tree.below, tree.cilka)
    dead = [a_token(tree.bob, company=tree.here), a_token(tree.bob, company=tree.below), a_token(tree.bob, app=program)]
    alive = [a_token(tree.bob, company=tree.aside), a_token(tree.bob), a_token(tree.cilka, company=tree.here)]
    assert offboard(tree) == {"roles": 1, "browsers": 2, "tokens": 3}
    assert [sessions.find(secret) for secret in secrets] == [None, None]
    assert sessions.find(theirs) is not None
    assert [standing(one) for one in (*dead, *alive)] == [False] * 3 + [True] * 3


def test_apps_are_revoked_with_everybodys_tokens(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    program, other = an_app(tree.below, tree.bob), an_app(tree.below, tree.cilka)
    elsewhere = an_app(tree.aside, tree.bob)
    issued, others = a_token(tree.cilka, app=program), a_token(tree.cilka, app=other)
    assert offboard(tree) == {"roles": 1, "apps_revoked": 1}
    assert [standing(one) for one in (program, other, elsewhere, issued, others)] == [False, True, True, False, True]


def test_apps_are_handed_over_with_their_tokens_going_on(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    program = an_app(tree.below, tree.bob)
    issued, own = a_token(tree.cilka, app=program), a_token(tree.bob, app=program)
    summary = offboard(tree, successor=tree.cilka, apps="hand-over")
    assert summary == {"roles": 1, "tokens": 1, "apps_handed_over": 1}
    assert db.session.get_one(App, program.id).created_by == tree.cilka.id
    assert [standing(one) for one in (program, issued, own)] == [True, True, False]


def test_events_go_to_the_successor_past_ones_and_drafts_too(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ORGANISER)
    to_come = factories.an_event(tree.here, tree.bob)
    past = factories.an_event(tree.below, tree.bob, starts_in=-DAY)
    draft = factories.an_event(tree.below, tree.bob, state="draft", published_at=None)
    elsewhere = factories.an_event(tree.aside, tree.bob)
    co_hosted = factories.an_event(tree.here, tree.cilka, co_hosts=(tree.bob, tree.ana))
    both = factories.an_event(tree.here, tree.bob, co_hosts=(tree.cilka,))
    outside = factories.an_event(tree.aside, tree.ana, co_hosts=(tree.bob,))
    assert offboard(tree, successor=tree.cilka) == {"roles": 1, "events": 4, "co_hosted": 1}
    hosts = {event.id: event.host_id for event in db.session.scalars(select(Event))}
    handed = (to_come, past, draft, both)
    assert {hosts[event.id] for event in handed} == {tree.cilka.id}
    assert hosts[elsewhere.id] == tree.bob.id
    co_hosts = {(row.event_id, row.user_id) for row in db.session.scalars(select(CoHost))}
    assert co_hosts == {(co_hosted.id, tree.ana.id), (outside.id, tree.bob.id)}


def test_what_he_invited_and_what_waits_for_his_address_is_withdrawn(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    event = factories.an_event(tree.below, tree.cilka)
    link = an_invitation(tree.bob, tree.here)
    shared = an_invitation(tree.bob, tree.below, event=event, max_uses=sa.null(), uses=3)
    expired = an_invitation(tree.bob, tree.here, email="iva@example.org", expires_at=clock.now() - DAY)
    to_him = an_invitation(tree.cilka, tree.below, email=tree.bob.email)
    used = an_invitation(tree.bob, tree.here, uses=1)
    others = an_invitation(tree.cilka, tree.here, email="iva@example.org")
    elsewhere = an_invitation(tree.bob, tree.aside)
    assert offboard(tree)["invitations"] == 3
    assert [standing(one) for one in (link, shared, expired, to_him)] == [False] * 4
    assert [standing(one) for one in (used, others, elsewhere)] == [True] * 3


def test_what_was_held_is_given_back_and_grants_nothing(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    iva = factories.an_account("Iva", verified=False)
    his, others = an_invitation(tree.bob, tree.here, uses=1), an_invitation(tree.cilka, tree.below, uses=1)
    until = clock.now() + DAY
    by_iva = InvitationUse(invitation_id=his.id, user_id=iva.id, state="held", held_until=until)
    by_bob = InvitationUse(invitation_id=others.id, user_id=tree.bob.id, state="held", held_until=until)
    factories.save(by_iva, by_bob)
    offboard(tree)
    db.session.rollback()
    assert [db.session.get_one(InvitationUse, use.id).state for use in (by_iva, by_bob)] == ["released"] * 2
    assert [(standing(one), db.session.get_one(Invitation, one.id).uses) for one in (his, others)] == [
        (False, 0),
        (True, 0),
    ]
    invitations.grant_held(iva.id)
    invitations.grant_held(tree.bob.id)
    roles = select(Membership.id).where(Membership.user_id.in_([iva.id, tree.bob.id]), Membership.revoked_at.is_(None))
    assert db.session.scalars(roles).all() == []


def test_who_came_by_his_link_and_has_not_confirmed_does_so_no_more(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ORGANISER)
    event = factories.an_event(tree.here, tree.ana)
    link = an_invitation(tree.bob, tree.here, event=event, uses=1)
    guest = factories.a_guest(event, email="iva@example.org", unconfirmed_until=clock.now() + DAY)
    factories.save(InvitationUse(invitation_id=link.id, guest_id=guest.id, state="held", held_until=clock.now() + DAY))
    nonce = guest.nonce
    offboard(tree)
    db.session.rollback()
    assert guest.nonce != nonce


def test_the_journal_has_each_line_and_one_that_says_how_much(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    event = factories.an_event(tree.here, tree.bob)
    an_app(tree.here, tree.bob)
    an_invitation(tree.bob, tree.here)
    sessions.start(tree.bob, remember=True)
    summary = offboard(tree, successor=tree.cilka)
    lines = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert {line.actor_id for line in lines} == {tree.ana.id}
    assert [line.action for line in lines] == [
        "membership.revoked",
        "app.revoked",
        "event.handed_over",
        "invitation.revoked",
        "person.offboarded",
    ]
    assert lines[2].details == {"before": str(tree.bob.id), "after": str(tree.cilka.id)}
    assert lines[2].event_id == event.id
    assert (lines[-1].thing_id, lines[-1].company_id) == (tree.bob.id, tree.here.id)
    assert lines[-1].details == {"successor": str(tree.cilka.id), **summary}
    assert summary == {"roles": 1, "browsers": 1, "apps_revoked": 1, "events": 1, "invitations": 1}


# ---------------------------------------------------------------- who may, and what is refused


@pytest.mark.parametrize(
    ("role", "error"), [(None, NotFoundError), (Role.DOORKEEPER, ForbiddenError), (Role.ORGANISER, ForbiddenError)]
)
def test_only_those_who_manage_people_offboard(app: Flask, tree: Tree, role: Role | None, error: type[AppError]):
    membership = factories.a_membership(tree.bob, tree.here, Role.DOORKEEPER)
    eva = factories.an_account("Eva")
    factories.a_membership(eva, tree.below, Role.OWNER)
    if role:
        factories.a_membership(eva, tree.here, role)
    with pytest.raises(error):
        operations.offboard(factories.acting(eva), tree.here, tree.bob)
    with pytest.raises(error):
        queries.holdings(factories.acting(eva), tree.here, tree.bob.id)
    assert standing(membership)


def test_an_administrator_offboards_no_owner_not_even_of_a_company_below(app: Flask, tree: Tree):
    membership = factories.a_membership(tree.bob, tree.below, Role.OWNER)
    with pytest.raises(ForbiddenError):
        operations.offboard(factories.acting(tree.cilka), tree.here, tree.bob)
    with pytest.raises(ForbiddenError):
        queries.holdings(factories.acting(tree.cilka), tree.here, tree.bob.id)
    assert standing(membership)
    assert offboard(tree) == {"roles": 1}


def test_nobody_offboards_the_own_account(app: Flask, tree: Tree):
    for refused in (operations.offboard, lambda *them: queries.holdings(*them[:2], them[2].id)):
        with pytest.raises(OffboardSelfError):
            refused(factories.acting(tree.cilka), tree.here, tree.cilka)
    assert policy.role_in(factories.acting(tree.cilka), tree.here.id) is Role.ADMINISTRATOR


def test_the_last_owner_of_any_company_stays_and_it_is_named(app: Flask, tree: Tree):
    alone = factories.a_company(tree.bob, name="Alone")
    factories.a_membership(tree.bob, factories.a_company(name="Under", parent=alone), Role.ORGANISER)
    eva = factories.an_account("Eva")
    factories.a_membership(eva, alone, Role.OWNER)
    under = factories.a_company(tree.bob, name="Below it", parent=alone)
    assert operations.offboard(factories.acting(eva), alone, tree.bob) == {"roles": 3}
    lone, member = factories.a_company(tree.bob, name="Lone"), factories.an_account()
    factories.a_membership(member, lone, Role.ADMINISTRATOR)
    with pytest.raises(LastOwnerError) as refused:
        operations.offboard(Actor(system=True), lone, tree.bob)
    assert "Lone" in str(refused.value)
    assert queries.standing(lone.id, tree.bob.id) is not None
    assert queries.standing(under.id, tree.bob.id) is None


def test_events_need_somebody_to_take_them_even_past_ones(app: Flask, tree: Tree):
    membership = factories.a_membership(tree.bob, tree.here, Role.ORGANISER)
    factories.an_event(tree.below, tree.bob, starts_in=-30 * DAY)
    with pytest.raises(InputError) as refused:
        offboard(tree)
    assert list(refused.value.fields) == ["hand_over_to"]
    assert standing(membership)


@pytest.mark.parametrize("who", ["himself", "stranger", "doorkeeper", "aside", "disabled", "below alone"])
def test_events_go_only_to_who_may_manage_them_there_anyway(app: Flask, tree: Tree, who: str):
    factories.a_membership(tree.bob, tree.here, Role.ORGANISER)
    event = factories.an_event(tree.here, tree.bob)
    factories.an_event(tree.below, tree.bob)
    other = factories.an_account("Other", disabled_at=clock.now() if who == "disabled" else None)
    if who == "disabled":
        factories.a_membership(other, tree.here, Role.OWNER)
    elif who == "doorkeeper":
        factories.a_membership(other, tree.here, Role.DOORKEEPER)
    elif who == "aside":
        factories.a_membership(other, tree.aside, Role.OWNER)
    elif who == "below alone":
        factories.a_membership(other, tree.below, Role.OWNER)
    successor = tree.bob if who == "himself" else other
    with pytest.raises(InputError) as refused:
        offboard(tree, successor=successor)
    assert list(refused.value.fields) == ["hand_over_to"]
    db.session.rollback()
    assert event.host_id == tree.bob.id
    assert [one.name for one in queries.successors(tree.here.id, tree.bob.id)] == ["Ana", "Cilka"]


def test_who_may_take_over_is_whoever_reaches_all_the_events(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ORGANISER)
    dora = factories.an_account("Dora")
    factories.a_membership(dora, tree.below, Role.ORGANISER)

    def offered() -> list[str]:
        return [one.name for one in queries.successors(tree.here.id, tree.bob.id)]

    assert offered() == ["Ana", "Cilka"]
    factories.an_event(tree.below, tree.bob)
    assert offered() == ["Ana", "Cilka", "Dora"]
    factories.an_event(tree.here, tree.bob)
    assert offered() == ["Ana", "Cilka"]


def test_apps_are_handed_over_to_administrators_alone(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    program = an_app(tree.here, tree.bob)
    dora = factories.an_account("Dora")
    factories.a_membership(dora, tree.here, Role.ORGANISER)
    with pytest.raises(InputError) as refused:
        offboard(tree, successor=dora, apps="hand-over")
    assert list(refused.value.fields) == ["apps"]
    with pytest.raises(InputError) as refused:
        offboard(tree, apps="hand-over")
    assert list(refused.value.fields) == ["hand_over_to"]
    db.session.rollback()
    assert program.created_by == tree.bob.id


def test_who_holds_nothing_there_is_not_found(app: Flask, tree: Tree):
    actor = factories.acting(tree.ana)
    factories.a_membership(tree.bob, tree.aside, Role.ORGANISER)
    an_invitation(tree.cilka, tree.here, email=tree.bob.email)
    for unknown in (tree.bob.id, uuid.uuid4()):
        with pytest.raises(NotFoundError):
            queries.holdings(actor, tree.here, unknown)
    with pytest.raises(NotFoundError):
        offboard(tree)


def test_somebody_without_a_role_who_still_hosts_is_offboarded_too(app: Flask, tree: Tree):
    factories.an_event(tree.here, tree.cilka, co_hosts=(tree.bob,))
    _user, held = queries.holdings(factories.acting(tree.ana), tree.here, tree.bob.id)
    assert held.co_hosted.number == 1
    assert offboard(tree) == {"co_hosted": 1}


def test_what_somebody_holds_is_shown_whole(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    factories.a_membership(tree.bob, tree.below, Role.OWNER)
    factories.a_membership(tree.bob, tree.above, Role.DOORKEEPER)
    factories.a_membership(tree.bob, tree.aside, Role.OWNER)
    for start in (DAY, 2 * DAY, -DAY):
        factories.an_event(tree.below, tree.bob, starts_in=start, title=f"In {start.days}")
    factories.an_event(tree.here, tree.bob, state="cancelled")
    factories.an_event(tree.aside, tree.bob)
    factories.an_event(tree.here, tree.cilka, co_hosts=(tree.bob,))
    an_app(tree.here, tree.bob)
    an_app(tree.aside, tree.bob)
    a_token(tree.bob, company=tree.below)
    sessions.start(tree.bob, remember=True)
    an_invitation(tree.bob, tree.here)
    an_invitation(tree.cilka, tree.below, email=tree.bob.email)
    user, held = queries.holdings(factories.acting(tree.ana), tree.here, tree.bob.id)
    assert user.id == tree.bob.id
    assert [(row.company.name, row.role) for row in held.roles] == [("Below", "owner"), ("Here", "administrator")]
    assert [(row.company.name, row.role) for row in held.above] == [("Above", "doorkeeper")]
    assert (held.browsers, held.tokens, len(held.apps)) == (1, 1, 1)
    assert ([event.title for event in held.hosted.to_come], held.hosted.number_past) == (["In 1", "In 2"], 2)
    assert (held.co_hosted.number_to_come, held.co_hosted.number_past) == (1, 0)
    assert (len(held.issued), len(held.addressed)) == (1, 1)
    summary = offboard(tree, successor=tree.ana)
    shown = {
        "roles": len(held.roles),
        "browsers": held.browsers,
        "tokens": held.tokens,
        "apps_revoked": len(held.apps),
        "events": held.hosted.number,
        "co_hosted": held.co_hosted.number,
        "invitations": len(held.issued) + len(held.addressed),
    }
    assert summary == shown


# ---------------------------------------------------------------- all or nothing


def everything() -> dict[str, list[Any]]:
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    return {table.name: sorted(db.session.execute(sa.select(table)).all(), key=repr) for table in tables}


def test_a_fault_in_the_last_handler_leaves_everything_as_it_was(app: Flask, tree: Tree):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    factories.an_event(tree.here, tree.bob)
    factories.an_event(tree.here, tree.cilka, co_hosts=(tree.bob,))
    an_app(tree.here, tree.bob)
    a_token(tree.bob, company=tree.here)
    sessions.start(tree.bob, remember=True)
    an_invitation(tree.bob, tree.here)
    before = everything()
    seen: list[Any] = []

    def last(change: AccessChange) -> None:
        gone = select(Membership.id).where(Membership.user_id == change.user_id, Membership.revoked_at.is_(None))
        seen.append(db.session.scalars(gone).all())
        message = "the machine room is on fire"
        raise RuntimeError(message)

    access_revoked.listen(app, last)
    try:
        with pytest.raises(RuntimeError):
            offboard(tree, successor=tree.cilka)
    finally:
        app.extensions["hooks"]["access_revoked"].remove(last)
    assert seen == [[]]
    assert everything() == before
    assert offboard(tree, successor=tree.cilka)["events"] == 1


# ---------------------------------------------------------------- while he does something else


class Meanwhile:
    """Lets `call` begin while an offboarding has done everything and is not yet written, and go on once it waits."""

    def __init__(self, app: Flask, call: Callable[[], object]) -> None:
        self.app, self.call = app, call
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.answer: concurrent.futures.Future[str] | None = None
        self.begun = threading.Event()

    def run(self) -> str:
        with self.app.app_context():
            self.begun.set()
            try:
                self.call()
            except AppError as error:
                return error.id
        return "done"

    def __call__(self, _change: AccessChange) -> None:
        self.answer = self.pool.submit(self.run)
        assert self.begun.wait(20)
        if db.engine.dialect.name == "postgresql":
            waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            with db.engine.connect() as connection:
                while not self.answer.done() and not connection.scalar(waiting):
                    connection.rollback()

    def offboard(self, tree: Tree) -> str:
        access_revoked.listen(self.app, self)
        try:
            offboard(tree, successor=tree.cilka)
        finally:
            self.app.extensions["hooks"]["access_revoked"].remove(self)
        assert self.answer is not None
        return self.answer.result(60)


def left(tree: Tree) -> dict[str, int]:
    """What Bob still holds in the company and below."""
    db.session.rollback()
    inside = queries.below(tree.here.id)
    bob = tree.bob.id
    hosted = select(func.count()).where(Event.host_id == bob, Event.company_id.in_(inside))
    co_hosted = select(func.count()).where(queries.co_hosted_below(tree.here.id, bob)).select_from(Event)
    roles = select(func.count()).where(
        Membership.user_id == bob, Membership.revoked_at.is_(None), Membership.company_id.in_(inside)
    )
    apps = select(func.count()).where(App.created_by == bob, App.revoked_at.is_(None), App.company_id.in_(inside))
    issued = select(func.count()).where(
        or_(Invitation.issuer_id == bob, Invitation.email_key == tree.bob.email_key), queries.pending()
    )
    asked = {"hosted": hosted, "co_hosted": co_hosted, "roles": roles, "apps": apps, "invitations": issued}
    found = {name: db.session.scalar(statement) for name, statement in asked.items()}
    return {name: number for name, number in found.items() if number}


START = clock.now().replace(microsecond=0) + 9 * DAY
WALK = EventInput.model_validate(
    {"title": "A walk", "starts_at": START, "ends_at": START + DAY, "timezone": "UTC", "visibility": "public"}
)


def signed_in(user: User) -> Actor:
    """The actor that `user` is in a browser with a session of its own."""
    sessions.start(user, remember=True)
    standing = select(LoginSession).where(LoginSession.user_id == user.id, LoginSession.revoked_at.is_(None))
    row = db.session.scalars(standing).one()
    return factories.acting(user, session_id=row.id)


def what_bob_does(tree: Tree, act: str) -> Callable[[], object]:
    """What Bob (or Cilka about him) does while he is offboarded, and was allowed to do a moment before."""
    actor, cilka = signed_in(tree.bob), factories.acting(tree.cilka)
    own = factories.an_event(tree.here, tree.cilka, co_hosts=(tree.bob,))
    company_id, event_id, email = tree.below.id, own.id, tree.bob.email
    link = links.public_id(an_invitation(tree.cilka, tree.below))
    mailed = links.public_id(an_invitation(tree.cilka, tree.below, email=email))
    project = factories.default_project(tree.below).id

    def company() -> Company:
        return db.session.get_one(Company, company_id)

    def event() -> Event:
        return db.session.get_one(Event, event_id)

    acts: dict[str, Callable[[], object]] = {
        "accepts a link": lambda: invitations.accept_signed_in(actor, link),
        "accepts a mailed invitation": lambda: invitations.accept_signed_in(actor, mailed),
        "makes an event": lambda: events.create_event(
            actor, WALK.model_copy(update={"project": project}), publish=True
        ),
        "duplicates an event": lambda: events.duplicate_event(actor, event()),
        "is copied as co-host": lambda: events.duplicate_event(cilka, event()),
        "is made co-host": lambda: events.create_event(
            cilka, WALK.model_copy(update={"project": project}), publish=False, co_hosts=[email]
        ),
        "makes a company below": lambda: operations.create_company(actor, name="A hide-out", parent=company()),
        "makes an app": lambda: operations.create_app(actor, company(), name="A back door", scopes=[]),
        "invites": lambda: invitations.create_invitation(
            actor, kind="company", company=company(), role=Role.ADMINISTRATOR
        ),
        "invites to an event": lambda: invitations.create_batch(actor, event(), number=2),
    }
    return acts[act]


ACTS = (
    "accepts a link",
    "accepts a mailed invitation",
    "makes an event",
    "duplicates an event",
    "is copied as co-host",
    "is made co-host",
    "makes a company below",
    "makes an app",
    "invites",
    "invites to an event",
)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_left_of_what_he_does_while_he_is_offboarded(app: Flask, tree: Tree, act: str):
    factories.a_membership(tree.bob, tree.here, Role.ADMINISTRATOR)
    Meanwhile(app, what_bob_does(tree, act)).offboard(tree)
    assert left(tree) == {}


@pytest.mark.parametrize("act", ACTS)
def test_each_of_these_acts_leaves_something_when_he_stays(app: Flask, tree: Tree, act: str):
    """The control: what he does is allowed, and it shows."""
    # what an administrator makes below is owned by those above
    role = Role.OWNER if act == "makes a company below" else Role.ADMINISTRATOR
    factories.a_membership(tree.bob, tree.above, role)
    do = what_bob_does(tree, act)
    db.session.rollback()
    before = left(tree)
    if act.startswith("accepts"):
        taken = db.session.scalars(select(Membership).where(Membership.user_id == tree.bob.id)).one()
        operations.revoke(factories.acting(tree.ana), taken)
    do()
    assert left(tree) != before


def test_offboarding_and_accepting_at_once_leave_no_role_however_they_fall(app: Flask, tree: Tree):
    for _ in range(5):
        factories.a_membership(tree.bob, tree.here, Role.DOORKEEPER)
        actor = signed_in(tree.bob)
        link = links.public_id(an_invitation(tree.cilka, tree.below))
        start, ana_id = threading.Barrier(2), tree.ana.id
        here_id, bob_id = tree.here.id, tree.bob.id
        db.session.rollback()

        def run(call: Callable[[], object]) -> str:
            with app.app_context():
                start.wait(20)  # noqa: B023 joined in this round
                try:
                    call()
                except AppError as error:
                    return error.id
            return "done"

        def out() -> None:
            company, user = db.session.get_one(Company, here_id), db.session.get_one(User, bob_id)  # noqa: B023
            operations.offboard(Actor(user_id=ana_id), company, user)  # noqa: B023

        def accept() -> None:
            invitations.accept_signed_in(actor, link)  # noqa: B023

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            offboarded, accepted = pool.map(run, (out, accept))
        assert offboarded == "done"
        assert accepted in {"done", "auth_not_found", "not_found"}
        assert left(tree) == {}
