"""Reading invitations: the one behind a link, and those one may see."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from webapp.companies import policy as companies_policy
from webapp.core import clock, tokens
from webapp.core.actor import NOBODY, Actor
from webapp.core.database import db
from webapp.core.errors import AppError, NotFoundError
from webapp.core.permissions import Permission, Role
from webapp.core.tokens import Purpose
from webapp.events import policy as events_policy
from webapp.events import queries as events_queries
from webapp.invitations import links, policy
from webapp.invitations.errors import DeadLinkError
from webapp.models import Company, Event, Guest, Invitation, InvitationUse, User

# What `expires_at` says of a link that is good until its event's join-by, whenever that will be
UNTIL_JOIN_BY = clock.LATEST
MOST_BEARERS = 20


@dataclasses.dataclass(frozen=True)
class Opened:
    """An invitation that can be used: its row with issuer and company loaded, and its event (None: not to one).

    `held_for_viewer`: this account holds the use already and needs no other.
    """

    invitation: Invitation
    event: Event | None
    held_for_viewer: bool = False


@dataclasses.dataclass(frozen=True)
class Bearer:
    """Who used an invitation: the name to show, and when (UTC). `held`: the address is not proven yet."""

    name: str
    at: dt.datetime
    held: bool


@dataclasses.dataclass(frozen=True)
class Listed:
    """An invitation as lists show it.

    `state`: "open", "used", "held", "expired" or "revoked". `good_until`: UTC. `link`: the address to copy, None where
    it may not be seen or opens nothing. `uses`: how many used it. `bearers`: the latest of them, newest first.
    """

    invitation: Invitation
    state: str
    good_until: dt.datetime
    link: str | None
    uses: int
    bearers: tuple[Bearer, ...]


def _loaded() -> Select[Any]:
    return select(Invitation).options(joinedload(Invitation.issuer), joinedload(Invitation.company))


def unproven() -> ColumnElement[bool]:
    """Return the condition of uses that wait for an address to be proven.

    A guest's confirmation is seen on the guest's row, before the use is settled.
    """
    guest = aliased(Guest)
    waiting = exists().where(guest.id == InvitationUse.guest_id, guest.unconfirmed_until.is_not(None))
    return and_(InvitationUse.state == "held", or_(InvitationUse.guest_id.is_(None), waiting.correlate(InvitationUse)))


def expired_hold(moment: dt.datetime) -> ColumnElement[bool]:
    """Return the condition of uses that were held and are free again."""
    return and_(unproven(), InvitationUse.held_until <= moment)


def good_until(invitation: Invitation, event: Event | None) -> dt.datetime:
    """Return until when the link can be used (UTC): an event's at most until nobody can join any more."""
    return min(invitation.expires_at, event.joins_until) if event is not None else invitation.expires_at


def event_of(invitation: Invitation) -> Event | None:
    """Return the event as the issuer sees it, None where there is none or the issuer does not see it any more."""
    if invitation.event_id is None:
        return None
    try:
        return events_queries.get_event(Actor(user_id=invitation.issuer_id), invitation.event_id)
    except NotFoundError:
        return None


def stands(invitation: Invitation, event: Event | None) -> bool:
    """Tell whether what the invitation promises can still be given.

    It is not revoked, its issuer is there and may still invite, and the company or event takes people. How long the
    link is good and whether its uses are taken is not asked here.
    """
    issuer = invitation.issuer
    if invitation.revoked_at is not None or not issuer.is_active:
        return False
    if invitation.kind == "company" and (invitation.company is None or invitation.company.deleted_at is not None):
        return False
    if invitation.kind == "event" and (
        event is None or not event.published or event.company.deleted_at or clock.now() >= event.joins_until
    ):
        return False
    return policy.may_issue(Actor(user_id=issuer.id), invitation, event)


def read_link(public_id: str) -> tokens.Token:
    """Return what the link says; raises NotFoundError for whatever is not a link of ours."""
    try:
        return tokens.read(Purpose.INVITATION, public_id)
    except AppError as error:
        raise DeadLinkError from error


def held_by(invitation: Invitation, user_id: uuid.UUID | None) -> InvitationUse | None:
    """Return the use that the account holds of this invitation, None where it holds none."""
    if user_id is None:
        return None
    return db.session.scalar(
        select(InvitationUse).where(
            InvitationUse.invitation_id == invitation.id,
            InvitationUse.user_id == user_id,
            InvitationUse.state == "held",
            InvitationUse.held_until > clock.now(),
        )
    )


def open_by_token(public_id: str, actor: Actor = NOBODY) -> Opened:
    """Return the invitation behind the link, without using it.

    Raises NotFoundError where it is unknown, used, held by somebody else, expired or revoked, where its issuer may not
    invite any more, or where what it leads to is gone.
    """
    token = read_link(public_id)
    invitation = db.session.scalar(_loaded().where(Invitation.id == token.row))
    if invitation is None or invitation.nonce != token.nonce:
        raise DeadLinkError
    event = event_of(invitation)
    if not stands(invitation, event):
        raise DeadLinkError
    if held_by(invitation, actor.user_id) is not None:
        return Opened(invitation, event, held_for_viewer=True)
    if clock.now() >= good_until(invitation, event) or not _has_use(invitation):
        raise DeadLinkError
    return Opened(invitation, event)


def _has_use(invitation: Invitation) -> bool:
    if invitation.max_uses is None or invitation.uses < invitation.max_uses:
        return True
    free_again = db.session.scalar(
        select(func.count())
        .select_from(InvitationUse)
        .where(InvitationUse.invitation_id == invitation.id, expired_hold(clock.now()))
    )
    return invitation.uses - (free_again or 0) < invitation.max_uses


def promised(invitation_id: uuid.UUID) -> Opened:
    """Return the invitation that somebody holds a use of; raises NotFoundError where it cannot be given any more."""
    invitation = db.session.scalar(_loaded().where(Invitation.id == invitation_id))
    event = event_of(invitation) if invitation is not None else None
    if invitation is None or not stands(invitation, event):
        raise NotFoundError
    return Opened(invitation, event)


def waiting_guests(invitation_id: uuid.UUID) -> Sequence[Guest]:
    """Return the guests who came by the link and have not confirmed their address."""
    statement = select(Guest).join(InvitationUse, InvitationUse.guest_id == Guest.id)
    return db.session.scalars(statement.where(InvitationUse.invitation_id == invitation_id, unproven())).all()


def for_mail(invitation_id: uuid.UUID, nonce: str) -> Opened | None:
    """Return the invitation to tell of in the mail that was written with `nonce`; None where its link is dead."""
    invitation = db.session.scalar(_loaded().where(Invitation.id == invitation_id))
    if invitation is None or invitation.nonce != nonce:
        return None
    event = event_of(invitation)
    if not stands(invitation, event) or clock.now() >= good_until(invitation, event) or not _has_use(invitation):
        return None
    return Opened(invitation, event)


def has_already(opened: Opened, user: User) -> bool:
    """Tell whether the account has what the invitation gives: the role or more, a place on the list, a login."""
    invitation, event = opened.invitation, opened.event
    if invitation.company_id is not None and invitation.role is not None:
        role = companies_policy.role_in(Actor(user_id=user.id), invitation.company_id)
        return role is not None and role.rank >= Role(invitation.role).rank
    if event is not None:
        known = select(Guest.id).where(Guest.event_id == event.id, Guest.user_id == user.id, Guest.removed_at.is_(None))
        return db.session.scalar(known) is not None
    return True


def role_of_issuer(opened: Opened) -> str | None:
    """Return what the issuer is in the company or company of the event, as `core.permissions.Role` says it."""
    company_id = opened.event.company_id if opened.event is not None else opened.invitation.company_id
    if company_id is None:
        return None
    role = companies_policy.role_in(Actor(user_id=opened.invitation.issuer_id), company_id)
    return role.value if role is not None else None


def get_invitation(actor: Actor, invitation_id: uuid.UUID) -> tuple[Invitation, Event | None]:
    """Return the invitation and its event for somebody who may withdraw it; raises NotFoundError for all others."""
    invitation = db.session.scalar(_loaded().where(Invitation.id == invitation_id))
    if invitation is None:
        raise NotFoundError
    event = None
    if invitation.event_id is not None:
        event = events_queries.get_event(actor, invitation.event_id)
    policy.require_withdraw(actor, invitation, event)
    return invitation, event


def standing_of(issuer_id: uuid.UUID) -> int:
    """Return how many invitations to the site count against the account's 20.

    That is those that can still be used, and those that were mailed within a day, whatever became of them.
    """
    moment = clock.now()
    statement = (
        select(func.count())
        .select_from(Invitation)
        .where(
            Invitation.issuer_id == issuer_id,
            Invitation.kind == "site",
            or_(
                and_(
                    Invitation.revoked_at.is_(None),
                    Invitation.expires_at > moment,
                    or_(Invitation.max_uses.is_(None), Invitation.uses < Invitation.max_uses),
                ),
                and_(Invitation.email_key.is_not(None), Invitation.created_at > moment - dt.timedelta(days=1)),
            ),
        )
    )
    return db.session.scalar(statement) or 0


def one_for_many(event: Event) -> Select[Any]:
    """Return a SELECT of the event's link for many that can be used, newest first."""
    return (
        _loaded()
        .where(
            Invitation.event_id == event.id,
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
            or_(Invitation.max_uses.is_(None), and_(Invitation.max_uses > 1, Invitation.uses < Invitation.max_uses)),
        )
        .order_by(Invitation.id.desc())
        .limit(1)
    )


def of_event(actor: Actor, event: Event) -> Select[Any]:
    """Return a SELECT of the event's links; raises NotFoundError or ForbiddenError for whoever does not run it."""
    events_policy.require_manage(actor, event)
    return _loaded().where(Invitation.event_id == event.id)


def of_account(actor: Actor) -> Select[Any]:
    """Return a SELECT of the invitations to the site that the signed-in account made.

    Raises ReachError for a token that is limited to a company.
    """
    policy.require_site(actor)
    return _loaded().where(Invitation.issuer_id == actor.account(), Invitation.kind == "site")


def of_company(actor: Actor, company: Company, *, most: int = 100) -> Select[Any]:
    """Return a SELECT of the invitations to the company that can be used or are held, newest first.

    Raises NotFoundError or ForbiddenError for whoever does not manage its people.
    """
    companies_policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
    held = select(InvitationUse.invitation_id).where(
        InvitationUse.state == "held", InvitationUse.held_until > clock.now()
    )
    return (
        _loaded()
        .where(
            Invitation.company_id == company.id,
            Invitation.kind == "company",
            Invitation.revoked_at.is_(None),
            or_(
                and_(Invitation.expires_at > clock.now() - dt.timedelta(days=7), Invitation.uses == 0),
                Invitation.id.in_(held),
            ),
        )
        .order_by(Invitation.id.desc())
        .limit(most)
    )


def listed(actor: Actor, rows: Sequence[Invitation], event: Event | None = None) -> list[Listed]:
    """Return the invitations as lists show them, with who used each: as many queries however many rows and uses."""
    ids = [row.id for row in rows]
    holds, bearers = _holds(ids), _bearers(ids)
    # it asks the database, so of those that are alike in what it looks at it is asked once
    keys = [(row.kind, row.company_id, row.role, row.issuer_id, row.email_key is None) for row in rows]
    alike = dict(zip(keys, rows, strict=True))
    shows = {key: policy.may_copy(actor, row, event) for key, row in alike.items()}
    return [
        _listed(row, event, holds.get(row.id, (0, 0)), bearers.get(row.id, ()), shows=shows[key])
        for key, row in zip(keys, rows, strict=True)
    ]


def _holds(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """Return by invitation how many uses are held, and how many were and are free again."""
    moment = clock.now()
    over = func.sum(case((InvitationUse.held_until <= moment, 1), else_=0))
    statement = (
        select(InvitationUse.invitation_id, func.count(), over)
        .where(InvitationUse.invitation_id.in_(ids), unproven())
        .group_by(InvitationUse.invitation_id)
    )
    return {row: (held - gone, gone) for row, held, gone in db.session.execute(statement)}


def _bearers(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[Bearer, ...]]:
    rank = func.row_number().over(partition_by=InvitationUse.invitation_id, order_by=InvitationUse.id.desc())
    shown = (
        select(InvitationUse.id, unproven().label("held"), rank.label("rank"))
        .where(InvitationUse.invitation_id.in_(ids), InvitationUse.state != "released", ~expired_hold(clock.now()))
        .subquery()
    )
    statement = (
        select(InvitationUse.invitation_id, InvitationUse.created_at, shown.c.held, User, Guest)
        .join(shown, shown.c.id == InvitationUse.id)
        .outerjoin(User, User.id == InvitationUse.user_id)
        .outerjoin(Guest, Guest.id == InvitationUse.guest_id)
        .where(shown.c.rank <= MOST_BEARERS)
        .order_by(InvitationUse.id.desc())
    )
    found: dict[uuid.UUID, tuple[Bearer, ...]] = {}
    for invitation_id, at, held, user, guest in db.session.execute(statement):
        name = user.full_name if user is not None else guest.shown_name if guest is not None else ""
        found[invitation_id] = (*found.get(invitation_id, ()), Bearer(name, at, bool(held)))
    return found


def _listed(
    row: Invitation,
    event: Event | None,
    holds: tuple[int, int],
    bearers: tuple[Bearer, ...],
    *,
    shows: bool,
) -> Listed:
    held, free_again = holds
    uses = row.uses - free_again
    until = good_until(row, event)
    if row.revoked_at is not None:
        state = "revoked"
    elif row.max_uses is not None and uses >= row.max_uses:
        state = "held" if held else "used"
    else:
        state = "expired" if clock.now() >= until else "open"
    link = links.address(row) if state == "open" and shows else None
    return Listed(row, state, until, link, uses, bearers)


def exported(user_id: uuid.UUID) -> dict[str, object]:
    """Return, as plain JSON, the invitations that an account made and those it used; no links and no addresses."""
    made = select(Invitation).where(Invitation.issuer_id == user_id).order_by(Invitation.id)
    used = select(InvitationUse).where(InvitationUse.user_id == user_id).order_by(InvitationUse.id)
    return {
        "invitations_made": [
            {
                **{name: getattr(row, name) for name in ("kind", "role", "uses")},
                **{name: str(of) if (of := getattr(row, name)) else None for name in ("id", "company_id", "event_id")},
                **{
                    name: at.isoformat() if (at := getattr(row, name)) else None
                    for name in ("created_at", "expires_at", "revoked_at")
                },
            }
            for row in db.session.scalars(made)
        ],
        "invitations_used": [
            {"invitation_id": str(use.invitation_id), "state": use.state, "at": use.created_at.isoformat()}
            for use in db.session.scalars(used)
        ],
    }
