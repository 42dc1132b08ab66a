"""The people of a company as its page lists them, and who was what before."""

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.companies import policy
from webapp.companies.queries.tree import below
from webapp.core import text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.permissions import Permission, Role
from webapp.models import Company, CompanyAncestor, Membership, User

MOST_ABOVE = 50


@dataclasses.dataclass(frozen=True)
class Person:
    """An account with what it is in the company, or in that and all below it: companies loaded, strongest role first.

    `key`: its place in the list.
    """

    user: User
    roles: Sequence[Membership]
    key: tuple[Any, ...]


_RANK = case({role.value: -role.rank for role in Role}, value=Membership.role)
_NAMES = (func.lower(User.name), func.lower(User.surname), User.id)
HERE = (_RANK, *_NAMES)
EVERYWHERE = _NAMES
HISTORY = Membership.id
KEY_HERE = (int, str, str, uuid.UUID)
KEY_EVERYWHERE = (str, str, uuid.UUID)


def people_here(actor: Actor, company: Company, search: str = "") -> Select[Any]:
    """Return a SELECT of the accounts with a role in the company itself, to be ordered by HERE.

    `search`: part of the name, and for who manages the people part of the address.
    """
    return (
        select(User, *HERE)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.company_id == company.id,
            Membership.revoked_at.is_(None),
            User.deleted_at.is_(None),
            *_fitting(actor, company, search),
        )
    )


def people_everywhere(actor: Actor, company: Company, search: str = "") -> Select[Any]:
    """Return a SELECT of the accounts with a role in the company or any below it, to be ordered by EVERYWHERE.

    Raises NotFoundError or ForbiddenError for whoever does not manage the company's people.
    """
    policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
    return select(User, *EVERYWHERE).where(
        User.id.in_(_holders(company.id)), User.deleted_at.is_(None), *_fitting(actor, company, search)
    )


def _holders(company_id: uuid.UUID) -> Select[Any]:
    return (
        select(Membership.user_id)
        .join(Membership.company)
        .where(
            Membership.company_id.in_(below(company_id)), Membership.revoked_at.is_(None), Company.deleted_at.is_(None)
        )
    )


def _fitting(actor: Actor, company: Company, search: str) -> list[ColumnElement[bool]]:
    """Return the conditions of names (and addresses) that hold what is searched for."""
    wanted = text.one_line(text.fit(search[:200]))
    if not wanted:
        return []
    # SQLite folds the case of ASCII letters only: the usual ways to write a name are tried each
    ways = {wanted, wanted.lower(), wanted.upper(), wanted.title(), wanted.casefold()}
    name = User.name + " " + User.surname
    fits = [name.ilike(_pattern(way), escape="\\") for way in sorted(ways)]
    if policy.allows(actor, company.id, Permission.MANAGE_PEOPLE):
        fits.append(User.email_key.like(_pattern(text.fold(wanted)), escape="\\"))
    return [or_(*fits)]


def _pattern(wanted: str) -> str:
    plain = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def with_roles(rows: Sequence[Row[Any]], company: Company, *, everywhere: bool) -> list[Person]:
    """Return the accounts of one page of those lists with their roles: in the company, or `everywhere` below it too."""
    users = [row[0] for row in rows]
    inside = Membership.company_id.in_(below(company.id)) if everywhere else Membership.company_id == company.id
    statement = (
        select(Membership)
        .join(Membership.company)
        .options(contains_eager(Membership.company))
        .where(
            Membership.user_id.in_([user.id for user in users]),
            Membership.revoked_at.is_(None),
            Company.deleted_at.is_(None),
            inside,
        )
        .order_by(_RANK, func.lower(Company.name), Membership.id)
    )
    roles: dict[uuid.UUID, list[Membership]] = {}
    for membership in db.session.scalars(statement):
        roles.setdefault(membership.user_id, []).append(membership)
    return [Person(row[0], roles.get(row[0].id, []), tuple(row[1:])) for row in rows]


def people_above(company: Company) -> Sequence[Membership]:
    """Return the standing memberships of the companies above, which reach this one: nearest first, at most 50."""
    statement = (
        select(Membership)
        .join(CompanyAncestor, CompanyAncestor.ancestor_id == Membership.company_id)
        .join(Membership.user)
        .options(contains_eager(Membership.user), joinedload(Membership.company))
        .where(
            CompanyAncestor.company_id == company.id,
            CompanyAncestor.depth > 0,
            Membership.revoked_at.is_(None),
            User.deleted_at.is_(None),
        )
        .order_by(CompanyAncestor.depth, _RANK, *_NAMES, Membership.id)
        .limit(MOST_ABOVE)
    )
    return db.session.scalars(statement).all()


def count_people(company: Company) -> tuple[int, int]:
    """Return how many people have a role in the company itself, and how many in it or any below it."""
    here = select(Membership.user_id).where(Membership.company_id == company.id, Membership.revoked_at.is_(None))
    counted = [
        select(func.count()).where(User.id.in_(ids), User.deleted_at.is_(None)).scalar_subquery()
        for ids in (here, _holders(company.id))
    ]
    in_it, everywhere = db.session.execute(select(*counted)).one()
    return in_it, everywhere


def has_below(company: Company) -> bool:
    """Tell whether any company stands below this one."""
    statement = (
        select(Company.id)
        .join(CompanyAncestor, CompanyAncestor.company_id == Company.id)
        .where(CompanyAncestor.ancestor_id == company.id, CompanyAncestor.depth > 0, Company.deleted_at.is_(None))
    )
    return db.session.scalar(statement.limit(1)) is not None


def role_history(actor: Actor, company: Company, person: uuid.UUID | None = None) -> Select[Any]:
    """Return a SELECT of (membership, who granted it, who revoked it) in the company and all below it.

    Accounts and companies loaded; granted and revoked ones alike, `person`: of this account alone. To be ordered by
    HISTORY, which grows with time. Raises NotFoundError or ForbiddenError for whoever does not manage the
    company's people.
    """
    policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
    giver, taker = aliased(User), aliased(User)
    rows: tuple[Any, ...] = (Membership, giver, taker)
    statement = (
        select(*rows)
        .outerjoin(giver, giver.id == Membership.granted_by)
        .outerjoin(taker, taker.id == Membership.revoked_by)
        .options(joinedload(Membership.user), joinedload(Membership.company))
        .where(Membership.company_id.in_(below(company.id)))
    )
    return statement.where(Membership.user_id == person) if person is not None else statement
