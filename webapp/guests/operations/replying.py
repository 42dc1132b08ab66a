"""Answers: yes and no, by personal link or account; joining and leaving."""

import dataclasses
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import SignInError
from webapp.core.operation import locked, operation
from webapp.events import policy as events_policy
from webapp.events.queries import voting_opened
from webapp.guests import policy, rows
from webapp.guests.counters import counted, recount_change
from webapp.guests.errors import EventClosedError, EventEndError, JoinedError, ListedError, NotJoinedError
from webapp.guests.places import change_places, free_places
from webapp.guests.rows import Person
from webapp.guests.sending import write
from webapp.journal.writing import record
from webapp.models import Event, Guest, User


@dataclasses.dataclass(frozen=True)
class Answer:
    """A guest's answer: yes or no, how many come (the guest included), who, and a note."""

    reply: str
    party_size: int = 1
    companions: tuple[str, ...] = ()
    note: str | None = None


@operation
def reply(
    actor: Actor,
    guest: Guest,
    *,
    reply: str,
    party_size: int = 1,
    companions: Sequence[str] = (),
    note: str | None = None,
) -> Guest:
    """Take a guest's answer and return the row.

    `reply`: "yes" or "no". `party_size`: the guest and companions, each taking a place; `companions`: their names.
    `note`: None leaves the one there is.
    A yes, and more companions, until join-by (default: the end); a no, and fewer, until the end. Who left comes back
    with a yes. A signed-in account that opened the personal link is linked to the row.
    Raises EventFullError, JoinTooLateError, EventEndError, EventClosedError; NotFoundError for anybody else's row.
    """
    event = _event(guest)
    policy.require_answer(actor, guest, event)
    guest = locked(guest)
    if not guest.standing:
        if guest.left_at is None or reply != "yes":
            raise NotJoinedError
        guest = rows.revive(event, guest, Person(source=guest.source), renew=False)
    _link(actor, guest)
    _answer(guest, event, Answer(reply, party_size, tuple(companions), note))
    record(actor, f"guest.replied_{reply}", guest, company_id=event.company_id, party_size=guest.party_size)
    return guest


@operation
def join(
    actor: Actor, event: Event, *, party_size: int = 1, companions: Sequence[str] = (), note: str | None = None
) -> Guest:
    """Let the actor's account put itself on the list with yes and return the row.

    An account that is listed by its proven address takes that row. Raises JoinedError where it has joined already,
    otherwise as `reply`; NotFoundError where it does not see the event, ReachError where its token does not reach it.
    """
    user = db.session.get(User, actor.account())
    if user is None or not user.is_active:
        raise SignInError
    events_policy.require_see(actor, event)
    events_policy.require_reach(actor, event)
    guest = rows.of_account(event, user)
    person = Person(name=user.full_name, email=user.email, user_id=user.id, source="joined")
    if guest is None:
        try:
            guest = rows.insert(event, person)
        except ListedError as error:
            raise JoinedError from error
    elif not guest.standing or guest.unconfirmed_until is not None:
        guest = rows.revive(event, guest, person, renew=guest.left_at is None)
    elif guest.reply == "yes":
        raise JoinedError
    _answer(guest, event, Answer("yes", party_size, tuple(companions), note))
    record(actor, "guest.joined", guest, company_id=event.company_id, party_size=guest.party_size)
    return guest


@operation
def leave(actor: Actor, event: Event) -> None:
    """Take the guest of the personal link, else the actor's account, off the list: places are free, a ballot stands.

    Raises NotJoinedError where it is not on it, EventEndError after the end, NotFoundError or ReachError where the
    actor's token does not reach the event.
    """
    events_policy.require_reach(actor, event)
    guest = db.session.get(Guest, actor.guest_id) if actor.guest_id is not None else None
    if guest is None:
        guest = rows.by_account(event.id, actor.user_id)
    if guest is None or guest.event_id != event.id:
        events_policy.require_see(actor, event)
        raise NotJoinedError
    guest = locked(guest)
    if not guest.standing or guest.unconfirmed_until is not None:
        raise NotJoinedError
    if event.ends_at <= clock.now():
        raise EventEndError
    rows.take_off(event, guest, by=None, left=True)
    record(actor, "guest.left", guest, company_id=event.company_id)


def _event(guest: Guest) -> Event:
    return db.session.get_one(Event, guest.event_id)


def _link(actor: Actor, guest: Guest) -> None:
    """Link the row to the account of whoever opened its personal link while signed in."""
    if actor.user_id is None or actor.guest_id != guest.id or guest.user_id is not None:
        return
    if rows.by_account(guest.event_id, actor.user_id) is None:
        guest.user_id = actor.user_id


def _answer(guest: Guest, event: Event, answer: Answer) -> None:
    """Write an answer on a locked row that stands on the list."""
    if event.state == "cancelled":
        raise EventClosedError(_l("This event has been cancelled."))
    if not event.published:
        raise EventClosedError
    if event.ends_at <= clock.now():
        raise EventEndError
    before = counted(guest)
    was = guest.reply
    if answer.reply == "yes":
        _say_yes(guest, event, answer)
    else:
        _say_no(guest, event)
    if answer.note is not None:
        guest.note = answer.note
    if was != answer.reply:
        guest.replied_at = clock.now()
    recount_change(event.id, before, counted(guest))
    if answer.reply == "yes" and was != "yes":
        write("guest-confirmation", guest, event)


def _say_yes(guest: Guest, event: Event, answer: Answer) -> None:
    moment = clock.now()
    guest.reply, guest.replied_at = "yes", guest.replied_at or moment
    change_places(guest, event, answer.party_size)
    guest.party_size, guest.companions = answer.party_size, list(answer.companions)
    if guest.user_id is not None:
        guest.joined_at = guest.joined_at or moment
        rows.call_as_account(guest, db.session.get_one(User, guest.user_id))
    if policy.takes_onto_roll(event):
        guest.on_roll = True


def _say_no(guest: Guest, event: Event) -> None:
    free_places(guest, event)
    guest.reply, guest.replied_at = "no", guest.replied_at or clock.now()
    guest.party_size, guest.companions = 1, []
    guest.joined_at = None
    if not voting_opened(event):
        guest.on_roll = False
