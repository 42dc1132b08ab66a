"""Programs sign in, refresh, and sign out."""

import uuid
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.accounts import operations, tokens
from webapp.accounts.api.face import AccountOut, AdministratorOut, CompanyRoleOut, TokensOut, api
from webapp.accounts.errors import AccountDisabledError, EmailUnverifiedError, WrongCredentialsError
from webapp.accounts.schemas import Given
from webapp.companies import policy as companies_policy
from webapp.companies import queries as companies
from webapp.companies.errors import AppKeyError
from webapp.core.actor import Actor, Scope
from webapp.core.database import db
from webapp.core.errors import ForbiddenError, InputError, NotFoundError
from webapp.core.permissions import Permission, Role
from webapp.core.schema import Line, Schema
from webapp.models import Company, User
from webapp.web import bearer, sign_in
from webapp.web.app_keys import Asking, sent_app
from webapp.web.endpoints import PUBLIC, SIGNED_IN, WITH_APP


class AuthenticateInput(Schema):
    """Address and password; the company to act for, and the scopes to be content with."""

    email: Annotated[Line, Field(min_length=1, max_length=1000)]
    password: Given
    company_id: uuid.UUID | None = None
    id: uuid.UUID | None = Field(None, description="The same as company_id.")
    scopes: list[Scope] | None = None

    def company(self, of_path: uuid.UUID | None = None) -> uuid.UUID | None:
        """Return the one company that is named; raises InputError beside a name that names another one."""
        named = {"path": of_path, "company_id": self.company_id, "id": self.id}
        said = [company for company in named.values() if company is not None]
        other = next((name for name, company in named.items() if company not in {None, *said[:1]}), None)
        if other is not None:
            raise InputError(fields={other: _l("This names another company.")})
        return said[0] if said else None


def companies_of(actor: Actor) -> list[CompanyRoleOut]:
    """Return the companies in which `actor` has a role, with that role."""
    return [
        CompanyRoleOut(
            id=row.company.id,
            name=row.company.name,
            slug=row.company.slug,
            # what is above the company of a token lies beyond it
            parent_id=row.company.parent_id if row.company.id != actor.company_id else None,
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
    """Return what goes out with the tokens of a session to who has just proven to be its owner."""
    return _given(pair, user, Actor(user_id=user.id))


def given_to_token(pair: tokens.Pair) -> TokensOut:
    """Return what goes out with the tokens of a session to who has the token alone: no more than that may read."""
    actor = bearer.acting(tokens.find(pair.user_token or str(pair.company_token)), Scope.COMPANIES_READ)
    return _given(pair, db.session.get_one(User, pair.user_id), actor)


def _given(pair: tokens.Pair, user: User, actor: Actor) -> TokensOut:
    company = db.session.get(Company, pair.company_id) if pair.company_id else None
    may_see = actor.has_scope(Scope.COMPANIES_READ)
    return TokensOut(
        user_token=pair.user_token,
        company_token=pair.company_token,
        company_id=pair.company_id,
        expires_at=pair.expires_at,
        user_id=user.id,
        user_name=user.name,
        user_surname=user.surname,
        account=AccountOut.model_validate(user) if actor.has_scope(Scope.ACCOUNT) else None,
        companies=companies_of(actor) if may_see else [],
        administrators=_administrators(actor, company) if may_see else [],
    )


def _asked(data: AuthenticateInput, app: Asking | None) -> list[str] | None:
    """Return the scopes of a new session: those asked for, and never more than the app's; None for all there are."""
    asked = None if data.scopes is None else {scope.value for scope in data.scopes}
    if app is not None:
        asked = set(app.scopes) if asked is None else asked & app.scopes
    return sorted(asked) if asked is not None else None


def _begin(data: AuthenticateInput, company_id: uuid.UUID | None, *, as_administrator: bool = False) -> TokensOut:
    app = sent_app()
    proven = operations.authenticate(data.email, data.password)
    actor = Actor(user_id=proven.user_id)
    chosen = companies.company_to_act_for(actor, company_id)
    if as_administrator and chosen is not None:
        companies_policy.require_in(actor, chosen.id, Permission.MANAGE_PEOPLE)
    pair = operations.sign_in_program(
        proven,
        company_id=chosen.id if chosen is not None else None,
        app_id=app.app_id if app is not None else None,
        scopes=_asked(data, app),
        device=sign_in.device(),
    )
    return given(pair, db.session.get_one(User, proven.user_id))


REFUSALS = (WrongCredentialsError, EmailUnverifiedError, AccountDisabledError, AppKeyError, NotFoundError)


@api.on(
    "POST",
    "/auth/authenticate",
    "/login",
    "/auth/login",
    access=PUBLIC,
    ignores_token=True,
    app=WITH_APP,
    secret=True,
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
    return _begin(data, data.company())


@api.on(
    "POST",
    "/login/<uuid:company_id>",
    access=PUBLIC,
    ignores_token=True,
    app=WITH_APP,
    secret=True,
    takes=AuthenticateInput,
    gives=TokensOut,
    id="user_logged_in",
    message=_l("User successfully logged in"),
    refusals=REFUSALS,
)
def authenticate_for(data: AuthenticateInput, company_id: uuid.UUID) -> TokensOut:
    """Exchange address and password for tokens that act for the company of the path."""
    return _begin(data, data.company(company_id))


@api.on(
    "POST",
    "/login/admin/<uuid:company_id>",
    access=PUBLIC,
    ignores_token=True,
    app=WITH_APP,
    secret=True,
    takes=AuthenticateInput,
    gives=TokensOut,
    id="user_logged_in",
    message=_l("User successfully logged in"),
    refusals=(*REFUSALS, ForbiddenError),
)
def authenticate_administrator(data: AuthenticateInput, company_id: uuid.UUID) -> TokensOut:
    """Exchange address and password of an administrator or owner for tokens that act for the company of the path."""
    return _begin(data, data.company(company_id), as_administrator=True)


def _refreshed() -> TokensOut:
    return given_to_token(tokens.refresh(bearer.required()))


@api.on(
    "GET",
    "/refresh",
    access=PUBLIC,
    judges_token=True,
    secret=True,
    gives=TokensOut,
    id="refreshed",
    message=_l("New tokens"),
    refusals=(tokens.TokenRefusedError, tokens.TokenTooOldError),
)
def refresh() -> TokensOut:
    """Exchange the token in the Authorization header for new ones; it may have expired, until seven idle days.

    A `user_token` renews both; a `company_token` itself alone, and the user_token stays as it is. The one before works
    half a minute more. When it is sent here after that, the whole session ends. The answer says of account, companies
    and administrators what the token may read.
    """
    return _refreshed()


@api.on(
    "POST",
    "/refresh",
    access=PUBLIC,
    judges_token=True,
    secret=True,
    gives=TokensOut,
    id="refreshed",
    message=_l("New tokens"),
    refusals=(tokens.TokenRefusedError, tokens.TokenTooOldError),
)
def refresh_by_post() -> TokensOut:
    """Exchange the token in the Authorization header for new ones, as GET does."""
    return _refreshed()


_NOT_GOOD = (tokens.TokenRefusedError, tokens.TokenTooOldError)


@api.on("DELETE", "/login", access=SIGNED_IN, judges_token=True, status=204, refusals=_NOT_GOOD)
def log_out() -> None:
    """End the session of the token in the Authorization header, also of an expired one: all its tokens are dead."""
    tokens.sign_out(bearer.required())


@api.on("POST", "/auth/logout", access=SIGNED_IN, judges_token=True, secret=True, status=204, refusals=_NOT_GOOD)
def log_out_by_post() -> None:
    """End the session of the token in the Authorization header, as DELETE /api/login does."""
    tokens.sign_out(bearer.required())
