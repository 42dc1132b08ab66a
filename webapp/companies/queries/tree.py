"""The companies an actor may see, and what lies below them."""

import dataclasses
import uuid
from collections.abc import Iterable, Sequence

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


def companies_found(actor: Actor, *, search: str = "") -> Select[Company]:
    """Return a SELECT of the companies in which `actor` has a role and whose name holds `search`."""
    statement = select(Company).where(Company.id.in_(policy.company_ids(actor)), Company.deleted_at.is_(None))
    if wanted := text.fit(search).strip():
        statement = statement.where(func.lower(Company.name).contains(wanted.lower(), autoescape=True))
    return statement


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


def usual_project(actor: Actor, projects: Sequence[Project]) -> Project | None:
    """Return the one of `projects` (as `projects_of` gives them) that an event goes into where none is named.

    That is the default one of the company that the actor's token acts for, or else of the company the account itself
    has had a role in the longest; where that is not among them, of the first that is. None where there are none.
    """
    mine = [actor.company_id] if actor.company_id is not None else [one.id for one in db.session.scalars(_own(actor))]
    places = {company_id: number for number, company_id in enumerate(mine)}
    return min(projects, key=lambda one: (places.get(one.company_id, len(places)), not one.is_default), default=None)


def _own(actor: Actor) -> Select[Company]:
    """Return a SELECT of the companies in which the account itself has a role, the one it has had one in longest first.

    A role that was changed, or given again, counts from the first that was granted there.
    """
    granted = aliased(Membership)
    since = (
        select(func.min(granted.granted_at))
        .where(granted.user_id == actor.account(), granted.company_id == Company.id)
        .correlate(Company)
        .scalar_subquery()
    )
    return (
        select(Company)
        .join(Membership, Membership.company_id == Company.id)
        .where(Membership.user_id == actor.account(), Membership.revoked_at.is_(None), Company.deleted_at.is_(None))
        .order_by(since, Company.id)
    )


def company_to_act_for(actor: Actor, company_id: uuid.UUID | None) -> Company | None:
    """Return the company that a program of `actor` asks to act for: it needs a role there.

    Without an id: the company the account itself has had a role in the longest; None where it has none. Raises
    NotFoundError where it has none.
    """
    if company_id is None:
        return db.session.scalar(_own(actor).limit(1))
    company = db.session.get(Company, company_id)
    if company is None or company.deleted_at is not None or policy.role_in(actor, company_id) is None:
        raise NotFoundError
    return company


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


def below(company_id: uuid.UUID, *, rows: type[CompanyAncestor] = CompanyAncestor) -> Select[uuid.UUID]:
    """Return a SELECT of the ids of the company and all below it; `rows`: the closure under another name."""
    return select(rows.company_id).where(rows.ancestor_id == company_id)


def above(actor: Actor, company_id: uuid.UUID) -> Select[uuid.UUID]:
    """Return a SELECT of the ids of the companies above this one, as far up as the actor's session reaches."""
    return select(CompanyAncestor.ancestor_id).where(
        CompanyAncestor.company_id == company_id,
        CompanyAncestor.depth > 0,
        policy.reached(actor, CompanyAncestor.ancestor_id),
    )


def standing_below(company_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Return the ids of the company and all below it that are not deleted, in their order."""
    statement = select(Company.id).where(Company.id.in_(below(company_id)), Company.deleted_at.is_(None))
    return db.session.scalars(statement.order_by(Company.id)).all()


def is_below(company_id: uuid.UUID, ancestor_id: uuid.UUID) -> bool:
    """Tell whether the company is `ancestor_id` itself or stands somewhere below it."""
    statement = select(CompanyAncestor.depth).where(
        CompanyAncestor.company_id == company_id, CompanyAncestor.ancestor_id == ancestor_id
    )
    return db.session.scalar(statement) is not None


@dataclasses.dataclass(frozen=True)
class InTheWay:
    """What keeps a company from being deleted: how many companies stand below it, and events to come in it."""

    children: int
    events: int

    def __bool__(self) -> bool:
        """Tell whether anything does."""
        return bool(self.children or self.events)


def in_the_way(company_id: uuid.UUID) -> InTheWay:
    """Return what keeps the company from being deleted; a draft of an event to come counts as one."""
    inside = below(company_id)
    children = select(func.count()).where(
        Company.id.in_(inside), Company.id != company_id, Company.deleted_at.is_(None)
    )
    events = select(func.count()).where(
        Event.company_id.in_(inside), Event.state != "cancelled", Event.ends_at > clock.now()
    )
    return InTheWay(db.session.scalar(children) or 0, db.session.scalar(events) or 0)


@dataclasses.dataclass(frozen=True)
class Branch:
    """A company as the tree shows it: how many steps below, its own people, and its own events to come."""

    company: Company
    depth: int
    people: int
    events: int


def branches_of(company_id: uuid.UUID) -> list[Branch]:
    """Return all companies below this one, each behind the one it is part of, those beside each other by name."""
    people = (
        select(func.count())
        .where(Membership.company_id == Company.id, Membership.revoked_at.is_(None))
        .correlate(Company)
        .scalar_subquery()
    )
    to_come = (
        select(func.count())
        .where(Event.company_id == Company.id, Event.state == "published", Event.ends_at > clock.now())
        .correlate(Company)
        .scalar_subquery()
    )
    statement = (
        select(Company, CompanyAncestor.depth, people, to_come)
        .join(CompanyAncestor, CompanyAncestor.company_id == Company.id)
        .where(CompanyAncestor.ancestor_id == company_id, CompanyAncestor.depth > 0, Company.deleted_at.is_(None))
        .order_by(CompanyAncestor.depth, func.lower(Company.name), Company.id)
    )
    under: dict[uuid.UUID | None, list[Branch]] = {}
    for row in db.session.execute(statement):
        under.setdefault(row[0].parent_id, []).append(Branch(*row))
    ordered: list[Branch] = []
    waiting = under.get(company_id, [])[::-1]
    while waiting:
        branch = waiting.pop()
        ordered.append(branch)
        waiting += under.get(branch.company.id, [])[::-1]
    return ordered


def paths(actor: Actor, companies: Iterable[Company]) -> dict[uuid.UUID, str]:
    """Return by id what each company is called in a choice: "Above / Here", as far up as `actor` has a role."""
    ids = [company.id for company in companies]
    statement = (
        select(CompanyAncestor.company_id, Company.name)
        .join(Company, Company.id == CompanyAncestor.ancestor_id)
        .where(CompanyAncestor.company_id.in_(ids), Company.id.in_(policy.company_ids(actor)))
        .order_by(CompanyAncestor.company_id, CompanyAncestor.depth.desc())
    )
    names: dict[uuid.UUID, list[str]] = {}
    for company_id, name in db.session.execute(statement):
        names.setdefault(company_id, []).append(name)
    return {company_id: " / ".join(steps) for company_id, steps in names.items()}
