"""Writing to guests: invitations, reminders, messages."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.operation import operation
from webapp.guests import policy
from webapp.guests.counters import counted_all, recount_change
from webapp.guests.errors import EventEndError
from webapp.guests.operations.listing import locked_guests, require_open, send_invitation
from webapp.guests.sending import write
from webapp.journal.writing import record
from webapp.models import Event, Guest


@dataclasses.dataclass(frozen=True)
class Sent:
    """To how many guests an e-mail was queued, and to how many it could not be (no address, or no more mail wished)."""

    queued: int = 0
    unreachable: int = 0


@operation
def invite_guests(actor: Actor, event: Event, guest_ids: Iterable[uuid.UUID] | None = None) -> Sent:
    """Queue invitations to these guests (again, if they were invited), or to all who were not invited yet.

    Raises EventClosedError for a draft and a cancelled event, EventEndError after the end, NotFoundError
    or ForbiddenError.
    """

    def wanted(guest: Guest) -> bool:
        return guest_ids is not None or (guest.invited_at is None and guest.reply is None)

    return _send(actor, event, guest_ids, wanted, lambda guest: send_invitation(guest, event), "guests.invited")


@operation
def remind_guests(actor: Actor, event: Event, guest_ids: Iterable[uuid.UUID] | None = None) -> Sent:
    """Remind those of these guests (default: of all) who were invited and have not answered.

    Raises as `invite_guests`.
    """

    def wanted(guest: Guest) -> bool:
        return guest.invited_at is not None and guest.reply is None

    def remind(guest: Guest) -> bool:
        if not write("guest-reminder", guest, event):
            return False
        guest.reminded_at = clock.now()
        return True

    return _send(actor, event, guest_ids, wanted, remind, "guests.reminded")


@operation
def message_guests(
    actor: Actor, event: Event, guest_ids: Iterable[uuid.UUID] | None = None, *, subject: str, body: str
) -> Sent:
    """Send a message (one line of subject, plain text) to these guests, or to all on the list.

    A message may also be sent after the end. Raises as `invite_guests`.
    """

    def send(guest: Guest) -> bool:
        return write("guest-message", guest, event, subject=subject, body=body)

    return _send(actor, event, guest_ids, lambda _guest: True, send, "guests.written_to", after_end=True)


def _send(
    actor: Actor,
    event: Event,
    guest_ids: Iterable[uuid.UUID] | None,
    wanted: Callable[[Guest], bool],
    send: Callable[[Guest], bool],
    action: str,
    *,
    after_end: bool = False,
) -> Sent:
    policy.require_manage(actor, event)
    require_open(event)
    if event.ends_at <= clock.now() and not after_end:
        raise EventEndError
    guests = [guest for guest in locked_guests(event, guest_ids) if wanted(guest)]
    before = counted_all(guests)
    queued = sum(send(guest) for guest in guests)
    recount_change(event.id, before, counted_all(guests))
    if queued:
        record(actor, action, event, event_id=event.id, number=queued)
    return Sent(queued, len(guests) - queued)
