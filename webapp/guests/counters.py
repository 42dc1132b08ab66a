"""The counters on the event's row and on its days, so that no page counts all guests.

Every change of a guest is told as two states, before and after, and the difference goes to the event's row in the same
transaction: the order in which changes happen does not matter. What became more goes to the row of the day as well;
what became less is not taken from it, so a day tells what happened, not what is left of it.
"""

import dataclasses
import uuid
from collections.abc import Iterable

from sqlalchemy import update

from webapp.core import clock
from webapp.core.operation import add_up, count
from webapp.models import Event, EventDay, Guest

DAILY = ("invited", "opened", "yes", "no", "checked_in")
"""What is counted by day (UTC), too."""


@dataclasses.dataclass(frozen=True)
class Counted:
    """What one guest, or several together, add to each counter of the event."""

    listed: int = 0
    invited: int = 0
    opened: int = 0
    yes: int = 0
    no: int = 0
    waiting: int = 0
    checked_in: int = 0
    on_roll: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        """Return both together."""
        return Counted(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))


NOTHING = Counted()


def counted(guest: Guest) -> Counted:
    """Return what `guest` adds to the counters as it is now.

    Whoever is off the list, or has not confirmed an address yet, adds nothing; but the roll of a vote that has begun
    keeps those who leave.
    """
    if not guest.standing or guest.unconfirmed_until is not None:
        return Counted(on_roll=int(guest.on_roll))
    return Counted(
        listed=1,
        invited=int(guest.invited_at is not None),
        opened=int(guest.opened_at is not None),
        yes=int(guest.reply == "yes"),
        no=int(guest.reply == "no"),
        waiting=int(guest.waiting_since is not None),
        checked_in=int(guest.checked_in_at is not None),
        on_roll=int(guest.on_roll),
    )


def counted_all(guests: Iterable[Guest]) -> Counted:
    """Return what all of `guests` add together."""
    return sum((counted(guest) for guest in guests), NOTHING)


def recount_change(event_id: uuid.UUID, before: Counted, after: Counted) -> None:
    """Write the difference between two states of guests of one event to the event's counters, and what grew to its day.

    Call it inside an operation.
    """
    old, new = dataclasses.asdict(before), dataclasses.asdict(after)
    changes = {
        f"guests_{name}": getattr(Event, f"guests_{name}") + (new[name] - old[name])
        for name in old
        if new[name] != old[name]
    }
    if changes:
        count(update(Event).where(Event.id == event_id).values(**changes))
    grown = {name: new[name] - old[name] for name in DAILY if new[name] > old[name]}
    if grown:
        # after the event's row, which thus is the one that several at once wait for
        add_up(EventDay, {"event_id": event_id, "day": clock.now().date()}, grown)
