"""Companies themselves: made, named, moved and closed.

The tree is kept twice: `Company.parent_id` says it, and `CompanyAncestor` is its closure, which a move rewrites for the
whole subtree in a few set statements. Whoever changes where companies stand takes its turn by `lock_tree`, so that two
moves that cross never make a circle.
"""

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.orm import aliased

from webapp.companies import policy, queries
from webapp.companies.errors import (
    ChildrenError,
    CompanyGoneError,
    CycleError,
    EventsToComeError,
    LastOwnerError,
)
from webapp.companies.operations.apps import end_app
from webapp.companies.operations.people import give, locked_company, take
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db, new_id
from webapp.core.errors import NotFoundError, ReachError
from webapp.core.hooks import AccessChange, access_revoked
from webapp.core.operation import added, count, operation
from webapp.core.permissions import Permission, Role
from webapp.journal.writing import record
from webapp.models import App, Company, CompanyAncestor, Invitation, LoginSession, Membership, Project, Site

_RESERVED = frozenset({"new"})
_TRIES = 50


def lock_tree() -> None:
    """Wait until nobody else changes where companies stand, and keep all others waiting until the operation ends."""
    db.session.execute(select(Site.id).where(Site.id == 1).with_for_update())


def hold_company(company_id: uuid.UUID) -> None:
    """Keep the company from being deleted until the operation ends; CompanyGoneError where it is deleted already.

    Others may hold it at the same time: it is for what is put into a company, such as an event.
    """
    statement = select(Company.deleted_at).where(Company.id == company_id).with_for_update(read=True)
    found = db.session.execute(statement).one_or_none()
    if found is None or found[0] is not None:
        raise CompanyGoneError


@operation
def create_company(actor: Actor, *, name: str, parent: Company | None = None) -> Company:
    """Make a company with its default project and the actor as its owner; return it.

    `parent`: the company it belongs to, whose children the actor must be allowed to manage (NotFoundError,
    ForbiddenError); who manages them and owns nothing there does not own the new one either. The system makes a
    company that nobody owns yet.
    """
    if parent is not None:
        lock_tree()
        # under the lock: whoever is offboarded meanwhile may no longer
        parent = locked_company(parent.id)
        policy.require_in(actor, parent.id, Permission.MANAGE_CHILDREN)
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
    # Only owners appoint owners: what an administrator makes is owned by those who own the company above.
    owns = parent is None or policy.allows(actor, parent.id, Permission.MANAGE_OWNERS)
    if actor.user_id is not None and owns:
        # a role that leaves less to tokens above is not got around by a company below
        held = policy.held_to(actor, parent.id) if parent is not None else None
        give(actor, company.id, actor.user_id, Role.OWNER, scopes=sorted(held) if held is not None else None)
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
def rename_company(actor: Actor, company: Company, *, name: str) -> None:
    """Give the company another name; its name for paths stays, so that links go on leading there.

    Raises NotFoundError or ForbiddenError where `actor` may not.
    """
    policy.require_in(actor, company.id, Permission.MANAGE_SETTINGS)
    standing = (Company.id == company.id, Company.deleted_at.is_(None))
    if db.session.scalar(select(Company.name).where(*standing)) == name:
        return
    if not count(update(Company).where(*standing).values(name=name)):
        raise NotFoundError
    record(actor, "company.renamed", company, company_id=company.id)


@operation
def move_company(actor: Actor, company: Company, parent: Company | None) -> None:
    """Let the company, with all below it, be part of `parent`; None: it stands by itself.

    `actor` must own both (NotFoundError, ForbiddenError). A token that is limited to a company takes nothing out of
    what it reaches, and leaves its own company where it is: ReachError. Raises CycleError for a parent inside the
    company, BeyondTokenError where a program could do more in the company by roles above it than before, and
    LastOwnerError where nobody would own the company: those who own it from above do so no more.
    """
    lock_tree()
    company = locked_company(company.id)
    policy.require_in(actor, company.id, Permission.MOVE)
    if actor.company_id is not None and (parent is None or company.id == actor.company_id):
        raise ReachError
    before, parent_id = company.parent_id, parent.id if parent is not None else None
    if parent is not None:
        hold_company(parent.id)
        policy.require_in(actor, parent.id, Permission.MOVE)
        if queries.is_below(parent.id, company.id):
            raise CycleError(fields={"parent": CycleError.message})
        policy.require_no_more(actor, company.id, parent.id)
    if before == parent_id:
        return
    _rehang(company.id, parent_id)
    if not queries.has_owner(company.id):
        alone = _l("Nobody would own %(name)s there. Please make somebody its owner first.", name=company.name)
        raise LastOwnerError(alone, fields={"parent": alone})
    was, now = (str(one) if one else None for one in (before, parent_id))
    record(actor, "company.moved", company, company_id=company.id, before=was, after=now)


def _rehang(company_id: uuid.UUID, parent_id: uuid.UUID | None) -> None:
    """Write where a company stands from now on: its own row, and the closure of all in it."""
    above, inside = aliased(CompanyAncestor), aliased(CompanyAncestor)
    was_above = select(above.ancestor_id).where(above.company_id == company_id, above.depth > 0)
    count(
        delete(CompanyAncestor).where(
            CompanyAncestor.company_id.in_(queries.below(company_id, rows=inside)),
            CompanyAncestor.ancestor_id.in_(was_above),
        )
    )
    if parent_id is not None:
        lines = (
            select(inside.company_id, above.ancestor_id, inside.depth + above.depth + literal(1))
            .join(above, above.company_id == parent_id)
            .where(inside.ancestor_id == company_id)
        )
        count(insert(CompanyAncestor).from_select(["company_id", "ancestor_id", "depth"], lines))
    count(update(Company).where(Company.id == company_id).values(parent_id=parent_id))


@operation
def change_company(
    actor: Actor, company: Company, *, name: str | None = None, moves: bool = False, parent: Company | None = None
) -> None:
    """Name the company and (with `moves`) move it under `parent`, all of it or nothing; raises as both do."""
    if moves:
        move_company(actor, company, parent)
    if name is not None:
        rename_company(actor, company, name=name)
    policy.require_in(actor, company.id, Permission.MANAGE_SETTINGS)


@operation
def delete_company(actor: Actor, company: Company) -> None:
    """Close the company for good: its memberships end, its apps, their tokens and its open invitations are revoked.

    `actor` must own it (NotFoundError, ForbiddenError) and have typed the password lately (StaleError). Raises
    ChildrenError while companies stand below it, EventsToComeError while events are to come, drafts included.
    """
    lock_tree()
    company = locked_company(company.id)
    policy.require_in(actor, company.id, Permission.MANAGE_SETTINGS)
    actor.require_fresh()
    in_the_way = queries.in_the_way(company.id)
    if in_the_way.children:
        raise ChildrenError
    if in_the_way.events:
        raise EventsToComeError
    members = db.session.scalars(
        select(Membership).where(Membership.company_id == company.id, Membership.revoked_at.is_(None))
    ).all()
    for membership in members:
        user_id = membership.user_id
        take(actor, membership)
        access_revoked.fire(AccessChange(user_id, company.id, by=actor.user_id))
    _close(actor, company)


def _close(actor: Actor, company: Company) -> None:
    """Close a company that is locked, with all that could still be used of it; its memberships are the caller's."""
    company_id, moment = company.id, clock.now()
    count(update(Company).where(Company.id == company_id).values(deleted_at=moment))
    for app in db.session.scalars(select(App).where(App.company_id == company_id, App.revoked_at.is_(None))).all():
        end_app(actor, app)
    limited = (LoginSession.company_id == company_id, LoginSession.revoked_at.is_(None))
    tokens = count(update(LoginSession).where(*limited).values(revoked_at=moment))
    invitations = count(
        update(Invitation)
        .where(Invitation.company_id == company_id, Invitation.revoked_at.is_(None))
        .values(revoked_at=moment, revoked_by=actor.user_id)
    )
    count(update(Project).where(Project.company_id == company_id).values(calendar_nonce=None))
    record(actor, "company.deleted", company, company_id=company_id, tokens=tokens, invitations=invitations)


@operation
def close_lone_companies(actor: Actor, user_id: uuid.UUID) -> None:
    """Let an account that is being deleted go: end its memberships and close the companies that are its alone.

    Raises LastOwnerError where others are left, or events to come, and nobody owns the company.
    """
    lock_tree()
    memberships = queries.memberships_of(user_id)
    for membership in memberships:
        if membership.role == Role.OWNER.value and not queries.has_other_owner(membership.company_id, user_id):
            company = db.session.get(Company, membership.company_id)
            if company is None or company.deleted_at is not None:
                continue  # closed with the one above it
            company = locked_company(membership.company_id)
            if queries.is_lived_in(company.id, user_id):
                alone = _l(
                    "You are the last owner of %(name)s. Please make somebody else owner first.", name=company.name
                )
                raise LastOwnerError(alone)
            for inside_id in queries.standing_below(company.id):
                _close(actor, locked_company(inside_id))
    for membership in memberships:
        take(actor, membership)
