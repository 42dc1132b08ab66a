"""Where a vote stands, and how it stands for one person."""

import dataclasses
import datetime as dt
import enum

from webapp.core import clock
from webapp.models import Event, Tally

OPENED = "vote.opened"
"""What the journal says once a vote was announced."""


class Phase(enum.StrEnum):
    """Where a vote stands."""

    NONE = "none"
    """The event asks nothing."""
    TO_COME = "to come"
    OPEN = "open"
    COUNTING = "counting"
    """Its time is over; what follows is settled within a minute."""
    CLOSED = "closed"
    CANCELLED = "cancelled"


def phase_of(event: Event, tally: Tally | None, *, asks: bool) -> Phase:
    """Return where the event's vote stands now; `asks`: whether the event has questions."""
    if not asks:
        return Phase.NONE
    if event.state == "cancelled" or (tally is not None and tally.outcome == "cancelled"):
        return Phase.CANCELLED
    if tally is not None and tally.closed_at is not None:
        return Phase.CLOSED
    moment = clock.now()
    if event.state != "published" or event.votes_from is None or moment < event.votes_from:
        return Phase.TO_COME
    return Phase.OPEN if moment < event.votes_until else Phase.COUNTING


@dataclasses.dataclass(frozen=True)
class VoteState:
    """How a vote stands for one person: `may_vote` now, `voted` already, the count `seen` or not yet.

    `consensus`: True or False once that is known and may be seen, else None. `opens_at` (None while an event that says
    nothing of it is a draft) and `closes_at` are UTC.
    """

    phase: Phase
    opens_at: dt.datetime | None
    closes_at: dt.datetime
    on_roll: bool
    voted: bool
    seen: bool
    consensus: bool | None

    @property
    def may_vote(self) -> bool:
        """Whether this person's ballot is awaited."""
        return self.phase is Phase.OPEN and self.on_roll and not self.voted
