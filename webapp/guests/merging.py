"""Two rows of one person on one list become one."""

from webapp.core.database import db
from webapp.core.operation import locked
from webapp.guests import rows
from webapp.guests.counters import counted, recount_change
from webapp.guests.places import free_places
from webapp.models import Event, Guest


def merge(event: Event, mine: Guest, other: Guest) -> Guest:
    """Merge `other`, which has the account's proven address, into the account's own row; return the row that stays.

    The row that voted stays, else the one that stands on the list, else the account's own. Two rows that both voted
    never merge: the other then stays as it is, without the account.
    """
    mine, other = locked(mine), locked(other)
    if mine.has_voted and other.has_voted:
        return mine
    kept, gone = (other, mine) if _weight(other) > _weight(mine) else (mine, other)
    user_id, email, email_key = mine.user_id, other.email, other.email_key
    before = counted(mine) + counted(other)
    free_places(gone, event)
    name, on_roll = gone.name, mine.on_roll or other.on_roll
    gone.removed_at = gone.removed_at or kept.listed_at
    gone.on_roll = False
    # What it says of the person goes with the row that stays: once nothing links it, nobody could erase it here.
    gone.name, gone.name_key, gone.companions, gone.note = "–", "", [], ""
    gone.email = gone.email_key = gone.user_id = None
    db.session.flush()
    kept.user_id, kept.email, kept.email_key = user_id, email, email_key
    kept.unconfirmed_until = None
    # one person has one place on the roll, whichever of the two rows had it
    kept.on_roll = on_roll
    kept.name = kept.name if kept.name not in {"", "–"} else name
    kept.name_key = rows.name_key(kept.name, email)
    kept.invited_at = kept.invited_at or gone.invited_at
    kept.opened_at = kept.opened_at or gone.opened_at
    kept.unsubscribed_at = kept.unsubscribed_at or gone.unsubscribed_at
    recount_change(event.id, before, counted(mine) + counted(other))
    return kept


def _weight(guest: Guest) -> tuple[bool, bool, bool]:
    return (guest.has_voted, guest.standing and guest.unconfirmed_until is None, guest.reply == "yes")
