"""Who is what in a company: granting, changing and taking roles."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from webapp.accounts.errors import BeyondTokenError
from webapp.companies import policy, queries
from webapp.companies.errors import LastOwnerError
from webapp.core import clock
from webapp.core.actor import Actor, Scope
from webapp.core.database import db
from webapp.core.errors import ConflictError, ForbiddenError, NotFoundError
from webapp.core.hooks import AccessChange, access_revoked
from webapp.core.operation import count, operation
from webapp.core.permissions import HELD_TO, Permission, Role
from webapp.journal.writing import record
from webapp.models import Company, Membership, User


def give(
    actor: Actor, company_id: uuid.UUID, user_id: uuid.UUID, role: Role, *, scopes: Sequence[str] | None = None
) -> Membership:
    """Write a membership, within an operation; return it. Nothing is judged here.

    `scopes`: what tokens may use by it, None for all that the role gives.
    """
    membership = Membership(
        company_id=company_id,
        user_id=user_id,
        role=role.value,
        granted_at=clock.now(),
        granted_by=actor.user_id,
        scopes=sorted(scopes) if scopes is not None else None,
    )
    db.session.add(membership)
    db.session.flush()
    details: dict[str, Any] = {"user": str(user_id), "role": role.value}
    if membership.scopes is not None:
        details["scopes"] = membership.scopes
    record(actor, "membership.granted", membership, company_id=company_id, **details)
    return membership


def take(actor: Actor, membership: Membership) -> None:
    """End a membership; ConflictError where somebody else was quicker."""
    standing = (Membership.id == membership.id, Membership.revoked_at.is_(None))
    if not count(update(Membership).where(*standing).values(revoked_at=clock.now(), revoked_by=actor.user_id)):
        raise ConflictError
    user = str(membership.user_id)
    record(actor, "membership.revoked", membership, company_id=membership.company_id, user=user, role=membership.role)


def require_over(actor: Actor, company_id: uuid.UUID, *roles: Role) -> None:
    """Raise unless `actor` may grant and revoke all of `roles` in the company."""
    policy.require_in(actor, company_id, Permission.MANAGE_PEOPLE)
    if Role.OWNER in roles:
        policy.require_in(actor, company_id, Permission.MANAGE_OWNERS)


def locked_company(company_id: uuid.UUID) -> Company:
    """Return the company under a lock: who owns it changes one at a time."""
    company = db.session.get(Company, company_id, populate_existing=True, with_for_update=True)
    if company is None or company.deleted_at is not None:
        raise NotFoundError
    return company


def require_owner_left(company: Company, but: uuid.UUID) -> None:
    """Raise LastOwnerError where nobody but this account owns the company or one above it."""
    if not queries.has_other_owner(company.id, but):
        raise LastOwnerError(
            _l("%(company)s needs an owner. Please make somebody else owner first.", company=company.name)
        )


@operation
def grant(actor: Actor, company: Company, user: User, role: Role) -> Membership:
    """Give `user` a role in the company and return the membership; another role it had there is revoked.

    Where tokens were held to fewer scopes there than the role gave, they still are.
    The system (an accepted invitation) never lowers a role. Raises NotFoundError, ForbiddenError, LastOwnerError, and
    BeyondTokenError where a program raises somebody to a role that may do more than its own token.
    """
    company = locked_company(company.id)
    standing = queries.standing(company.id, user.id)
    had = Role(standing.role) if standing else None
    require_over(actor, company.id, role, *([had] if had else []))
    if had is None or had.rank < role.rank:
        policy.require_gives(actor, company.id, role)
    if standing is not None and had is not None:
        if had is role or (actor.system and had.rank > role.rank):
            return standing
        if had is Role.OWNER:
            require_owner_left(company, user.id)
        take(actor, standing)
    return give(actor, company.id, user.id, role, scopes=standing.scopes if standing is not None else None)


@operation
def change_role(actor: Actor, membership: Membership, role: Role) -> Membership:
    """Give the account of a standing membership another role there, its own included; return the new membership.

    The one before is revoked and kept. Raises as `grant` does, and ConflictError where the membership has ended.
    """
    company = locked_company(membership.company_id)
    standing = queries.standing(company.id, membership.user_id)
    require_over(actor, company.id, role)
    if standing is None or standing.id != membership.id:
        raise ConflictError(_l("This role was changed in the meantime. Please look at it again."))
    return grant(actor, company, db.session.get_one(User, standing.user_id), role)


@operation
def change_membership(
    actor: Actor,
    membership: Membership,
    *,
    role: Role | None = None,
    limits: bool = False,
    scopes: Sequence[Scope] | None = None,
) -> Membership:
    """Give the account another role (None: the one it has) and, where `limits`, the scopes that its tokens may use.

    `scopes` None: all that the role gives. The membership before is revoked and kept; the new one is returned. Raises
    as `change_role` does, BeyondTokenError for scopes that a program does not have there itself, and for the own row
    ForbiddenError to all but owners, and StaleError where an owner who has not just typed the password widens it.
    """
    asked = sorted(scope.value for scope in scopes) if scopes is not None else None
    changed = change_role(actor, membership, role or Role(membership.role))
    if not limits or asked == changed.scopes:
        return changed
    _require_may_limit(actor, changed, asked)
    company_id, user_id, now = changed.company_id, changed.user_id, Role(changed.role)
    take(actor, changed)
    return give(actor, company_id, user_id, now, scopes=asked)


def _require_may_limit(actor: Actor, membership: Membership, asked: Sequence[str] | None) -> None:
    """Raise unless `actor` may hold the account's tokens to `asked` (None: to nothing less than its role gives)."""
    own = membership.user_id == actor.user_id
    if own and not policy.allows(actor, membership.company_id, Permission.MANAGE_OWNERS):
        raise ForbiddenError(_l("Only an owner changes what the own role lets programs do. Please ask one."))
    before, after = ({*HELD_TO} if one is None else HELD_TO.intersection(one) for one in (membership.scopes, asked))
    if after <= before:
        return
    given = policy.given_in(actor, membership.company_id)
    if given is not None and not given.issuperset(after - before):
        raise BeyondTokenError
    if own:
        actor.require_fresh()


@operation
def revoke(actor: Actor, membership: Membership) -> None:
    """End a membership: one's own, or somebody else's that one may grant. Raises LastOwnerError for the last owner."""
    company = locked_company(membership.company_id)
    if membership.user_id != actor.user_id:
        require_over(actor, company.id, Role(membership.role))
    if membership.role == Role.OWNER.value:
        require_owner_left(company, membership.user_id)
    user_id = membership.user_id
    take(actor, membership)
    access_revoked.fire(AccessChange(user_id, company.id, by=actor.user_id))
