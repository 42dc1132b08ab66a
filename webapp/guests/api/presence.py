"""The JSON face of the door: who has come."""

import uuid

from flask_babel import lazy_gettext as _l
from pydantic import model_validator

from webapp.core.actor import Scope
from webapp.core.errors import InputError
from webapp.core.schema import Name, Schema
from webapp.events import queries as events
from webapp.guests import operations, policy
from webapp.guests.api.face import GuestIds, api
from webapp.guests.errors import EventClosedError, EventFullError
from webapp.web.endpoints import Out
from webapp.web.sign_in import current_actor


class DoorInput(Schema):
    """Who has come: one guest or several, or somebody by name alone. `undo` takes a check-in back."""

    guest_id: uuid.UUID | None = None
    guest_ids: GuestIds | None = None
    walk_in: Name | None = None
    undo: bool = False

    @model_validator(mode="after")
    def _somebody(self) -> "DoorInput":
        if not self.guests and self.walk_in is None:
            raise InputError(fields={"guest_id": _l("Please say who has come: guest_id, guest_ids or walk_in.")})
        if self.walk_in is not None and (self.guests or self.undo):
            raise InputError(fields={"walk_in": _l("Somebody by name is let in alone, and not with undo.")})
        return self

    @property
    def guests(self) -> list[uuid.UUID]:
        """Return the guests that are named, each once, in their order."""
        one = [self.guest_id] if self.guest_id is not None else []
        return list(dict.fromkeys([*one, *(self.guest_ids or [])]))


class DoorRow(Out):
    """What became of one at the door. `done`: this call did it; false: it was so already, or there is no such guest."""

    guest_id: uuid.UUID
    done: bool
    found: bool


class DoorOut(Out):
    """What became of each, in the order they came; who was named twice stands here once."""

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
    done = operations.check_in_many(actor, event, data.guests, undo=data.undo)
    rows = [DoorRow(guest_id=one, done=done.get(one, False), found=one in done) for one in data.guests]
    return DoorOut(results=rows)
