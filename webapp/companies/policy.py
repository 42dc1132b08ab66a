"""Who may do what in a company. Rights flow down from a parent to all below it, never up or sideways."""

import dataclasses
import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, String, cast, null, or_, select, true

from webapp.accounts.errors import BeyondTokenError
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.operation import read_once
from webapp.core.permissions import GIVES, Permission, Role, may, require
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


def reaches(actor: Actor, company_id: uuid.UUID | None) -> bool:
    """Tell whether the actor's session reaches the company: a token may be limited to one and all below it.

    What belongs to no company (`company_id` None) such a token does not reach.
    """
    limit = actor.company_id
    if limit is None or company_id == limit:
        return True
    if company_id is None:
        return False
    inside = select(CompanyAncestor.depth).where(
        CompanyAncestor.company_id == company_id, CompanyAncestor.ancestor_id == limit
    )
    return read_once(("reach", limit, company_id), lambda: db.session.scalar(inside) is not None)


def reached(actor: Actor, column: Any) -> ColumnElement[bool]:
    """Return the condition that `column`, the id of a company, is of one that the actor's session reaches."""
    if actor.company_id is None:
        return true()
    inside = select(CompanyAncestor.company_id).where(CompanyAncestor.ancestor_id == actor.company_id)
    found: ColumnElement[bool] = column.in_(inside)
    return found


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
        .where(reached(actor, CompanyAncestor.company_id))
    )
    roles = [Role(role) for role in db.session.scalars(statement)]
    return max(roles, key=lambda role: role.rank, default=None)


def roles_of(actor: Actor) -> dict[uuid.UUID, Role]:
    """Return the strongest role `actor` has in every company it reaches, by the company's id."""
    statement = (
        select(CompanyAncestor.company_id, Membership.role)
        .join(Membership, CompanyAncestor.ancestor_id == Membership.company_id)
        .where(*_counting(actor), reached(actor, CompanyAncestor.company_id))
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


def given_in(actor: Actor, company_id: uuid.UUID) -> frozenset[str] | None:
    """Return the scopes under which the actor's token works in the company; None for a browser, which has no limit.

    That is what the token carries, as far as a membership there or above gives it to tokens.
    """
    if actor.scopes is None:
        return None
    held = held_to(actor, company_id)
    return actor.scopes if held is None else actor.scopes & held


def held_to(actor: Actor, company_id: uuid.UUID) -> frozenset[str] | None:
    """Return to what the actor's memberships in the company and above hold its tokens; None: to nothing less."""
    statement = (
        select(Membership.scopes)
        .join(CompanyAncestor, CompanyAncestor.ancestor_id == Membership.company_id)
        .where(CompanyAncestor.company_id == company_id, *_counting(dataclasses.replace(actor, scope=None)))
    )
    rows = db.session.scalars(statement).all()
    held = [frozenset(scopes) for scopes in rows if scopes is not None]
    return frozenset[str]().union(*held) if len(held) == len(rows) and rows else None


def lacking(actor: Actor, company_id: uuid.UUID, role: Role) -> list[str]:
    """Return the scopes that `role` gives in the company and the actor's token lacks there, by name."""
    given = given_in(actor, company_id)
    return [] if given is None else sorted(GIVES[role] - given)


def require_gives(actor: Actor, company_id: uuid.UUID, role: Role) -> None:
    """Raise BeyondTokenError where `role` would let programs do in the company what the actor's token may not do."""
    if missing := lacking(actor, company_id, role):
        lacks = ", ".join(missing)
        raise BeyondTokenError(
            _l("This token may not give a role that may do more than itself: it lacks %(scopes)s.", scopes=lacks)
        )


def require_no_more(actor: Actor, company_id: uuid.UUID, parent_id: uuid.UUID) -> None:
    """Raise BeyondTokenError where the actor's token may do in `parent_id` what it may not do in the company.

    Moved there, the company would be open to it as the parent is.
    """
    here, above = given_in(actor, company_id), given_in(actor, parent_id)
    if here is not None and above is not None and not above <= here:
        raise BeyondTokenError


def company_ids(actor: Actor, *, at_least: Role = Role.DOORKEEPER) -> Select[Any]:
    """Return a SELECT of the ids of all companies in which `actor` has a role of that rank, own or from above."""
    roles = [role.value for role in Role if role.rank >= at_least.rank]
    return (
        select(CompanyAncestor.company_id)
        .join(Membership, Membership.company_id == CompanyAncestor.ancestor_id)
        .where(*_counting(actor), Membership.role.in_(roles), reached(actor, CompanyAncestor.company_id))
    )
