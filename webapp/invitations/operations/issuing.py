"""Inviting: making links, mailing them, taking them back."""

import datetime as dt
import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, null, select, update

from webapp.companies.operations import hold_company
from webapp.core import clock, text
from webapp.core.actor import SYSTEM, Actor
from webapp.core.database import db, new_id
from webapp.core.errors import ConflictError, InputError, NotFoundError
from webapp.core.hooks import AccountChange
from webapp.core.operation import count, locked, operation
from webapp.core.permissions import Role
from webapp.events import queries as events_queries
from webapp.guests import operations as guests
from webapp.invitations import emails, policy, queries, taking
from webapp.invitations.errors import MailedEnoughError, OneForManyError, OverError, StandingError
from webapp.invitations.schemas import MOST_AT_ONCE
from webapp.journal.writing import record
from webapp.models import Company, Event, Invitation, InvitationUse, OutboxMail, User

GOOD_FOR = dt.timedelta(hours=24)
LINK_GOOD_FOR = dt.timedelta(days=7)
"""The longest that a link to a company is good for; what is mailed is good for GOOD_FOR."""
MOST_STANDING = 20
MOST_MAILED_A_DAY = 5


@operation
def create_invitation(
    actor: Actor,
    *,
    kind: str,
    company: Company | None = None,
    event: Event | None = None,
    role: Role | None = None,
    email: str | None = None,
    expires_in: dt.timedelta | None = None,
    max_uses: int | None = 1,
) -> Invitation:
    """Make one invitation: `kind` "site", "company" (with `company` and `role`) or "event" (with `event`).

    With `email` it is mailed there and bound to that address; without, it is a link for whoever has it. `expires_in`
    None: 24 hours, or for a link to an event for many until its join-by. `max_uses` None: as many as come.

    Raises NotFoundError or ForbiddenError where `actor` may not, StandingError beyond 20 standing ones to the site,
    OneForManyError where the event has its link for many, OverError where nobody can join any more, and
    MailedEnoughError where the address got five today.
    """
    if company is not None:
        hold_company(company.id)
    if kind == "company":
        _require_short(role, email, expires_in)
    seen = _event_to_invite(actor, event)
    invitation = _invitation(actor, kind, company, seen, role, email, expires_in, max_uses)
    policy.require_issue(actor, invitation, seen)
    if kind == "company" and (company is None or company.deleted_at is not None):
        raise NotFoundError
    if kind == "site":
        _require_room(actor)
    if max_uses != 1:
        _require_only_one(seen)
    db.session.add(invitation)
    db.session.flush()
    record(actor, "invitation.created", invitation, kind=kind, role=invitation.role, max_uses=max_uses)
    if email is not None:
        _mail(invitation)
    return invitation


@operation
def create_batch(
    actor: Actor, event: Event, *, number: int, expires_in: dt.timedelta | None = None
) -> list[Invitation]:
    """Make `number` (1 to 200) links to the event for one person each; raises as `create_invitation` does."""
    if not 1 <= number <= MOST_AT_ONCE:
        raise InputError(fields={"count": f"1–{MOST_AT_ONCE}"})
    seen = _event_to_invite(actor, event)
    rows = [_invitation(actor, "event", None, seen, None, None, expires_in, 1) for _ in range(number)]
    policy.require_issue(actor, rows[0], seen)
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        record(actor, "invitation.created", row, kind="event", max_uses=1)
    return rows


def _event_to_invite(actor: Actor, event: Event | None) -> Event | None:
    if event is None:
        return None
    # judged under the lock: whoever is offboarded meanwhile invites nobody any more
    hold_company(event.company_id)
    seen = events_queries.get_event(actor, event.id)
    if seen.state == "cancelled" or clock.now() >= seen.joins_until:
        raise OverError
    return seen


def _invitation(
    actor: Actor,
    kind: str,
    company: Company | None,
    event: Event | None,
    role: Role | None,
    email: str | None,
    expires_in: dt.timedelta | None,
    max_uses: int | None,
) -> Invitation:
    if expires_in is None and max_uses != 1:
        expires_at = queries.UNTIL_JOIN_BY
    else:
        expires_at = clock.now() + (expires_in or GOOD_FOR)
    return Invitation(
        id=new_id(),
        kind=kind,
        issuer_id=actor.account(),
        company_id=company.id if company is not None else event.company_id if event is not None else None,
        event_id=event.id if event is not None else None,
        role=role.value if role is not None else None,
        email=email,
        email_key=text.fold(email) if email is not None else None,
        nonce=text.secret(128),
        # None written plainly would become the column's default
        max_uses=max_uses if max_uses is not None else null(),
        expires_at=expires_at,
    )


def _require_short(role: Role | None, email: str | None, expires_in: dt.timedelta | None) -> None:
    """Raise InputError for an invitation to a company that would be good for too long, or for too much."""
    lasts = expires_in or GOOD_FOR
    if email is not None and lasts > GOOD_FOR:
        raise InputError(fields={"expires_in": _l("An e-mail that lets somebody in is good for 24 hours.")})
    if role is Role.OWNER and lasts > GOOD_FOR:
        raise InputError(fields={"expires_in": _l("A link that makes an owner is good for 24 hours.")})
    if lasts > LINK_GOOD_FOR:
        raise InputError(fields={"expires_in": _l("A link to a company is good for seven days at most.")})


def _require_room(actor: Actor) -> None:
    locked(db.session.get_one(User, actor.account()))
    if queries.standing_of(actor.account()) >= MOST_STANDING:
        raise StandingError


def _require_only_one(event: Event | None) -> None:
    if event is None:
        raise InputError
    locked(db.session.get_one(Event, event.id))
    if db.session.scalar(queries.one_for_many(event)) is not None:
        raise OneForManyError


def _mail(invitation: Invitation) -> None:
    """Mail the link to the address it is bound to; raises MailedEnoughError where that got five today."""
    day = clock.now() - dt.timedelta(days=1)
    mailed = db.session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .where(
            OutboxMail.to_key == invitation.email_key,
            OutboxMail.template == "invitation",
            OutboxMail.created_at > day,
        )
    )
    if (mailed or 0) >= MOST_MAILED_A_DAY:
        raise MailedEnoughError(fields={"email": MailedEnoughError.message})
    emails.write(invitation)


@operation
def resend_invitation(actor: Actor, invitation_id: uuid.UUID) -> Invitation:
    """Mail an unused invitation anew, with a new link good for 24 hours; the one mailed before is dead.

    Raises NotFoundError where `actor` may not withdraw it or may not make such, ConflictError where it was not mailed,
    is used, held or revoked, and MailedEnoughError where the address got five today.
    """
    invitation, event = queries.get_invitation(actor, invitation_id)
    policy.require_issue(actor, invitation, event)
    renewed = count(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.email_key.is_not(None),
            Invitation.revoked_at.is_(None),
            Invitation.uses == 0,
        )
        .values(nonce=text.secret(128), expires_at=clock.now() + GOOD_FOR)
    )
    if not renewed:
        raise ConflictError
    _mail(invitation)
    record(actor, "invitation.resent", invitation)
    return invitation


@operation
def revoke_invitation(actor: Actor, invitation_id: uuid.UUID) -> Invitation:
    """Take an invitation back, and return it: its link is dead, and what a held use waited for is not granted.

    Who has used it keeps what it gave. Raises NotFoundError where `actor` may not; a second time changes nothing.
    """
    invitation, event = queries.get_invitation(actor, invitation_id)
    revoked = count(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by=actor.user_id)
    )
    if not revoked:
        return invitation
    record(actor, "invitation.revoked", invitation)
    if event is not None:
        end_confirming(invitation_id, event)
    return invitation


def end_confirming(invitation_id: uuid.UUID, event: Event) -> None:
    """Let nobody confirm any more who came by this invitation and has not yet, within an operation."""
    for guest in queries.waiting_guests(invitation_id):
        guests.renew_link(SYSTEM, event, guest)


@operation
def release_expired_holds() -> int:
    """Give back what was held for 24 hours in vain, and grant what guests have confirmed; return how many changed."""
    settled = taking.settle_confirmed()
    return settled + taking.give_back(InvitationUse.state == "held")


@operation
def forget_account(change: AccountChange) -> None:
    """Revoke what a deleted account has standing, and erase its address from what was mailed to it."""
    moment = clock.now()
    open_rows = select(Invitation).where(Invitation.issuer_id == change.user_id, Invitation.revoked_at.is_(None))
    for row_id in [row.id for row in db.session.scalars(open_rows)]:
        count(update(Invitation).where(Invitation.id == row_id).values(revoked_at=moment))
        record(SYSTEM, "invitation.revoked", db.session.get_one(Invitation, row_id))
    if change.email_key is not None:
        count(
            update(Invitation)
            .where(Invitation.email_key == change.email_key)
            .values(
                email=None,
                email_key=None,
                # without its address an unused one would be for whoever has the link
                revoked_at=case(
                    (Invitation.uses == 0, func.coalesce(Invitation.revoked_at, moment)), else_=Invitation.revoked_at
                ),
            )
        )
