"""Who a program acts for: the token in the Authorization header (or, as some programs send it, Auth-Token)."""

from flask import current_app, g, request

from webapp.accounts import sessions, tokens
from webapp.core.actor import Actor, Scope
from webapp.core.errors import SignInError
from webapp.models import LoginSession


def sent() -> str | None:
    """Return the token that the request carries; None for none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("Auth-Token", "").strip() or None


def required() -> str:
    """Return the token that the request carries; raises SignInError where it carries none."""
    token = sent()
    if token is None:
        raise SignInError
    return token


def _used() -> str | None:
    """Return the scope that this request needs."""
    needed = getattr(current_app.view_functions.get(request.endpoint or ""), "access", None)
    return needed.value if isinstance(needed, Scope) else None


def load() -> LoginSession | None:
    """Remember who acts in this request; return the token's session, None where no token was sent.

    Raises TokenRefusedError, TokenTooOldError: a token that is not good is never passed over in silence.
    """
    token = sent()
    if token is None:
        return None
    opened = tokens.find(token)
    g.login_session = session = opened.session
    g.actor = Actor(
        user_id=session.user_id,
        session_id=session.id,
        scopes=opened.scopes,
        scope=_used(),
        company_id=opened.company_id,
        fresh_at=session.fresh_at,
    )
    g.touch_due, g.login_remember = sessions.is_due(session), False
    return session
