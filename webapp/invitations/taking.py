"""Taking a use of an invitation: the one place that writes `Invitation.uses` and the states of uses.

One conditional UPDATE takes a use, and the row count decides who of many was first. A use is granted at once, or held
until an address is proven; a hold that is not proven in time is given back.
"""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from webapp.core import clock
from webapp.core.actor import SYSTEM
from webapp.core.database import db
from webapp.core.operation import count
from webapp.invitations import queries
from webapp.invitations.errors import DeadLinkError
from webapp.journal.writing import record
from webapp.models import Invitation, InvitationUse

HELD_FOR = dt.timedelta(hours=24)


def take(
    invitation_id: uuid.UUID,
    nonce: str,
    *,
    user_id: uuid.UUID | None = None,
    guest_id: uuid.UUID | None = None,
    hold: bool = False,
) -> InvitationUse:
    """Take one use for an account or a guest, and say so in a row; with `hold` for 24 hours until it is proven.

    Raises DeadLinkError where all uses are taken, or the link was revoked, renewed, or has expired meanwhile.
    """
    moment = clock.now()
    give_back(InvitationUse.invitation_id == invitation_id)
    taken = count(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.nonce == nonce,
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > moment,
            or_(Invitation.max_uses.is_(None), Invitation.uses < Invitation.max_uses),
        )
        .values(uses=Invitation.uses + 1)
    )
    if not taken:
        raise DeadLinkError
    use = InvitationUse(
        invitation_id=invitation_id,
        user_id=user_id,
        guest_id=guest_id,
        state="held" if hold else "granted",
        held_until=moment + HELD_FOR if hold else None,
    )
    db.session.add(use)
    db.session.flush()
    return use


def grant_hold(use_id: uuid.UUID, *, guest_id: uuid.UUID | None = None) -> bool:
    """Make a held use a granted one, with the guest it made; tell whether it was still held."""
    values: dict[str, Any] = {"state": "granted", "held_until": None}
    if guest_id is not None:
        values["guest_id"] = guest_id
    still = and_(InvitationUse.id == use_id, InvitationUse.state == "held", InvitationUse.held_until > clock.now())
    return bool(count(update(InvitationUse).where(still).values(**values)))


def release(use_id: uuid.UUID) -> bool:
    """Give one held use back; tell whether it was still held."""
    released = count(
        update(InvitationUse)
        .where(InvitationUse.id == use_id, InvitationUse.state == "held")
        .values(state="released", held_until=None)
    )
    if not released:
        return False
    invitation_id = select(InvitationUse.invitation_id).where(InvitationUse.id == use_id).scalar_subquery()
    count(update(Invitation).where(Invitation.id == invitation_id).values(uses=Invitation.uses - 1))
    return True


def give_back(which: ColumnElement[bool]) -> int:
    """Give back, of the uses that meet `which`, those held for 24 hours in vain; return how many there were."""
    due = select(InvitationUse).where(which, queries.expired_hold(clock.now()))
    found = [(use.id, use.invitation_id) for use in db.session.scalars(due)]
    freed = 0
    for use_id, invitation_id in found:
        if release(use_id):
            freed += 1
            record(SYSTEM, "invitation.released", db.session.get_one(Invitation, invitation_id))
    return freed


def settle_confirmed() -> int:
    """Grant the held uses of guests who have confirmed their address; return how many there were."""
    return count(
        update(InvitationUse)
        .where(InvitationUse.state == "held", InvitationUse.guest_id.is_not(None), ~queries.unproven())
        .values(state="granted", held_until=None)
    )
