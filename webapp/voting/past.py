"""What an account took part in: for that account alone."""

import dataclasses
import uuid

from sqlalchemy import and_, or_, select

from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.models import Ballot, BallotAnswer, Event, Guest, Question


@dataclasses.dataclass(frozen=True)
class TakenPart:
    """An event that an account is on the list of, its row there, and the ids of the answers it gave."""

    event: Event
    guest: Guest
    answers: list[uuid.UUID]


def taken_part(actor: Actor, limit: int = 1000) -> list[TakenPart]:
    """Return the events that the actor's account has joined or voted on, the latest first, with its own answers."""
    rows = db.session.execute(
        select(Guest, Event)
        .join(Event, Event.id == Guest.event_id)
        .where(
            Guest.user_id == actor.account(),
            or_(and_(Guest.removed_at.is_(None), Guest.reply == "yes"), Guest.has_voted),
        )
        .order_by(Event.starts_at.desc(), Event.id)
        .limit(limit)
    ).all()
    given: dict[uuid.UUID, list[uuid.UUID]] = {}
    chosen = (
        select(Ballot.guest_id, BallotAnswer.answer_id)
        .join(BallotAnswer, BallotAnswer.ballot_id == Ballot.id)
        .join(Question, Question.id == BallotAnswer.question_id)
        .where(Ballot.guest_id.in_([guest.id for guest, _ in rows]))
        .order_by(Question.position)
    )
    for guest_id, answer_id in db.session.execute(chosen):
        given.setdefault(guest_id, []).append(answer_id)
    return [TakenPart(event, guest, given.get(guest.id, [])) for guest, event in rows]
