"""Every write of a vote: it opens once, takes one ballot a guest, and closes once.

What is secret leaves no trace here: a ballot writes neither time nor journal nor e-mail. Whoever needs both takes the
row of the tally first and the guest's after it, so that no two wait for each other.
"""

import datetime as dt
import enum
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import selectinload

from webapp.core import clock
from webapp.core.actor import SYSTEM, Actor
from webapp.core.database import db
from webapp.core.errors import ConflictError
from webapp.core.operation import count, locked, operation
from webapp.journal.writing import record
from webapp.mail.outbox import queue
from webapp.models import Answer, AnswerSet, Ballot, BallotAnswer, Event, Guest, JournalEntry, Question, Tally, User
from webapp.voting import policy, tallying
from webapp.voting.count import Outcome, answer_set_key, decide, moves
from webapp.voting.emails import VOTE_CLOSED, VOTE_OPEN
from webapp.voting.errors import AlreadyVotedError, BallotError, NotOnRollError, VoteNotOpenError, VoteOverError
from webapp.voting.receipts import new_receipt
from webapp.voting.rewards import Due, dues
from webapp.voting.rule import Rule
from webapp.voting.states import OPENED


class Said(enum.StrEnum):
    """What a ballot is answered with."""

    NOT_YET = "consensus not yet reached"
    REACHED = "consensus reached"
    BEFOREHAND = "consensus reached beforehand"

    @property
    def sentence(self) -> LazyString:
        """The same in the reader's words."""
        return _SENTENCES[self]


_SENTENCES = {
    Said.NOT_YET: _l("Your ballot is cast. A consensus is not reached yet."),
    Said.REACHED: _l("Your ballot is cast, and a consensus is reached with it."),
    Said.BEFOREHAND: _l("Your ballot is cast. A consensus was reached beforehand, and it stands."),
}


class Cast(NamedTuple):
    """A ballot that was cast, and what to answer."""

    ballot: Ballot
    message: Said


# ---- opening


def _require_open(event: Event) -> None:
    """Raise VoteNotOpenError or VoteOverError unless the event's voting is open now."""
    moment = clock.now()
    if event.state == "cancelled":
        raise VoteOverError(_l("This event was cancelled, and its vote ended with it."))
    if event.state != "published" or event.votes_from is None or moment < event.votes_from:
        raise VoteNotOpenError
    if moment >= event.votes_until:
        raise VoteOverError


@operation
def open_vote(event: Event) -> Tally:
    """Open the event's vote: freeze its rule and, where the rule says so, its roll. Done before, nothing happens.

    Raises VoteNotOpenError before its time, VoteOverError for a cancelled event, BallotError where nothing is asked.
    """
    found = db.session.get(Tally, event.id)
    if found is not None:
        return found
    event = locked(event)
    found = db.session.get(Tally, event.id)
    if found is not None:
        return found
    if event.state == "cancelled":
        raise VoteOverError
    if event.state != "published" or event.votes_from is None or clock.now() < event.votes_from:
        raise VoteNotOpenError
    if db.session.scalar(select(Question.id).where(Question.event_id == event.id).limit(1)) is None:
        raise BallotError(_l("This event asks nothing."))
    # The moment it was to open, not the present one: that could be when the first guest voted.
    tally = Tally(
        event_id=event.id,
        opened_at=event.votes_from,
        rule=Rule.of(event).as_dict(),
        roll_size=event.guests_on_roll,
        ballots=0,
    )
    db.session.add(tally)
    db.session.flush()
    return tally


@operation
def announce_vote(event: Event) -> bool:
    """Write down that the event's vote has opened and, where it opened at a time of its own, tell the roll. Once.

    Stands apart from `open_vote`, which the first ballot may do: what a ballot does costs the same for any roll, and
    leaves no trace in journal or outbox. Tell whether this call announced it.
    """
    tally = locked(db.session.get_one(Tally, event.id))
    done = exists().where(JournalEntry.thing_id == event.id, JournalEntry.action == OPENED)
    if tally.closed_at is not None or db.session.scalar(select(done)):
        return False
    record(SYSTEM, OPENED, event, event_id=event.id, roll=tallying.roll_of(event, tally))
    if event.voting_opens_at is not None:
        _tell(event, VOTE_OPEN)
    return True


# ---- casting


@operation
def cast_ballot(actor: Actor, guest: Guest, answers: Mapping[str, str]) -> Cast:
    """Cast the one ballot of `guest`, who is `actor`: {question id: answer id}, every question of the event once.

    Raises NotFoundError for somebody else's guest, NotOnRollError (`not_joined_error`), VoteNotOpenError
    (`event_start_error`), VoteOverError (`event_end_error`), AlreadyVotedError, and BallotError (`event_error`) with
    the fields `question-<id>`.
    """
    policy.require_voter(actor, guest)
    event = db.session.get_one(Event, guest.event_id)
    if not policy.may_vote(guest):
        raise NotOnRollError
    if guest.has_voted:
        raise AlreadyVotedError
    _require_open(event)
    chosen = _chosen(tallying.questions_of(event.id), answers)
    open_vote(event)
    position = _next_position(event)
    _take_vote(guest)
    ballot = Ballot(event_id=event.id, guest_id=guest.id, position=position, receipt=new_receipt())
    ballot.answers = [BallotAnswer(question_id=question, answer_id=answer) for question, answer in chosen.items()]
    db.session.add(ballot)
    tally = db.session.get_one(Tally, event.id)
    rule = Rule.read(tally.rule)
    _add_to_count(event, rule, chosen)
    if rule.secrecy == "secret" and moves(position):
        _publish(event, rule)
    return Cast(ballot, _latch(event, tally, rule))


def _chosen(questions: Sequence[Question], answers: Mapping[str, str]) -> dict[uuid.UUID, uuid.UUID]:
    """Return {question: answer}, every question once; raises BallotError where the ballot does not fit."""
    if not questions:
        raise BallotError(_l("This event asks nothing."))
    chosen: dict[uuid.UUID, uuid.UUID] = {}
    wrong: dict[str, LazyString] = {}
    for question in questions:
        given = answers.get(str(question.id), "")
        answer = next((answer for answer in question.answers if str(answer.id) == given), None)
        if answer is not None:
            chosen[question.id] = answer.id
        else:
            words = _l("Please choose one of these answers.") if given else _l("Please choose an answer.")
            wrong[f"question-{question.id}"] = words
    if wrong:
        raise BallotError(fields=wrong)
    if len(answers) != len(questions):
        raise BallotError(_l("This ballot answers a question that this event does not ask."))
    return chosen


def _next_position(event: Event) -> int:
    """Count one ballot more and return which one it is; from here on the tally's row is ours until the end."""
    position = db.session.scalar(
        update(Tally)
        .where(Tally.event_id == event.id, Tally.closed_at.is_(None))
        .values(ballots=Tally.ballots + 1)
        .returning(Tally.ballots),
        execution_options={"synchronize_session": False},
    )
    db.session.expire_all()
    if position is None:
        raise VoteOverError
    return int(position)


def _take_vote(guest: Guest) -> None:
    """Take the guest's one vote: whoever finds it taken rolls everything back."""
    taken = count(
        update(Guest)
        .where(
            Guest.id == guest.id,
            Guest.has_voted.is_(False),
            Guest.on_roll.is_(True),
            Guest.removed_at.is_(None),
            Guest.unconfirmed_until.is_(None),
        )
        .values(has_voted=True)
    )
    if not taken:
        raise AlreadyVotedError if guest.has_voted else NotOnRollError


def _add_to_count(event: Event, rule: Rule, chosen: Mapping[uuid.UUID, uuid.UUID]) -> None:
    count(update(Answer).where(Answer.id.in_(chosen.values())).values(votes=Answer.votes + 1))
    if rule.decide_by != "ballot":
        return
    texts = {str(question): str(answer) for question, answer in chosen.items()}
    key = answer_set_key(texts)
    whole = (AnswerSet.event_id == event.id, AnswerSet.key == key)
    if not count(update(AnswerSet).where(*whole).values(votes=AnswerSet.votes + 1)):
        row = {"event_id": event.id, "key": key, "answers": sorted(texts.values()), "votes": 1}
        db.session.execute(insert(AnswerSet).values(**row))


def _publish(event: Event, rule: Rule) -> None:
    """Move the published count of a secret vote on by a step: what was held is shown, what there is is held."""
    count(
        update(Tally)
        .where(Tally.event_id == event.id)
        .values(ballots_shown=Tally.ballots_held, ballots_held=Tally.ballots)
    )
    asked = select(Question.id).where(Question.event_id == event.id)
    count(
        update(Answer)
        .where(Answer.question_id.in_(asked))
        .values(votes_shown=Answer.votes_held, votes_held=Answer.votes)
    )
    if rule.decide_by == "ballot":
        count(
            update(AnswerSet)
            .where(AnswerSet.event_id == event.id, AnswerSet.votes_shown != AnswerSet.votes)
            .values(votes_shown=AnswerSet.votes_held, votes_held=AnswerSet.votes)
        )


def _latch(event: Event, tally: Tally, rule: Rule) -> Said:
    """Where the vote is decided at once, keep the first consensus for good; return what to answer."""
    if rule.decide_when != "at once":
        return Said.NOT_YET
    if tally.reached_at is not None:
        return Said.BEFOREHAND
    roll = tallying.roll_of(event, tally)
    outcome = decide(rule, roll, tallying.counted(tally, rule))
    if not outcome.reached:
        return Said.NOT_YET
    return Said.REACHED if _keep(event, outcome, tally.ballots, roll) else Said.BEFOREHAND


def _keep(event: Event, outcome: Outcome, ballots: int, roll: int) -> bool:
    """Write down the consensus; tell whether it is the first one."""
    kept = count(
        update(Tally)
        .where(Tally.event_id == event.id, Tally.reached_at.is_(None))
        .values(reached_at=clock.now(), reached_with=outcome.answers, reached_ballots=ballots, reached_roll=roll)
    )
    return bool(kept)


# ---- closing


@operation
def close_vote(event: Event) -> bool:
    """Close the event's vote whose time has come: outcome, reward, reputation, and word to the roll.

    Tell whether this call closed it; it happens once. Raises ConflictError while voting is still open.
    """
    tally = open_vote(event)
    tally = locked(tally)
    if tally.closed_at is not None:
        return False
    if event.state == "cancelled":
        return _end(event)
    if clock.now() < event.votes_until:
        raise ConflictError(_l("Voting is still open."))
    rule = Rule.read(tally.rule)
    roll = tallying.roll_of(event, tally)
    outcome = tallying.outcome_of(event, tally, rule)
    if outcome.reached:
        _keep(event, outcome, tally.ballots, roll)
    word = "consensus" if outcome.reached else "no consensus"
    if not _shut(event, word, roll, clock.now()):
        return False
    _settle(event, outcome)
    record(SYSTEM, "vote.closed", event, event_id=event.id, outcome=word, ballots=tally.ballots, roll=roll)
    _tell(event, VOTE_CLOSED)
    return True


def _shut(event: Event, outcome: str, roll: int, moment: dt.datetime) -> bool:
    shut = count(
        update(Tally)
        .where(Tally.event_id == event.id, Tally.closed_at.is_(None))
        .values(closed_at=moment, outcome=outcome, roll_size=roll)
    )
    return bool(shut)


@operation
def cancel_vote(event: Event) -> bool:
    """End the vote of a cancelled event without consensus: nothing is settled, ballots and their file stay.

    Tell whether there was a vote to end.
    """
    if db.session.get(Tally, event.id) is None:
        return False
    return _end(event)


def _end(event: Event) -> bool:
    tally = locked(db.session.get_one(Tally, event.id))
    roll = tallying.roll_of(event, tally)
    if not _shut(event, "cancelled", roll, clock.now()):
        return False
    record(SYSTEM, "vote.cancelled", event, event_id=event.id, ballots=tally.ballots, roll=roll)
    return True


def _settle(event: Event, outcome: Outcome) -> None:
    """Share the reward and move reputation, as the consensus says; without one nothing moves."""
    if not outcome.reached:
        return
    ballots = db.session.scalars(
        select(Ballot)
        .where(Ballot.event_id == event.id)
        .options(selectinload(Ballot.answers))
        .order_by(Ballot.position)
    ).all()
    cast = [(b.guest_id, {str(a.question_id): str(a.answer_id) for a in b.answers}) for b in ballots]
    due = {guest: given for guest, given in dues(cast, outcome, event.reward).items() if given != Due()}
    if not due:
        return
    db.session.execute(
        update(Guest),
        [{"id": guest, "reward": given.reward, "reputation": given.reputation} for guest, given in sorted(due.items())],
    )
    db.session.expire_all()
    for step in (1, -1):
        moved = [guest for guest, given in due.items() if given.reputation == step]
        for some in _portions(moved):
            accounts = select(Guest.user_id).where(Guest.id.in_(some), Guest.user_id.is_not(None))
            count(update(User).where(User.id.in_(accounts)).values(reputation=User.reputation + step))


def _portions(rows: Sequence[uuid.UUID], size: int = 500) -> Iterable[Sequence[uuid.UUID]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _tell(event: Event, template: str) -> None:
    """Write to the roll: the same to all, whether they voted or not."""
    guests = db.session.scalars(
        select(Guest).where(
            Guest.event_id == event.id,
            Guest.on_roll,
            Guest.removed_at.is_(None),
            Guest.unconfirmed_until.is_(None),
            Guest.unsubscribed_at.is_(None),
            Guest.email.is_not(None),
        )
    )
    for guest in guests.all():
        queue(
            template,
            to=guest.email or "",
            name=guest.name,
            user_id=guest.user_id,
            guest_id=guest.id,
            event_id=event.id,
            company_id=event.company_id,
        )
