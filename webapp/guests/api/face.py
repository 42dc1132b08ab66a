"""The JSON face of guests, and what its endpoints share."""

import dataclasses
import datetime as dt
import uuid
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.core.actor import Actor, Scope
from webapp.core.errors import NotFoundError
from webapp.events import queries as events
from webapp.guests import policy, queries
from webapp.models import Event, Guest
from webapp.web.endpoints import Api, Out
from webapp.web.sign_in import current_actor

api = Api("guests", _l("Guests"))
MOST_AT_ONCE = 1000
ID = "/<uuid:event_id>/<uuid:guest_id>"
GuestIds = Annotated[list[uuid.UUID], Field(max_length=MOST_AT_ONCE)]


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
    removed_at: dt.datetime | None = Field(description="Off the list since then; left_at: by own wish.")
    unsubscribed_at: dt.datetime | None = Field(description="Wishes no more e-mail about the event since then.")
    mail: str | None = Field(description="What became of the last e-mail: queued, sending, sent, failed, dropped.")
    mail_template: str | None = Field(description="Which e-mail that was, such as guest-invited.")
    mail_sent_at: dt.datetime | None
    mail_error: str | None = Field(description="Why it did not arrive.")


_OF_MAIL = {"mail": "state", "mail_template": "template", "mail_sent_at": "sent_at", "mail_error": "error"}
_FOR_THE_DOOR = {
    "email": None, "user_id": None, "note": "", "invited_at": None, "reminded_at": None, "opened_at": None,
    "replied_at": None, "joined_at": None, "waiting_since": None, "left_at": None, "removed_at": None,
    "unsubscribed_at": None, **dict.fromkeys(_OF_MAIL),
}  # fmt: skip


def shown(guest: Guest, *, manages: bool) -> GuestOut:
    """Return what goes out of `guest`, its last mail loaded."""
    values = {name: getattr(guest, name) for name in GuestOut.model_fields if name not in _OF_MAIL}
    values |= {name: getattr(guest.last_mail, said, None) for name, said in _OF_MAIL.items()}
    return GuestOut(**(values if manages else {**values, **_FOR_THE_DOOR}))


@dataclasses.dataclass(frozen=True)
class Reading:
    """Who reads an event's guest list, and the event. `manages`: not as the door sees it, but whole."""

    actor: Actor
    event: Event
    manages: bool


def reading(event_id: uuid.UUID) -> Reading:
    """Return who reads the list: by the scope `guests:read` as the account may, else by `check-in` as the door does.

    Raises NotFoundError where neither shows the event.
    """
    actor, event = current_actor(), None
    door = actor.under(Scope.CHECK_IN) if actor.has_scope(Scope.CHECK_IN) else None
    if door is None or actor.has_scope(Scope.GUESTS_READ):
        try:
            event = events.get_event(actor, event_id)
        except NotFoundError:
            if door is None:
                raise
        else:
            manages = policy.can_manage(actor, event)
            if manages or door is None:
                return Reading(actor, event, manages)
    return Reading(door, event or events.get_event(door, event_id), manages=False)


def guest_out(event: Event, guest_id: uuid.UUID) -> GuestOut:
    """Return what goes out of one guest, read anew. Raises NotFoundError as `queries.get_guest`."""
    actor = current_actor()
    guest = queries.get_guest(actor, event, guest_id)
    return shown(guest, manages=policy.can_manage(actor, event))
