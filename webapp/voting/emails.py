"""What each e-mail of voting is told.

Nothing here depends on whether the guest has voted: a mail that is sent to some and dropped for others would tell.
"""

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp.core import clock
from webapp.core.database import db
from webapp.guests import links
from webapp.mail.telling import Told, tells
from webapp.models import Event, Guest, OutboxMail, Tally
from webapp.voting import tallying

VOTE_OPEN = "vote-open"
VOTE_CLOSED = "vote-closed"


def _guest(mail: OutboxMail) -> Guest | None:
    """Return the guest to write to, with the event and its questions; None for one who is no more to be written to."""
    guest = db.session.scalar(
        select(Guest)
        .where(Guest.id == mail.guest_id)
        .options(joinedload(Guest.event).options(joinedload(Event.company), selectinload(Event.questions)))
        .execution_options(populate_existing=True)
    )
    return guest if guest is not None and guest.standing and guest.unsubscribed_at is None else None


def _link(guest: Guest, page: str) -> str:
    """Return the address of the page: the event's for an account, else the one below the personal link."""
    if guest.user_id is None:
        return links.personal_url(guest, page)
    return f"{current_app.config['BASE_URL']}/events/{guest.event_id}/{page}"


@tells(VOTE_OPEN)
def vote_open(mail: OutboxMail) -> Told | None:
    """Tell a guest of the roll that voting is open, and until when."""
    guest, tally = _guest(mail), db.session.get(Tally, mail.event_id)
    if guest is None or tally is None or not guest.on_roll:
        return None
    event = guest.event
    if not event.published or tally.closed_at is not None or event.votes_until <= clock.now():
        return None
    rule = tallying.rule_of(event, tally)
    values = {"event": event, "guest": guest, "rule": rule, "link": _link(guest, "vote")}
    return Told(values, unsubscribe=links.unsubscribe_url(guest))


@tells(VOTE_CLOSED)
def vote_closed(mail: OutboxMail) -> Told | None:
    """Tell a guest of the roll how the vote ended; nothing of what the guest chose, or whether at all."""
    guest, tally = _guest(mail), db.session.get(Tally, mail.event_id)
    if guest is None or tally is None:
        return None
    values = {
        "event": guest.event,
        "consensus": tally.outcome == "consensus",
        "ballots": tally.ballots,
        "roll": tally.roll_size,
        "link": _link(guest, "results"),
    }
    return Told(values, unsubscribe=links.unsubscribe_url(guest))
