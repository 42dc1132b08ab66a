"""What must always hold between rows, counted anew from the rows themselves. It only reads.

The database's own constraints hold what is within one row, and keys; this holds what several rows say together.
"""

import dataclasses
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webapp.guests.counters import NOTHING, Counted, counted
from webapp.models import (
    Answer,
    AnswerSet,
    Ballot,
    BallotAnswer,
    Company,
    CompanyAncestor,
    Event,
    Guest,
    Invitation,
    InvitationUse,
    Membership,
    Project,
    Question,
    Tally,
)
from webapp.voting.count import answer_set_key

_ROWS = 1000
_DEEPEST = 200
"""Companies above one another: more is a circle."""
_COUNTERS = tuple(field.name for field in dataclasses.fields(Counted))
Ids = Iterable[uuid.UUID]


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that does not hold: a sentence, for how many rows, and the id of one of them."""

    words: str
    number: int
    example: uuid.UUID


def findings(session: Session) -> list[Finding]:
    """Return what does not hold in what `session` sees: one moment (`snapshot`), or a change shows as a fault."""
    found = []
    for words, look in _rules():
        number, example = 0, None
        for broken in look(session):
            number, example = number + 1, example or broken
        if example is not None:
            found.append(Finding(words, number, example))
    return found


def _rules() -> list[tuple[str, Callable[[Session], Ids]]]:
    return [
        (_("Events whose places taken are not those of their guests"), _taken),
        (_("Events whose counters are not what their guests add up to"), _counters),
        (_("Guests who have voted without a ballot, or have a ballot without having voted"), _voted),
        (_("Guests with more than one ballot"), _one_ballot),
        (_("Ballots of another event's guest"), _foreign_ballots),
        (_("Ballots that do not answer each question of their event once"), _whole_ballots),
        (_("Votes whose number of ballots is not that of the ballots"), _tallies),
        (_("Answers whose votes are not those of the ballots"), _votes),
        (_("Votes whose sets of answers are not those of the ballots"), _sets),
        (_("Invitations used another number of times than they say"), _uses),
        (_("Accounts with two roles in one company"), _memberships),
        (_("Companies without a default project, or with two"), _default_projects),
        (_("Events in another company's project"), _projects),
        (_("Companies whose place in the tree is not what their parents say"), _tree),
    ]


def _ids(session: Session, statement: Select[uuid.UUID]) -> Iterator[uuid.UUID]:
    yield from session.scalars(statement.execution_options(yield_per=_ROWS))


def _differs(
    key: InstrumentedAttribute[uuid.UUID],
    said: ColumnElement[int] | InstrumentedAttribute[int],
    counted_anew: Select[uuid.UUID, int],
) -> Select[uuid.UUID]:
    """Return a select of the rows (`key`) that say another number than was `counted_anew` ({key: number})."""
    anew = counted_anew.subquery()
    rows, numbers = anew.columns
    return select(key).join_from(key.class_, anew, rows == key, isouter=True).where(said != func.coalesce(numbers, 0))


def _taken(session: Session) -> Ids:
    standing = select(Guest.event_id, func.sum(Guest.places)).where(Guest.removed_at.is_(None)).group_by(Guest.event_id)
    return _ids(session, _differs(Event.id, Event.taken, standing))


def _counters(session: Session) -> Ids:
    """Yield events whose counters differ: `guests.counters` says what a guest adds, here as there."""
    said = select(Event.id, *(getattr(Event, f"guests_{name}") for name in _COUNTERS)).order_by(Event.id)
    guests = session.scalars(
        select(Guest).order_by(Guest.event_id).execution_options(yield_per=_ROWS, populate_existing=True)
    )
    groups = groupby(guests, key=lambda guest: guest.event_id)
    group = next(groups, None)
    for event_id, *numbers in session.execute(said.execution_options(yield_per=_ROWS)):
        anew = NOTHING
        if group is not None and group[0] == event_id:
            for guest in group[1]:
                anew += counted(guest)
            group = next(groups, None)
        if dataclasses.astuple(anew) != tuple(numbers):
            yield event_id


def _voted(session: Session) -> Ids:
    cast = select(Ballot.id).where(Ballot.guest_id == Guest.id).exists()
    return _ids(session, select(Guest.id).where(Guest.has_voted != cast))


def _one_ballot(session: Session) -> Ids:
    return _ids(session, select(Ballot.guest_id).group_by(Ballot.guest_id).having(func.count() > 1))


def _foreign_ballots(session: Session) -> Ids:
    return _ids(session, select(Ballot.id).join(Ballot.guest).where(Guest.event_id != Ballot.event_id))


def _whole_ballots(session: Session) -> Ids:
    asked = select(Question.event_id, func.count().label("number")).group_by(Question.event_id).subquery()
    right = and_(Question.event_id == Ballot.event_id, Answer.question_id == BallotAnswer.question_id)
    answered = (
        select(Ballot.id, Ballot.event_id, func.count(Answer.id).label("number"))
        .outerjoin(BallotAnswer, BallotAnswer.ballot_id == Ballot.id)
        .outerjoin(Question, Question.id == BallotAnswer.question_id)
        .outerjoin(Answer, and_(Answer.id == BallotAnswer.answer_id, right))
        .group_by(Ballot.id, Ballot.event_id)
        .subquery()
    )
    joined = answered.outerjoin(asked, asked.c.event_id == answered.c.event_id)
    differs = answered.c.number != func.coalesce(asked.c.number, 0)
    return _ids(session, select(answered.c.id).select_from(joined).where(differs))


def _tallies(session: Session) -> Ids:
    cast = select(Ballot.event_id, func.count().label("number")).group_by(Ballot.event_id).subquery()
    yield from _ids(session, _differs(Tally.event_id, Tally.ballots, select(cast.c.event_id, cast.c.number)))
    # and ballots of a vote that was never opened
    lost = select(cast.c.event_id).where(~select(Tally.event_id).where(Tally.event_id == cast.c.event_id).exists())
    yield from _ids(session, lost)


def _votes(session: Session) -> Ids:
    chosen = select(BallotAnswer.answer_id, func.count()).group_by(BallotAnswer.answer_id)
    return _ids(session, _differs(Answer.id, Answer.votes, chosen))


def _sets(session: Session) -> Ids:
    """Yield events decided by whole ballots whose sets of answers differ from the ballots, counted anew."""
    said: dict[uuid.UUID, Counter[str]] = {}
    for event_id, rule in session.execute(select(Tally.event_id, Tally.rule).order_by(Tally.event_id)):
        if rule.get("decide_by") == "ballot":
            said[event_id] = Counter()
    for event_id, counter in said.items():
        rows = session.execute(select(AnswerSet.key, AnswerSet.votes).where(AnswerSet.event_id == event_id))
        counter.update({key: votes for key, votes in rows if votes})
        given = session.execute(
            select(BallotAnswer.ballot_id, BallotAnswer.answer_id)
            .join(Ballot, Ballot.id == BallotAnswer.ballot_id)
            .where(Ballot.event_id == event_id)
            .order_by(BallotAnswer.ballot_id)
            .execution_options(yield_per=_ROWS)
        )
        anew: Counter[str] = Counter()
        for _ballot, answers in groupby(given, key=lambda row: row[0]):
            anew[answer_set_key({str(answer): str(answer) for _id, answer in answers})] += 1
        if anew != counter:
            yield event_id


def _uses(session: Session) -> Ids:
    standing = (
        select(InvitationUse.invitation_id, func.count())
        .where(InvitationUse.state != "released")
        .group_by(InvitationUse.invitation_id)
    )
    return _ids(session, _differs(Invitation.id, Invitation.uses, standing))


def _memberships(session: Session) -> Ids:
    pairs = select(Membership.user_id).where(Membership.revoked_at.is_(None))
    return _ids(session, pairs.group_by(Membership.company_id, Membership.user_id).having(func.count() > 1))


def _default_projects(session: Session) -> Ids:
    defaults = select(Project.company_id, func.count()).where(Project.is_default).group_by(Project.company_id)
    return _ids(session, _differs(Company.id, literal(1), defaults).where(Company.deleted_at.is_(None)))


def _projects(session: Session) -> Ids:
    return _ids(session, select(Event.id).join(Event.project).where(Project.company_id != Event.company_id))


def _tree(session: Session) -> Ids:
    """Yield companies whose rows in the closed tree differ from what following their parents gives."""
    above = select(Company.id.label("company_id"), Company.id.label("ancestor_id"), literal(0).label("depth")).cte(
        "above", recursive=True
    )
    parent = aliased(Company)
    above = above.union_all(
        select(above.c.company_id, parent.parent_id, above.c.depth + 1).where(
            parent.id == above.c.ancestor_id, parent.parent_id.is_not(None), above.c.depth < _DEEPEST
        )
    )
    followed = select(above.c.company_id, above.c.ancestor_id, above.c.depth)
    kept = select(CompanyAncestor.company_id, CompanyAncestor.ancestor_id, CompanyAncestor.depth)
    seen: set[uuid.UUID] = set()
    for difference in (followed.except_(kept), kept.except_(followed)):
        for company_id, _ancestor, _depth in session.execute(difference):
            if company_id not in seen:
                seen.add(company_id)
                yield company_id
