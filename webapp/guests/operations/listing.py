"""Keeping the list: adding, editing, removing."""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeGuard

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import InputError, NotFoundError
from webapp.core.operation import locked, operation
from webapp.core.schema import judge
from webapp.events.queries import voting_opened
from webapp.guests import policy, rows
from webapp.guests.counters import counted, recount_change
from webapp.guests.errors import EventClosedError, ListedError
from webapp.guests.rows import Person
from webapp.guests.schemas import GuestInput, read_line
from webapp.guests.sending import write
from webapp.journal.writing import record, record_each
from webapp.models import Event, Guest, User

Outcome = Literal["added", "there already", "not an address", "not a name"]


@dataclasses.dataclass(frozen=True)
class Added:
    """What became of one pasted line; who was there already is named where the address is that of the row itself."""

    line: str
    outcome: Outcome
    guest_id: uuid.UUID | None = None


def require_open(event: Event) -> None:
    """Raise EventClosedError unless guests of the event can be written to: it is published and not cancelled."""
    if not event.published:
        raise EventClosedError(
            _l("This event has been cancelled.")
            if event.state == "cancelled"
            else _l("The event is still a draft. Publish it first, then invite.")
        )


def send_invitation(guest: Guest, event: Event) -> bool:
    """Queue the invitation to a locked guest and note it; tell whether there was anybody to write to."""
    if not write("guest-invited", guest, event):
        return False
    guest.invited_at = guest.invited_at or clock.now()
    return True


def _list(actor: Actor, event: Event, person: Person, *, invite: bool) -> Guest:
    guest = rows.put_on_list(event, person)
    if invite:
        before = counted(guest)
        send_invitation(guest, event)
        recount_change(event.id, before, counted(guest))
    record(actor, "guest.added", guest, company_id=event.company_id, source=person.source, invited=invite)
    return guest


@operation
def add_guest(
    actor: Actor,
    event: Event,
    *,
    email: str | None = None,
    name: str = "",
    user_id: uuid.UUID | None = None,
    invite: bool = False,
    source: str = "listed",
) -> Guest:
    """Put somebody on the event's guest list, by address or by account, and invite at once if asked to.

    Who was removed or left is put on it again. Raises ListedError (`duplicate`) where the person is on it,
    EventClosedError for inviting to an event that is not published, NotFoundError or ForbiddenError.
    """
    policy.require_manage(actor, event)
    if invite:
        require_open(event)
    person = Person(name=name, email=email, user_id=user_id, source=source, listed_by=actor.user_id)
    return _list(actor, event, person, invite=invite)


@operation
def add_guests(
    actor: Actor, event: Event, lines: Sequence[str], *, invite: bool = False, source: str = "listed"
) -> list[Added]:
    """Put many on the list, one a line such as "Ana <ana@example.org>"; return what became of each line.

    A line that is no address, or is on the list already, does not keep the others away. Raises as `add_guest`.
    """
    people = [(line, *read_line(line)) for line in lines]
    return _add(actor, event, people, invite=invite, source=source)


@operation
def add_people(actor: Actor, event: Event, people: Sequence[tuple[str, str]], *, invite: bool = False) -> list[Added]:
    """Put many on the list, each as (name, address); return what became of each, as `add_guests` does."""
    return _add(actor, event, [(email, name, email) for name, email in people], invite=invite, source="listed")


def _add(
    actor: Actor, event: Event, people: Sequence[tuple[str, str, str]], *, invite: bool, source: str
) -> list[Added]:
    """Put many on the list, each as (what to call it in the answer, name, address)."""
    policy.require_manage(actor, event)
    if invite:
        require_open(event)
    judged = [_judged(actor, name, email, source) for _line, name, email in people]
    new = _add_new(actor, event, [person for person in judged if isinstance(person, Person)], invite=invite)
    done = [
        _outcome(actor, event, line, person, new, invite=invite)
        for (line, _name, _email), person in zip(people, judged, strict=True)
    ]
    there = {person.email_key for person, row in zip(judged, done, strict=True) if _was_there(person, row)}
    ids = rows.ids_of(event, [key for key in there if key])
    return [
        dataclasses.replace(row, guest_id=ids.get(str(person.email_key))) if _was_there(person, row) else row
        for person, row in zip(judged, done, strict=True)
    ]


def _was_there(person: Person | Outcome, row: Added) -> TypeGuard[Person]:
    return isinstance(person, Person) and row.outcome == "there already"


def _judged(actor: Actor, name: str, email: str, source: str) -> Person | Outcome:
    """Return whom a line names, or why it names nobody."""
    try:
        data = judge(GuestInput, {"email": email, "name": name})
    except InputError as error:
        return "not an address" if "email" in error.fields else "not a name"
    return Person(name=data.name, email=data.email, source=source, listed_by=actor.user_id)


def _add_new(actor: Actor, event: Event, people: Sequence[Person], *, invite: bool) -> dict[int, uuid.UUID]:
    """Put those on the list who are neither known to it nor have an account; return their rows by `id` of the person.

    These are most of a long list, and are written together: each alone would take a dozen statements. Empty where
    another writer was quicker with one of them; then all are put on the list one by one.
    """
    first = {person.email_key: person for person in reversed(people)}
    unknown = rows.unknown(event, [key for key in first if key])
    new = [person for person in people if person.email_key in unknown and first[person.email_key] is person]

    source = people[0].source if people else ""

    def complete(guests: list[Guest]) -> None:
        if invite:
            for guest in guests:
                send_invitation(guest, event)
        about = {"company_id": event.company_id, "event_id": event.id}
        record_each(actor, "guest.added", guests, **about, source=source, invited=invite)

    try:
        ids = rows.insert_many(event, new, complete)
    except ListedError:
        return {}
    return {id(person): guest_id for person, guest_id in zip(new, ids, strict=True)}


def _outcome(
    actor: Actor, event: Event, line: str, person: Person | Outcome, new: Mapping[int, uuid.UUID], *, invite: bool
) -> Added:
    if not isinstance(person, Person):
        return Added(line, person)
    if id(person) in new:
        return Added(line, "added", new[id(person)])
    try:
        return Added(line, "added", _list(actor, event, person, invite=invite).id)
    except ListedError:
        return Added(line, "there already")


@operation
def edit_guest(actor: Actor, event: Event, guest: Guest, *, name: str | None = None, email: str | None = None) -> Guest:
    """Correct a guest's name and address; None leaves what stands.

    A new address gets a new personal link and counts as not invited yet, since the old one went elsewhere. Raises
    ListedError where another guest has that address, InputError for changing an account's address, or that of
    somebody on the roll once voting has opened: whoever has the link sees the ballot that was cast by it.
    """
    policy.require_manage(actor, event)
    guest = locked(_standing(event, guest))
    before = counted(guest)
    name, email = guest.name if name is None else name, email or guest.email
    if email is None and not name and guest.user_id is None:
        raise InputError(fields={"name": _l("Please give a name or an e-mail address.")})
    moved = (text.fold(email) if email else None) != guest.email_key
    # Before it came to the event, nobody is told that there is an account: the row goes to the new address whole.
    if moved and guest.user_id is not None and guest.replied_at is not None:
        raise InputError(fields={"email": _l("This guest has an account, and its address is theirs to change.")})
    if moved and guest.on_roll and voting_opened(event):
        raise InputError(
            fields={"email": _l("Voting has opened, and a ballot may stand behind this address: it stays as it is.")}
        )
    user = rows.account_of(text.fold(email)) if moved and email else None
    if user is not None and rows.by_account(event.id, user.id) is not None:
        raise ListedError(fields={"email": ListedError.message})
    try:
        with db.session.begin_nested():
            if moved:
                _move(guest, email, user)
            guest.name, guest.name_key = name, rows.name_key(name, email)
    except IntegrityError as error:
        raise ListedError(fields={"email": ListedError.message}) from error
    recount_change(event.id, before, counted(guest))
    record(actor, "guest.edited", guest, company_id=event.company_id)
    return guest


def _move(guest: Guest, email: str | None, user: User | None) -> None:
    guest.email, guest.email_key = email, text.fold(email) if email else None
    guest.user_id = user.id if user else None
    guest.nonce = text.secret(128)
    guest.invited_at = guest.reminded_at = guest.opened_at = guest.unsubscribed_at = None
    guest.last_mail_id = None


@operation
def remove_guest(actor: Actor, event: Event, guest: Guest) -> None:
    """Take a guest off the list: softly, its places are free, a cast ballot stands.

    Raises NotFoundError where the guest is not on it.
    """
    policy.require_manage(actor, event)
    guest = locked(_standing(event, guest))
    _standing(event, guest)
    rows.take_off(event, guest, by=actor.user_id)
    record(actor, "guest.removed", guest, company_id=event.company_id)


@operation
def remove_guests(actor: Actor, event: Event, guest_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Take several guests off the list; return the ids of those that stood on it."""
    policy.require_manage(actor, event)
    guests = locked_guests(event, guest_ids)
    rows.take_all_off(event, guests, by=actor.user_id)
    record_each(actor, "guest.removed", guests, company_id=event.company_id, event_id=event.id)
    return [guest.id for guest in guests]


def locked_guests(event: Event, guest_ids: Iterable[uuid.UUID] | None) -> list[Guest]:
    """Return the guests standing on the list with these ids (None: all of them), locked in the order of their ids.

    The order keeps two such acts from waiting for each other.
    """
    statement = select(Guest).where(
        Guest.event_id == event.id, Guest.removed_at.is_(None), Guest.unconfirmed_until.is_(None)
    )
    if guest_ids is not None:
        statement = statement.where(Guest.id.in_(list(guest_ids)))
    statement = statement.order_by(Guest.id).with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(statement))


def _standing(event: Event, guest: Guest) -> Guest:
    if guest.event_id != event.id or not guest.standing:
        raise NotFoundError
    return guest
