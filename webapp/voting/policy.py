"""Who may vote, and who sees what of the count."""

from webapp.core.actor import Actor
from webapp.core.permissions import require
from webapp.events import policy as events_policy
from webapp.models import Guest
from webapp.voting.rule import Rule


def is_voter(actor: Actor, guest: Guest) -> bool:
    """Tell whether `actor` is this guest: by personal link, or by account. Nobody votes for somebody else.

    A token that is limited to a company is the guest of no event outside of it.
    """
    if actor.guest_id is not None and actor.guest_id == guest.id:
        return True
    return actor.user_id is not None and actor.user_id == guest.user_id and events_policy.reaches(actor, guest.event_id)


def require_voter(actor: Actor, guest: Guest) -> None:
    """Raise NotFoundError unless `actor` is this guest."""
    require(True, seen=is_voter(actor, guest))  # noqa: FBT003 being the guest is all it takes


def may_vote(guest: Guest) -> bool:
    """Tell whether this guest is on the roll, and still on the list."""
    return guest.on_roll and guest.standing and guest.unconfirmed_until is None


def sees_count(rule: Rule, *, voted: bool, closed: bool) -> bool:
    """Tell whether the count may be shown to somebody who may see the event, and who has `voted` or not.

    Before close the rule decides, for organisers as for everybody else.
    """
    if closed or rule.results == "live":
        return True
    return rule.results == "after voting" and voted
