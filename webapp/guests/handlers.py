"""What guests hear from lower features."""

from typing import Any

from sqlalchemy import select

from webapp.core import clock, text
from webapp.core.database import db
from webapp.core.hooks import AccountChange, EventChange
from webapp.guests import merging, rows
from webapp.guests.counters import counted, recount_change
from webapp.guests.queries import on_the_list
from webapp.guests.sending import write
from webapp.models import Event, Guest, User

# What a guest who is coming has to know when it changes
TOLD = frozenset({"title", "place", "timezone", "starts_at", "ends_at"})


def account_verified(change: AccountChange) -> None:
    """Link the guest rows of the proven address to the account; what it had not confirmed yet is confirmed by that."""
    user = db.session.get_one(User, change.user_id)
    found = db.session.scalars(
        select(Guest)
        .where(Guest.email_key == user.email_key, Guest.user_id.is_(None))
        .order_by(Guest.id)
        .with_for_update()
    )
    for guest in list(found):
        event = db.session.get_one(Event, guest.event_id)
        mine = rows.by_account(event.id, user.id)
        if mine is not None:
            merging.merge(event, mine, guest)
            continue
        before = counted(guest)
        guest.user_id = user.id
        guest.unconfirmed_until = None
        if guest.reply == "yes" and guest.standing:
            guest.joined_at = guest.joined_at or guest.replied_at
        if not guest.name and guest.joined_at is not None:
            rows.call_as_account(guest, user)
        recount_change(event.id, before, counted(guest))


def account_deleted(change: AccountChange) -> None:
    """Erase name and address of the account's guest rows and free its places to come; ballots stay, unnamed."""
    found = db.session.scalars(
        select(Guest)
        .where(
            (Guest.user_id == change.user_id) | (Guest.user_id.is_(None) & (Guest.email_key == change.email_key))
            if change.email_key
            else Guest.user_id == change.user_id
        )
        .order_by(Guest.id)
        .with_for_update()
    )
    for guest in list(found):
        event = db.session.get_one(Event, guest.event_id)
        if guest.standing and event.ends_at > clock.now():
            rows.take_off(event, guest, by=None, left=True)
        before = counted(guest)
        if guest.user_id is None and rows.by_account(event.id, change.user_id) is None:
            guest.user_id = change.user_id
        guest.email = guest.email_key = None
        guest.name = "" if guest.user_id is not None else "–"
        guest.name_key = ""
        guest.companions, guest.note = [], ""
        guest.nonce = text.secret(128)
        guest.unconfirmed_until = None
        recount_change(event.id, before, counted(guest))


def account_exported(change: AccountChange) -> dict[str, Any]:
    """Return the guest lists the account is or was on, with all that is kept of it there; times in ISO 8601 UTC."""
    found = db.session.execute(
        select(Guest, Event.title, Event.starts_at)
        .join(Event, Event.id == Guest.event_id)
        .where(Guest.user_id == change.user_id)
        .order_by(Event.starts_at, Guest.id)
    )
    times = ("listed", "invited", "reminded", "opened", "replied", "joined", "checked_in", "left", "removed")
    return {
        "guests": [
            {
                "event": {"id": str(guest.event_id), "title": title, "starts_at": starts_at.isoformat()},
                "name": guest.name,
                "email": guest.email,
                "reply": guest.reply,
                "party_size": guest.party_size,
                "companions": guest.companions,
                "note": guest.note,
                "reward": guest.reward,
                "reputation": guest.reputation,
                **{f"{name}_at": _iso(getattr(guest, f"{name}_at")) for name in (*times, "unsubscribed")},
            }
            for guest, title, starts_at in found
        ]
    }


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def event_changed(change: EventChange) -> None:
    """Tell the guests who are coming, or were asked and may still come, what moved."""
    moved = sorted(TOLD & change.changed)
    event = db.session.get_one(Event, change.event_id)
    if not moved or not event.published or event.ends_at <= clock.now():
        return
    for guest in _concerned(event):
        write("guest-changed", guest, event, changed=moved)


def event_cancelled(change: EventChange) -> None:
    """Tell the guests who are coming, or were asked and have not said no, that the event is off."""
    event = db.session.get_one(Event, change.event_id)
    if event.ends_at <= clock.now():
        return
    for guest in _concerned(event):
        write("guest-cancelled", guest, event)


def _concerned(event: Event) -> list[Guest]:
    statement = on_the_list().where(
        Guest.event_id == event.id,
        (Guest.reply == "yes") | (Guest.invited_at.is_not(None) & Guest.reply.is_(None)),
    )
    return list(db.session.scalars(statement.order_by(Guest.id).with_for_update()))
