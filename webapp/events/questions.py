"""An event's questions and answers: how what was asked for becomes rows."""

from collections.abc import Sequence

from webapp.core.database import db
from webapp.events.schemas import QuestionInput
from webapp.models import Answer, Event, Question


def same(event: Event, asked: Sequence[QuestionInput]) -> bool:
    """Tell whether the event (its questions loaded) asks exactly this."""
    kept = [(q.text, q.kind, [answer.text for answer in q.answers]) for q in event.questions]
    return kept == [(q.text, q.kind, list(q.answers)) for q in asked]


def write(event: Event, asked: Sequence[QuestionInput]) -> None:
    """Make the event (its questions loaded) ask exactly this.

    Rows keep their ids by position, so that a corrected word is the same question still.
    """
    for position, wanted in enumerate(asked):
        if position < len(event.questions):
            question = event.questions[position]
            question.text, question.kind = wanted.text, wanted.kind
        else:
            question = Question(position=position, text=wanted.text, kind=wanted.kind, answers=[])
            event.questions.append(question)
        _write_answers(question, wanted.answers)
    del event.questions[len(asked) :]
    db.session.flush()


def _write_answers(question: Question, texts: Sequence[str]) -> None:
    for position, text in enumerate(texts):
        if position < len(question.answers):
            question.answers[position].text = text
        else:
            question.answers.append(Answer(position=position, text=text))
    del question.answers[len(texts) :]


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
