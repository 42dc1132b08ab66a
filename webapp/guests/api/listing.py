"""The JSON face of the guest list: reading, adding, correcting, taking off."""

import uuid
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.core.actor import Scope
from webapp.core.permissions import require
from webapp.core.schema import Email, Line, Patch, Schema
from webapp.events import policy as events_policy
from webapp.events import queries as events
from webapp.guests import operations, queries
from webapp.guests.api.face import ID, MOST_AT_ONCE, GuestOut, api, guest_out, reading, shown
from webapp.guests.errors import EventClosedError, ListedError
from webapp.guests.schemas import GuestInput
from webapp.web.bodies import MANY
from webapp.web.endpoints import Listing, Out
from webapp.web.lists import SearchQuery, listing
from webapp.web.sign_in import current_actor


class GuestsQuery(SearchQuery):
    """Which guests: by part of a name or address, and by how they stand."""

    status: Literal["all", "yes", "no", "none", "listed", "waiting", "in", "trouble"] = "all"


@api.on(
    "GET",
    "/guests/<uuid:event_id>",
    access=Scope.GUESTS_READ,
    or_by=Scope.CHECK_IN,
    asks=GuestsQuery,
    gives=GuestOut,
    listed=True,
)
def list_guests(event_id: uuid.UUID, query: GuestsQuery) -> Listing:
    """List the guests of an event by name, each with all timestamps.

    With the scope `check-in` alone it is what the door sees: names, answers and who has come.
    """
    read = reading(event_id)
    event = read.event
    return listing(
        queries.guest_list(read.actor, event, search=query.search, status=query.status),
        queries.LIST_KEY,
        query,
        # the list is ordered by names and addresses, and the door sees no addresses
        key=queries.list_key,
        types=(str, uuid.UUID),
        sealed=queries.list_word(event),
        show=lambda guest: shown(guest, manages=read.manages),
        count=None if query.search else queries.known_count(event, query.status),
    )


@api.on("GET", f"/guests{ID}", access=Scope.GUESTS_READ, or_by=Scope.CHECK_IN, gives=GuestOut)
def get_guest(event_id: uuid.UUID, guest_id: uuid.UUID) -> GuestOut:
    """Return one guest with all timestamps; with the scope `check-in` alone as the door sees it."""
    read = reading(event_id)
    return shown(queries.get_guest(read.actor, read.event, guest_id), manages=read.manages)


class ComerOut(Out):
    """Somebody who comes: a name, and how many they are with their companions."""

    name: str
    party_size: int


class ComingOut(Out):
    """Who is coming, as an event's page shows it: the first twelve by name, and how many have said yes in all."""

    said_yes: int
    guests: list[ComerOut]


@api.on("GET", "/events/<uuid:event_id>/coming", access=Scope.GUESTS_READ, gives=ComingOut)
def get_coming(event_id: uuid.UUID) -> ComingOut:
    """Return who is coming, to an event's guests and to those who keep its list or door."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    require(events_policy.standing(actor, event).sees_names)
    found = [ComerOut.model_validate(guest) for guest in events.coming_guests(event)]
    return ComingOut(said_yes=event.guests_yes, guests=found)


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
    return guest_out(events.get_event(actor, event_id), guest.id)


class GuestPatch(Patch):
    """What is to change of a guest; what is left out stays."""

    name: Annotated[Line, Field(max_length=255)]
    email: Email


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
    operations.edit_guest(actor, event, guest, **data.named())
    return guest_out(event, guest_id)


@api.on("DELETE", f"/guests{ID}", access=Scope.GUESTS_WRITE, status=204)
def remove_guest(event_id: uuid.UUID, guest_id: uuid.UUID) -> None:
    """Take a guest off the list: the place is free, a cast ballot stands."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    operations.remove_guest(actor, event, queries.get_guest(actor, event, guest_id))


class TheseInput(Schema):
    """Up to 1,000 guests of the list."""

    guest_ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]


class RemovedRow(Out):
    """What became of one guest."""

    guest_id: uuid.UUID
    outcome: Literal["removed", "not on the list"]


class RemovedOut(Out):
    """What became of each, in the order they came; who was named twice stands here once."""

    removed: int
    results: list[RemovedRow]


@api.on(
    "POST",
    "/guests/<uuid:event_id>/remove",
    access=Scope.GUESTS_WRITE,
    takes=TheseInput,
    gives=RemovedOut,
    message=_l("Each line says what became of it."),
)
def remove_guests(event_id: uuid.UUID, data: TheseInput) -> RemovedOut:
    """Take up to 1,000 guests off the list at once: their places are free, cast ballots stand."""
    actor = current_actor()
    gone = set(operations.remove_guests(actor, events.get_event(actor, event_id), data.guest_ids))
    results = [
        RemovedRow(guest_id=one, outcome="removed" if one in gone else "not on the list")
        for one in dict.fromkeys(data.guest_ids)
    ]
    return RemovedOut(removed=len(gone), results=results)


class LineInput(Schema):
    """One of many, to be judged by itself."""

    email: str | None = None
    name: str = ""


class ManyInput(Schema):
    """Up to 1,000 guests at once."""

    guests: Annotated[list[LineInput], Field(min_length=1, max_length=MOST_AT_ONCE)]
    invite: bool = True


class LineOut(Out):
    """What became of one of many."""

    email: str
    outcome: operations.Outcome
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
    room=MANY,
    message=_l("Each line says what became of it."),
    refusals=(EventClosedError,),
)
def add_guests(event_id: uuid.UUID, data: ManyInput) -> ManyOut:
    """Put up to 1,000 people on an event's guest list; one whose address or name does not fit keeps no other away.

    What is no text, or stands under another name, refuses the whole call, and nothing is done.
    """
    actor = current_actor()
    event = events.get_event(actor, event_id)
    people = [(line.name, line.email or "") for line in data.guests]
    done = operations.add_people(actor, event, people, invite=data.invite)
    results = [LineOut(email=row.line, outcome=row.outcome, guest_id=row.guest_id) for row in done]
    return ManyOut(added=sum(row.outcome == "added" for row in done), results=results)
