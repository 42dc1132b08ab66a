"""At the door: walk-ins, checking in, and taking it back."""

import uuid
from collections.abc import Sequence

from sqlalchemy import update

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.errors import NotFoundError
from webapp.core.operation import count, locked, operation
from webapp.core.permissions import require
from webapp.guests import policy, rows
from webapp.guests.counters import Counted, counted, counted_all, recount_change
from webapp.guests.operations.listing import locked_guests
from webapp.guests.places import take_places
from webapp.guests.rows import Person
from webapp.journal.writing import record, record_each
from webapp.models import Event, Guest

_NOT_IN, _IN = Counted(), Counted(checked_in=1)


@operation
def walk_in(actor: Actor, event: Event, *, name: str) -> Guest:
    """Let in somebody who is not on the list, by name alone: listed, with a place, checked in; not on the roll.

    Join-by does not matter at the door; the capacity does. Raises EventFullError, EventClosedError, NotFoundError.
    """
    require(policy.can_check_in(actor, event), error=NotFoundError)
    moment = clock.now()
    guest = rows.insert(event, Person(name=name, source="walk-in", listed_by=actor.user_id))
    before = counted(guest)
    guest.reply, guest.replied_at = "yes", moment
    take_places(guest, event, 1, at_door=True)
    guest.checked_in_at, guest.checked_in_by = moment, actor.user_id
    recount_change(event.id, before, counted(guest))
    record(actor, "guest.walked_in", guest, company_id=event.company_id)
    return guest


@operation
def check_in(actor: Actor, event: Event, guest: Guest) -> bool:
    """Note that a guest has come; tell whether this call noted it (False: was in already)."""
    guest = _at_door(actor, event, guest)
    done = count(
        update(Guest)
        .where(Guest.id == guest.id, Guest.checked_in_at.is_(None), Guest.removed_at.is_(None))
        .values(checked_in_at=clock.now(), checked_in_by=actor.user_id)
    )
    if done:
        recount_change(event.id, _NOT_IN, _IN)
        record(actor, "guest.checked_in", guest, company_id=event.company_id)
    return bool(done)


@operation
def undo_check_in(actor: Actor, event: Event, guest: Guest) -> bool:
    """Take a check-in back; tell whether this call did."""
    guest = _at_door(actor, event, guest)
    undone = count(
        update(Guest)
        .where(Guest.id == guest.id, Guest.checked_in_at.is_not(None), Guest.removed_at.is_(None))
        .values(checked_in_at=None, checked_in_by=None)
    )
    if undone:
        recount_change(event.id, _IN, _NOT_IN)
        record(actor, "guest.check_in_undone", guest, company_id=event.company_id)
    return bool(undone)


@operation
def check_in_many(
    actor: Actor, event: Event, guest_ids: Sequence[uuid.UUID], *, undo: bool = False
) -> dict[uuid.UUID, bool]:
    """Check several guests in (or take it back); return for each who is on the list whether this call did it."""
    require(policy.can_check_in(actor, event), error=NotFoundError)
    found = locked_guests(event, guest_ids)
    changed = {guest.id: guest for guest in found if (guest.checked_in_at is not None) == undo}
    before = counted_all(changed.values())
    moment, by = (None, None) if undo else (clock.now(), actor.user_id)
    for guest in changed.values():
        guest.checked_in_at, guest.checked_in_by = moment, by
    recount_change(event.id, before, counted_all(changed.values()))
    action = "guest.check_in_undone" if undo else "guest.checked_in"
    record_each(actor, action, list(changed.values()), company_id=event.company_id, event_id=event.id)
    return {guest.id: guest.id in changed for guest in found}


def _at_door(actor: Actor, event: Event, guest: Guest) -> Guest:
    require(policy.can_check_in(actor, event), error=NotFoundError)
    if guest.event_id != event.id or not guest.standing or guest.unconfirmed_until is not None:
        raise NotFoundError
    return locked(guest)
