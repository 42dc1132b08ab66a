"""The JSON face of invitations, and what its endpoints give."""

import datetime as dt
import uuid

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.invitations import queries
from webapp.invitations.links import public_id
from webapp.web.endpoints import Api, Out

api = Api("invitations", _l("Invitations"))


class IssuerOut(Out):
    """Who invites."""

    id: uuid.UUID
    name: str


class BearerOut(Out):
    """Who used an invitation; `held`: the address is not proven yet."""

    name: str
    at: dt.datetime
    held: bool


class InvitationOut(Out):
    """An invitation. `id` is what its link ends with; null where the link may not be seen or opens nothing."""

    id: str | None
    invitation_id: uuid.UUID
    kind: str
    state: str
    issuer: IssuerOut
    issued_at: dt.datetime
    expires_at: dt.datetime
    company_id: uuid.UUID | None
    event_id: uuid.UUID | None
    role: str | None
    email: str | None
    max_uses: int | None
    uses: int
    bearers: list[BearerOut] = Field(description="The latest of those who used it, newest first.")
    url: str | None


def shown(row: queries.Listed) -> InvitationOut:
    """Return what goes out of an invitation for who may withdraw it."""
    invitation = row.invitation
    return InvitationOut(
        id=public_id(invitation) if row.link is not None else None,
        invitation_id=invitation.id,
        kind=invitation.kind,
        state=row.state,
        issuer=IssuerOut(id=invitation.issuer_id, name=invitation.issuer.full_name),
        issued_at=invitation.created_at,
        expires_at=row.good_until,
        company_id=invitation.company_id,
        event_id=invitation.event_id,
        role=invitation.role,
        email=invitation.email,
        max_uses=invitation.max_uses,
        uses=row.uses,
        bearers=[BearerOut.model_validate(one) for one in row.bearers],
        url=row.link,
    )
