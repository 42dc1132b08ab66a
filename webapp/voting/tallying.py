"""The count as the database keeps it: counters that each ballot moves, read into what the pure functions judge."""

import uuid
from collections.abc import Sequence
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webapp.core.database import db
from webapp.models import Answer, AnswerSet, Event, Question, Tally
from webapp.voting.count import Count, Outcome, answer_set, decide
from webapp.voting.rule import Rule

Column = Literal["votes", "votes_shown"]
_LEADERS: Final = 2
"""Where whole ballots decide, the two largest sets tell whether there is a single largest one."""


def questions_of(event_id: uuid.UUID) -> Sequence[Question]:
    """Return what the event asks, in its order, with the answers."""
    statement = (
        select(Question)
        .where(Question.event_id == event_id)
        .options(selectinload(Question.answers))
        .order_by(Question.position)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).all()


def rule_of(event: Event, tally: Tally | None) -> Rule:
    """Return the rule as it was frozen, or as it stands while voting has not opened."""
    return Rule.read(tally.rule) if tally is not None else Rule.of(event)


def roll_of(event: Event, tally: Tally | None) -> int:
    """Return the size of the roll: as counted when it was frozen or voting closed, else as it is now."""
    return event.guests_on_roll if tally is None else tally.roll_of(event.guests_on_roll)


def counted(tally: Tally, rule: Rule, column: Column = "votes") -> Count:
    """Return the count of all ballots (`votes`), or the one that is published of a secret vote (`votes_shown`).

    Costs the same however many ballots there are: only counters are read, and of sets of answers the two largest.
    """
    rows = db.session.execute(
        select(Question.id, Answer.id, getattr(Answer, column))
        .join(Answer.question)
        .where(Question.event_id == tally.event_id)
        .order_by(Question.position, Answer.position)
    ).all()
    votes: dict[str, dict[str, int]] = {}
    asked: dict[str, str] = {}
    for question, answer, number in rows:
        votes.setdefault(str(question), {})[str(answer)] = number
        asked[str(answer)] = str(question)
    sets = {}
    if rule.decide_by == "ballot":
        number_of = getattr(AnswerSet, column)
        leaders = db.session.execute(
            select(AnswerSet.answers, number_of)
            .where(AnswerSet.event_id == tally.event_id, number_of > 0)
            .order_by(number_of.desc())
            .limit(_LEADERS)
        )
        sets = {answer_set({asked[answer]: answer for answer in answers}): number for answers, number in leaders}
    return Count(tally.ballots if column == "votes" else tally.ballots_shown, votes, sets)


def outcome_of(event: Event, tally: Tally, rule: Rule) -> Outcome:
    """Return what the ballots that are in decide: the consensus that was latched, else what the count says."""
    if tally.reached_with is not None:
        return Outcome.latched(tally.reached_with)
    return decide(rule, roll_of(event, tally), counted(tally, rule))
