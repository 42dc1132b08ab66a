"""Reading a vote: how it stands, the count as far as it may be seen, one's own ballot, and the ballot file."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.events import policy as events_policy
from webapp.models import Answer, Ballot, BallotAnswer, Event, Guest, JournalEntry, Question, Tally
from webapp.voting import policy, recount, tallying
from webapp.voting.count import Count, Outcome, decide, shows_newest
from webapp.voting.rule import Rule, Step
from webapp.voting.states import OPENED, Phase, VoteState, phase_of

NAMES_SHOWN = 500


def vote_state(actor: Actor, event: Event, guest: Guest | None) -> VoteState:
    """Return how the event's vote stands for `actor`, whose row on the guest list is `guest` (or None)."""
    if guest is not None and not policy.is_voter(actor, guest):
        raise NotFoundError
    tally = db.session.get(Tally, event.id)
    asks = bool(db.session.scalar(select(exists().where(Question.event_id == event.id))))
    return _state(event, tally, guest, phase_of(event, tally, asks=asks))


def _state(event: Event, tally: Tally | None, guest: Guest | None, phase: Phase) -> VoteState:
    closed = phase in {Phase.CLOSED, Phase.CANCELLED}
    voted = guest is not None and guest.has_voted
    seen = policy.sees_count(tallying.rule_of(event, tally), voted=voted, closed=closed)
    consensus: bool | None = None
    if closed:
        consensus = phase is Phase.CLOSED and tally is not None and tally.outcome == "consensus"
    elif tally is not None and tally.reached_at is not None and seen:
        consensus = True
    return VoteState(
        phase=phase,
        opens_at=event.votes_from,
        closes_at=event.votes_until,
        on_roll=guest is not None and policy.may_vote(guest),
        voted=voted,
        seen=seen,
        consensus=consensus,
    )


def rule_of(event: Event) -> Rule:
    """Return the rule of the event's vote: as it was frozen, or as it stands while voting has not opened."""
    return tallying.rule_of(event, db.session.get(Tally, event.id))


def row_of(actor: Actor, event: Event) -> Guest | None:
    """Return the actor's row on the event's guest list, also where it has gone from the list since; None for none."""
    # Each way of being somebody by itself: an index answers it, however long the list is.
    mine = [Guest.id == actor.guest_id] if actor.guest_id is not None else []
    mine += [Guest.user_id == actor.user_id] if actor.user_id is not None else []
    rows = [row for way in mine for row in db.session.scalars(select(Guest).where(Guest.event_id == event.id, way))]
    own = [row for row in rows if policy.is_voter(actor, row)]
    return next((row for row in own if row.id == actor.guest_id), own[0] if own else None)


def to_open() -> list[uuid.UUID]:
    """Return the events whose vote is to open now and has not been."""
    statement = (
        select(Event.id)
        .outerjoin(Tally, Tally.event_id == Event.id)
        .where(
            Event.state == "published",
            Tally.event_id.is_(None),
            func.coalesce(Event.voting_opens_at, Event.published_at) <= clock.now(),
            exists().where(Question.event_id == Event.id),
        )
        .order_by(Event.id)
    )
    return list(db.session.scalars(statement))


def to_announce() -> list[uuid.UUID]:
    """Return the events whose vote is open and has not been announced."""
    announced = exists().where(
        JournalEntry.thing_type == "event", JournalEntry.thing_id == Event.id, JournalEntry.action == OPENED
    )
    statement = (
        select(Event.id)
        .join(Tally, Tally.event_id == Event.id)
        .where(
            Tally.closed_at.is_(None),
            Event.state == "published",
            func.coalesce(Event.voting_closes_at, Event.ends_at) > clock.now(),
            ~announced,
        )
        .order_by(Event.id)
    )
    return list(db.session.scalars(statement))


def to_close() -> list[uuid.UUID]:
    """Return the events whose vote is open although its time is over, or the event was cancelled."""
    over = func.coalesce(Event.voting_closes_at, Event.ends_at) <= clock.now()
    statement = (
        select(Event.id)
        .join(Tally, Tally.event_id == Event.id)
        .where(Tally.closed_at.is_(None), or_(Event.state == "cancelled", and_(Event.state == "published", over)))
        .order_by(Event.id)
    )
    return list(db.session.scalars(statement))


# ---- one's own ballot


@dataclasses.dataclass(frozen=True)
class MyBallot:
    """The own ballot: its receipt, what it says as (question, answer), and what the close gave for it."""

    receipt: str
    choices: Sequence[tuple[str, str]]
    reward: int
    reputation: int


def my_ballot(actor: Actor, guest: Guest) -> MyBallot | None:
    """Return the ballot that `actor` cast as `guest`; None before. Raises NotFoundError for somebody else's."""
    policy.require_voter(actor, guest)
    return _ballot_of(guest)


def _ballot_of(guest: Guest) -> MyBallot | None:
    ballot = db.session.scalar(select(Ballot).where(Ballot.guest_id == guest.id).options(selectinload(Ballot.answers)))
    if ballot is None:
        return None
    chosen = {given.question_id: given.answer_id for given in ballot.answers}
    choices = [
        (question.text, next(answer.text for answer in question.answers if answer.id == chosen[question.id]))
        for question in tallying.questions_of(guest.event_id)
    ]
    return MyBallot(ballot.receipt, choices, guest.reward, guest.reputation)


@dataclasses.dataclass(frozen=True)
class PastVote:
    """A ballot that an account cast, and on what."""

    event: Event
    ballot: MyBallot
    closed: bool


def votes_of(user_id: uuid.UUID, limit: int = 1000) -> list[PastVote]:
    """Return the ballots of an account, the latest event first, for that account alone."""
    rows = db.session.execute(
        select(Guest, Event, Tally)
        .join(Event, Event.id == Guest.event_id)
        .join(Tally, Tally.event_id == Event.id)
        .where(Guest.user_id == user_id, Guest.has_voted)
        .order_by(Event.starts_at.desc(), Event.id)
        .limit(limit)
    ).all()
    chosen = (
        select(Ballot.guest_id, Ballot.receipt, Question.text, Answer.text)
        .join(BallotAnswer, BallotAnswer.ballot_id == Ballot.id)
        .join(Question, Question.id == BallotAnswer.question_id)
        .join(Answer, Answer.id == BallotAnswer.answer_id)
        .where(Ballot.guest_id.in_([guest.id for guest, _event, _tally in rows]))
        .order_by(Question.position)
    )
    receipts: dict[uuid.UUID, str] = {}
    choices: dict[uuid.UUID, list[tuple[str, str]]] = {}
    for guest_id, receipt, question, answer in db.session.execute(chosen):
        receipts[guest_id] = receipt
        choices.setdefault(guest_id, []).append((question, answer))
    return [
        PastVote(
            event,
            MyBallot(receipts[guest.id], choices[guest.id], guest.reward, guest.reputation),
            tally.closed_at is not None,
        )
        for guest, event, tally in rows
        if guest.id in receipts
    ]


# ---- results


class Row(NamedTuple):
    """An answer with the ballots that chose it, and whether it has won."""

    text: str
    votes: int
    won: bool


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question with its answers as counted."""

    id: uuid.UUID
    text: str
    rows: Sequence[Row]
    why: str
    """Once voting has closed: why nothing was settled; else ""."""


@dataclasses.dataclass(frozen=True)
class Results:
    """A vote's results as one person may see them.

    `counted`: of how many ballots the answers' counts are (a secret vote's lags behind `ballots` while it runs), None
    where they may not be seen. `reached_ballots`, `reached_at`: with which ballot, and in an open vote when, a
    consensus was reached at once. `waiting`: who on the roll has not voted, in an open vote; `voters`: who has, for
    organisers after close; both as (name, key), at most NAMES_SHOWN and by name.
    """

    state: VoteState
    rule: Rule
    asked: Sequence[Asked]
    counted: int | None
    ballots: int
    roll: int
    steps: Sequence[Step]
    mine: MyBallot | None
    reached_ballots: int | None
    reached_at: dt.datetime | None
    waiting: Sequence[tuple[str, str]]
    voters: Sequence[tuple[str, str]]

    @property
    def won(self) -> list[str]:
        """The answers that have won, question by question."""
        return [row.text for asked in self.asked for row in asked.rows if row.won]

    @property
    def whys(self) -> list[str]:
        """Why nothing was settled, each reason once."""
        return list(dict.fromkeys(asked.why for asked in self.asked if asked.why))


def results(actor: Actor, event: Event, guest: Guest | None) -> Results:
    """Return the results of the event's vote for `actor`, whose row on the guest list is `guest` (or None).

    Raises NotFoundError where `actor` may not see the event, or where it asks nothing.
    """
    if guest is not None:
        policy.require_voter(actor, guest)
    # Who has left by own wish keeps a ballot in it, and sees what became of it.
    if guest is None or guest.left_at is None:
        events_policy.require_see(actor, event)
    questions = tallying.questions_of(event.id)
    if not questions:
        raise NotFoundError
    tally = db.session.get(Tally, event.id)
    rule, roll = tallying.rule_of(event, tally), tallying.roll_of(event, tally)
    state = _state(event, tally, guest, phase_of(event, tally, asks=True))
    closed = state.phase in {Phase.CLOSED, Phase.CANCELLED}
    count = _visible(tally, rule, closed=closed) if state.seen else None
    outcome = _outcome(event, tally, rule, state)
    latched = tally if tally is not None and state.consensus and rule.decide_when == "at once" else None
    return Results(
        state=state,
        rule=rule,
        asked=_asked(questions, count, outcome),
        counted=count.ballots if count else None,
        ballots=tally.ballots if tally else 0,
        roll=roll,
        steps=_steps(rule, roll, tally.ballots if tally else 0, count),
        mine=_ballot_of(guest) if guest is not None and guest.has_voted else None,
        reached_ballots=latched.reached_ballots if latched else None,
        reached_at=latched.reached_at if latched and rule.secrecy == "open" else None,
        waiting=_waiting(actor, event, guest, state, rule),
        voters=_voters(actor, event) if closed else (),
    )


def _visible(tally: Tally | None, rule: Rule, *, closed: bool) -> Count:
    """Return the count that may be shown to those who see one."""
    if tally is None:
        return Count(0, {})
    return tallying.counted(tally, rule, "votes" if shows_newest(rule, closed=closed) else "votes_shown")


def _outcome(event: Event, tally: Tally | None, rule: Rule, state: VoteState) -> Outcome | None:
    """Return what is decided, as far as it is known and may be seen."""
    if tally is None or state.consensus is None or state.phase is Phase.CANCELLED:
        return None
    return tallying.outcome_of(event, tally, rule)


def _asked(questions: Sequence[Question], count: Count | None, outcome: Outcome | None) -> list[Asked]:
    won = outcome.answers if outcome else {}
    whys = outcome.whys if outcome else {}
    found = []
    for question in questions:
        key = str(question.id)
        votes: Mapping[str, int] = count.votes.get(key, {}) if count else {}
        rows = [Row(a.text, votes.get(str(a.id), 0), won.get(key) == str(a.id)) for a in question.answers]
        found.append(Asked(question.id, question.text, rows, str(whys[key].sentence) if key in whys else ""))
    return found


def _steps(rule: Rule, roll: int, ballots: int, count: Count | None) -> list[Step]:
    if count is None:
        return rule.steps(roll=roll, ballots=ballots, leading=None)
    if rule.decide_by == "ballot":
        leading = [max(count.sets.values(), default=0)]
    else:
        leading = [max(votes.values(), default=0) for votes in count.votes.values()]
    tied = decide(rule, roll, count).tied
    return rule.steps(roll=roll, ballots=ballots, leading=leading, counted=count.ballots, tied=tied)


def _waiting(
    actor: Actor, event: Event, guest: Guest | None, state: VoteState, rule: Rule
) -> Sequence[tuple[str, str]]:
    """Return who may still vote. Of a secret vote nobody is told who has and who has not."""
    if state.phase is not Phase.OPEN or rule.secrecy == "secret":
        return ()
    if guest is None and not events_policy.can_manage(actor, event):
        return ()
    return _names(event, voted=False)


def _voters(actor: Actor, event: Event) -> Sequence[tuple[str, str]]:
    """Return who has voted, after close, for those who keep the guest list."""
    return _names(event, voted=True) if events_policy.can_manage(actor, event) else ()


def _names(event: Event, *, voted: bool) -> Sequence[tuple[str, str]]:
    rows = db.session.execute(
        select(Guest.name, Guest.id)
        .where(Guest.event_id == event.id, Guest.on_roll, Guest.has_voted.is_(voted), Guest.removed_at.is_(None))
        .order_by(Guest.name_key, Guest.id)
        .limit(NAMES_SHOWN)
    )
    return [(name, str(key)) for name, key in rows]


# ---- the ballot file


def ballot_file(actor: Actor, event: Event) -> bytes:
    """Return the ballot file of the event's vote (see `recount`) for whoever may see the event.

    Raises NotFoundError before voting has closed.
    """
    events_policy.require_see(actor, event)
    tally = db.session.get(Tally, event.id)
    if tally is None or tally.closed_at is None:
        raise NotFoundError
    rule = Rule.read(tally.rule)
    outcome = tallying.outcome_of(event, tally, rule)
    reached = None
    if rule.decide_when == "at once" and tally.reached_ballots is not None and tally.reached_roll is not None:
        reached = recount.Reached(tally.reached_ballots, tally.reached_roll)
    vote = recount.Vote(
        event_id=str(event.id),
        title=event.title,
        questions=[
            recount.Asked(str(question.id), question.text, {str(a.id): a.text for a in question.answers})
            for question in tallying.questions_of(event.id)
        ],
        rule=rule,
        roll=tallying.roll_of(event, tally),
        outcome=outcome,
        reached=reached,
        cancelled=tally.outcome == "cancelled",
    )
    return recount.ballot_file(vote, _cast(event))


def _cast(event: Event) -> list[recount.Cast]:
    ballots = db.session.scalars(
        select(Ballot)
        .where(Ballot.event_id == event.id)
        .options(selectinload(Ballot.answers), joinedload(Ballot.guest))
        .order_by(Ballot.receipt)
    )
    return [
        recount.Cast(
            ballot.receipt,
            {str(given.question_id): str(given.answer_id) for given in ballot.answers},
            ballot.guest.name or None,
        )
        for ballot in ballots
    ]
