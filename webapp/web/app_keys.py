"""Which app asks: the headers App-Id and App-Key."""

import dataclasses
import uuid

from flask import request
from flask_babel import lazy_gettext as _l

from webapp.accounts.sessions import TOUCH_EVERY
from webapp.companies import operations, queries
from webapp.companies.errors import AppKeyError
from webapp.core import clock
from webapp.core.actor import Scope
from webapp.core.errors import ForbiddenError


@dataclasses.dataclass(frozen=True)
class Asking:
    """The app whose key was sent, and what it may do."""

    app_id: uuid.UUID
    scopes: frozenset[str]


def sent_app() -> Asking | None:
    """Return the app of the headers App-Id and App-Key, and note that it is used; None where neither was sent.

    Raises AppKeyError where one is missing, or they do not open a standing app.
    """
    app_id, key = request.headers.get("App-Id"), request.headers.get("App-Key")
    if app_id is None and key is None:
        return None
    app = queries.find_app((app_id or "").strip(), (key or "").strip())
    if app is None:
        raise AppKeyError
    asking = Asking(app.id, frozenset(app.scopes))
    if app.last_used_at is None or app.last_used_at < clock.now() - TOUCH_EVERY:
        operations.note_use(asking.app_id)
    return asking


def require_app(scope: Scope) -> Asking:
    """Return the app of the headers; raises AppKeyError without one, ForbiddenError where it lacks `scope`."""
    asking = sent_app()
    if asking is None:
        raise AppKeyError(_l("Please send the headers App-Id and App-Key of an app."))
    if scope.value not in asking.scopes:
        raise ForbiddenError(_l("This app may not do that: it needs the scope %(scope)s.", scope=scope.value))
    return asking
