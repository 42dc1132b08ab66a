"""What in a company needs somebody now, worst first; of each kind no more rows are read than a page could show."""

import dataclasses
import datetime as dt
import enum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import aliased, contains_eager, joinedload, load_only

from webapp.companies.queries.figures import Scope
from webapp.core import clock
from webapp.core.database import db
from webapp.core.permissions import Permission, Role, may
from webapp.core.shares import Share
from webapp.models import Company, Event, Invitation, Membership, OutboxMail, Tally, User

MAIL_SINCE: Final = dt.timedelta(days=14)
VOTE_SOON: Final = dt.timedelta(days=3)
VOTE_SINCE: Final = dt.timedelta(days=14)
DRAFT_SOON: Final = dt.timedelta(days=7)
INVITATION_SOON: Final = dt.timedelta(hours=12)
INVITATION_SINCE: Final = dt.timedelta(days=7)
FEW_PLACES: Final = 3
_MOST: Final = 50
_FAILED: Final = "outbox_mails.state = 'failed'"  # written out, or its partial index would not be used


class Kind(enum.StrEnum):
    """What it is about, worst first."""

    MAIL = "mail"
    VOTE = "vote"
    DRAFT = "draft"
    FULL = "full"
    UNDECIDED = "undecided"
    INVITATION = "invitation"


@dataclasses.dataclass(frozen=True)
class Need:
    """One thing that needs somebody: what, where, and since or until when (`at`, UTC).

    `event`: with its company's name; None for e-mails and invitations of the company. `number` `of`: e-mails that
    failed; ballots of the roll; places left of all; the others have none. `reason`: what the mail server said, where it
    said the same of all. `invitation`: with its address and role. `ballots_needed`, `turnout_needed`: what the rule of
    the vote asks for, where that is missing.
    """

    kind: Kind
    at: dt.datetime
    company: Company
    event: Event | None = None
    number: int = 0
    of: int = 0
    reason: str | None = None
    invitation: Invitation | None = None
    ballots_needed: int = 0
    turnout_needed: Share | None = None


def needs(scope: Scope, role: Role | None) -> list[Need]:
    """Return what needs whoever has this `role`, worst first and then the most pressing; three queries at most.

    Nothing for a doorkeeper; e-mails of the company and invitations of people for those alone who look after them.
    """
    if not may(role, Permission.MANAGE_EVENTS):
        return []
    found = _mails(scope, all_of_them=may(role, Permission.READ_MAIL))
    found += _events(scope)
    if may(role, Permission.MANAGE_PEOPLE):
        found += _invitations(scope, owners=may(role, Permission.MANAGE_OWNERS))
    return sorted(found, key=_urgency)


def _urgency(need: Need) -> tuple[int, int, dt.datetime]:
    """Order by kind, e-mails by how many they are, and all else by when it is."""
    return (list(Kind).index(need.kind), -need.number if need.kind is Kind.MAIL else 0, need.at)


def _mails(scope: Scope, *, all_of_them: bool) -> list[Need]:
    """Return the e-mails that failed lately, an event (or company) at a time; not those mended by a later one."""
    later = aliased(OutboxMail)
    mended = exists().where(
        later.guest_id == OutboxMail.guest_id, later.id > OutboxMail.id, later.state.in_(("queued", "sending", "sent"))
    )
    statement = (
        select(
            OutboxMail.company_id,
            OutboxMail.event_id,
            func.count().label("number"),
            func.min(OutboxMail.error).label("one"),
            func.max(OutboxMail.error).label("other"),
            func.max(OutboxMail.created_at).label("at"),
        )
        .where(sql(_FAILED), scope.holds(OutboxMail.company_id), OutboxMail.created_at > clock.now() - MAIL_SINCE)
        .where(~mended)
        .group_by(OutboxMail.company_id, OutboxMail.event_id)
        .order_by(func.max(OutboxMail.created_at).desc())
        .limit(_MOST)
    )
    if not all_of_them:
        statement = statement.where(OutboxMail.event_id.is_not(None))
    groups = statement.subquery()
    rows = db.session.execute(
        select(groups.c.number, groups.c.one, groups.c.other, groups.c.at, Company, Event)
        .join(Company, Company.id == groups.c.company_id)
        .outerjoin(Event, Event.id == groups.c.event_id)
        .options(_briefly())
    )
    return [
        Need(Kind.MAIL, at, company, event, number=number, reason=one if one == other else None)
        for number, one, other, at, company, event in rows
    ]


def _briefly() -> Any:
    """Load of an event what a row says of it, not its description."""
    return load_only(
        Event.title, Event.timezone, Event.state, Event.starts_at, Event.ends_at, Event.join_by, Event.capacity,
        Event.taken, Event.offered, Event.guests_invited, Event.guests_opened, Event.guests_yes, Event.guests_no,
        Event.guests_waiting, Event.guests_on_roll, Event.voting_closes_at, raiseload=True,
    )  # fmt: skip


def _closes() -> ColumnElement[dt.datetime]:
    return func.coalesce(Event.voting_closes_at, Event.ends_at)


def _events(scope: Scope) -> list[Need]:
    """Return what events need, read at once: drafts to publish, places to add, votes to remind of or to repeat."""
    moment = clock.now()
    left = Event.capacity - Event.taken - Event.offered
    draft = and_(Event.state == "draft", Event.starts_at <= moment + DRAFT_SOON, Event.ends_at > moment)
    full = and_(
        Event.state == "published",
        func.coalesce(Event.join_by, Event.ends_at) > moment,
        2 * Event.taken >= Event.capacity,
        or_(left <= FEW_PLACES, 10 * left <= Event.capacity),
    )
    closing = and_(
        Event.state == "published", Tally.closed_at.is_(None), _closes() > moment, _closes() <= moment + VOTE_SOON
    )
    undecided = and_(Tally.outcome == "no consensus", Tally.closed_at > moment - VOTE_SINCE)
    statement: Select[Event, Tally | None] = (
        select(Event, Tally)
        .join(Event.company)
        .outerjoin(Tally, Tally.event_id == Event.id)
        .options(_briefly(), contains_eager(Event.company))
        .where(
            scope.holds(Event.company_id),
            # what is long over needs nobody: the index by end leaves it out
            or_(Event.ends_at > moment - VOTE_SINCE, Event.voting_closes_at > moment - VOTE_SINCE),
            or_(draft, full, and_(Tally.event_id.is_not(None), or_(closing, undecided))),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(_MOST)
    )
    return [need for event, tally in db.session.execute(statement) for need in _of_event(event, tally, moment)]


def _of_event(event: Event, tally: Tally | None, moment: dt.datetime) -> list[Need]:
    found = []
    if event.state == "draft":
        return [Need(Kind.DRAFT, event.starts_at, event.company, event)]
    left = event.places_left
    if left is not None and event.capacity is not None and event.published and event.joins_until > moment:
        nearly = left <= FEW_PLACES or 10 * left <= event.capacity
        if nearly and 2 * event.taken >= event.capacity:
            found.append(Need(Kind.FULL, event.joins_until, event.company, event, number=left, of=event.capacity))
    if tally is None:
        return found
    roll = tally.roll_of(event.guests_on_roll)
    if tally.closed_at is not None:
        if tally.outcome == "no consensus" and tally.closed_at > moment - VOTE_SINCE:
            found.append(_of_vote(Kind.UNDECIDED, tally.closed_at, event, tally, roll))
    elif event.published and moment < event.votes_until <= moment + VOTE_SOON:
        need = _of_vote(Kind.VOTE, event.votes_until, event, tally, roll)
        if need.ballots_needed or need.turnout_needed:
            found.append(need)
    return found


def _of_vote(kind: Kind, at: dt.datetime, event: Event, tally: Tally, roll: int) -> Need:
    """Return how a vote stands by how many voted: which everybody who sees the event is told, also of a secret one."""
    needed, turnout = int(tally.rule["min_votes"]), Share.stored(tally.rule["min_turnout"])
    return Need(
        kind,
        at,
        event.company,
        event,
        number=tally.ballots,
        of=roll,
        ballots_needed=needed if tally.ballots < needed else 0,
        turnout_needed=None if turnout.met(tally.ballots, roll) else turnout,
    )


def _invitations(scope: Scope, *, owners: bool) -> list[Need]:
    """Return mailed invitations to a role that nobody used and that end soon or have ended; not those made anew."""
    moment = clock.now()
    later = aliased(Invitation)
    anew = exists().where(
        later.company_id == Invitation.company_id,
        later.id > Invitation.id,
        later.kind == "company",
        later.email_key == Invitation.email_key,
        later.revoked_at.is_(None),
    )
    inside = (
        exists()
        .where(Membership.company_id == Invitation.company_id, Membership.revoked_at.is_(None))
        .where(Membership.user_id == User.id, User.email_key == Invitation.email_key)
    )
    statement = (
        select(Invitation)
        .join(Invitation.company)
        .options(joinedload(Invitation.company))
        .where(
            scope.holds(Invitation.company_id),
            Invitation.kind == "company",
            Invitation.email_key.is_not(None),
            Invitation.revoked_at.is_(None),
            Invitation.uses == 0,
            Invitation.expires_at > moment - INVITATION_SINCE,
            Invitation.expires_at <= moment + INVITATION_SOON,
            Company.deleted_at.is_(None),
            ~anew,
            ~inside,
        )
        .order_by(Invitation.expires_at, Invitation.id)
        .limit(_MOST)
    )
    if not owners:
        statement = statement.where(Invitation.role != Role.OWNER.value)
    return [
        Need(Kind.INVITATION, row.expires_at, row.company, invitation=row)
        for row in db.session.scalars(statement)
        if row.company is not None
    ]
