"""Every write to companies, their projects and who is what in them."""

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from webapp.companies import policy, queries
from webapp.companies.errors import LastOwnerError
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db, new_id
from webapp.core.errors import ConflictError, NotFoundError
from webapp.core.hooks import AccessChange, access_revoked
from webapp.core.operation import added, count, operation
from webapp.core.permissions import Permission, Role
from webapp.journal.writing import record
from webapp.models import Company, CompanyAncestor, Membership, Project, User

_RESERVED = frozenset({"new"})
_TRIES = 50


@operation
def create_company(actor: Actor, *, name: str, parent: Company | None = None) -> Company:
    """Make a company with its default project and the actor as its owner; return it.

    `parent`: the company it belongs to, whose children the actor must be allowed to manage (NotFoundError,
    ForbiddenError). The system makes a company that nobody owns yet.
    """
    if parent is not None:
        policy.require_in(actor, parent.id, Permission.MANAGE_CHILDREN)
        if db.session.get(Company, parent.id, populate_existing=True, with_for_update=True).deleted_at:  # type: ignore[union-attr]
            raise NotFoundError
    company = _named(name, parent.id if parent else None)
    rows = [CompanyAncestor(company_id=company.id, ancestor_id=company.id, depth=0)]
    if parent is not None:
        above = select(CompanyAncestor).where(CompanyAncestor.company_id == parent.id)
        rows += [
            CompanyAncestor(company_id=company.id, ancestor_id=row.ancestor_id, depth=row.depth + 1)
            for row in db.session.scalars(above)
        ]
    db.session.add_all([*rows, Project(company_id=company.id, name=_("General"), is_default=True)])
    db.session.flush()
    record(actor, "company.created", company, company_id=company.id)
    if actor.user_id is not None:
        _give(actor, company.id, actor.user_id, Role.OWNER)
    return company


def _named(name: str, parent_id: uuid.UUID | None) -> Company:
    """Insert the company under the first free name for a path ("pod-lipo", "pod-lipo-2")."""
    base = text.slugify(name)
    for number in range(1, _TRIES + 1):
        slug = base if number == 1 else f"{base}-{number}"
        company = Company(id=new_id(), name=name, slug=slug, parent_id=parent_id)
        if slug not in _RESERVED and added(company):
            return company
    company = Company(id=new_id(), name=name, slug=f"{base[:50]}-{uuid.uuid4().hex[:12]}", parent_id=parent_id)
    db.session.add(company)
    db.session.flush()
    return company


def _give(actor: Actor, company_id: uuid.UUID, user_id: uuid.UUID, role: Role) -> Membership:
    membership = Membership(
        company_id=company_id, user_id=user_id, role=role.value, granted_at=clock.now(), granted_by=actor.user_id
    )
    db.session.add(membership)
    db.session.flush()
    record(actor, "membership.granted", membership, company_id=company_id, user=str(user_id), role=role.value)
    return membership


def _take(actor: Actor, membership: Membership) -> None:
    """End a membership; ConflictError where somebody else was quicker."""
    standing = (Membership.id == membership.id, Membership.revoked_at.is_(None))
    if not count(update(Membership).where(*standing).values(revoked_at=clock.now(), revoked_by=actor.user_id)):
        raise ConflictError
    user = str(membership.user_id)
    record(actor, "membership.revoked", membership, company_id=membership.company_id, user=user, role=membership.role)


def _require_over(actor: Actor, company_id: uuid.UUID, *roles: Role) -> None:
    """Raise unless `actor` may grant and revoke all of `roles` in the company."""
    policy.require_in(actor, company_id, Permission.MANAGE_PEOPLE)
    if Role.OWNER in roles:
        policy.require_in(actor, company_id, Permission.MANAGE_OWNERS)


def _locked_company(company_id: uuid.UUID) -> Company:
    """Return the company under a lock: who owns it changes one at a time."""
    company = db.session.get(Company, company_id, populate_existing=True, with_for_update=True)
    if company is None or company.deleted_at is not None:
        raise NotFoundError
    return company


def _require_owner_left(company: Company, but: uuid.UUID) -> None:
    if not queries.has_other_owner(company.id, but):
        raise LastOwnerError(_l("A company needs an owner. Please make somebody else owner first."))


@operation
def grant(actor: Actor, company: Company, user: User, role: Role) -> Membership:
    """Give `user` a role in the company and return the membership; another role it had there is revoked.

    The system (an accepted invitation) never lowers a role. Raises NotFoundError, ForbiddenError, LastOwnerError.
    """
    company = _locked_company(company.id)
    standing = queries.standing(company.id, user.id)
    had = Role(standing.role) if standing else None
    _require_over(actor, company.id, role, *([had] if had else []))
    if standing is not None and had is not None:
        if had is role or (actor.system and had.rank > role.rank):
            return standing
        if had is Role.OWNER:
            _require_owner_left(company, user.id)
        _take(actor, standing)
    return _give(actor, company.id, user.id, role)


@operation
def revoke(actor: Actor, membership: Membership) -> None:
    """End a membership: one's own, or somebody else's that one may grant. Raises LastOwnerError for the last owner."""
    company = _locked_company(membership.company_id)
    if membership.user_id != actor.user_id:
        _require_over(actor, company.id, Role(membership.role))
    if membership.role == Role.OWNER.value:
        _require_owner_left(company, membership.user_id)
    user_id = membership.user_id
    _take(actor, membership)
    access_revoked.fire(AccessChange(user_id, company.id))


@operation
def close_lone_companies(actor: Actor, user_id: uuid.UUID) -> None:
    """Let an account that is being deleted go: end its memberships and close the companies that are its alone.

    Raises LastOwnerError where others are left, or events to come, and nobody owns the company.
    """
    memberships = queries.memberships_of(user_id)
    for membership in memberships:
        if membership.role == Role.OWNER.value and not queries.has_other_owner(membership.company_id, user_id):
            company = _locked_company(membership.company_id)
            if queries.is_lived_in(company.id, user_id):
                alone = _l(
                    "You are the last owner of %(name)s. Please make somebody else owner first.", name=company.name
                )
                raise LastOwnerError(alone)
            company.deleted_at = clock.now()
            record(actor, "company.deleted", company, company_id=company.id)
    db.session.flush()
    for membership in memberships:
        _take(actor, membership)
