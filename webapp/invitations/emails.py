"""The invitation's e-mail: written to the address it is bound to, and told at sending what it says."""

import uuid

from webapp.invitations import links, queries
from webapp.mail import outbox
from webapp.mail.telling import Told, tells
from webapp.models import Invitation, OutboxMail


def write(made: Invitation) -> None:
    """Queue the e-mail with the link of an invitation that is bound to an address."""
    if made.email is None:
        return
    outbox.queue(
        "invitation",
        to=made.email,
        context={"invitation_id": str(made.id), "nonce": made.nonce},
        company_id=made.company_id,
        event_id=made.event_id,
    )


@tells("invitation")
def invitation(mail: OutboxMail) -> Told | None:
    """Tell who invites to what, with the link; nothing where the link opens nothing any more or was sent again."""
    found = queries.for_mail(uuid.UUID(mail.context["invitation_id"]), mail.context["nonce"])
    if found is None:
        return None
    return Told(
        {
            "invitation": found.invitation,
            "event": found.event,
            "good_until": queries.good_until(found.invitation, found.event),
            "link": links.address(found.invitation),
        }
    )
