"""The JSON face of invitations."""

import datetime as dt
import uuid
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.accounts import tokens
from webapp.accounts.api.face import TokensOut
from webapp.accounts.api.signing import given
from webapp.accounts.passwords import Password, hash_password
from webapp.companies import queries as companies
from webapp.companies.errors import CompanyGoneError
from webapp.core import text
from webapp.core.actor import Actor, Scope
from webapp.core.database import db
from webapp.core.errors import InputError, NotFoundError
from webapp.core.permissions import Role
from webapp.core.schema import Blank, Email, Name, Schema
from webapp.events import queries as events
from webapp.invitations import operations, queries
from webapp.invitations.errors import (
    DeadLinkError,
    MailedEnoughError,
    OneForManyError,
    OtherAddressError,
    OverError,
    StandingError,
)
from webapp.invitations.links import public_id
from webapp.invitations.schemas import Hours
from webapp.models import Invitation, User
from webapp.web import sign_in
from webapp.web.endpoints import PUBLIC, Api, Listing, Out
from webapp.web.lists import ListQuery, listing
from webapp.web.sign_in import current_actor

api = Api("invitations", _l("Invitations"))


class IssuerOut(Out):
    """Who invites."""

    id: uuid.UUID
    name: str


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
    url: str | None


def _shown(row: queries.Listed) -> InvitationOut:
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
        url=row.link,
    )


class InviteInput(Schema):
    """To what to invite: without anything else to the site, with `company_id` and `role`, or with `event_id`.

    With `email` it is mailed and bound to that address. `max_uses` above 1: the event's one link for many.
    """

    company_id: uuid.UUID | None = None
    role: Role | None = None
    event_id: uuid.UUID | None = None
    email: Annotated[Email | None, Blank] = None
    expires_in: Annotated[Hours | None, Field(description="Hours; 24 by default.")] = None
    max_uses: Annotated[int, Field(ge=1, le=1_000_000)] = 1


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
        expires_in=dt.timedelta(hours=data.expires_in) if data.expires_in is not None else None,
        max_uses=data.max_uses,
    )
    return _own(invitation.id)


class InvitePersonInput(Schema):
    """Whom to invite to a company, and as what. `expires_in`: hours, 24 by default."""

    email: Email
    role: Role
    expires_in: Annotated[Hours | None, Field(description="Hours; 24 by default.")] = None


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
        expires_in=dt.timedelta(hours=data.expires_in) if data.expires_in is not None else None,
    )
    return _own(invitation.id)


def _own(invitation_id: uuid.UUID) -> InvitationOut:
    actor = current_actor()
    invitation, event = queries.get_invitation(actor, invitation_id)
    (row,) = queries.listed(actor, [invitation], event)
    return _shown(row)


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
        show=_shown,
        fetch=lambda asked: queries.listed(actor, db.session.scalars(asked).all(), event),
        descending=True,
    )


class OpenedOut(Out):
    """An invitation as its bearer sees it."""

    issuer: IssuerOut
    issued_at: dt.datetime
    expires_at: dt.datetime
    kind: str
    company: str | None
    role: str | None
    event_id: uuid.UUID | None
    event: str | None


@api.on("GET", "/invite/<invite>", access=PUBLIC, linked=True, gives=OpenedOut, refusals=(DeadLinkError,))
def open_invitation(invite: str) -> OpenedOut:
    """Tell who invites to what; nothing is used by looking."""
    opened = queries.open_by_token(invite, current_actor())
    invitation = opened.invitation
    return OpenedOut(
        issuer=IssuerOut(id=invitation.issuer_id, name=invitation.issuer.full_name),
        issued_at=invitation.created_at,
        expires_at=queries.good_until(invitation, opened.event),
        kind=invitation.kind,
        company=invitation.company.name if invitation.kind == "company" and invitation.company else None,
        role=invitation.role,
        event_id=invitation.event_id,
        event=opened.event.title if opened.event is not None else None,
    )


class AcceptInput(Schema):
    """A new login. With a token nothing is asked: its account accepts."""

    name: Name | None = None
    email: Annotated[Email | None, Blank] = None
    password: Password | None = None


class AcceptedOut(Out):
    """What became of it. `waits`: an e-mail asks for the address first; `had_already`: nothing was used up."""

    waits: bool
    had_already: bool
    tokens: TokensOut | None = Field(description="Of a new login whose address is proven.")
    registration: str | None = Field(description="Of a new login that waits: send it with the confirmation.")


@api.on(
    "POST",
    "/invite/<invite>",
    access=PUBLIC,
    linked=True,
    takes=AcceptInput,
    gives=AcceptedOut,
    message=_l("The invitation is accepted."),
    refusals=(DeadLinkError, OtherAddressError),
)
def accept_invitation(invite: str, data: AcceptInput) -> AcceptedOut:
    """Accept an invitation: as the token's account, or with a new login (`name`, `email`, `password`)."""
    actor = current_actor()
    if actor.user_id is not None:
        accepted = operations.accept_signed_in(actor, invite)
        return AcceptedOut(waits=accepted.waits, had_already=accepted.had_already, tokens=None, registration=None)
    opened = queries.open_by_token(invite)
    email = data.email or opened.invitation.email
    missing = {name for name in ("name", "password") if getattr(data, name) is None} | (
        {"email"} if not email else set()
    )
    if missing:
        raise InputError(fields={name: _l("Please fill this in.") for name in missing})
    secret = text.secret()
    accepted = operations.accept_with_new_login(
        invite,
        name=str(data.name),
        email=str(email),
        password_hash=hash_password(str(data.password)),
        registration_secret=secret,
    )
    if accepted.user is None:
        return AcceptedOut(waits=True, had_already=False, tokens=None, registration=secret)
    user = db.session.get_one(User, accepted.user.id)
    company = companies.company_to_act_for(Actor(user_id=user.id), None)
    pair = tokens.start(user, company_id=company.id if company is not None else None, device=sign_in.device())
    return AcceptedOut(waits=False, had_already=False, tokens=given(pair, user), registration=None)


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
    refusals=(NotFoundError, MailedEnoughError),
)
def resend_invitation(invitation_id: uuid.UUID) -> InvitationOut:
    """Mail an unused invitation anew, with a new link; the one before is dead."""
    operations.resend_invitation(current_actor(), invitation_id)
    return _own(invitation_id)
