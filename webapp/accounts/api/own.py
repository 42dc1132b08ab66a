"""A program reads and changes the account it acts for."""

import datetime as dt
import uuid
from typing import Annotated, Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from pydantic import Field, model_validator

from webapp.accounts import operations, queries, tokens
from webapp.accounts.api.face import AccountOut, CompanyRoleOut, TokensOut, api
from webapp.accounts.api.signing import companies_of, given_to_token
from webapp.accounts.errors import BeyondTokenError
from webapp.accounts.passwords import Password, hash_password
from webapp.accounts.schemas import Given, TokenInput
from webapp.companies import queries as companies
from webapp.core.actor import Actor, Scope
from webapp.core.errors import DuplicateError, InputError, NotFoundError, StaleError
from webapp.core.schema import EthAddress, Line, Patch, Schema, TimeZone
from webapp.models import LoginSession, User
from webapp.voting import past
from webapp.web import limits, sign_in
from webapp.web.access import NotYoursError
from webapp.web.endpoints import PUBLIC, Listing, Out, Unix
from webapp.web.sign_in import current_actor
from webapp.web.site import current_site


class BootOut(Out):
    """Who one is here, and what is open."""

    name: str
    set_up: bool
    registration: str
    base_url: str
    account: AccountOut | None
    companies: list[CompanyRoleOut]
    company_id: uuid.UUID | None
    scopes: list[str]


@api.on("GET", "/boot", access=PUBLIC, gives=BootOut)
def boot() -> BootOut:
    """Tell what this site is called and allows, and, with a token, who one is and where one has a role."""
    actor, site = current_actor(), current_site()
    signed_in = actor.user_id is not None
    return BootOut(
        name=site.name,
        set_up=site.set_up,
        registration=site.registration,
        base_url=current_app.config["BASE_URL"],
        account=AccountOut.model_validate(queries.account_of(actor)) if signed_in else None,
        companies=companies_of(actor) if signed_in else [],
        company_id=actor.company_id,
        scopes=sorted(actor.scopes or ()),
    )


class TakenPartOut(Out):
    """An event one has joined or voted on."""

    event_id: uuid.UUID
    title: str
    user_reward: int
    user_joined: bool
    user_voted: bool
    answers: list[uuid.UUID]


class UserOut(Out):
    """An account with what it took part in."""

    user_id: uuid.UUID
    user_name: str
    user_surname: str
    user_email: str
    user_eth_address: str | None
    user_signup_timestamp: Unix
    user_email_verified: int
    user_reputation: int
    timezone: str | None
    events: list[TakenPartOut]


class UserInput(Patch):
    """What is to change; an empty string, or a name that is left out, leaves a field as it is."""

    name: Annotated[Line, Field(max_length=255)]
    surname: Annotated[Line, Field(max_length=255)] | None = Field(description="Null empties it.")
    eth_address: EthAddress | None = Field(description="Null empties it.")
    timezone: TimeZone | None = Field(description="Null: times are shown as each event says.")
    password: Password
    current_password: Given = Field(description="Needed for a new password.")

    @model_validator(mode="before")
    @classmethod
    def _left(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        left = {name for name, value in said.items() if isinstance(value, str) and not value.strip()}
        return {name: value for name, value in said.items() if name not in left & cls.model_fields.keys()}

    def named(self) -> dict[str, Any]:
        """Return what was said, by name, as a profile takes it."""
        found = super().named()
        return {**found, "surname": found["surname"] or ""} if "surname" in found else found


class UpdatedOut(Out):
    """After a new password: fresh tokens, for all others have ended."""

    tokens: TokensOut | None


def own_account(user_id: str) -> User:
    """Return the token's own account, which the path names by its id or as `me`; raises NotYoursError for others."""
    actor = current_actor()
    if user_id != "me" and user_id != str(actor.user_id):
        raise NotYoursError
    return queries.account_of(actor)


@api.on(
    "GET",
    "/users/<user_id>",
    access=Scope.ACCOUNT,
    gives=UserOut,
    id="user_info",
    message=_l("User's info successfully retrieved"),
    refusals=(NotYoursError,),
)
def get_user(user_id: str) -> UserOut:
    """Return the token's own account (its id, or `me`): events joined, own answers, rewards, reputation."""
    user = own_account(user_id)
    return UserOut(
        user_id=user.id,
        user_name=user.name,
        user_surname=user.surname,
        user_email=str(user.email),
        user_eth_address=user.eth_address,
        user_signup_timestamp=user.created_at,
        user_email_verified=int(user.verified_at is not None),
        user_reputation=user.reputation,
        timezone=user.timezone,
        events=[
            TakenPartOut(
                event_id=part.event.id,
                title=part.event.title,
                user_reward=part.guest.reward or 0,
                user_joined=part.guest.joined_at is not None,
                user_voted=part.guest.has_voted,
                answers=part.answers,
            )
            for part in past.taken_part(current_actor())
        ],
    )


@api.on(
    "PUT",
    "/users/<user_id>",
    access=Scope.ACCOUNT,
    takes=UserInput,
    gives=UpdatedOut,
    id="user_updated",
    message=_l("User's information was updated"),
    refusals=(NotYoursError,),
)
def update_user(user_id: str, data: UserInput) -> UpdatedOut:
    """Change the token's own account, all of it or nothing. A new password ends every session and gives new tokens."""
    own_account(user_id)
    actor = current_actor()
    if "password" not in data.named():
        if "current_password" in data.named():
            raise InputError(fields={"password": _l("Please choose a new password, or leave out the current one.")})
        operations.update_profile(actor, data)
        return UpdatedOut(tokens=None)
    if "current_password" not in data.named():
        raise InputError(fields={"current_password": _l("Please fill this in.")})
    return UpdatedOut(tokens=_new_password(actor, data.current_password, data.password, data))


def _new_password(actor: Actor, current: str, password: str, profile: Schema | None = None) -> TokensOut:
    limits.hit_password(actor.account())
    proven = operations.prove(actor, current)
    anew = hash_password(password)
    pair = operations.change_password_by_program(
        actor, proven, password_hash=anew, profile=profile, device=sign_in.device()
    )
    return given_to_token(pair)


class PasswordInput(Schema):
    """The current password and the new one."""

    current_password: Given
    password: Password


@api.on(
    "POST",
    "/password",
    access=Scope.ACCOUNT,
    takes=PasswordInput,
    secret=True,
    gives=TokensOut,
    message=_l("The new password is set. Every other session has ended."),
)
def change_password(data: PasswordInput) -> TokensOut:
    """Set a new password: every session and token ends, and new ones come back, which reach as far as this one.

    A wrong `current_password` is 422 beside it.
    """
    return _new_password(current_actor(), data.current_password, data.password)


class SessionOut(Out):
    """A signed-in browser, or a program's tokens."""

    id: uuid.UUID
    kind: str
    name: str
    device: str
    scopes: list[str] | None = Field(description="What it may do; null: all that its account may.")
    company_id: uuid.UUID | None
    app_id: uuid.UUID | None
    created_at: dt.datetime
    last_used_at: dt.datetime = Field(description="To a quarter of an hour; as created_at where it was never used.")
    expires_at: dt.datetime | None = Field(
        description="Until when a token made by hand works; null for what signed in."
    )
    current: bool


def _shown(session: LoginSession) -> SessionOut:
    values: dict[str, Any] = {name: getattr(session, name) for name in SessionOut.model_fields if name != "current"}
    return SessionOut(**values, current=session.id == current_actor().session_id)


@api.on("GET", "/sessions", access=Scope.ACCOUNT, gives=SessionOut, listed=True)
def list_sessions() -> Listing:
    """List where one is signed in: browsers and programs, the one used last first."""
    found = queries.sessions_of(current_actor())
    return Listing([_shown(session) for session in found], count=len(found))


@api.on("GET", "/sessions/<uuid:session_id>", access=Scope.ACCOUNT, gives=SessionOut, refusals=(NotFoundError,))
def get_session(session_id: uuid.UUID) -> SessionOut:
    """Return one of one's own sessions."""
    return _shown(queries.own_session(current_actor(), session_id))


@api.on("DELETE", "/sessions/<uuid:session_id>", access=Scope.ACCOUNT, status=204, refusals=(NotFoundError,))
def end_session(session_id: uuid.UUID) -> None:
    """End one of one's own sessions: its browser or program is signed out at once."""
    operations.revoke_session(current_actor(), session_id)


class TokenMadeOut(SessionOut):
    """A token made by hand, which is shown this once."""

    token: str


@api.on(
    "POST",
    "/tokens",
    access=Scope.ACCOUNT,
    takes=TokenInput,
    gives=TokenMadeOut,
    # the answer holds the token
    secret=True,
    status=201,
    message=_l("The token is made. It is shown this once."),
    refusals=(StaleError, BeyondTokenError, DuplicateError, NotFoundError),
)
def make_token(data: TokenInput) -> TokenMadeOut:
    """Make a token that works until its end, without being refreshed: within 15 minutes of authenticating.

    It may never do more than the one that makes it. It stands in the list of sessions, and is revoked there.
    """
    actor = current_actor()
    company_id = data.company_id or actor.company_id
    if company_id is not None:
        companies.company_to_act_for(Actor(user_id=actor.user_id, company_id=actor.company_id), company_id)
    session, token = tokens.issue(
        actor,
        name=data.name,
        scopes=data.scopes,
        good_for=dt.timedelta(days=data.expires_in),
        company_id=company_id,
        token_id=data.once,
    )
    return TokenMadeOut(**_shown(session).model_dump(), token=token)
