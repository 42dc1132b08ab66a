"""Apps: made, their keys changed, revoked. A key is returned once, by what made it; the row keeps its SHA-256."""

import uuid
from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, update

from webapp.accounts.errors import BeyondTokenError
from webapp.accounts.sessions import TOUCH_EVERY, digest
from webapp.companies import policy
from webapp.companies.errors import AppRevokedError
from webapp.companies.operations.people import locked_company
from webapp.companies.queries.apps import key_mark
from webapp.core import clock, text
from webapp.core.actor import Actor, Scope
from webapp.core.database import new_id
from webapp.core.errors import ConflictError, DuplicateError
from webapp.core.operation import added, count, locked, operation
from webapp.core.permissions import Permission
from webapp.journal.writing import record
from webapp.models import App, Company, LoginSession


@operation
def create_app(
    actor: Actor, company: Company, *, name: str, scopes: Iterable[Scope], app_id: uuid.UUID | None = None
) -> tuple[App, str]:
    """Register a program of the company; return it and its key (256 random bits as URL-safe text).

    `app_id`: the App-Id, chosen when the form was shown, so that a form sent twice makes one app. Raises
    NotFoundError, ForbiddenError, BeyondTokenError for scopes that a program does not have itself, DuplicateError
    where that id is taken.
    """
    _judge(actor, company.id)
    granted = sorted({scope.value for scope in scopes})
    _within(actor, granted)
    key = text.secret()
    app = App(
        id=app_id or new_id(),
        company_id=company.id,
        name=name,
        scopes=granted,
        key_hash=digest(key),
        created_by=actor.account(),
    )
    if not added(app):
        raise DuplicateError(
            _l(
                "This app is made already, and its key was shown then. It is not shown again: if you do not have it, "
                "open the app and change its key."
            )
        )
    record(actor, "app.created", app, scopes=app.scopes)
    return app, key


@operation
def rotate_app(actor: Actor, app: App, *, mark: str | None = None) -> str:
    """Give the app a new key and return it: the old one is dead at once, tokens issued with it go on.

    `mark`: `queries.key_mark` of the key it is to replace, so that a page that is sent twice changes the key once.
    Raises NotFoundError, ForbiddenError, AppRevokedError, BeyondTokenError, ConflictError where the key is another one
    already.
    """
    _judge(actor, app.company_id)
    app = locked(app)
    if app.revoked_at is not None:
        raise AppRevokedError
    _within(actor, app.scopes)
    if mark is not None and mark != key_mark(app):
        raise ConflictError(
            _l(
                "This key was changed since you opened that page, and shown then. If you do not have it, open the app "
                "and change its key again."
            )
        )
    key = text.secret()
    standing = (App.id == app.id, App.revoked_at.is_(None), App.key_hash == app.key_hash)
    if not count(update(App).where(*standing).values(key_hash=digest(key), rotated_at=clock.now())):
        raise ConflictError
    record(actor, "app.rotated", app)
    return key


@operation
def revoke_app(actor: Actor, app: App) -> None:
    """Revoke the app: its key and all tokens issued to it are dead at once; again it changes nothing.

    Raises NotFoundError, ForbiddenError.
    """
    policy.require_in(actor, app.company_id, Permission.MANAGE_APPS)
    end_app(actor, app)


def _judge(actor: Actor, company_id: uuid.UUID) -> None:
    """Raise unless the actor may look after the company's apps, asked under the company's lock.

    A company that is being deleted at this moment gets no app that its deletion has not seen, and whoever is being
    offboarded gets no key.
    """
    locked_company(company_id)
    policy.require_in(actor, company_id, Permission.MANAGE_APPS)


def _within(actor: Actor, scopes: Iterable[str]) -> None:
    """Raise BeyondTokenError where a program would come by the key of an app that may do more than itself."""
    if actor.scopes is not None and not actor.scopes.issuperset(scopes):
        raise BeyondTokenError


def end_app(actor: Actor, app: App) -> bool:
    """Revoke an app with its tokens, within an operation; tell whether it stood until now. Nothing is judged here."""
    app_id, moment = app.id, clock.now()
    standing = (App.id == app_id, App.revoked_at.is_(None))
    if not count(update(App).where(*standing).values(revoked_at=moment, revoked_by=actor.user_id)):
        return False
    issued = (LoginSession.app_id == app_id, LoginSession.revoked_at.is_(None))
    tokens = count(update(LoginSession).where(*issued).values(revoked_at=moment))
    record(actor, "app.revoked", app, tokens=tokens)
    return True


def hand_over_app(actor: Actor, app: App, to: uuid.UUID) -> None:
    """Let the account `to` answer for the app, within an operation; key and tokens go on. Nothing is judged here."""
    count(update(App).where(App.id == app.id).values(created_by=to))
    record(actor, "app.handed-over", app, to=str(to))


@operation
def note_use(app_id: uuid.UUID) -> bool:
    """Write that the app is used, at most every 15 minutes; tell whether this call wrote it."""
    moment = clock.now()
    rarely = or_(App.last_used_at.is_(None), App.last_used_at < moment - TOUCH_EVERY)
    standing = (App.id == app_id, App.revoked_at.is_(None))
    return bool(count(update(App).where(*standing, rarely).values(last_used_at=moment)))
