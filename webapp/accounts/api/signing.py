"""Programs sign in, refresh, and sign out."""

import uuid
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field, model_validator

from webapp.accounts import operations, sessions, tokens
from webapp.accounts.api.face import AccountOut, AdministratorOut, CompanyRoleOut, TokensOut, api
from webapp.accounts.errors import EmailUnverifiedError, WrongCredentialsError
from webapp.accounts.schemas import Given
from webapp.companies import policy as companies_policy
from webapp.companies import queries as companies
from webapp.companies.errors import AppKeyError
from webapp.core.actor import Actor, Scope
from webapp.core.database import db
from webapp.core.permissions import Permission, Role
from webapp.core.schema import Line, Schema
from webapp.models import Company, User
from webapp.web import bearer, sign_in
from webapp.web.app_keys import Asking, sent_app
from webapp.web.endpoints import PUBLIC, SIGNED_IN, WITH_APP
from webapp.web.sign_in import current_actor


class AuthenticateInput(Schema):
    """Address and password; the company to act for, and the scopes to be content with."""

    email: Annotated[Line, Field(min_length=1, max_length=1000)]
    password: Given
    company_id: uuid.UUID | None = None
    id: uuid.UUID | None = Field(None, description="The same as company_id.")
    scopes: list[Scope] | None = None

    @model_validator(mode="after")
    def _one_company(self) -> "AuthenticateInput":
        if self.id is not None and self.company_id is not None and self.id != self.company_id:
            message = "company_id and id name two companies"
            raise ValueError(message)
        return self


def companies_of(actor: Actor) -> list[CompanyRoleOut]:
    """Return the companies in which `actor` has a role, with that role."""
    return [
        CompanyRoleOut(
            id=row.company.id,
            name=row.company.name,
            slug=row.company.slug,
            parent_id=row.company.parent_id,
            role=row.role.value,
            links={"self": f"/api/companies/{row.company.id}", "login": f"/api/login/{row.company.id}"},
        )
        for row in companies.companies_of(actor)
    ]


def _administrators(actor: Actor, company: Company | None) -> list[AdministratorOut]:
    """Return who looks after the company, for those who may see their addresses."""
    if company is None or not companies_policy.allows(actor, company.id, Permission.MANAGE_PEOPLE):
        return []
    return [
        AdministratorOut(
            id=row.user_id,
            name=row.user.full_name,
            email=str(row.user.email),
            role=row.role,
            company_id=company.id,
            company_name=company.name,
            links={
                "self": f"/api/companies/{company.id}/administrators/{row.user_id}",
                "company": f"/api/companies/{company.id}",
                "login": f"/api/login/admin/{company.id}",
            },
        )
        for row in companies.people_of(company.id)
        if Role(row.role).rank >= Role.ADMINISTRATOR.rank
    ]


def given(pair: tokens.Pair, user: User) -> TokensOut:
    """Return what goes out with the tokens of a session."""
    actor = Actor(user_id=user.id)
    company = db.session.get(Company, pair.company_id) if pair.company_id else None
    return TokensOut(
        user_token=pair.user_token,
        company_token=pair.company_token,
        company_id=pair.company_id,
        expires_at=pair.expires_at,
        user_id=user.id,
        user_name=user.name,
        user_surname=user.surname,
        account=AccountOut.model_validate(user),
        companies=companies_of(actor),
        administrators=_administrators(actor, company),
    )


def _asked(data: AuthenticateInput, app: Asking | None) -> list[str] | None:
    """Return the scopes of a new session: those asked for, and never more than the app's; None for all there are."""
    asked = None if data.scopes is None else {scope.value for scope in data.scopes}
    if app is not None:
        asked = set(app.scopes) if asked is None else asked & app.scopes
    return sorted(asked) if asked is not None else None


def _begin(data: AuthenticateInput, company_id: uuid.UUID | None, *, at_least: Role = Role.DOORKEEPER) -> TokensOut:
    app = sent_app()
    proven = operations.authenticate(data.email, data.password)
    actor = Actor(user_id=proven.user_id)
    chosen = companies.company_to_act_for(actor, company_id, at_least=at_least)
    pair = operations.sign_in_program(
        proven,
        company_id=chosen.id if chosen is not None else None,
        app_id=app.app_id if app is not None else None,
        scopes=_asked(data, app),
        device=sign_in.device(),
    )
    return given(pair, db.session.get_one(User, proven.user_id))


REFUSALS = (WrongCredentialsError, EmailUnverifiedError, AppKeyError)


@api.on(
    "POST",
    "/auth/authenticate",
    "/login",
    "/auth/login",
    access=PUBLIC,
    app=WITH_APP,
    takes=AuthenticateInput,
    gives=TokensOut,
    id="user_logged_in",
    message=_l("User successfully logged in"),
    refusals=REFUSALS,
)
def authenticate(data: AuthenticateInput) -> TokensOut:
    """Exchange address and password for tokens.

    `company_id` says for which company the company token acts, with all companies below it; without one it is the
    company one has had a role in the longest.

    With the headers App-Id and App-Key (both, or neither) the tokens are issued to that app: they may never do more
    than it may, and are dead when it is revoked.
    """
    return _begin(data, data.company_id or data.id)


@api.on(
    "POST",
    "/login/<uuid:company_id>",
    access=PUBLIC,
    app=WITH_APP,
    takes=AuthenticateInput,
    gives=TokensOut,
    id="user_logged_in",
    message=_l("User successfully logged in"),
    refusals=REFUSALS,
)
def authenticate_for(data: AuthenticateInput, company_id: uuid.UUID) -> TokensOut:
    """Exchange address and password for tokens that act for the company of the path."""
    return _begin(data, company_id)


@api.on(
    "POST",
    "/login/admin/<uuid:company_id>",
    access=PUBLIC,
    app=WITH_APP,
    takes=AuthenticateInput,
    gives=TokensOut,
    id="user_logged_in",
    message=_l("User successfully logged in"),
    refusals=REFUSALS,
)
def authenticate_administrator(data: AuthenticateInput, company_id: uuid.UUID) -> TokensOut:
    """Exchange address and password of an administrator or owner for tokens that act for the company of the path."""
    return _begin(data, company_id, at_least=Role.ADMINISTRATOR)


def _refreshed() -> TokensOut:
    pair = tokens.refresh(bearer.required())
    return given(pair, db.session.get_one(User, pair.user_id))


@api.on(
    "GET",
    "/refresh",
    access=PUBLIC,
    judges_token=True,
    gives=TokensOut,
    id="refreshed",
    message=_l("New tokens"),
    refusals=(tokens.TokenRefusedError, tokens.TokenTooOldError),
)
def refresh() -> TokensOut:
    """Exchange the token in the Authorization header for new ones; it may have expired, until seven idle days.

    The one before works half a minute more. When it is sent here after that, the whole session ends.
    """
    return _refreshed()


@api.on(
    "POST",
    "/refresh",
    access=PUBLIC,
    judges_token=True,
    gives=TokensOut,
    id="refreshed",
    message=_l("New tokens"),
    refusals=(tokens.TokenRefusedError, tokens.TokenTooOldError),
)
def refresh_by_post() -> TokensOut:
    """Exchange the token in the Authorization header for new ones, as GET does."""
    return _refreshed()


@api.on("DELETE", "/login", access=SIGNED_IN, status=204)
def log_out() -> None:
    """End the session of the token in the Authorization header: all its tokens are dead at once."""
    _end()


@api.on("POST", "/auth/logout", access=SIGNED_IN, secret=True, status=204)
def log_out_by_post() -> None:
    """End the session of the token in the Authorization header, as DELETE /api/login does."""
    _end()


def _end() -> None:
    session_id = current_actor().session_id
    if session_id is not None:
        sessions.end(session_id)
