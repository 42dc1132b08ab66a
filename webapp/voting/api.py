"""The JSON face of joining and voting."""

import uuid
from typing import Annotated

from flask import current_app
from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.core.actor import NOBODY, Actor, Scope
from webapp.core.errors import NotFoundError
from webapp.core.schema import Schema
from webapp.events import queries as events
from webapp.guests import operations as guests
from webapp.guests import queries as guests_queries
from webapp.guests.errors import (
    EventClosedError,
    EventEndError,
    EventFullError,
    JoinedError,
    JoinTooLateError,
    NotJoinedError,
)
from webapp.models import Event
from webapp.voting import operations, queries, tallying
from webapp.voting.errors import AlreadyVotedError, BallotError, NotOnRollError, VoteNotOpenError, VoteOverError
from webapp.voting.operations import Said as Decided
from webapp.web.access import NotYoursError
from webapp.web.endpoints import PUBLIC, Api, Out, Said
from webapp.web.sign_in import current_actor

api = Api("voting", _l("Joining and voting"))

_CAST = {
    Decided.NOT_YET: _l("Vote cast, consensus not yet reached"),
    Decided.REACHED: _l("Vote cast, consensus reached"),
    Decided.BEFOREHAND: _l("Vote cast, consensus reached beforehand"),
}


class JoinInput(Schema):
    """Which event to join. `user_id`: the token's own account, nobody else's."""

    event_id: uuid.UUID
    user_id: uuid.UUID | None = None
    party_size: Annotated[int, Field(ge=1, le=20)] = 1


class JoinedOut(Out):
    """The row on the guest list."""

    guest_id: uuid.UUID
    event_id: uuid.UUID
    user_id: uuid.UUID


def _own(user_id: uuid.UUID | None) -> Actor:
    actor = current_actor()
    if user_id is not None and user_id != actor.user_id:
        raise NotYoursError
    return actor


@api.on(
    "POST",
    "/join",
    access=Scope.VOTING,
    takes=JoinInput,
    gives=JoinedOut,
    status=201,
    id="user_joined",
    message=_l("User joined the event"),
    refusals=(
        EventFullError,
        JoinTooLateError,
        JoinedError,
        EventEndError,
        EventClosedError,
        NotYoursError,
        NotFoundError,
    ),
)
def join(data: JoinInput) -> JoinedOut:
    """Put the token's account on an event's list with yes; with it comes the vote."""
    actor = _own(data.user_id)
    event = events.get_event(actor, data.event_id)
    guest = guests.join(actor, event, party_size=data.party_size)
    return JoinedOut(guest_id=guest.id, event_id=data.event_id, user_id=actor.account())


class LeaveInput(Schema):
    """Which event to leave."""

    event_id: uuid.UUID


@api.on(
    "POST",
    "/leave",
    access=Scope.VOTING,
    takes=LeaveInput,
    status=204,
    refusals=(NotJoinedError, EventEndError, NotFoundError),
)
def leave(data: LeaveInput) -> None:
    """Take the token's account off an event's list: the place is free, a cast ballot stands."""
    actor = current_actor()
    guests.leave(actor, events.get_event(actor, data.event_id))


class VoteInput(Schema):
    """One answer to each question of the event. `user_id`: the token's own account, nobody else's."""

    event_id: uuid.UUID
    answer_ids: Annotated[list[uuid.UUID], Field(max_length=100)]
    user_id: uuid.UUID | None = None


class VoteOut(Out):
    """The receipt: after close the ballot file has it."""

    receipt: str


def _by_question(event: Event, answer_ids: list[uuid.UUID]) -> dict[str, str]:
    question_of = {answer.id: question.id for question in event.questions for answer in question.answers}
    if len(set(answer_ids)) != len(answer_ids) or not set(answer_ids) <= question_of.keys():
        raise BallotError(fields={"answer_ids": BallotError.message})
    chosen = {str(question_of[answer]): str(answer) for answer in answer_ids}
    if len(chosen) != len(answer_ids):
        raise BallotError(fields={"answer_ids": BallotError.message})
    return chosen


@api.on(
    "POST",
    "/vote",
    access=Scope.VOTING,
    takes=VoteInput,
    gives=VoteOut,
    # Nothing that tells when a ballot was cast is kept, so its answer is not either; a second ballot is refused anyway.
    secret=True,
    status=201,
    id="vote_cast",
    message=_CAST[Decided.NOT_YET],
    refusals=(
        NotOnRollError,
        VoteNotOpenError,
        VoteOverError,
        AlreadyVotedError,
        BallotError,
        NotYoursError,
        NotFoundError,
    ),
)
def vote(data: VoteInput) -> Said:
    """Cast the account's one ballot. `message` says whether a consensus is not yet reached, reached, or was before."""
    actor = _own(data.user_id)
    event = events.get_event(actor, data.event_id)
    guest = guests_queries.my_guest(actor, event)
    if guest is None:
        raise NotOnRollError
    cast = operations.cast_ballot(actor, guest, _by_question(event, data.answer_ids))
    return Said(VoteOut(receipt=cast.ballot.receipt), message=_CAST[cast.message])


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


class ResultsOut(Out):
    """The results of a vote, as far as this token may see them."""

    event_id: uuid.UUID
    phase: str
    rule: dict[str, str | int]
    sentence: str
    consensus: bool | None = Field(description="null while it is open, or may not be seen.")
    ballots: int
    counted: int | None = Field(description="Of how many ballots the counts are; null where they may not be seen.")
    roll: int
    questions: list[CountedQuestionOut]
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
        rule=found.rule.as_dict(),
        sentence=str(found.rule.sentence(len(found.asked))),
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
        receipt=found.mine.receipt if found.mine is not None else None,
        ballot_file=f"{current_app.config['BASE_URL']}/api/events/{event_id}/results/ballots.jsonl" if closed else None,
    )


@api.on("GET", "/events/<uuid:event_id>/results/ballots.jsonl", access=PUBLIC, media="application/jsonl")
def get_ballots(event_id: uuid.UUID) -> bytes:
    """Return the ballot file, once voting has closed: every ballot by its receipt, for anybody to count again."""
    actor = _reader()
    return queries.ballot_file(actor, events.get_event(actor, event_id))
