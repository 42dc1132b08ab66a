"""The JSON face of answering: what is asked of an account, joining, saying yes or no, leaving."""

import datetime as dt
import uuid

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.core.actor import Scope
from webapp.core.errors import NotFoundError
from webapp.core.schema import Schema
from webapp.events import queries as events
from webapp.guests import operations as guests
from webapp.guests import queries as guests_queries
from webapp.guests.errors import (
    EventClosedError,
    EventEndError,
    EventFullError,
    JoinedError,
    JoinTooLateError,
    NotJoinedError,
)
from webapp.guests.links import admission_code
from webapp.guests.schemas import PartyInput, ReplyInput
from webapp.models import Event, Guest
from webapp.voting.api.face import api, own_account
from webapp.web.access import NotYoursError
from webapp.web.endpoints import Out, Said
from webapp.web.sign_in import current_actor

MOST_ASKED = 20


class AskedOut(Out):
    """An event of the account's own: when it is, until when it takes a yes, and until when ballots."""

    event_id: uuid.UUID
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    timezone: str
    joins_until: dt.datetime
    votes_until: dt.datetime


class WaitingOut(Out):
    """What waits for the account, the soonest first: at most 20 invitations, 20 open votes and 20 events to go to."""

    replies: list[AskedOut]
    votes: list[AskedOut]
    coming: list[AskedOut]


def _asked(event: Event) -> AskedOut:
    said = {name: getattr(event, name) for name in AskedOut.model_fields if name != "event_id"}
    return AskedOut(event_id=event.id, **said)


@api.on("GET", "/asked", access=Scope.VOTING, gives=WaitingOut)
def get_asked() -> WaitingOut:
    """Return what waits for the token's account: invitations without an answer, votes without its ballot, what is next.

    What it answered is its row on the event's guest list.
    """
    actor = current_actor()
    return WaitingOut(
        replies=[_asked(guest.event) for guest in guests_queries.asked_of(actor, MOST_ASKED)],
        votes=[_asked(event) for event, _guest in events.open_votes(actor, MOST_ASKED)],
        coming=[_asked(event) for event, _guest in events.coming_events(actor, MOST_ASKED)],
    )


class JoinInput(PartyInput):
    """Which event to join, and with whom. `user_id`: the token's own account, nobody else's."""

    event_id: uuid.UUID
    user_id: uuid.UUID | None = None


class JoinedOut(Out):
    """The row on the guest list."""

    guest_id: uuid.UUID
    event_id: uuid.UUID
    user_id: uuid.UUID


@api.on(
    "POST",
    "/join",
    access=Scope.VOTING,
    takes=JoinInput,
    gives=JoinedOut,
    status=201,
    id="user_joined",
    message=_l("User joined the event"),
    refusals=(
        EventFullError,
        JoinTooLateError,
        JoinedError,
        EventEndError,
        EventClosedError,
        NotYoursError,
        NotFoundError,
    ),
)
def join(data: JoinInput) -> JoinedOut:
    """Put the token's account on an event's list with yes; with it comes the vote."""
    actor = own_account(data.user_id)
    event = events.get_event(actor, data.event_id)
    guest = guests.join(actor, event, party_size=data.size, companions=data.companions, note=data.note)
    return JoinedOut(guest_id=guest.id, event_id=data.event_id, user_id=actor.account())


class AnswerInput(ReplyInput):
    """An answer to an event's invitation, for the token's own account."""

    event_id: uuid.UUID


class OwnGuestOut(Out):
    """The row of the token's account on an event's guest list, with everything that happened."""

    id: uuid.UUID
    event_id: uuid.UUID
    name: str
    email: str | None
    reply: str | None
    party_size: int
    companions: list[str]
    note: str
    places: int
    on_roll: bool = Field(description="Whether the account may vote.")
    code: str | None = Field(description="To be said at the door by whoever comes; else null.")
    listed_at: dt.datetime
    invited_at: dt.datetime | None
    reminded_at: dt.datetime | None
    opened_at: dt.datetime | None
    replied_at: dt.datetime | None
    joined_at: dt.datetime | None
    waiting_since: dt.datetime | None
    checked_in_at: dt.datetime | None
    left_at: dt.datetime | None
    unsubscribed_at: dt.datetime | None = Field(description="Wishes no more e-mail about the event since then.")


def _own_out(guest: Guest) -> OwnGuestOut:
    # Whether a ballot was cast is not among it: answers are kept for their Idempotency-Key, with the time.
    values = {name: getattr(guest, name) for name in OwnGuestOut.model_fields if name != "code"}
    comes = guest.standing and guest.reply == "yes"
    return OwnGuestOut(**values, code=admission_code(guest) if comes else None)


@api.on(
    "POST",
    "/reply",
    access=Scope.VOTING,
    takes=AnswerInput,
    gives=OwnGuestOut,
    message=_l("Your answer is noted."),
    refusals=(EventFullError, JoinTooLateError, NotJoinedError, EventEndError, EventClosedError, NotFoundError),
)
def reply(data: AnswerInput) -> Said:
    """Answer yes or no for the token's account, which is on the event's list; again to change the answer.

    A yes, and more companions, until join-by; a no, and fewer, until the end. With a yes comes the vote.
    """
    actor = current_actor()
    guest = guests_queries.own_guest(actor, data.event_id)
    if guest is None:
        raise NotJoinedError
    answered = guests.reply(
        actor, guest, reply=data.reply, party_size=data.size, companions=data.companions, note=data.note
    )
    return Said(_own_out(answered), message=data.noted)


@api.on("GET", "/events/<uuid:event_id>/guest", access=Scope.VOTING, gives=OwnGuestOut)
def get_own_guest(event_id: uuid.UUID) -> OwnGuestOut:
    """Return the row of the token's account on an event's guest list: the answer, who comes along, the times."""
    guest = guests_queries.own_guest(current_actor(), event_id)
    if guest is None:
        raise NotFoundError(_l("You are not on the guest list of this event."))
    return _own_out(guest)


class LeaveInput(Schema):
    """Which event to leave."""

    event_id: uuid.UUID


@api.on(
    "POST",
    "/leave",
    access=Scope.VOTING,
    takes=LeaveInput,
    status=204,
    refusals=(NotJoinedError, EventEndError, NotFoundError),
)
def leave(data: LeaveInput) -> None:
    """Take the token's account off an event's list: the place is free, a cast ballot stands."""
    actor = current_actor()
    guests.leave(actor, events.get_event(actor, data.event_id))
