"""Programs register programs."""

import datetime as dt
import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from pydantic import Field
from sqlalchemy import Select

from webapp.accounts.errors import BeyondTokenError
from webapp.companies import operations, queries
from webapp.companies.api.face import COMPANY, api, the_company
from webapp.companies.errors import AppRevokedError
from webapp.companies.schemas import AppInput
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.errors import ConflictError, DuplicateError
from webapp.models import App
from webapp.web.endpoints import Listing, Out
from webapp.web.lists import ListQuery, listing
from webapp.web.sign_in import current_actor

APP = f"{COMPANY}/apps/<uuid:app_id>"


class AppOut(Out):
    """An app. Its `id` is the App-Id."""

    id: uuid.UUID
    company_id: uuid.UUID
    name: str
    scopes: list[str]
    created_at: dt.datetime
    created_by: uuid.UUID
    rotated_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None
    tokens: int = Field(description="How many of its tokens stand.")


class AppKeyOut(AppOut):
    """An app with its App-Key, which is shown this once."""

    app_key: str


def _shown(app: App, tokens: int) -> AppOut:
    values = {name: getattr(app, name) for name in AppOut.model_fields if name != "tokens"}
    return AppOut(**values, tokens=tokens)


def _out(app: App) -> AppOut:
    return _shown(app, queries.tokens_of([app.id]).get(app.id, 0))


def _with_key(app: App, key: str) -> AppKeyOut:
    return AppKeyOut(**_out(app).model_dump(), app_key=key)


def _with_tokens(statement: Select[Any]) -> list[tuple[App, int]]:
    apps = db.session.scalars(statement).all()
    standing = queries.tokens_of(app.id for app in apps)
    return [(app, standing.get(app.id, 0)) for app in apps]


@api.on("GET", f"{COMPANY}/apps", access=Scope.COMPANIES_READ, asks=ListQuery, gives=AppOut, listed=True)
def list_apps(company_id: uuid.UUID, query: ListQuery) -> Listing:
    """List the apps of a company, newest first, the revoked ones too."""
    return listing(
        queries.apps_of(current_actor(), the_company(company_id)),
        (App.id,),
        query,
        key=lambda row: (row[0].id,),
        types=(uuid.UUID,),
        show=lambda row: _shown(*row),
        fetch=_with_tokens,
        descending=True,
    )


@api.on(
    "POST",
    f"{COMPANY}/apps",
    access=Scope.COMPANIES_WRITE,
    takes=AppInput,
    gives=AppKeyOut,
    secret=True,
    status=201,
    message=_l("The app is registered. Its key is shown this once."),
    refusals=(DuplicateError, BeyondTokenError),
)
def create_app(company_id: uuid.UUID, data: AppInput) -> AppKeyOut:
    """Register an app with the scopes it may have; `once` (a UUID of your choice) makes a repeated request one app."""
    company = the_company(company_id)
    made = operations.create_app(current_actor(), company, name=data.name, scopes=data.scopes, app_id=data.once)
    return _with_key(*made)


@api.on("GET", APP, access=Scope.COMPANIES_READ, gives=AppOut)
def get_app(company_id: uuid.UUID, app_id: uuid.UUID) -> AppOut:
    """Return one app."""
    return _out(queries.get_app(current_actor(), the_company(company_id), app_id))


@api.on(
    "POST",
    f"{APP}/rotate",
    access=Scope.COMPANIES_WRITE,
    gives=AppKeyOut,
    secret=True,
    message=_l("The app has a new key, shown this once. The one before is dead; tokens go on."),
    refusals=(AppRevokedError, BeyondTokenError, ConflictError),
)
def rotate_app(company_id: uuid.UUID, app_id: uuid.UUID) -> AppKeyOut:
    """Give an app a new key; nobody is signed out by it."""
    actor, company = current_actor(), the_company(company_id)
    key = operations.rotate_app(actor, queries.get_app(actor, company, app_id))
    return _with_key(queries.get_app(actor, the_company(company_id), app_id), key)


@api.on("DELETE", APP, access=Scope.COMPANIES_WRITE, status=204)
def revoke_app(company_id: uuid.UUID, app_id: uuid.UUID) -> None:
    """Revoke an app: its key and all tokens issued to it are dead at once."""
    actor = current_actor()
    operations.revoke_app(actor, queries.get_app(actor, the_company(company_id), app_id))
