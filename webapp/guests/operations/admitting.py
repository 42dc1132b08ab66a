"""Coming onto a list by a link: being admitted, proving the address, opening the page, wishing no more mail."""

import datetime as dt
import uuid

from sqlalchemy import update

from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.operation import count, locked, operation
from webapp.guests import policy, rows
from webapp.guests.counters import counted, recount_change
from webapp.guests.errors import EventClosedError, EventEndError, JoinTooLateError
from webapp.guests.rows import Person
from webapp.guests.sending import too_many, write
from webapp.journal.writing import record
from webapp.models import Event, Guest

CONFIRM_WITHIN = dt.timedelta(hours=24)


@operation
def admit(
    actor: Actor,
    event: Event,
    *,
    email: str | None = None,
    name: str = "",
    user_id: uuid.UUID | None = None,
    confirmed: bool,
    source: str = "link",
) -> Guest:
    """Put whoever came by a link to the event on its list, and return the row.

    `user_id`: a verified account. `email` with `confirmed`: an address the link was mailed to. `email` without: an
    address nobody has proven; the row counts for nothing, and has no place, until it is confirmed within 24 hours from
    the mail that is queued here (at most five a day to one address). Whoever is on the list already stays as it is;
    the answer is the same. The caller has judged the link.
    Raises EventClosedError, EventEndError, JoinTooLateError.
    """
    moment = clock.now()
    if not event.published:
        raise EventClosedError
    if event.ends_at <= moment:
        raise EventEndError
    if event.joins_until <= moment:
        raise JoinTooLateError
    proven = confirmed or user_id is not None
    person = Person(
        name=name,
        email=email,
        user_id=user_id,
        source=source,
        unconfirmed_until=None if proven else moment + CONFIRM_WITHIN,
    )
    person = rows.completed(person)
    guest = rows.known(event, person)
    if guest is None:
        guest = rows.insert(event, person)
    elif proven and (not guest.standing or guest.unconfirmed_until is not None):
        guest = rows.revive(event, guest, person)
    elif not proven and (not guest.standing or guest.unconfirmed_until is not None):
        # nothing else changes before the address is proven: anybody could have typed it
        guest.unconfirmed_until = person.unconfirmed_until
    if not proven and not too_many("confirm-place", email or ""):
        write("confirm-place", guest, event)
    if proven:
        record(actor, "guest.admitted", guest, company_id=event.company_id, source=source)
    return guest


@operation
def confirm_place(guest: Guest) -> Guest:
    """Take the address of a guest who came by a shared link as proven: from now on the row stands on the list.

    The caller has read the link (queries.by_confirm_token). Raises as `admit` for an event that takes nobody any more.
    """
    guest = locked(guest)
    event = db.session.get_one(Event, guest.event_id)
    if guest.unconfirmed_until is None:
        return guest
    if not event.published:
        raise EventClosedError
    if event.ends_at <= clock.now():
        raise EventEndError
    user = rows.account_of(guest.email_key)
    if not guest.standing:
        guest = rows.revive(event, guest, Person(source="link"), renew=False)
    before = counted(guest)
    guest.unconfirmed_until = None
    guest.listed_at = clock.now()
    if user is not None and guest.user_id is None and rows.by_account(event.id, user.id) is None:
        guest.user_id = user.id
    recount_change(event.id, before, counted(guest))
    record(Actor(guest_id=guest.id), "guest.confirmed", guest, company_id=event.company_id)
    return guest


@operation
def mark_opened(guest: Guest) -> None:
    """Note, once, that the guest's own page was opened in a browser."""
    guest = locked(guest)
    if guest.opened_at is None and guest.standing:
        before = counted(guest)
        guest.opened_at = clock.now()
        recount_change(guest.event_id, before, counted(guest))


@operation
def unsubscribe(guest: Guest) -> None:
    """Note that this guest wishes no more e-mail about the event. The caller has read the link."""
    touched = count(
        update(Guest).where(Guest.id == guest.id, Guest.unsubscribed_at.is_(None)).values(unsubscribed_at=clock.now())
    )
    if touched:
        event = db.session.get_one(Event, guest.event_id)
        record(Actor(guest_id=guest.id), "guest.unsubscribed", guest, company_id=event.company_id)


@operation
def renew_link(actor: Actor, event: Event, guest: Guest) -> None:
    """Give a guest a new personal link; the old one, and all else made from it, leads nowhere any more."""
    policy.require_manage(actor, event)
    guest = locked(guest)
    guest.nonce = text.secret(128)
    record(actor, "guest.link_renewed", guest, company_id=event.company_id)
