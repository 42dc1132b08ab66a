"""Who may do what in a company. Rights flow down from a parent to all below it, never up or sideways."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, null, or_, select

from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.operation import read_once
from webapp.core.permissions import Permission, Role, may, require
from webapp.models import CompanyAncestor, Membership


def role_in(actor: Actor, company_id: uuid.UUID) -> Role | None:
    """Return the strongest role `actor` has in the company, its own or from above; None where it has none.

    A token that is limited to one company reaches that company and all below it. However often one page asks, the
    database is asked once.
    """
    if actor.user_id is None:
        return None
    asked = ("role", actor.user_id, actor.company_id, actor.scope, company_id)
    return read_once(asked, lambda: _role_in(actor, company_id))


def _counting(actor: Actor) -> list[ColumnElement[bool]]:
    """Return the conditions of the actor's memberships that count: standing, and giving the scope that is used.

    A membership may carry fewer scopes than its role gives: under any other scope a token has no role by it.
    """
    conditions = [Membership.user_id == actor.user_id, Membership.revoked_at.is_(None)]
    if actor.scope is not None:
        given = cast(Membership.scopes, String).contains(f'"{actor.scope}"', autoescape=True)
        conditions.append(or_(Membership.scopes.is_(null()), given))
    return conditions


def _role_in(actor: Actor, company_id: uuid.UUID) -> Role | None:
    statement = (
        select(Membership.role)
        .join(CompanyAncestor, CompanyAncestor.ancestor_id == Membership.company_id)
        .where(CompanyAncestor.company_id == company_id, *_counting(actor))
    )
    if actor.company_id is not None:
        limit = select(CompanyAncestor.company_id).where(CompanyAncestor.ancestor_id == actor.company_id)
        statement = statement.where(CompanyAncestor.company_id.in_(limit))
    roles = [Role(role) for role in db.session.scalars(statement)]
    return max(roles, key=lambda role: role.rank, default=None)


def roles_of(actor: Actor) -> dict[uuid.UUID, Role]:
    """Return the strongest role `actor` has in every company it reaches, by the company's id."""
    statement = (
        select(CompanyAncestor.company_id, Membership.role)
        .join(Membership, CompanyAncestor.ancestor_id == Membership.company_id)
        .where(*_counting(actor))
    )
    roles: dict[uuid.UUID, Role] = {}
    for company_id, role in db.session.execute(statement):
        roles[company_id] = max(roles.get(company_id, Role(role)), Role(role), key=lambda one: one.rank)
    return roles


def allows(actor: Actor, company_id: uuid.UUID, permission: Permission) -> bool:
    """Tell whether `actor` may do this in the company."""
    return actor.system or may(role_in(actor, company_id), permission)


def require_in(actor: Actor, company_id: uuid.UUID, permission: Permission) -> None:
    """Raise NotFoundError where `actor` has no role in the company, ForbiddenError where its role does not do."""
    if actor.system:
        return
    role = role_in(actor, company_id)
    require(may(role, permission), seen=role is not None)


def company_ids(actor: Actor, *, at_least: Role = Role.DOORKEEPER) -> Select[Any]:
    """Return a SELECT of the ids of all companies in which `actor` has a role of that rank, own or from above."""
    roles = [role.value for role in Role if role.rank >= at_least.rank]
    statement = (
        select(CompanyAncestor.company_id)
        .join(Membership, Membership.company_id == CompanyAncestor.ancestor_id)
        .where(*_counting(actor), Membership.role.in_(roles))
    )
    if actor.company_id is not None:
        limit = select(CompanyAncestor.company_id).where(CompanyAncestor.ancestor_id == actor.company_id)
        statement = statement.where(CompanyAncestor.company_id.in_(limit))
    return statement
