"""Programs make invitations, list them and take them back."""

import datetime as dt
import uuid
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.companies import queries as companies
from webapp.companies.errors import CompanyGoneError
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.errors import ConflictError, InputError, NotFoundError
from webapp.core.permissions import Role
from webapp.core.schema import Blank, Email, Schema
from webapp.events import queries as events
from webapp.invitations import operations, queries
from webapp.invitations.api.face import InvitationOut, api, shown
from webapp.invitations.errors import DeadLinkError, MailedEnoughError, OneForManyError, OverError, StandingError
from webapp.invitations.schemas import MOST_AT_ONCE, Hours
from webapp.models import Invitation
from webapp.web.endpoints import Listing
from webapp.web.lists import ListQuery, listing
from webapp.web.sign_in import current_actor

# How long a link is good, as a program says it
For = Annotated[Hours | None, Field(description="Hours; 24 by default.")]


def _lasting(hours: int | None) -> dt.timedelta | None:
    return dt.timedelta(hours=hours) if hours is not None else None


class InviteInput(Schema):
    """To what to invite: without anything else to the site, with `company_id` and `role`, or with `event_id`.

    With `email` it is mailed and bound to that address. `max_uses` above 1, or null for as many as come: the event's
    one link for many.
    """

    company_id: uuid.UUID | None = None
    role: Role | None = None
    event_id: uuid.UUID | None = None
    email: Annotated[Email | None, Blank] = None
    expires_in: For = None
    max_uses: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        1, description="How many times the link works, null for as many as come; not once alone only for an event."
    )


def _kind(data: InviteInput) -> Literal["site", "company", "event"]:
    if data.event_id is not None:
        if data.company_id is not None or data.role is not None:
            raise InputError(fields={"event_id": _l("Invite to an event or to a company, not to both.")})
        return "event"
    if data.company_id is not None:
        if data.role is None:
            raise InputError(fields={"role": _l("Please fill this in.")})
        return "company"
    if data.role is not None:
        raise InputError(fields={"company_id": _l("Please fill this in.")})
    return "site"


@api.on(
    "POST",
    "/invite",
    access=Scope.INVITATIONS_WRITE,
    takes=InviteInput,
    gives=InvitationOut,
    # the answer holds the link
    secret=True,
    status=201,
    message=_l("The invitation is made."),
    refusals=(NotFoundError, StandingError, OneForManyError, OverError, MailedEnoughError),
)
def create_invitation(data: InviteInput) -> InvitationOut:
    """Make an invitation: used once, and good for 24 hours unless said otherwise."""
    actor, kind = current_actor(), _kind(data)
    if kind != "event" and data.max_uses != 1:
        raise InputError(fields={"max_uses": _l("Only an event has a link for many.")})
    company = companies.company_to_act_for(actor, data.company_id) if data.company_id is not None else None
    event = events.get_event(actor, data.event_id) if data.event_id is not None else None
    invitation = operations.create_invitation(
        actor,
        kind=kind,
        company=company,
        event=event,
        role=data.role,
        email=data.email,
        expires_in=_lasting(data.expires_in),
        max_uses=data.max_uses,
    )
    return _own(invitation.id)


class BatchInput(Schema):
    """Links to an event, for one person each."""

    event_id: uuid.UUID
    count: int = Field(ge=1, le=MOST_AT_ONCE, description="How many links.")
    expires_in: For = None


@api.on(
    "POST",
    "/invites",
    access=Scope.INVITATIONS_WRITE,
    takes=BatchInput,
    gives=InvitationOut,
    listed=True,
    # the answer holds the links
    secret=True,
    status=201,
    message=_l("The invitations are made."),
    refusals=(NotFoundError, OverError),
)
def create_invitations(data: BatchInput) -> Listing:
    """Make many links to an event at once, for one person each: to hand out, print or mail by oneself."""
    actor = current_actor()
    event = events.get_event(actor, data.event_id)
    made = operations.create_batch(actor, event, number=data.count, expires_in=_lasting(data.expires_in))
    ids = [one.id for one in made]
    event = events.get_event(actor, data.event_id)
    rows = db.session.scalars(queries.of_event(actor, event).where(Invitation.id.in_(ids)).order_by(Invitation.id))
    return Listing([shown(row) for row in queries.listed(actor, rows.all(), event)], count=len(ids))


class InvitePersonInput(Schema):
    """Whom to invite to a company, and as what. `expires_in`: hours, 24 by default."""

    email: Email
    role: Role
    expires_in: For = None


@api.on(
    "POST",
    "/companies/<uuid:company_id>/administrators",
    access=Scope.COMPANIES_WRITE,
    takes=InvitePersonInput,
    gives=InvitationOut,
    # the answer holds the link
    secret=True,
    status=201,
    message=_l("The invitation is on its way."),
    refusals=(CompanyGoneError, MailedEnoughError),
)
def invite_person(company_id: uuid.UUID, data: InvitePersonInput) -> InvitationOut:
    """Invite somebody to a company by e-mail; the role is given when the invitation is accepted."""
    actor = current_actor()
    invitation = operations.create_invitation(
        actor,
        kind="company",
        company=companies.company_to_act_for(actor, company_id),
        role=data.role,
        email=data.email,
        expires_in=_lasting(data.expires_in),
    )
    return _own(invitation.id)


def _own(invitation_id: uuid.UUID) -> InvitationOut:
    actor = current_actor()
    invitation, event = queries.get_invitation(actor, invitation_id)
    (row,) = queries.listed(actor, [invitation], event)
    return shown(row)


class InvitesQuery(ListQuery):
    """Whose invitations: one's own to the site, those of an event, or those of a company."""

    event_id: uuid.UUID | None = None
    company_id: uuid.UUID | None = None


@api.on(
    "GET",
    "/invites",
    access=Scope.INVITATIONS_WRITE,
    asks=InvitesQuery,
    gives=InvitationOut,
    listed=True,
    refusals=(NotFoundError,),
)
def list_invitations(query: InvitesQuery) -> Listing:
    """List invitations, newest first."""
    actor, event = current_actor(), None
    if query.event_id is not None:
        event = events.get_event(actor, query.event_id)
        statement = queries.of_event(actor, event)
    elif query.company_id is not None:
        company = companies.company_to_act_for(actor, query.company_id)
        if company is None:
            raise NotFoundError
        statement = queries.of_company(actor, company)
    else:
        statement = queries.of_account(actor)
    return listing(
        statement,
        (Invitation.id,),
        query,
        key=lambda row: (row.invitation.id,),
        types=(uuid.UUID,),
        show=shown,
        fetch=lambda asked: queries.listed(actor, db.session.scalars(asked).all(), event),
        descending=True,
    )


def _meant(invite: str) -> uuid.UUID:
    """Return which invitation is meant: by its `invitation_id`, or by what its link ends with."""
    try:
        return uuid.UUID(invite)
    except ValueError:
        return queries.read_link(invite).row


@api.on(
    "DELETE",
    "/invite/<invite>",
    access=Scope.INVITATIONS_WRITE,
    status=204,
    refusals=(NotFoundError, DeadLinkError),
)
def revoke_invitation(invite: str) -> None:
    """Take an invitation back, by its `id` or its `invitation_id`: its link is dead."""
    operations.revoke_invitation(current_actor(), _meant(invite))


@api.on(
    "POST",
    "/invite/<uuid:invitation_id>/resend",
    access=Scope.INVITATIONS_WRITE,
    gives=InvitationOut,
    secret=True,
    refusals=(NotFoundError, MailedEnoughError, ConflictError),
)
def resend_invitation(invitation_id: uuid.UUID) -> InvitationOut:
    """Mail an unused invitation anew, with a new link; the one before is dead."""
    operations.resend_invitation(current_actor(), invitation_id)
    return _own(invitation_id)
