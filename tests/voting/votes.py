"""Votes to begin a test with."""

import datetime as dt
from typing import Any

from sqlalchemy import select, update

from tests import factories
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.operation import count, operation
from webapp.models import Answer, Event, Guest, Question, Tally
from webapp.voting import operations

MEADOW = {"When should the meadow be mown?": ["In September", "In strips", "Not at all"]}
TWO = {**MEADOW, "What may grow at the stop?": ["A hedge", "Perennials"]}


def an_open_vote(questions: dict[str, list[str]] | None = None, **values: Any) -> Event:
    """An event whose vote is open."""
    host = factories.an_account()
    return factories.an_event(factories.a_company(host), host, questions=questions or MEADOW, **values)


def an_event_over(**values: Any) -> dict[str, Any]:
    """The times of an event that ended a moment ago, to be given to `move`."""
    moment = clock.now()
    return {
        "starts_at": moment - dt.timedelta(hours=2),
        "ends_at": moment - dt.timedelta(seconds=1),
        "published_at": moment - dt.timedelta(days=2),
        **values,
    }


@operation
def move(event: Event, **values: Any) -> Event:
    """Change columns of the event as they stand in the database."""
    count(update(Event).where(Event.id == event.id).values(**values))
    return event


def end(event: Event) -> Event:
    """Let the event be over."""
    return move(event, **an_event_over())


def a_voter(event: Event, name: str = "", **values: Any) -> Guest:
    """A guest on the roll, without an account unless `user` is given."""
    return factories.a_guest(event, name=name, reply="yes", **values)


def ballot(event: Event, *choices: int) -> dict[str, str]:
    """The answers that choose, question by question, the answer of that number (from 0)."""
    questions = db.session.scalars(select(Question).where(Question.event_id == event.id).order_by(Question.position))
    chosen = {}
    for question, choice in zip(questions.all(), choices, strict=True):
        answers = db.session.scalars(
            select(Answer).where(Answer.question_id == question.id).order_by(Answer.position)
        ).all()
        chosen[str(question.id)] = str(answers[choice].id)
    return chosen


def as_guest(guest: Guest) -> Actor:
    """The actor that opens this guest's personal link."""
    return Actor(guest_id=guest.id)


def cast(guest: Guest, *choices: int) -> operations.Cast:
    """Cast the guest's ballot by personal link."""
    event = db.session.get_one(Event, guest.event_id)
    return operations.cast_ballot(as_guest(guest), guest, ballot(event, *choices))


def cast_by_new_voters(event: Event, *choices: tuple[int, ...] | int) -> list[operations.Cast]:
    """Let as many new voters cast as there are choices, one after the other."""
    return [cast(a_voter(event), *((c,) if isinstance(c, int) else c)) for c in choices]


def votes(event: Event, column: str = "votes") -> list[list[int]]:
    """The counters of the answers, question by question."""
    rows = db.session.execute(
        select(Question.position, getattr(Answer, column))
        .join(Answer.question)
        .where(Question.event_id == event.id)
        .order_by(Question.position, Answer.position)
    ).all()
    found: dict[int, list[int]] = {}
    for position, number in rows:
        found.setdefault(position, []).append(number)
    return list(found.values())


@operation
def count_as(event: Event, *numbers: int) -> None:
    """Set the counters of a vote on one question, as if so many had cast."""
    count(update(Tally).where(Tally.event_id == event.id).values(ballots=sum(numbers)))
    answers = db.session.scalars(
        select(Answer.id).join(Answer.question).where(Question.event_id == event.id).order_by(Answer.position)
    ).all()
    for answer, number in zip(answers, numbers, strict=True):
        count(update(Answer).where(Answer.id == answer).values(votes=number))
