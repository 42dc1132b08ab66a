"""A program takes along what is kept of the account it acts for, and erases it."""

import datetime as dt
import uuid

from webapp.accounts import operations, queries
from webapp.accounts.api.face import AccountOut, api
from webapp.accounts.api.own import own_account
from webapp.accounts.errors import LastKeeperError
from webapp.accounts.schemas import Given
from webapp.companies.errors import LastOwnerError
from webapp.core.actor import Scope
from webapp.core.schema import Schema
from webapp.web import limits
from webapp.web.access import NotYoursError
from webapp.web.endpoints import Out
from webapp.web.sign_in import current_actor


class ExportedSessionOut(Out):
    """A signed-in browser, or a program's tokens."""

    id: uuid.UUID
    kind: str
    name: str
    device: str
    created_at: dt.datetime
    last_used_at: dt.datetime


class ExportedMembershipOut(Out):
    """What the account is in a company."""

    company: str
    role: str
    granted_at: dt.datetime


class ExportedEventOut(Out):
    """Whose guest list it is."""

    id: uuid.UUID
    title: str
    starts_at: dt.datetime


class ExportedGuestOut(Out):
    """A guest list that the account is or was on, with all that is kept of it there."""

    event: ExportedEventOut
    name: str
    email: str | None
    reply: str | None
    party_size: int
    companions: list[str]
    note: str
    reward: int
    reputation: int
    listed_at: dt.datetime
    invited_at: dt.datetime | None
    reminded_at: dt.datetime | None
    opened_at: dt.datetime | None
    replied_at: dt.datetime | None
    joined_at: dt.datetime | None
    checked_in_at: dt.datetime | None
    left_at: dt.datetime | None
    removed_at: dt.datetime | None
    unsubscribed_at: dt.datetime | None


class ExportedInvitationOut(Out):
    """An invitation that the account made."""

    id: uuid.UUID
    kind: str
    company_id: uuid.UUID | None
    event_id: uuid.UUID | None
    role: str | None
    uses: int
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None


class ExportedUseOut(Out):
    """An invitation that the account used."""

    invitation_id: uuid.UUID
    state: str
    at: dt.datetime


class ExportedChoiceOut(Out):
    """What was answered to a question."""

    question: str
    answer: str


class ExportedVoteOut(Out):
    """A ballot of the account's own; no time is kept of it."""

    event: uuid.UUID
    title: str
    receipt: str
    answers: list[ExportedChoiceOut]
    closed: bool
    reward: int
    reputation: int


class ExportOut(Out):
    """Everything that is kept of an account."""

    account: AccountOut
    sessions: list[ExportedSessionOut]
    memberships: list[ExportedMembershipOut]
    guests: list[ExportedGuestOut]
    invitations_made: list[ExportedInvitationOut]
    invitations_used: list[ExportedUseOut]
    votes: list[ExportedVoteOut]


@api.on("GET", "/users/<user_id>/export", access=Scope.ACCOUNT, gives=ExportOut, refusals=(NotYoursError,))
def export_user(user_id: str) -> ExportOut:
    """Return everything that is kept of the token's own account (its id, or `me`), as the account page gives it."""
    own_account(user_id)
    return ExportOut.model_validate(queries.export(current_actor()))


class DeleteInput(Schema):
    """The password says that it is the account's own wish."""

    current_password: Given


@api.on(
    "DELETE",
    "/users/<user_id>",
    access=Scope.ACCOUNT,
    takes=DeleteInput,
    status=204,
    refusals=(NotYoursError, LastOwnerError, LastKeeperError),
)
def delete_user(user_id: str, data: DeleteInput) -> None:
    """Erase the token's own account (its id, or `me`): name, address, sessions and tokens; ballots stay, unnamed.

    The last owner of a company in which others are, or events are to come, hands it over first. A wrong
    `current_password` is 422 beside it.
    """
    own_account(user_id)
    actor = current_actor()
    limits.hit_password(actor.account())
    operations.delete_account(actor, operations.prove(actor, data.current_password))
