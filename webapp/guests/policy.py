"""Who may do what with guests. That somebody may see or manage the event itself is the events' policy."""

from webapp.core.actor import Actor
from webapp.core.errors import ForbiddenError, NotFoundError
from webapp.core.permissions import require
from webapp.events import policy as events_policy
from webapp.events.queries import voting_opened
from webapp.models import Event, Guest


def can_manage(actor: Actor, event: Event) -> bool:
    """Tell whether `actor` keeps the guest list: addresses, answers, mails."""
    return events_policy.can_manage(actor, event)


def can_check_in(actor: Actor, event: Event) -> bool:
    """Tell whether `actor` sees the names and lets people in at the door."""
    found = events_policy.standing(actor, event)
    return found.manages or found.checks_in


def require_list(actor: Actor, event: Event) -> None:
    """Raise NotFoundError unless `actor` may look at the guest list, be it for names and check-in alone."""
    require(can_check_in(actor, event), error=NotFoundError)


def require_manage(actor: Actor, event: Event) -> None:
    """Raise NotFoundError where `actor` does not see the list at all, ForbiddenError where it may only check in."""
    found = events_policy.standing(actor, event)
    require(found.manages, seen=found.manages or found.checks_in)


def is_guest(actor: Actor, guest: Guest) -> bool:
    """Tell whether `actor` is this guest: by personal link, or by account (within what its token reaches)."""
    if actor.guest_id == guest.id:
        return True
    return actor.user_id is not None and actor.user_id == guest.user_id and events_policy.reaches(actor, guest.event_id)


def require_answer(actor: Actor, guest: Guest, event: Event) -> None:
    """Raise NotFoundError unless `actor` is this guest, or keeps the list the guest is on."""
    if actor.system or is_guest(actor, guest):
        return
    if not can_manage(actor, event):
        raise (ForbiddenError if can_check_in(actor, event) else NotFoundError)


def takes_onto_roll(event: Event) -> bool:
    """Tell whether a yes given now puts its guest on the roll: a frozen roll is closed once voting has opened."""
    return event.roll == "open" or not voting_opened(event)
