"""The JSON face of the ballot."""

import uuid
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.core.actor import Scope
from webapp.core.errors import NotFoundError
from webapp.core.schema import Schema
from webapp.events import policy as events_policy
from webapp.events import queries as events
from webapp.guests import queries as guests_queries
from webapp.models import Event
from webapp.voting import operations
from webapp.voting.api.face import api, own_account
from webapp.voting.errors import AlreadyVotedError, BallotError, NotOnRollError, VoteNotOpenError, VoteOverError
from webapp.voting.operations import Said as Decided
from webapp.web.access import NotYoursError
from webapp.web.endpoints import Out, Said

_CAST = {
    Decided.NOT_YET: _l("Vote cast, consensus not yet reached"),
    Decided.REACHED: _l("Vote cast, consensus reached"),
    Decided.BEFOREHAND: _l("Vote cast, consensus reached beforehand"),
}


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
    if not set(answer_ids) <= question_of.keys():
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
    actor = own_account(data.user_id)
    event = events.get_event(actor, data.event_id)
    events_policy.require_reach(actor, event)
    guest = guests_queries.my_guest(actor, event)
    if guest is None:
        raise NotOnRollError
    cast = operations.cast_ballot(actor, guest, _by_question(event, data.answer_ids))
    return Said(VoteOut(receipt=cast.ballot.receipt), message=_CAST[cast.message])
