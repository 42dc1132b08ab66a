"""What becomes of invitations when somebody is offboarded."""

import uuid

from sqlalchemy import or_, select, update

from webapp.companies import queries as companies_queries
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.hooks import AccessChange
from webapp.core.operation import count, operation
from webapp.invitations import taking
from webapp.invitations.operations.issuing import end_confirming
from webapp.journal.writing import record
from webapp.models import Event, Invitation, InvitationUse, User


@operation
def withdraw_of(change: AccessChange) -> int:
    """Withdraw what somebody who is offboarded made in the company and all below it, and what waits for its address.

    What was held by these, and what the account holds of other invitations there, is given back. Returns how many
    invitations could still have been used; those that had expired unused are revoked with them, so that nobody sends
    them again.
    """
    inside = companies_queries.invitations_below(change.company_id)
    user = db.session.get_one(User, change.user_id)
    theirs = or_(Invitation.issuer_id == user.id, companies_queries.addressed_to(user.email_key))
    ids = list(db.session.scalars(select(Invitation.id).where(inside, theirs, companies_queries.unused())))
    could = set(db.session.scalars(select(Invitation.id).where(inside, theirs, companies_queries.pending())))
    actor = Actor(user_id=change.by)
    for invitation_id in ids:
        standing = (Invitation.id == invitation_id, Invitation.revoked_at.is_(None))
        if not count(update(Invitation).where(*standing).values(revoked_at=clock.now(), revoked_by=change.by)):
            continue
        invitation = db.session.get_one(Invitation, invitation_id)
        record(actor, "invitation.revoked", invitation)
        if invitation.event_id is not None:
            end_confirming(invitation_id, db.session.get_one(Event, invitation.event_id))
    _give_back(actor, ids, change)
    return len(could)


def _give_back(actor: Actor, ids: list[uuid.UUID], change: AccessChange) -> None:
    """Release the uses held of these invitations, and those that the account holds of any there."""
    held = (
        select(InvitationUse.id, InvitationUse.invitation_id)
        .join(InvitationUse.invitation)
        .where(
            InvitationUse.state == "held",
            companies_queries.invitations_below(change.company_id),
            or_(InvitationUse.user_id == change.user_id, InvitationUse.invitation_id.in_(ids)),
        )
    )
    for use_id, invitation_id in db.session.execute(held).all():
        if taking.release(use_id):
            record(actor, "invitation.released", db.session.get_one(Invitation, invitation_id))
