"""The companies an actor may see, and what lies below them."""

import dataclasses
import uuid

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.companies import policy
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Role
from webapp.models import Company, CompanyAncestor, Event, Membership, Project


@dataclasses.dataclass(frozen=True)
class CompanyRow:
    """A company as lists show it: the company, its parent's name, the actor's role there, and its events to come."""

    company: Company
    parent: str | None
    role: Role
    events: int


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


def get_company(actor: Actor, slug: str) -> Company:
    """Return the company of that name for paths, its parent loaded; NotFoundError where the actor has no role in it."""
    statement = select(Company).where(Company.slug == slug, Company.deleted_at.is_(None))
    known = not text.unfit(slug)
    company = db.session.scalar(statement.options(joinedload(Company.parent))) if known else None
    if company is None or policy.role_in(actor, company.id) is None:
        raise NotFoundError
    return company


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


def is_lived_in(company_id: uuid.UUID, but: uuid.UUID) -> bool:
    """Tell whether the company, or one below it, has people other than this account, or events to come."""
    inside = below(company_id)
    people = select(Membership.id).where(
        Membership.company_id.in_(inside), Membership.revoked_at.is_(None), Membership.user_id != but
    )
    events = select(Event.id).where(
        Event.company_id.in_(inside), Event.state == "published", Event.ends_at > clock.now()
    )
    return db.session.scalar(people.limit(1)) is not None or db.session.scalar(events.limit(1)) is not None


def below(company_id: uuid.UUID) -> Select[uuid.UUID]:
    """Return a SELECT of the ids of the company and all below it."""
    return select(CompanyAncestor.company_id).where(CompanyAncestor.ancestor_id == company_id)
