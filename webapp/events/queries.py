"""Reading events: never a row that the actor may not see."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from webapp.companies import policy as companies_policy
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.events import policy
from webapp.models import (
    CoHost,
    Company,
    CompanyAncestor,
    Event,
    Guest,
    Invitation,
    Membership,
    OutboxMail,
    Project,
    Question,
    Tally,
    User,
)

COMING_SHOWN = 12

_WHOLE = (
    joinedload(Event.company),
    joinedload(Event.project),
    joinedload(Event.host),
    selectinload(Event.co_hosts).joinedload(CoHost.user),
    selectinload(Event.questions).selectinload(Question.answers),
)


def get_event(actor: Actor, event_id: uuid.UUID) -> Event:
    """Return the event with company, project, host, co-hosts, questions and answers loaded.

    Raises NotFoundError where there is none, or `actor` may not see it.
    """
    event = db.session.scalar(
        select(Event).where(Event.id == event_id).options(*_WHOLE).execution_options(populate_existing=True)
    )
    if event is None:
        raise NotFoundError
    policy.require_see(actor, event)
    return event


def projects_seen(actor: Actor, chosen: uuid.UUID | None = None) -> list[Project]:
    """Return the projects by which `actor` may narrow a list of events: those of the companies it has a role in.

    Archived ones are left out, but for the one that is `chosen`.
    """
    if actor.user_id is None:
        return []
    statement = (
        select(Project)
        .join(Project.company)
        .options(joinedload(Project.company))
        .where(
            Project.company_id.in_(companies_policy.company_ids(actor)),
            Company.deleted_at.is_(None),
            or_(Project.archived_at.is_(None), Project.id == chosen),
        )
        .order_by(func.lower(Company.name), Company.id, Project.is_default.desc(), func.lower(Project.name))
        .limit(200)
    )
    return list(db.session.scalars(statement))


def project_events(actor: Actor, project: uuid.UUID, *, when: str) -> Select[Event]:
    """Return a SELECT, without an order, of the events of a project that `actor` is shown in lists.

    `when`: "upcoming" (not over yet) or "past" (over). Lists of events of any kind are those of `events.listed`.
    """
    moment = clock.now()
    shown = Event.ends_at < moment if when == "past" else Event.ends_at >= moment
    return select(Event).where(policy.listed_for(actor), Event.project_id == project, shown)


def list_whole(actor: Actor, statement: Select[Event]) -> list[tuple[Event, bool]]:
    """Return the events of a SELECT as programs see them: whole, and whether `actor` manages each."""
    events = db.session.scalars(statement.options(*_WHOLE)).all()
    if actor.user_id is None:
        return [(event, False) for event in events]
    managed = select(Event.id).where(Event.id.in_([event.id for event in events]), policy.managed_by(actor))
    ids = set(db.session.scalars(managed))
    return [(event, event.id in ids) for event in events]


def list_events(statement: Select[Event]) -> Sequence[Event]:
    """Return the events of a SELECT as a list shows them: hosts and companies loaded in the same query."""
    return db.session.scalars(statement.options(joinedload(Event.host), joinedload(Event.company))).all()


def public_events(limit: int) -> Sequence[Event]:
    """Return the next public events that are not over, the soonest first."""
    statement = (
        select(Event)
        .where(Event.state == "published", Event.visibility == "public", Event.ends_at >= clock.now())
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return list_events(statement)


def coming_events(actor: Actor, limit: int) -> list[tuple[Event, Guest]]:
    """Return what is next for the account: events it is a guest of and did not decline, with its guest row."""
    if actor.user_id is None:
        return []
    statement = (
        select(Event, Guest)
        .join(Guest, Guest.event_id == Event.id)
        .where(
            Guest.user_id == actor.user_id,
            Guest.removed_at.is_(None),
            Guest.left_at.is_(None),
            or_(Guest.reply == "yes", Guest.waiting_since.is_not(None)),
            Event.published_at.is_not(None),
            Event.ends_at >= clock.now(),
            policy.within_reach(actor),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return [(event, guest) for event, guest in db.session.execute(statement)]


def open_votes(actor: Actor, limit: int) -> list[tuple[Event, Guest]]:
    """Return the events whose vote waits for this account's ballot, with its guest row, the first to close on top."""
    if actor.user_id is None:
        return []
    moment = clock.now()
    closes = func.coalesce(Event.voting_closes_at, Event.ends_at)
    decided = exists().where(Tally.event_id == Event.id, Tally.closed_at.is_not(None))
    statement = (
        select(Event, Guest)
        .join(Guest, Guest.event_id == Event.id)
        .where(
            Guest.user_id == actor.user_id,
            Guest.removed_at.is_(None),
            Guest.on_roll,
            ~Guest.has_voted,
            Event.state == "published",
            func.coalesce(Event.voting_opens_at, Event.published_at) <= moment,
            closes > moment,
            exists().where(Question.event_id == Event.id),
            ~decided,
            policy.within_reach(actor),
        )
        .order_by(closes, Event.id)
        .limit(limit)
    )
    return [(event, guest) for event, guest in db.session.execute(statement)]


def organised_events(actor: Actor, limit: int) -> Sequence[Event]:
    """Return the events that the account hosts or co-hosts and that are not over, the soonest first."""
    statement = (
        select(Event)
        .where(policy.hosted_by(actor), Event.state != "cancelled", Event.ends_at >= clock.now())
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return list_events(statement)


def my_rows(actor: Actor, events: Sequence[Event]) -> dict[uuid.UUID, Guest]:
    """Return the account's rows on the guest lists of these events, by event."""
    if actor.user_id is None or not events:
        return {}
    statement = select(Guest).where(
        Guest.user_id == actor.user_id,
        Guest.event_id.in_([event.id for event in events]),
        Guest.removed_at.is_(None),
        Guest.unconfirmed_until.is_(None),
    )
    return {guest.event_id: guest for guest in db.session.scalars(statement)}


def coming_guests(event: Event, limit: int = COMING_SHOWN) -> list[Guest]:
    """Return guests who said yes, in the order they came onto the list; who may see them is for the caller to judge."""
    if not event.guests_yes:
        return []
    statement = (
        select(Guest)
        .where(Guest.event_id == event.id, Guest.removed_at.is_(None), Guest.reply == "yes", Guest.places > 0)
        # by the index of the list, which ends the search with the last one shown, however long the list is
        .order_by(Guest.id)
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def voting_opened(event: Event, moment: dt.datetime | None = None) -> bool:
    """Tell whether the event's vote has opened: its questions and its rule are frozen from then on."""
    if db.session.scalar(select(Tally.event_id).where(Tally.event_id == event.id)) is not None:
        return True
    opens = event.votes_from
    if not event.published or opens is None or opens > (moment or clock.now()):
        return False
    return db.session.scalar(select(Question.id).where(Question.event_id == event.id).limit(1)) is not None


def in_use(event: Event) -> bool:
    """Tell whether somebody was ever put on the event's list, asked by a link, or written to about it."""
    used = (
        exists().where(Guest.event_id == event.id),
        exists().where(Invitation.event_id == event.id),
        exists().where(OutboxMail.event_id == event.id),
        exists().where(Tally.event_id == event.id),
    )
    return bool(db.session.scalar(select(or_(*used))))


def co_host_candidates(event: Event, keys: Sequence[str]) -> list[User]:
    """Return the accounts among those addresses (folded) and ids that may become co-hosts.

    Those are people of the company (or of one above it) and guests who answered yes with an account: whoever may ask
    for any other address would learn whether it has an account here.
    """
    people = (
        select(Membership.user_id)
        .join(CompanyAncestor, CompanyAncestor.ancestor_id == Membership.company_id)
        .where(CompanyAncestor.company_id == event.company_id, Membership.revoked_at.is_(None))
    )
    guests = select(Guest.user_id).where(
        Guest.event_id == event.id, Guest.removed_at.is_(None), Guest.joined_at.is_not(None)
    )
    ids = [uuid.UUID(key) for key in keys if "@" not in key]
    statement = select(User).where(
        or_(User.email_key.in_(keys), User.id.in_(ids)),
        User.verified_at.is_not(None),
        User.disabled_at.is_(None),
        User.deleted_at.is_(None),
        or_(User.id.in_(people), User.id.in_(guests)),
    )
    return list(db.session.scalars(statement))
