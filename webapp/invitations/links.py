"""The link of an invitation: derived from its row whenever it is shown or mailed, never stored."""

import uuid

from flask import current_app

from webapp.core import tokens
from webapp.core.tokens import Purpose
from webapp.models import Invitation


def public_id(invitation: Invitation) -> str:
    """Return what stands in the path of the link: unguessable without the secret key, the same every time."""
    return tokens.make(Purpose.INVITATION, invitation.id, invitation.nonce)


def address(invitation: Invitation) -> str:
    """Return the whole link, behind the configured base address."""
    return f"{current_app.config['BASE_URL']}/invite/{public_id(invitation)}"


def path_behind(invitation: Invitation, company_slug: str | None) -> str:
    """Return the path that the invitation leads to once it is accepted."""
    if invitation.kind == "event":
        return _event_path(invitation.event_id)
    return f"/companies/{company_slug}" if company_slug else "/"


def _event_path(event_id: uuid.UUID | None) -> str:
    return f"/events/{event_id}"
