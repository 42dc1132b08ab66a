"""The JSON face of guests: the list, adding, inviting, the door."""

import datetime as dt
import uuid
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field, model_validator

from webapp.core.actor import Scope
from webapp.core.errors import InputError
from webapp.core.schema import Blank, Email, Line, Name, Schema
from webapp.events import queries as events
from webapp.guests import operations, policy, queries
from webapp.guests.errors import EventClosedError, EventFullError, ListedError
from webapp.guests.schemas import GuestInput
from webapp.models import Event, Guest
from webapp.web.endpoints import Api, Listing, Out
from webapp.web.lists import SearchQuery, listing
from webapp.web.sign_in import current_actor

api = Api("guests", _l("Guests"))
MOST_AT_ONCE = 1000
ID = "/<uuid:event_id>/<uuid:guest_id>"


class GuestOut(Out):
    """A guest with everything that happened, each with its time. Doorkeepers get names and check-in alone."""

    id: uuid.UUID
    event_id: uuid.UUID
    name: str
    email: str | None
    user_id: uuid.UUID | None
    source: str
    reply: str | None
    party_size: int
    companions: list[str]
    note: str
    places: int
    listed_at: dt.datetime
    invited_at: dt.datetime | None
    reminded_at: dt.datetime | None
    opened_at: dt.datetime | None
    replied_at: dt.datetime | None
    joined_at: dt.datetime | None
    waiting_since: dt.datetime | None
    checked_in_at: dt.datetime | None
    left_at: dt.datetime | None
    mail: str | None = Field(description="What became of the last e-mail: queued, sending, sent, failed, dropped.")


_FOR_THE_DOOR = {
    "email": None, "user_id": None, "note": "", "invited_at": None, "reminded_at": None, "opened_at": None,
    "replied_at": None, "joined_at": None, "waiting_since": None, "left_at": None, "mail": None,
}  # fmt: skip


def shown(guest: Guest, *, manages: bool) -> GuestOut:
    """Return what goes out of `guest`, its last mail loaded."""
    values = {name: getattr(guest, name) for name in GuestOut.model_fields if name != "mail"}
    values["mail"] = guest.last_mail.state if guest.last_mail is not None else None
    return GuestOut(**(values if manages else {**values, **_FOR_THE_DOOR}))


def _guest_out(event: Event, guest_id: uuid.UUID) -> GuestOut:
    actor = current_actor()
    guest = queries.get_guest(actor, event, guest_id)
    return shown(guest, manages=policy.can_manage(actor, event))


class GuestsQuery(SearchQuery):
    """Which guests: by part of a name or address, and by how they stand."""

    status: Literal["all", "yes", "no", "none", "listed", "waiting", "in", "trouble"] = "all"


@api.on("GET", "/guests/<uuid:event_id>", access=Scope.GUESTS_READ, asks=GuestsQuery, gives=GuestOut, listed=True)
def list_guests(event_id: uuid.UUID, query: GuestsQuery) -> Listing:
    """List the guests of an event by name, each with all timestamps."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    manages = policy.can_manage(actor, event)
    return listing(
        queries.guest_list(actor, event, search=query.search, status=query.status),
        queries.LIST_KEY,
        query,
        # the list is ordered by names and addresses, and the door sees no addresses: a cursor names its guest only
        key=lambda guest: (guest.id,),
        types=(uuid.UUID,),
        place=lambda key: queries.list_key(event, key[0]),
        show=lambda guest: shown(guest, manages=manages),
        count=None if query.search else queries.known_count(event, query.status),
    )


@api.on("GET", f"/guests{ID}", access=Scope.GUESTS_READ, gives=GuestOut)
def get_guest(event_id: uuid.UUID, guest_id: uuid.UUID) -> GuestOut:
    """Return one guest with all timestamps."""
    return _guest_out(events.get_event(current_actor(), event_id), guest_id)


class NewGuestInput(GuestInput):
    """Somebody to put on the list. `invite`: false sends no e-mail."""

    invite: bool = True


@api.on(
    "POST",
    "/guest/<uuid:event_id>",
    access=Scope.GUESTS_WRITE,
    takes=NewGuestInput,
    gives=GuestOut,
    status=201,
    message=_l("The guest is on the list."),
    refusals=(ListedError, EventClosedError),
)
def add_guest(event_id: uuid.UUID, data: NewGuestInput) -> GuestOut:
    """Put somebody on an event's guest list and send the invitation."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    guest = operations.add_guest(actor, event, email=data.email, name=data.name, invite=data.invite)
    return _guest_out(events.get_event(actor, event_id), guest.id)


class GuestPatch(Schema):
    """What is to change of a guest; what is left out stays."""

    name: Annotated[Line, Field(max_length=255)] | None = None
    email: Annotated[Email | None, Blank] = None


@api.on(
    "PATCH",
    f"/guests{ID}",
    access=Scope.GUESTS_WRITE,
    takes=GuestPatch,
    gives=GuestOut,
    message=_l("The guest is changed."),
    refusals=(ListedError,),
)
def edit_guest(event_id: uuid.UUID, guest_id: uuid.UUID, data: GuestPatch) -> GuestOut:
    """Correct a guest's name or address."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    guest = queries.get_guest(actor, event, guest_id)
    name = guest.name if data.name is None else data.name
    operations.edit_guest(actor, event, guest, name=name, email=data.email)
    return _guest_out(event, guest_id)


@api.on("DELETE", f"/guests{ID}", access=Scope.GUESTS_WRITE, status=204)
def remove_guest(event_id: uuid.UUID, guest_id: uuid.UUID) -> None:
    """Take a guest off the list: the place is free, a cast ballot stands."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    operations.remove_guest(actor, event, queries.get_guest(actor, event, guest_id))


class LineInput(Schema):
    """One of many."""

    email: str = Field(max_length=1000)
    name: str = Field("", max_length=1000)


class ManyInput(Schema):
    """Up to 1,000 guests at once."""

    guests: Annotated[list[LineInput], Field(min_length=1, max_length=MOST_AT_ONCE)]
    invite: bool = True


class LineOut(Out):
    """What became of one of many."""

    email: str
    outcome: Literal["added", "there already", "not an address"]
    guest_id: uuid.UUID | None


class ManyOut(Out):
    """What became of each, in the order they came."""

    added: int
    results: list[LineOut]


@api.on(
    "POST",
    "/guests/<uuid:event_id>/import",
    access=Scope.GUESTS_WRITE,
    takes=ManyInput,
    gives=ManyOut,
    message=_l("Each line says what became of it."),
    refusals=(EventClosedError,),
)
def add_guests(event_id: uuid.UUID, data: ManyInput) -> ManyOut:
    """Put up to 1,000 people on an event's guest list; one that does not fit keeps no other away."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    people = [(line.name, line.email) for line in data.guests]
    done = operations.add_people(actor, event, people, invite=data.invite)
    results = [LineOut(email=row.line, outcome=row.outcome, guest_id=row.guest_id) for row in done]
    return ManyOut(added=sum(row.outcome == "added" for row in done), results=results)


class SomeInput(Schema):
    """Which guests; none named: all who wait for it."""

    guest_ids: Annotated[list[uuid.UUID], Field(max_length=MOST_AT_ONCE)] | None = None


class SentOut(Out):
    """To how many guests an e-mail is on its way, and to how many none can be sent."""

    queued: int
    unreachable: int


@api.on(
    "POST",
    "/guests/<uuid:event_id>/invite",
    access=Scope.GUESTS_WRITE,
    takes=SomeInput,
    gives=SentOut,
    refusals=(EventClosedError,),
)
def invite_guests(event_id: uuid.UUID, data: SomeInput) -> SentOut:
    """Send the invitation to guests who have none yet."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    return SentOut.model_validate(operations.invite_guests(actor, event, data.guest_ids))


@api.on(
    "POST",
    "/guests/<uuid:event_id>/remind",
    access=Scope.GUESTS_WRITE,
    takes=SomeInput,
    gives=SentOut,
    refusals=(EventClosedError,),
)
def remind_guests(event_id: uuid.UUID, data: SomeInput) -> SentOut:
    """Remind guests who were invited and have not answered."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    return SentOut.model_validate(operations.remind_guests(actor, event, data.guest_ids))


class DoorInput(Schema):
    """Who has come: one guest, several, or by name alone. `undo` takes a check-in back."""

    guest_id: uuid.UUID | None = None
    guest_ids: Annotated[list[uuid.UUID], Field(max_length=MOST_AT_ONCE)] | None = None
    walk_in: Name | None = None
    undo: bool = False

    @model_validator(mode="after")
    def _somebody(self) -> "DoorInput":
        if self.guest_id is None and not self.guest_ids and self.walk_in is None:
            raise InputError(fields={"guest_id": _l("Please say who has come: guest_id, guest_ids or walk_in.")})
        return self


class DoorRow(Out):
    """What became of one at the door. `done`: this call did it; false: it was so already, or there is no such guest."""

    guest_id: uuid.UUID
    done: bool
    found: bool


class DoorOut(Out):
    """What became of each."""

    results: list[DoorRow]


@api.on(
    "POST",
    "/guests/<uuid:event_id>/check-in",
    access=Scope.CHECK_IN,
    takes=DoorInput,
    gives=DoorOut,
    refusals=(EventFullError, EventClosedError),
)
def check_in(event_id: uuid.UUID, data: DoorInput) -> DoorOut:
    """Note who has come: one guest, a batch, or somebody by name who was not on the list."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    policy.require_list(actor, event)
    if data.walk_in is not None:
        guest = operations.walk_in(actor, event, name=data.walk_in)
        return DoorOut(results=[DoorRow(guest_id=guest.id, done=True, found=True)])
    asked = [*([data.guest_id] if data.guest_id else []), *(data.guest_ids or [])]
    done = operations.check_in_many(actor, event, asked, undo=data.undo)
    return DoorOut(
        results=[DoorRow(guest_id=one, done=bool(done.get(one)), found=done.get(one) is not None) for one in asked]
    )
