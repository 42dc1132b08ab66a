"""Who is what in a company."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from webapp.companies import policy
from webapp.companies.queries.tree import above, below
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Permission, Role
from webapp.models import Company, CompanyAncestor, Invitation, InvitationUse, Membership, User


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


Where = Literal["here", "below", "above"]


def _standing_in(actor: Actor, company: Company, where: Where) -> ColumnElement[bool]:
    """Return the condition of memberships of the company itself, of it and all below it, or of all above it."""
    if where == "here":
        return Membership.company_id == company.id
    if where == "below":
        policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
        return Membership.company_id.in_(below(company.id))
    return Membership.company_id.in_(above(actor, company.id))


def members_found(
    actor: Actor, company: Company, *, search: str = "", addresses: bool, where: Where = "here"
) -> Select[Membership]:
    """Return a SELECT of standing memberships, accounts and companies loaded, whose name holds `search`.

    `where`: those of the company itself ("here"), of it and all below it ("below", for who manages its people:
    NotFoundError, ForbiddenError), or of those above it ("above"). `addresses`: search the addresses too, for those who
    may see them.
    """
    statement = (
        select(Membership)
        .join(Membership.user)
        .join(Membership.company)
        .options(contains_eager(Membership.user), contains_eager(Membership.company))
        .where(
            _standing_in(actor, company, where),
            Membership.revoked_at.is_(None),
            User.deleted_at.is_(None),
            Company.deleted_at.is_(None),
        )
    )
    if wanted := text.fit(search).strip():
        named = func.lower(User.name + " " + User.surname).contains(wanted.lower(), autoescape=True)
        mailed = User.email_key.contains(text.fold(wanted), autoescape=True)
        statement = statement.where(or_(named, mailed) if addresses else named)
    return statement


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
    """Return what the account is in this company itself, the account loaded."""
    here = (Membership.company_id == company_id, Membership.user_id == user_id, Membership.revoked_at.is_(None))
    return db.session.scalar(select(Membership).where(*here).options(joinedload(Membership.user)))


def role_ended_since(user_id: uuid.UUID, moment: dt.datetime) -> bool:
    """Tell whether something that the account was in a company ended after `moment`, be it for another role."""
    ended = select(Membership.id).where(Membership.user_id == user_id, Membership.revoked_at > moment)
    return db.session.scalar(ended.limit(1)) is not None


def memberships_of(user_id: uuid.UUID) -> Sequence[Membership]:
    """Return the account's standing memberships, companies loaded."""
    statement = select(Membership).options(joinedload(Membership.company))
    return db.session.scalars(statement.where(Membership.user_id == user_id, Membership.revoked_at.is_(None))).all()


def _owners(company_id: uuid.UUID) -> Select[Any]:
    """Return a SELECT of those who own the company or one above it; whoever was disabled cannot act as an owner."""
    return (
        select(Membership.id)
        .join(CompanyAncestor, CompanyAncestor.ancestor_id == Membership.company_id)
        .join(Membership.user)
        .where(
            CompanyAncestor.company_id == company_id,
            Membership.role == Role.OWNER.value,
            Membership.revoked_at.is_(None),
            User.disabled_at.is_(None),
        )
        .limit(1)
    )


def has_other_owner(company_id: uuid.UUID, but: uuid.UUID) -> bool:
    """Tell whether anybody but this account owns the company or one above it, and can act as such."""
    return db.session.scalar(_owners(company_id).where(Membership.user_id != but)) is not None


def has_owner(company_id: uuid.UUID) -> bool:
    """Tell whether anybody owns the company or one above it, and can act as such."""
    return db.session.scalar(_owners(company_id)) is not None


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
