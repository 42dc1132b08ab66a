"""Programs look at an invitation, and accept it."""

import datetime as dt
import uuid
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.accounts import tokens
from webapp.accounts.api.face import TokensOut
from webapp.accounts.api.signing import given
from webapp.accounts.passwords import Password, hash_password
from webapp.companies import queries as companies
from webapp.core import text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import ForbiddenError, InputError
from webapp.core.schema import Blank, Email, Name, Schema
from webapp.guests.errors import EventClosedError, EventEndError, JoinTooLateError
from webapp.guests.links import personal_url
from webapp.invitations import operations, queries
from webapp.invitations.api.face import IssuerOut, api
from webapp.invitations.errors import DeadLinkError, OtherAddressError
from webapp.models import User
from webapp.web import sign_in
from webapp.web.endpoints import PUBLIC, Out
from webapp.web.sign_in import current_actor


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
    """A new login, or (`as_guest`) an event's guest without one. With a token nothing is asked: its account accepts."""

    name: Name | None = None
    email: Annotated[Email | None, Blank] = None
    password: Password | None = None
    as_guest: bool = Field(
        False,  # noqa: FBT003 a field's default
        description="True makes no login of it: somebody comes to the event by name and e-mail alone.",
    )


class AcceptedOut(Out):
    """What became of it. `waits`: an e-mail asks for the address first; `had_already`: nothing was used up."""

    waits: bool
    had_already: bool
    tokens: TokensOut | None = Field(description="Of a new login whose address is proven.")
    registration: str | None = Field(description="Of a new login that waits: send it with the confirmation.")
    personal_url: str | None = Field(description="Of a guest without a login whose address is proven: the own page.")


def _out(
    accepted: operations.Accepted,
    *,
    tokens: TokensOut | None = None,
    registration: str | None = None,
    personal_url: str | None = None,
) -> AcceptedOut:
    return AcceptedOut(
        waits=accepted.waits,
        had_already=accepted.had_already,
        tokens=tokens,
        registration=registration,
        personal_url=personal_url,
    )


@api.on(
    "POST",
    "/invite/<invite>",
    access=PUBLIC,
    linked=True,
    takes=AcceptInput,
    gives=AcceptedOut,
    message=_l("The invitation is accepted."),
    refusals=(DeadLinkError, OtherAddressError, ForbiddenError, EventClosedError, EventEndError, JoinTooLateError),
)
def accept_invitation(invite: str, data: AcceptInput) -> AcceptedOut:
    """Accept an invitation: as the token's account, or with a new login (`name`, `email`, `password`).

    A token needs the scope `voting` for an event that it reaches, `account` for anything else. With `as_guest` an
    event's is accepted by name and e-mail alone.
    """
    actor = current_actor()
    if actor.user_id is not None:
        return _out(operations.accept_signed_in(actor, invite))
    opened = queries.open_by_token(invite)
    if data.as_guest and opened.event is None:
        raise InputError(fields={"as_guest": _l("Only an event is come to without a login.")})
    email = data.email or opened.invitation.email
    said = {"name": data.name, "email": email, **({} if data.as_guest else {"password": data.password})}
    if missing := [name for name, value in said.items() if not value]:
        raise InputError(fields={name: _l("Please fill this in.") for name in missing})
    if data.as_guest:
        accepted = operations.accept_as_guest(invite, name=str(data.name), email=str(email))
        guest = accepted.guest if not accepted.waits else None
        return _out(accepted, personal_url=personal_url(guest) if guest is not None else None)
    secret = text.secret()
    accepted = operations.accept_with_new_login(
        invite,
        name=str(data.name),
        email=str(email),
        password_hash=hash_password(str(data.password)),
        registration_secret=secret,
    )
    if accepted.user is None:
        return _out(accepted, registration=secret)
    user = db.session.get_one(User, accepted.user.id)
    company = companies.company_to_act_for(Actor(user_id=user.id), None)
    pair = tokens.start(user, company_id=company.id if company is not None else None, device=sign_in.device())
    return _out(accepted, tokens=given(pair, user))
