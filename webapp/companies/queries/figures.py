"""What a company has coming up, and how what is over went: from counters and days alone, whatever guests there are."""

import collections
import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from webapp.companies.queries.tree import below
from webapp.core import clock
from webapp.core.database import db
from webapp.models import Company, Event, EventDay, Membership, Project, Tally, User

SEASON: Final = dt.timedelta(days=90)
"""What figures look back on, and what that is held against: as long a time before."""
WEEKS: Final = 10
_LATE: Final = dt.timedelta(days=7)  # so long after an event's end somebody may still note who had come


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a dashboard speaks of: the company with this id, and all companies below it if `with_below`."""

    company_id: uuid.UUID
    with_below: bool = True

    def holds(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Return the condition that this column of company ids lies within."""
        return column.in_(below(self.company_id)) if self.with_below else column == self.company_id


@dataclasses.dataclass(frozen=True)
class House:
    """How many people and standing projects the company itself has, and companies right below it."""

    people: int
    projects: int
    children: int


@dataclasses.dataclass(frozen=True)
class Season:
    """The counters of the events that ended in one stretch of time, added up.

    `ballots` of `roll` and `consensus` of `votes` are of the votes that have closed.
    """

    events: int = 0
    invited: int = 0
    opened: int = 0
    yes: int = 0
    no: int = 0
    checked_in: int = 0
    votes: int = 0
    roll: int = 0
    ballots: int = 0
    consensus: int = 0


@dataclasses.dataclass(frozen=True)
class Rate:
    """A share, and the same share in the time before: whole numbers, so that nothing is divided before it is known.

    A part beyond the whole counts as all of it: whoever comes by a link answers without being invited.
    """

    part: int
    whole: int
    part_before: int = 0
    whole_before: int = 0

    @property
    def percent(self) -> int | None:
        """Return the share in whole percent; None of nothing."""
        return _percent(self.part, self.whole)

    @property
    def points(self) -> int | None:
        """Return by how many points it is more (or, negative, less) than before; None where one of both is unknown."""
        now, before = self.percent, _percent(self.part_before, self.whole_before)
        return None if now is None or before is None else now - before


def _percent(part: int, whole: int) -> int | None:
    return min(100, (200 * part + whole) // (2 * whole)) if whole > 0 else None


@dataclasses.dataclass(frozen=True)
class Figures:
    """How the events went that ended in the last 90 days (`now`), and those of the 90 days before (`before`)."""

    now: Season
    before: Season

    @property
    def opened(self) -> Rate:
        """Of the invited, who opened the personal link."""
        return Rate(self.now.opened, self.now.invited, self.before.opened, self.before.invited)

    @property
    def answered(self) -> Rate:
        """Of the invited, how many answers came."""
        now, before = self.now, self.before
        return Rate(now.yes + now.no, now.invited, before.yes + before.no, before.invited)

    @property
    def came(self) -> Rate:
        """Of those who said yes, who was checked in."""
        return Rate(self.now.checked_in, self.now.yes, self.before.checked_in, self.before.yes)

    @property
    def turnout(self) -> Rate:
        """Of those on the rolls, who voted."""
        return Rate(self.now.ballots, self.now.roll, self.before.ballots, self.before.roll)

    @property
    def consensus(self) -> Rate:
        """Of the votes, how many ended in consensus."""
        return Rate(self.now.consensus, self.now.votes, self.before.consensus, self.before.votes)


@dataclasses.dataclass(frozen=True)
class Week:
    """The answers of one week, from `monday` on."""

    monday: dt.date
    yes: int
    no: int


def house(company_id: uuid.UUID) -> House:
    """Return how many people, projects and companies right below a company has."""
    people = (
        select(func.count())
        .select_from(Membership)
        .join(Membership.user)
        .where(Membership.company_id == company_id, Membership.revoked_at.is_(None), User.deleted_at.is_(None))
    )
    projects = select(func.count()).where(Project.company_id == company_id, Project.archived_at.is_(None))
    children = select(func.count()).where(Company.parent_id == company_id, Company.deleted_at.is_(None))
    columns = (people.scalar_subquery(), projects.scalar_subquery(), children.scalar_subquery())
    return House(*db.session.execute(select(*columns)).one())


def events_to_come(scope: Scope, limit: int, *, drafts: bool) -> Sequence[Event]:
    """Return the next events, soonest first, companies and hosts loaded.

    `drafts`: those too, for who manages events there; nobody else knows of them.
    """
    statement = (
        select(Event)
        .options(joinedload(Event.company), joinedload(Event.host))
        .where(
            scope.holds(Event.company_id),
            Event.state.in_(("published", "draft") if drafts else ("published",)),
            Event.ends_at > clock.now(),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def figures(scope: Scope) -> Figures:
    """Return how the events went that ended in the last 90 days, and in the 90 days before: one query over counters."""
    moment = clock.now()
    recent = case((Event.ends_at > moment - SEASON, 1), else_=0)
    ended = (
        select(
            recent.label("recent"),
            Event.guests_invited,
            Event.guests_opened,
            Event.guests_yes,
            Event.guests_no,
            Event.guests_checked_in,
            Tally.roll_size,
            Tally.ballots,
            case((Tally.event_id.is_not(None), 1), else_=0).label("vote"),
            case((Tally.outcome == "consensus", 1), else_=0).label("consensus"),
        )
        .outerjoin(Tally, and_(Tally.event_id == Event.id, Tally.outcome.in_(("consensus", "no consensus"))))
        .where(
            scope.holds(Event.company_id),
            Event.state == "published",
            Event.ends_at <= moment,
            Event.ends_at > moment - 2 * SEASON,
        )
        .subquery()
    )
    of = ended.c
    summed = (of.guests_invited, of.guests_opened, of.guests_yes, of.guests_no, of.guests_checked_in)
    votes = (of.vote, of.roll_size, of.ballots, of.consensus)
    columns = [func.coalesce(func.sum(column), 0) for column in (*summed, *votes)]
    rows = db.session.execute(select(of.recent, func.count(), *columns).group_by(of.recent))
    seasons = {bool(now): Season(*sums) for now, *sums in rows}
    return Figures(seasons.get(True, Season()), seasons.get(False, Season()))


def answers_by_week(scope: Scope, zone: str | None) -> list[Week]:
    """Return the answers of the last ten weeks, the running one last; weeks begin on Monday.

    Days are those of UTC; the viewer's `zone` (an IANA name) says which week it is now.
    """
    today = clock.now().astimezone(clock.zone(zone)).date()
    first = today - dt.timedelta(days=today.weekday(), weeks=WEEKS - 1)
    begun = dt.datetime.combine(first, dt.time(), dt.UTC)
    statement = (
        select(EventDay.day, func.sum(EventDay.yes), func.sum(EventDay.no))
        .join(Event, Event.id == EventDay.event_id)
        .where(scope.holds(Event.company_id), Event.ends_at > begun - _LATE, EventDay.day >= first)
        .group_by(EventDay.day)
    )
    yes: collections.Counter[int] = collections.Counter()
    no: collections.Counter[int] = collections.Counter()
    for day, said_yes, said_no in db.session.execute(statement):
        week = min((day - first).days // 7, WEEKS - 1)  # in UTC a new week may have begun already
        yes[week] += said_yes
        no[week] += said_no
    return [Week(first + dt.timedelta(weeks=week), yes[week], no[week]) for week in range(WEEKS)]
