"""The JSON face of a vote's results, and of the ballot file."""

import datetime as dt
import uuid

from flask import current_app
from pydantic import Field, field_validator

from webapp.core.actor import NOBODY, Actor, Scope
from webapp.core.errors import Text
from webapp.events import queries as events
from webapp.voting import queries, tallying
from webapp.voting.api.face import api
from webapp.web.endpoints import PUBLIC, Out
from webapp.web.sign_in import current_actor


class CountedOut(Out):
    """An answer with the ballots that chose it, as far as they may be seen (null: not yet)."""

    id: uuid.UUID
    text: str
    votes: int | None
    won: bool


class CountedQuestionOut(Out):
    """A question with its answers as counted."""

    id: uuid.UUID
    text: str
    answers: list[CountedOut]
    reason: str = Field(description="Once voting has closed: why nothing was settled; else empty.")


class StepOut(Out):
    """One condition of the rule: what is needed, how it stands, whether it is met (null: not to be seen yet)."""

    name: str
    need: str
    have: str
    met: bool | None

    @field_validator("need", "have", mode="before")
    @classmethod
    def _said(cls, words: Text) -> str:
        return str(words)


class ResultsOut(Out):
    """The results of a vote, as far as this token may see them."""

    event_id: uuid.UUID
    phase: str
    opens_at: dt.datetime | None
    closes_at: dt.datetime
    may_vote: bool = Field(description="Whether the account's ballot is awaited.")
    rule: dict[str, str | int]
    sentence: str
    steps: list[StepOut]
    consensus: bool | None = Field(description="null while it is open, or may not be seen.")
    ballots: int
    counted: int | None = Field(description="Of how many ballots the counts are; null where they may not be seen.")
    roll: int
    questions: list[CountedQuestionOut]
    reached_ballots: int | None = Field(description="With which ballot a consensus was reached at once.")
    reached_at: dt.datetime | None = Field(description="And when; of an open vote alone.")
    waiting: list[str] = Field(description="Of an open vote: who may still vote, by name; at most 500.")
    voters: list[str] = Field(description="After close, for those who run the event: who voted, by name; at most 500.")
    receipt: str | None = Field(description="Of the account's own ballot.")
    ballot_file: str | None = Field(description="Where to download all ballots, once voting has closed.")


def _reader() -> Actor:
    actor = current_actor()
    return actor.under(Scope.EVENTS_READ) if actor.has_scope(Scope.EVENTS_READ) else NOBODY


@api.on("GET", "/events/<uuid:event_id>/results", access=PUBLIC, gives=ResultsOut)
def get_results(event_id: uuid.UUID) -> ResultsOut:
    """Return the results of an event's vote, as far as the token may see them."""
    actor = _reader()
    event = events.get_event(actor, event_id)
    found = queries.results(actor, event, queries.row_of(actor, event))
    ids = {question.id: question.answers for question in tallying.questions_of(event_id)}
    closed = found.state.phase.value in {"closed", "cancelled"}
    return ResultsOut(
        event_id=event_id,
        phase=found.state.phase.value,
        opens_at=found.state.opens_at,
        closes_at=found.state.closes_at,
        may_vote=found.state.may_vote,
        rule=found.rule.as_dict(),
        sentence=str(found.rule.sentence(len(found.asked))),
        steps=[StepOut.model_validate(step) for step in found.steps],
        consensus=found.state.consensus,
        ballots=found.ballots,
        counted=found.counted,
        roll=found.roll,
        questions=[
            CountedQuestionOut(
                id=asked.id,
                text=asked.text,
                answers=[
                    CountedOut(
                        id=answer.id,
                        text=row.text,
                        votes=row.votes if found.counted is not None else None,
                        won=row.won,
                    )
                    for answer, row in zip(ids[asked.id], asked.rows, strict=True)
                ],
                reason=str(asked.why),
            )
            for asked in found.asked
        ],
        reached_ballots=found.reached_ballots,
        reached_at=found.reached_at,
        waiting=[name for name, _key in found.waiting],
        voters=[name for name, _key in found.voters],
        receipt=found.mine.receipt if found.mine is not None else None,
        ballot_file=f"{current_app.config['BASE_URL']}/api/events/{event_id}/results/ballots.jsonl" if closed else None,
    )


@api.on("GET", "/events/<uuid:event_id>/results/ballots.jsonl", access=PUBLIC, media="application/jsonl")
def get_ballots(event_id: uuid.UUID) -> bytes:
    """Return the ballot file, once voting has closed: every ballot by its receipt, for anybody to count again."""
    actor = _reader()
    return queries.ballot_file(actor, events.get_event(actor, event_id))
