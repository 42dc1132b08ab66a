"""Finding, making and reviving guest rows. Used by this feature's operations, inside their transaction."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.core import clock, text
from webapp.core.database import db, new_id
from webapp.core.errors import NotFoundError
from webapp.core.operation import locked
from webapp.events.queries import voting_opened
from webapp.guests.counters import NOTHING, counted, counted_all, recount_change
from webapp.guests.errors import ListedError
from webapp.guests.places import free_all, free_places
from webapp.models import Event, Guest, User

AT_ONCE = 500
"""So many addresses are asked for in one statement."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """Who is to be on a list: an address, an account, or (at the door) a name alone; and how they come onto it.

    `unconfirmed_until`: set for whoever has not proven the address yet.
    """

    name: str = ""
    email: str | None = None
    user_id: uuid.UUID | None = None
    source: str = "listed"
    listed_by: uuid.UUID | None = None
    unconfirmed_until: dt.datetime | None = None

    @property
    def email_key(self) -> str | None:
        """Return the address as it is compared."""
        return text.fold(self.email) if self.email else None


def name_key(name: str, email: str | None) -> str:
    """Return name and address as they are searched and ordered."""
    return text.fold(f"{name} {email or ''}")[:460]


def account_of(email_key: str | None) -> User | None:
    """Return the account that has proven this address; None where there is none."""
    if not email_key:
        return None
    return db.session.scalar(
        select(User).where(User.email_key == email_key, User.verified_at.is_not(None), User.deleted_at.is_(None))
    )


def by_account(event_id: uuid.UUID, user_id: uuid.UUID | None) -> Guest | None:
    """Return the event's row of the account, on the list or off it."""
    if user_id is None:
        return None
    return db.session.scalar(select(Guest).where(Guest.event_id == event_id, Guest.user_id == user_id))


def by_address(event_id: uuid.UUID, email_key: str | None) -> Guest | None:
    """Return the event's row of the address, on the list or off it."""
    if not email_key:
        return None
    return db.session.scalar(select(Guest).where(Guest.event_id == event_id, Guest.email_key == email_key))


def of_account(event: Event, user: User) -> Guest | None:
    """Return the row of a verified account on the event's list or off it, by account or by its address, locked.

    A row that has its address and no account yet is linked to it now.
    """
    guest = by_account(event.id, user.id)
    if guest is None:
        guest = by_address(event.id, user.email_key)
        if guest is None or guest.user_id is not None:
            return None
        guest = locked(guest)
        guest.user_id = user.id
        db.session.flush()
        return guest
    return locked(guest)


def call_as_account(guest: Guest, user: User) -> None:
    """Call a guest whom the list does not call anything as the account does."""
    guest.name = guest.name or user.full_name
    guest.name_key = name_key(guest.name, guest.email)


def known(event: Event, person: Person) -> Guest | None:
    """Return the row, locked, that `person` has on the event, on the list or off it; None where there is none."""
    guest = by_account(event.id, person.user_id) or by_address(event.id, person.email_key)
    return None if guest is None else locked(guest)


def completed(person: Person) -> Person:
    """Return `person` with what its account says: the account of a proven address; the name of an account that came.

    Whoever is listed by an address alone is called as the list says: it does not tell who has an account here.
    """
    user = db.session.get(User, person.user_id) if person.user_id else None
    if person.user_id and (user is None or user.deleted_at is not None):
        raise NotFoundError
    if user is None and person.unconfirmed_until is None:
        user = account_of(person.email_key)
    if user is None:
        return person
    return dataclasses.replace(
        person,
        user_id=user.id,
        email=person.email or user.email,
        name=person.name or (user.full_name if person.user_id else ""),
    )


def _new(event_id: uuid.UUID, person: Person, email: str | None) -> Guest:
    return Guest(
        id=new_id(),
        event_id=event_id,
        user_id=person.user_id,
        email=email,
        email_key=person.email_key if email else None,
        name=person.name,
        name_key=name_key(person.name, email),
        source=person.source,
        nonce=text.secret(128),
        listed_at=clock.now(),
        listed_by=person.listed_by,
        unconfirmed_until=person.unconfirmed_until,
    )


def insert(event: Event, person: Person) -> Guest:
    """Write a new row; raises ListedError where another writer was quicker with the same person."""
    taken = by_address(event.id, person.email_key)
    guest = _new(event.id, person, None if taken is not None else person.email)
    try:
        with db.session.begin_nested():
            db.session.add(guest)
    except IntegrityError as error:
        raise ListedError from error
    recount_change(event.id, NOTHING, counted(guest))
    return guest


def unknown(event: Event, email_keys: Iterable[str]) -> set[str]:
    """Return those of these addresses (folded) that have neither a row on the event nor an account."""
    left = set(email_keys)
    asked = sorted(left)
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        listed = select(Guest.email_key).where(Guest.event_id == event.id, Guest.email_key.in_(some))
        proven = select(User.email_key).where(
            User.email_key.in_(some), User.verified_at.is_not(None), User.deleted_at.is_(None)
        )
        left.difference_update(key for key in db.session.scalars(listed.union_all(proven)) if key)
    return left


def ids_of(event: Event, email_keys: Iterable[str]) -> dict[str, uuid.UUID]:
    """Return the rows of the event that have these addresses (folded) themselves, by address."""
    found: dict[str, uuid.UUID] = {}
    asked = sorted(set(email_keys))
    for start in range(0, len(asked), AT_ONCE):
        some = Guest.email_key.in_(asked[start : start + AT_ONCE])
        found |= {
            str(k): v
            for k, v in db.session.execute(select(Guest.email_key, Guest.id).where(Guest.event_id == event.id, some))
        }
    return found


def insert_many(event: Event, people: Sequence[Person], complete: Callable[[list[Guest]], None]) -> list[uuid.UUID]:
    """Write new rows for people who are `unknown`, all at once; `complete` sees them before. Return their ids.

    Raises ListedError, with nothing written, where another writer was quicker with one of them.
    """
    guests = [_new(event.id, person, person.email) for person in people]
    try:
        with db.session.begin_nested():
            db.session.add_all(guests)
            complete(guests)
    except IntegrityError as error:
        raise ListedError from error
    ids = [guest.id for guest in guests]
    recount_change(event.id, NOTHING, counted_all(guests))
    return ids


def revive(event: Event, guest: Guest, person: Person, *, renew: bool = True) -> Guest:
    """Put a row that is off the list (and locked) onto it again, as if it were new.

    A ballot, a place on the roll of a vote that has begun, and "no more mail" stay. With `renew` the personal link is
    a new one.
    """
    before = counted(guest)
    free_places(guest, event)
    guest.removed_at = guest.removed_by = guest.left_at = None
    guest.reply = guest.replied_at = guest.joined_at = None
    guest.invited_at = guest.reminded_at = guest.opened_at = None
    guest.checked_in_at = guest.checked_in_by = None
    guest.party_size, guest.companions, guest.note = 1, [], ""
    guest.listed_at, guest.listed_by, guest.source = clock.now(), person.listed_by, person.source
    guest.unconfirmed_until = person.unconfirmed_until
    guest.last_mail_id = None
    if person.name:
        guest.name = person.name
    if renew:
        guest.nonce = text.secret(128)
    if person.user_id is not None and guest.user_id is None and by_account(event.id, person.user_id) is None:
        guest.user_id = person.user_id
    guest.name_key = name_key(guest.name, guest.email)
    recount_change(event.id, before, counted(guest))
    return guest


def put_on_list(event: Event, person: Person) -> Guest:
    """Put `person` on the event's list and return the row.

    A row that is off the list is revived. Raises ListedError where the person stands on it already.
    """
    person = completed(person)
    guest = known(event, person)
    if guest is None:
        return insert(event, person)
    if guest.standing and guest.unconfirmed_until is None:
        raise ListedError
    return revive(event, guest, person)


def take_off(event: Event, guest: Guest, *, by: uuid.UUID | None, left: bool = False) -> None:
    """Take a locked row off the list; as `take_all_off`."""
    take_all_off(event, [guest], by=by, left=left)


def take_all_off(event: Event, guests: Sequence[Guest], *, by: uuid.UUID | None, left: bool = False) -> None:
    """Take locked rows off the list: their places are free, ballots and the roll of a begun vote stay as they are.

    That the roll does not depend on whether a ballot was cast keeps it secret who voted.
    """
    before = counted_all(guests)
    moment, opened = clock.now(), voting_opened(event)
    free_all(guests, event)
    for guest in guests:
        guest.removed_at, guest.removed_by = moment, by
        guest.left_at = moment if left else None
        if not opened:
            guest.on_roll = False
    recount_change(event.id, before, counted_all(guests))
