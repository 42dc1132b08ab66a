"""Companies themselves: made and closed."""

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.companies import policy, queries
from webapp.companies.errors import LastOwnerError
from webapp.companies.operations.people import give, locked_company, take
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db, new_id
from webapp.core.errors import NotFoundError
from webapp.core.operation import added, operation
from webapp.core.permissions import Permission, Role
from webapp.journal.writing import record
from webapp.models import Company, CompanyAncestor, Project

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
        give(actor, company.id, actor.user_id, Role.OWNER)
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


@operation
def close_lone_companies(actor: Actor, user_id: uuid.UUID) -> None:
    """Let an account that is being deleted go: end its memberships and close the companies that are its alone.

    Raises LastOwnerError where others are left, or events to come, and nobody owns the company.
    """
    memberships = queries.memberships_of(user_id)
    for membership in memberships:
        if membership.role == Role.OWNER.value and not queries.has_other_owner(membership.company_id, user_id):
            company = locked_company(membership.company_id)
            if queries.is_lived_in(company.id, user_id):
                alone = _l(
                    "You are the last owner of %(name)s. Please make somebody else owner first.", name=company.name
                )
                raise LastOwnerError(alone)
            company.deleted_at = clock.now()
            record(actor, "company.deleted", company, company_id=company.id)
    db.session.flush()
    for membership in memberships:
        take(actor, membership)
