"""Places: this file alone writes `Event.taken`, `Event.offered`, `Guest.places` and `Guest.waiting_since`.

One conditional UPDATE decides; how many rows it touched is the answer. However many come at once, the places of all
guests together are `taken`, and `taken + offered` is never above the capacity. A waiting list is not kept yet.
"""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, or_, update

from webapp.core import clock
from webapp.core.database import db
from webapp.core.errors import AppError
from webapp.core.operation import count
from webapp.guests.errors import EventClosedError, EventEndError, EventFullError, JoinTooLateError
from webapp.models import Event, Guest


def take_places(guest: Guest, event: Event, places: int, *, at_door: bool = False) -> None:
    """Give `guest`, who has said yes and is locked, `places` more places.

    The event must be published and have the places free, and join-by must not have passed (at the door: it need not).
    Raises EventFullError, JoinTooLateError, EventEndError or EventClosedError; nothing has changed then.
    """
    moment = clock.now()
    statement = update(Event).where(
        Event.id == event.id,
        Event.state == "published",
        or_(Event.capacity.is_(None), Event.taken + Event.offered + places <= Event.capacity),
    )
    if not at_door:
        statement = statement.where(func.coalesce(Event.join_by, Event.ends_at) > moment)
    db.session.flush()
    if not count(statement.values(taken=Event.taken + places)):
        raise why_not(event, places, at_door=at_door)
    guest.places += places


def free_places(guest: Guest, event: Event, places: int | None = None) -> None:
    """Take `places` (default: all it has) from `guest`, who is locked, and give them back to the event."""
    freed = guest.places if places is None else min(places, guest.places)
    if freed:
        guest.places -= freed
        db.session.flush()
        count(update(Event).where(Event.id == event.id).values(taken=Event.taken - freed))


def free_all(guests: Sequence[Guest], event: Event) -> None:
    """Take all places from each of `guests`, who are locked, and give them back to the event at once."""
    freed = sum(guest.places for guest in guests)
    if freed:
        for guest in guests:
            guest.places = 0
        db.session.flush()
        count(update(Event).where(Event.id == event.id).values(taken=Event.taken - freed))


def change_places(guest: Guest, event: Event, places: int, *, at_door: bool = False) -> None:
    """Let `guest`, who is locked, have `places` places: takes or frees the difference. Raises as `take_places`."""
    if places > guest.places:
        take_places(guest, event, places - guest.places, at_door=at_door)
    else:
        free_places(guest, event, guest.places - places)


def why_not(event: Event, places: int = 1, *, at_door: bool = False) -> AppError:
    """Look at the event a second time and return the exact refusal of `places` more places."""
    db.session.refresh(event)
    moment = clock.now()
    if event.state == "cancelled":
        return EventClosedError(_l("This event has been cancelled."))
    if not event.published:
        return EventClosedError()
    if event.ends_at <= moment and not at_door:
        return EventEndError()
    if event.joins_until <= moment and not at_door:
        return JoinTooLateError()
    left = event.places_left or 0
    if 0 < left < places:
        sentence = ngettext("Only one more place is left.", "Only %(num)d more places are left.", left)
        return EventFullError(sentence)
    return EventFullError()
