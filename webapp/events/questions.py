"""An event's questions and answers: how what was asked for becomes rows."""

import dataclasses
import uuid
from collections.abc import Sequence
from typing import TypeVar

from flask_babel import lazy_gettext as _l

from webapp.core.database import db
from webapp.core.errors import InputError, Text
from webapp.events.schemas import QuestionInput
from webapp.models import Answer, Event, Question

Row = TypeVar("Row", Question, Answer)
# The ids of questions that are sent, each with those of its answers; None for what is sent without one.
Kept = Sequence[tuple[uuid.UUID | None, Sequence[uuid.UUID | None]]]


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question that is asked for, and the rows that it and its answers have already (None: new ones)."""

    wanted: QuestionInput
    row: Question | None
    answers: Sequence[Answer | None]

    def is_same(self, standing: Question) -> bool:
        """Tell whether `standing` is this question, word for word."""
        kept = (standing, standing.text, standing.kind, [(answer, answer.text) for answer in standing.answers])
        texts = list(zip(self.answers, self.wanted.answers, strict=True))
        return kept == (self.row, self.wanted.text, self.wanted.kind, texts)


def planned(event: Event, asked: Sequence[QuestionInput], kept: Kept | None = None) -> list[Asked]:
    """Return what is asked for with the rows of the event (its questions loaded) that it is.

    Without any id rows are told by their places, so that a corrected word is the same question still. Raises
    InputError for ids of other events, and such as are sent twice.
    """
    kept = kept or [(None, [None] * len(wanted.answers)) for wanted in asked]
    rows = _rows(event.questions, [one for one, _answers in kept], "questions")
    return [
        Asked(wanted, row, _rows(row.answers if row is not None else [], ids, f"questions-{number}-answers"))
        for number, (wanted, row, (_id, ids)) in enumerate(zip(asked, rows, kept, strict=True))
    ]


def _rows(standing: Sequence[Row], ids: Sequence[uuid.UUID | None], where: str) -> list[Row | None]:
    if not any(ids):
        return [standing[place] if place < len(standing) else None for place in range(len(ids))]
    known = {row.id: row for row in standing}
    wrong: dict[str, Text] = {}
    for place, one in enumerate(ids):
        if one is not None and one not in known:
            wrong[f"{where}-{place}-id"] = _l("There is none with this id here.")
        elif one is not None and one in ids[:place]:
            wrong[f"{where}-{place}-id"] = _l("This stands twice.")
    if wrong:
        raise InputError(fields=wrong)
    return [known[one] if one is not None else None for one in ids]


def same(event: Event, asked: Sequence[Asked]) -> bool:
    """Tell whether the event (its questions loaded) asks exactly this."""
    standing = event.questions
    return len(asked) == len(standing) and all(one.is_same(row) for one, row in zip(asked, standing, strict=True))


def write(event: Event, asked: Sequence[Asked]) -> None:
    """Make the event (its questions loaded) ask exactly this."""
    staying = [one.row for one in asked if one.row is not None]
    answers = {
        id(row): [answer for one in asked if one.row is row for answer in one.answers if answer] for row in staying
    }
    event.questions = _apart(event.questions, staying)
    for row in staying:
        row.answers = _apart(row.answers, answers[id(row)])
    # what goes is gone, and what stays has made room, before anything takes a place
    db.session.flush()
    event.questions = [_question(position, one) for position, one in enumerate(asked)]
    db.session.flush()


def _apart(standing: Sequence[Row], staying: Sequence[Row]) -> list[Row]:
    """Return the rows that stay, each of those that move out of the way of the others."""
    for place, row in enumerate(staying):
        if row.position != place:
            row.position = -1 - place
    return [row for row in standing if row in staying]


def _question(position: int, asked: Asked) -> Question:
    row = asked.row or Question(answers=[])
    row.position, row.text, row.kind = position, asked.wanted.text, asked.wanted.kind
    row.answers = [_answer(*one) for one in enumerate(zip(asked.answers, asked.wanted.answers, strict=True))]
    return row


def _answer(position: int, asked: tuple[Answer | None, str]) -> Answer:
    row, text = asked
    row = row or Answer()
    row.position, row.text = position, text
    return row


def copied(event: Event) -> list[Question]:
    """Return new rows that ask what the event (its questions loaded) asks."""
    return [
        Question(
            position=question.position,
            text=question.text,
            kind=question.kind,
            answers=[Answer(position=answer.position, text=answer.text) for answer in question.answers],
        )
        for question in event.questions
    ]
