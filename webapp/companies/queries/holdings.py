"""What one person holds in a company and all companies below it."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from webapp.accounts.sessions import IDLE
from webapp.companies import policy
from webapp.companies.errors import OffboardSelfError
from webapp.companies.queries.tree import above, below
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Permission, Role
from webapp.models import (
    App,
    CoHost,
    Company,
    CompanyAncestor,
    Event,
    Invitation,
    InvitationUse,
    LoginSession,
    Membership,
    User,
)

MOST_SHOWN = 50


@dataclasses.dataclass(frozen=True)
class Events:
    """Events as a hand-over shows them: those to come (at most 50, soonest first), and how many there are of each."""

    to_come: Sequence[Event]
    number_to_come: int
    number_past: int

    @property
    def number(self) -> int:
        """Return how many there are, past ones and cancelled ones included."""
        return self.number_to_come + self.number_past


@dataclasses.dataclass(frozen=True)
class Holdings:
    """What an account holds in a company and all below it.

    `roles`: its standing memberships there, companies loaded. `above`: those in companies above, as far
    as the actor's session reaches, which stay. `browsers`: how many browsers are signed in; 0 for an account without a
    role there, for anybody can be made co-host without being asked. `tokens`: how many tokens act for these companies
    or were issued to their apps. `apps`: those it answers for, companies loaded. `issued`: invitations it made that are
    pending, `addressed`: pending ones that wait for its address; companies and events loaded. `hosted`, `co_hosted`:
    events.
    """

    roles: Sequence[Membership]
    above: Sequence[Membership]
    browsers: int
    tokens: int
    apps: Sequence[App]
    issued: Sequence[Invitation]
    addressed: Sequence[Invitation]
    hosted: Events
    co_hosted: Events

    @property
    def anything(self) -> bool:
        """Tell whether there is anything to take; an address that is invited tells nothing of its account."""
        numbers = (self.tokens, self.hosted.number, self.co_hosted.number)
        return bool(self.roles or self.apps or self.issued or any(numbers))


def roles_below(company_id: uuid.UUID, user_id: uuid.UUID) -> Sequence[Membership]:
    """Return the account's standing memberships in the company and all below it, companies loaded: by name."""
    return db.session.scalars(_roles(user_id).where(Membership.company_id.in_(below(company_id)))).all()


def _roles(user_id: uuid.UUID) -> Select[Any]:
    return (
        select(Membership)
        .join(Membership.company)
        .options(contains_eager(Membership.company))
        .where(Membership.user_id == user_id, Membership.revoked_at.is_(None))
        .order_by(func.lower(Company.name), Membership.id)
    )


def _roles_above(actor: Actor, company_id: uuid.UUID, user_id: uuid.UUID) -> Sequence[Membership]:
    return db.session.scalars(_roles(user_id).where(Membership.company_id.in_(above(actor, company_id)))).all()


def apps_held(company_id: uuid.UUID, user_id: uuid.UUID) -> Sequence[App]:
    """Return the apps of the company and all below it that the account answers for, companies loaded: by name."""
    statement = (
        select(App)
        .options(joinedload(App.company))
        .where(App.created_by == user_id, App.revoked_at.is_(None), App.company_id.in_(below(company_id)))
        .order_by(func.lower(App.name), App.id)
    )
    return db.session.scalars(statement).all()


def tokens_held(company_id: uuid.UUID, user_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the condition of the account's tokens that act for these companies or were issued to their apps."""
    apps = select(App.id).where(App.company_id.in_(below(company_id)))
    return and_(
        LoginSession.user_id == user_id,
        LoginSession.kind == "token",
        or_(LoginSession.company_id.in_(below(company_id)), LoginSession.app_id.in_(apps)),
    )


def hosted_below(company_id: uuid.UUID, user_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the condition of the events of these companies that the account hosts."""
    return and_(Event.host_id == user_id, Event.company_id.in_(below(company_id)))


def hosts_below(company_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Tell whether the account hosts any event of these companies, past ones too."""
    return db.session.scalar(select(Event.id).where(hosted_below(company_id, user_id)).limit(1)) is not None


def co_hosted_below(company_id: uuid.UUID, user_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the condition of the events of these companies that the account co-hosts."""
    co_hosted = select(CoHost.event_id).where(CoHost.user_id == user_id)
    return and_(Event.id.in_(co_hosted), Event.company_id.in_(below(company_id)))


def invitations_below(company_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the condition of the invitations to these companies and to their events."""
    events = select(Event.id).where(Event.company_id.in_(below(company_id)))
    return or_(Invitation.company_id.in_(below(company_id)), Invitation.event_id.in_(events))


def unused() -> ColumnElement[bool]:
    """Return the condition of invitations that are not revoked and not used up, or whose use is only held."""
    held = exists().where(
        InvitationUse.invitation_id == Invitation.id,
        InvitationUse.state == "held",
        InvitationUse.held_until > clock.now(),
    )
    free = or_(Invitation.max_uses.is_(None), Invitation.uses < Invitation.max_uses)
    return and_(Invitation.revoked_at.is_(None), or_(free, held))


def pending() -> ColumnElement[bool]:
    """Return the condition of invitations that somebody can still use, or waits with."""
    held = exists().where(
        InvitationUse.invitation_id == Invitation.id,
        InvitationUse.state == "held",
        InvitationUse.held_until > clock.now(),
    )
    return and_(unused(), or_(Invitation.expires_at > clock.now(), held))


def addressed_to(email_key: str | None) -> ColumnElement[bool]:
    """Return the condition of invitations that were mailed to this address."""
    return Invitation.email_key == email_key if email_key is not None else false()


def _invitations(company_id: uuid.UUID, *which: ColumnElement[bool]) -> Sequence[Invitation]:
    statement = (
        select(Invitation)
        .options(joinedload(Invitation.company), joinedload(Invitation.event))
        .where(invitations_below(company_id), pending(), *which)
        .order_by(Invitation.id.desc())
    )
    return db.session.scalars(statement).all()


def _events(which: ColumnElement[bool]) -> Events:
    moment = clock.now()
    ahead = and_(Event.state != "cancelled", Event.ends_at > moment)
    shown = (
        select(Event)
        .options(joinedload(Event.company))
        .where(which, ahead)
        .order_by(Event.starts_at, Event.id)
        .limit(MOST_SHOWN)
    )
    to_come = db.session.scalars(shown).all()
    numbers = select(func.count(), func.count().filter(ahead)).select_from(Event).where(which)
    number, number_to_come = db.session.execute(numbers).one()
    return Events(to_come, number_to_come, number - number_to_come)


def _sessions(user_id: uuid.UUID, since: dt.datetime) -> int:
    statement = select(func.count()).where(
        LoginSession.user_id == user_id,
        LoginSession.kind == "browser",
        LoginSession.revoked_at.is_(None),
        LoginSession.last_used_at > since,
    )
    return db.session.scalar(statement) or 0


def require_offboard(actor: Actor, company: Company, user: User, roles: Iterable[Membership]) -> None:
    """Raise unless `actor` may take everything from `user` in the company and all below it.

    `roles`: what the account is there. NotFoundError or ForbiddenError where `actor` does not manage the company's
    people, or not the owners of one that `user` owns; OffboardSelfError for the own account.
    """
    policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
    for membership in roles:
        if membership.role == Role.OWNER.value:
            policy.require_in(actor, membership.company_id, Permission.MANAGE_OWNERS)
    if user.id == actor.user_id:
        raise OffboardSelfError


def holdings(actor: Actor, company: Company, user_id: uuid.UUID) -> tuple[User, Holdings]:
    """Return the account, and what it holds in `company` and all below it, for who may take it away.

    Raises as `require_offboard`, and NotFoundError where there is no such account or it holds nothing there.
    """
    policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFoundError
    inside = company.id
    tokens = select(func.count()).where(tokens_held(inside, user_id), LoginSession.revoked_at.is_(None))
    roles = [row for row in roles_below(inside, user_id) if row.company.deleted_at is None]
    held = Holdings(
        roles=roles,
        above=_roles_above(actor, inside, user_id),
        browsers=_sessions(user_id, clock.now() - IDLE) if roles else 0,
        tokens=db.session.scalar(tokens) or 0,
        apps=apps_held(inside, user_id),
        issued=_invitations(inside, Invitation.issuer_id == user_id),
        addressed=_invitations(inside, addressed_to(user.email_key), Invitation.issuer_id != user_id),
        hosted=_events(hosted_below(inside, user_id)),
        co_hosted=_events(co_hosted_below(inside, user_id)),
    )
    if not held.anything:
        raise NotFoundError
    require_offboard(actor, company, user, held.roles)
    return user, held


def successors(company_id: uuid.UUID, user_id: uuid.UUID) -> Sequence[User]:
    """Return who may take over the account's events of the company and all below it, by name.

    That is whoever may manage events in every company that one of them belongs to, the account itself excepted: a
    hand-over gives nobody a right in a company that it does not have there already. Where there are no events: who may
    manage them in the company.
    """
    hosting = select(Event.company_id).join(Event.company).where(hosted_below(company_id, user_id))
    companies = set(db.session.scalars(hosting.where(Company.deleted_at.is_(None)).distinct())) or {company_id}
    able = _able(companies, Role.ORGANISER)
    statement = select(User).where(
        User.id.in_(able),
        User.id != user_id,
        User.verified_at.is_not(None),
        User.disabled_at.is_(None),
        User.deleted_at.is_(None),
    )
    return db.session.scalars(statement.order_by(func.lower(User.name), func.lower(User.surname), User.id)).all()


def may_answer_for(user_id: uuid.UUID, apps: Iterable[App]) -> bool:
    """Tell whether the account may manage apps in every company that one of these belongs to."""
    companies = {app.company_id for app in apps}
    found = _able(companies, Role.ADMINISTRATOR).where(Membership.user_id == user_id)
    return not companies or db.session.scalar(found) is not None


def _able(companies: Iterable[uuid.UUID], least: Role) -> Select[Any]:
    """Return a SELECT of the accounts that have a role of that rank, own or from above, in all these companies."""
    ids = set(companies)
    return (
        select(Membership.user_id)
        .join(CompanyAncestor, CompanyAncestor.ancestor_id == Membership.company_id)
        .where(
            CompanyAncestor.company_id.in_(ids),
            Membership.revoked_at.is_(None),
            Membership.role.in_([role.value for role in Role if role.rank >= least.rank]),
        )
        .group_by(Membership.user_id)
        .having(func.count(CompanyAncestor.company_id.distinct()) == len(ids))
    )
