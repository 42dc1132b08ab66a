"""Reads of guests, already narrowed to what the actor may see."""

import dataclasses
import uuid

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from webapp.core import clock, text, tokens
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.tokens import Purpose, TokenExpiredError
from webapp.events import policy as events_policy
from webapp.events import queries as events
from webapp.guests import policy
from webapp.models import Event, Guest, OutboxMail

STATUSES = ("all", "yes", "no", "none", "listed", "waiting", "in", "trouble")
LIST_KEY = (Guest.name_key, Guest.id)
_WITH_EVENT = (
    joinedload(Guest.event).joinedload(Event.host),
    joinedload(Guest.event).joinedload(Event.company),
)


def _by_token(purpose: Purpose, token: str) -> Guest:
    """Return the guest a token points to, with event, host and company loaded; NotFoundError where there is none."""
    found = tokens.read(purpose, token)
    guest = db.session.scalar(
        select(Guest).where(Guest.id == found.row, Guest.nonce == found.nonce).options(*_WITH_EVENT)
    )
    if guest is None or guest.event.state == "draft":
        raise NotFoundError
    return guest


def by_personal_token(token: str) -> Guest:
    """Return the guest whose personal link this is, with event, host and company loaded.

    A guest who left by own wish may still open it and come back. Raises NotFoundError (or TokenMissingError, which
    looks the same) where the link was renewed, the guest removed, or the token made up.
    """
    guest = _by_token(Purpose.PERSONAL, token)
    if not _has_page(guest):
        raise NotFoundError
    return guest


def by_unsubscribe_token(token: str) -> Guest:
    """Return the guest whose unsubscribe link this is (removed or not); raises NotFoundError for a dead link."""
    return _by_token(Purpose.UNSUBSCRIBE, token)


def by_confirm_token(token: str) -> Guest:
    """Return the guest who confirms a place with this link.

    Raises NotFoundError where it leads nowhere, TokenExpiredError where its time has passed.
    """
    guest = _by_token(Purpose.CONFIRM_PLACE, token)
    if not guest.standing and guest.unconfirmed_until is None:
        raise NotFoundError
    if guest.unconfirmed_until is not None and guest.unconfirmed_until <= clock.now():
        raise TokenExpiredError
    return guest


def get_guest(actor: Actor, event: Event, guest_id: uuid.UUID) -> Guest:
    """Return one guest of the event's list with the last mail loaded, for those who keep the list or the door.

    Raises NotFoundError for others, and for a guest of another event.
    """
    policy.require_list(actor, event)
    guest = db.session.scalar(
        select(Guest).where(Guest.id == guest_id, Guest.event_id == event.id).options(joinedload(Guest.last_mail))
    )
    if guest is None or (guest.unconfirmed_until is not None):
        raise NotFoundError
    return guest


def my_guest(actor: Actor, event: Event) -> Guest | None:
    """Return the row by which `actor` is on the event's list; None where it is not."""
    if actor.guest_id is not None:
        guest = db.session.get(Guest, actor.guest_id)
        if guest is not None and guest.event_id == event.id and _stands(guest):
            return guest
    if actor.user_id is None or not events_policy.reaches(actor, event.id):
        return None
    guest = db.session.scalar(select(Guest).where(Guest.event_id == event.id, Guest.user_id == actor.user_id))
    return guest if guest is not None and _stands(guest) else None


def own_guest(actor: Actor, event_id: uuid.UUID) -> Guest | None:
    """Return the row of the actor's account on an event's list, with the event loaded; None where there is none.

    As by the personal link, it is there still for whoever left by own wish. Raises NotFoundError where `actor` has no
    row and does not see the event either, ReachError where it sees the event and its token takes no part there.
    """
    guest = None
    if not events_policy.reaches(actor, event_id):
        events_policy.require_reach(actor, events.get_event(actor, event_id))
    if actor.user_id is not None:
        mine = select(Guest).where(Guest.event_id == event_id, Guest.user_id == actor.user_id)
        guest = db.session.scalar(mine.options(*_WITH_EVENT))
    found = guest if guest is not None and _has_page(guest) else None
    if found is None or found.event.state == "draft":
        events.get_event(actor, event_id)
    return found


def _stands(guest: Guest) -> bool:
    return guest.standing and guest.unconfirmed_until is None


def _has_page(guest: Guest) -> bool:
    """Tell whether the guest's own page is open: for those on the list, and those who left it by own wish."""
    return _stands(guest) or (not guest.standing and guest.left_at is not None)


def asked_of(actor: Actor, limit: int = 20) -> list[Guest]:
    """Return the invitations `actor` has not answered yet, soonest event first, each with event, host and company."""
    if actor.user_id is None:
        return []
    moment = clock.now()
    statement = (
        select(Guest)
        .join(Guest.event)
        .options(
            contains_eager(Guest.event).joinedload(Event.host),
            contains_eager(Guest.event).joinedload(Event.company),
        )
        .where(
            Guest.user_id == actor.user_id,
            Guest.removed_at.is_(None),
            Guest.unconfirmed_until.is_(None),
            Guest.reply.is_(None),
            or_(Guest.invited_at.is_not(None), Guest.source == "link"),
            Event.state == "published",
            func.coalesce(Event.join_by, Event.ends_at) > moment,
            events_policy.within_reach(actor),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def on_the_list() -> Select[Guest]:
    """Return a SELECT of the guests who stand on a list, with a proven way onto it."""
    return select(Guest).where(Guest.removed_at.is_(None), Guest.unconfirmed_until.is_(None))


def guest_list(actor: Actor, event: Event, *, search: str = "", status: str = "all") -> Select[Guest]:
    """Return a SELECT of the event's guests with their last mail, to be ordered by LIST_KEY.

    `search`: a part of a name or (for those who keep the list) of an address. `status`: one of STATUSES. Raises
    NotFoundError for those who may not look at the list.
    """
    policy.require_list(actor, event)
    statement = on_the_list().where(Guest.event_id == event.id).options(joinedload(Guest.last_mail))
    search = text.fit(search)
    wanted = text.fold(search)
    if wanted:
        found = Guest.name_key.contains(wanted, autoescape=True)
        if not policy.can_manage(actor, event):
            # the door sees names alone, so a search there must not find out addresses
            found = or_(
                func.lower(Guest.name).contains(wanted, autoescape=True),
                Guest.name.contains(search.strip(), autoescape=True),
            )
        statement = statement.where(found)
    if status == "trouble":
        # from the company's index of e-mails that failed, which are few, to each guest by its key
        its_mail = (Guest.id == OutboxMail.guest_id) & (Guest.last_mail_id == OutboxMail.id)
        failed = (
            OutboxMail.company_id == event.company_id, OutboxMail.event_id == event.id, OutboxMail.state == "failed"
        )  # fmt: skip
        return statement.join(OutboxMail, its_mail).where(*failed)
    conditions = {
        "yes": Guest.reply == "yes",
        "no": Guest.reply == "no",
        "none": Guest.reply.is_(None),
        "listed": Guest.invited_at.is_(None) & Guest.reply.is_(None),
        "waiting": Guest.waiting_since.is_not(None),
        "in": Guest.checked_in_at.is_not(None),
    }
    condition = conditions.get(status)
    return statement if condition is None else statement.where(condition)


def known_count(event: Event, status: str) -> int | None:
    """Return how many guests of that status the event's counters say there are; None where they do not say."""
    counted = {
        "all": event.guests_listed,
        "yes": event.guests_yes,
        "no": event.guests_no,
        "none": event.guests_listed - event.guests_yes - event.guests_no,
        "waiting": event.guests_waiting,
        "in": event.guests_checked_in,
    }
    return counted.get(status)


def list_key(guest: Guest) -> tuple[str, uuid.UUID]:
    """Return where a guest stands in the order of the list: the values of LIST_KEY."""
    return guest.name_key, guest.id


def list_word(event: Event) -> str:
    """Return what cursors of this event's list are sealed with: one of another list is none here."""
    return f"guests:{event.id}"


@dataclasses.dataclass(frozen=True)
class MailCounts:
    """How the e-mails of an event's guests stand."""

    waiting: int = 0
    failed: int = 0


def mail_counts(event: Event) -> MailCounts:
    """Return how many guests' last mails wait to be sent and how many were not delivered."""
    rows = db.session.execute(
        select(OutboxMail.state, func.count())
        # by the guest's key first: there is no index on the last mail, and lists are long
        .join(Guest, (Guest.id == OutboxMail.guest_id) & (Guest.last_mail_id == OutboxMail.id))
        .where(
            OutboxMail.event_id == event.id,
            OutboxMail.state.in_(("queued", "sending", "failed")),
            Guest.removed_at.is_(None),
        )
        .group_by(OutboxMail.state)
    )
    found: dict[str, int] = dict(iter(rows))
    return MailCounts(found.get("queued", 0) + found.get("sending", 0), found.get("failed", 0))
