"""The apps of a company, and who a key belongs to."""

import hmac
import uuid
from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from webapp.accounts.sessions import IDLE, digest
from webapp.companies import policy
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Permission
from webapp.models import App, Company, LoginSession

_LONGEST = 128
# What the key of an app that is not there is compared with.
_NOTHING = "0" * 64


def apps_of(actor: Actor, company: Company) -> Select[App]:
    """Return the statement of the company's own apps, the revoked ones too, those who answer for them loaded.

    Raises NotFoundError, ForbiddenError.
    """
    policy.require_in(actor, company.id, Permission.MANAGE_APPS)
    return select(App).where(App.company_id == company.id).options(joinedload(App.creator))


def get_app(actor: Actor, company: Company, app_id: uuid.UUID) -> App:
    """Return one of the company's own apps, who answers for it loaded; raises NotFoundError, ForbiddenError."""
    app = db.session.scalar(apps_of(actor, company).where(App.id == app_id))
    if app is None:
        raise NotFoundError
    return app


def find_app(app_id: str, key: str) -> App | None:
    """Return the standing app of this App-Id and App-Key, its company loaded; None where either does not fit."""
    if max(len(app_id), len(key)) > _LONGEST or text.unfit(key):
        return None
    try:
        wanted = uuid.UUID(app_id)
    except ValueError:
        return None
    statement = (
        select(App)
        .join(App.company)
        .options(joinedload(App.company))
        .where(App.id == wanted, App.revoked_at.is_(None), Company.deleted_at.is_(None))
    )
    app = db.session.scalar(statement)
    fits = hmac.compare_digest(digest(key), app.key_hash if app is not None else _NOTHING)
    return app if fits else None


def tokens_of(app_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many tokens of each app stand: neither revoked nor unused for seven days."""
    statement = (
        select(LoginSession.app_id, func.count())
        .where(
            LoginSession.app_id.in_(list(app_ids)),
            LoginSession.revoked_at.is_(None),
            LoginSession.last_used_at > clock.now() - IDLE,
        )
        .group_by(LoginSession.app_id)
    )
    return {app_id: number for app_id, number in db.session.execute(statement) if app_id is not None}


def key_mark(app: App) -> str:
    """Return what tells the app's key from the one before, and nothing of the key itself."""
    return digest(f"mark of {app.key_hash}")[:16]
