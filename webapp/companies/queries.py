"""Reads of companies, narrowed to what the actor may see."""

import dataclasses
import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.companies import policy
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Role
from webapp.models import Company, CompanyAncestor, Event, Invitation, InvitationUse, Membership, Project, User


@dataclasses.dataclass(frozen=True)
class CompanyRow:
    """A company as lists show it: the company, its parent's name, the actor's role there, and its events to come."""

    company: Company
    parent: str | None
    role: Role
    events: int


@dataclasses.dataclass(frozen=True)
class Figures:
    """What the dashboard says of the events to come: how many, and of their guests."""

    events: int
    invited: int
    yes: int
    no: int


def companies_of(actor: Actor, *, at_least: Role = Role.DOORKEEPER) -> list[CompanyRow]:
    """Return the companies in which `actor` has a role of that rank, its own or from above, by name."""
    ids = policy.company_ids(actor, at_least=at_least)
    above = aliased(Company)
    to_come = (
        select(func.count())
        .where(Event.company_id == Company.id, Event.state == "published", Event.ends_at > clock.now())
        .correlate(Company)
        .scalar_subquery()
    )
    statement = (
        select(Company, above.name, to_come)
        .outerjoin(above, above.id == Company.parent_id)
        .where(Company.id.in_(ids), Company.deleted_at.is_(None))
        .order_by(Company.name, Company.id)
    )
    roles = policy.roles_of(actor)
    return [CompanyRow(company, parent, roles[company.id], n) for company, parent, n in db.session.execute(statement)]


def projects_of(actor: Actor) -> list[Project]:
    """Return the projects in which `actor` may make events, their companies loaded: by company, the default first."""
    statement = (
        select(Project)
        .join(Project.company)
        .options(contains_eager(Project.company))
        .where(
            Project.archived_at.is_(None),
            Company.deleted_at.is_(None),
            Project.company_id.in_(policy.company_ids(actor, at_least=Role.ORGANISER)),
        )
        .order_by(func.lower(Company.name), Company.id, Project.is_default.desc(), func.lower(Project.name), Project.id)
    )
    return list(db.session.scalars(statement))


def get_company(actor: Actor, slug: str) -> Company:
    """Return the company of that name for paths, its parent loaded; NotFoundError where the actor has no role in it."""
    statement = select(Company).where(Company.slug == slug, Company.deleted_at.is_(None))
    known = not text.unfit(slug)
    company = db.session.scalar(statement.options(joinedload(Company.parent))) if known else None
    if company is None or policy.role_in(actor, company.id) is None:
        raise NotFoundError
    return company


def people_of(company_id: uuid.UUID) -> Sequence[Membership]:
    """Return the standing memberships of the company itself, accounts loaded: strongest role first, then by name."""
    ranks = {role.value: -role.rank for role in Role}
    statement = (
        select(Membership)
        .join(Membership.user)
        .options(contains_eager(Membership.user))
        .where(Membership.company_id == company_id, Membership.revoked_at.is_(None), User.deleted_at.is_(None))
        .order_by(User.name, User.surname, Membership.id)
    )
    return sorted(db.session.scalars(statement), key=lambda membership: ranks[membership.role])


def get_membership(actor: Actor, company: Company, membership_id: uuid.UUID) -> Membership:
    """Return a standing membership of the company; NotFoundError where there is none or the actor has no role there."""
    statement = select(Membership).where(
        Membership.id == membership_id, Membership.company_id == company.id, Membership.revoked_at.is_(None)
    )
    membership = db.session.scalar(statement.options(joinedload(Membership.user)))
    if membership is None or policy.role_in(actor, company.id) is None:
        raise NotFoundError
    return membership


def standing(company_id: uuid.UUID, user_id: uuid.UUID) -> Membership | None:
    """Return what the account is in this company itself."""
    return db.session.scalar(
        select(Membership).where(
            Membership.company_id == company_id, Membership.user_id == user_id, Membership.revoked_at.is_(None)
        )
    )


def memberships_of(user_id: uuid.UUID) -> Sequence[Membership]:
    """Return the account's standing memberships, companies loaded."""
    statement = select(Membership).options(joinedload(Membership.company))
    return db.session.scalars(statement.where(Membership.user_id == user_id, Membership.revoked_at.is_(None))).all()


def has_other_owner(company_id: uuid.UUID, but: uuid.UUID) -> bool:
    """Tell whether anybody but this account owns the company or one above it."""
    statement = (
        select(Membership.id)
        .join(CompanyAncestor, CompanyAncestor.ancestor_id == Membership.company_id)
        .where(
            CompanyAncestor.company_id == company_id,
            Membership.role == Role.OWNER.value,
            Membership.revoked_at.is_(None),
            Membership.user_id != but,
        )
    )
    return db.session.scalar(statement.limit(1)) is not None


def is_lived_in(company_id: uuid.UUID, but: uuid.UUID) -> bool:
    """Tell whether the company, or one below it, has people other than this account, or events to come."""
    below = _below(company_id)
    people = select(Membership.id).where(
        Membership.company_id.in_(below), Membership.revoked_at.is_(None), Membership.user_id != but
    )
    events = select(Event.id).where(
        Event.company_id.in_(below), Event.state == "published", Event.ends_at > clock.now()
    )
    return db.session.scalar(people.limit(1)) is not None or db.session.scalar(events.limit(1)) is not None


def needs_company(user_id: uuid.UUID) -> bool:
    """Tell whether the account has no role anywhere, and no invitation holds one for it that can still be granted."""
    has_role = select(Membership.id).where(Membership.user_id == user_id, Membership.revoked_at.is_(None))
    promised = (
        select(InvitationUse.id)
        .join(InvitationUse.invitation)
        .where(
            InvitationUse.user_id == user_id,
            InvitationUse.state == "held",
            InvitationUse.held_until > clock.now(),
            Invitation.kind == "company",
            Invitation.revoked_at.is_(None),
        )
    )
    return db.session.scalar(has_role.limit(1)) is None and db.session.scalar(promised.limit(1)) is None


def _below(company_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(CompanyAncestor.company_id).where(CompanyAncestor.ancestor_id == company_id)


def events_to_come(company_id: uuid.UUID, limit: int, *, drafts: bool) -> Sequence[Event]:
    """Return the next events of the company and all below it, soonest first, companies and hosts loaded.

    `drafts`: those too, for who manages events there; nobody else knows of them.
    """
    statement = (
        select(Event)
        .options(joinedload(Event.company), joinedload(Event.host))
        .where(
            Event.company_id.in_(_below(company_id)),
            Event.state.in_(("published", "draft") if drafts else ("published",)),
            Event.ends_at > clock.now(),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def figures(company_id: uuid.UUID) -> Figures:
    """Return the counters of the events to come of the company and all below it, added up."""
    statement = select(
        func.count(),
        func.coalesce(func.sum(Event.guests_invited), 0),
        func.coalesce(func.sum(Event.guests_yes), 0),
        func.coalesce(func.sum(Event.guests_no), 0),
    ).where(Event.company_id.in_(_below(company_id)), Event.state == "published", Event.ends_at > clock.now())
    return Figures(*db.session.execute(statement).one())
