"""Who a program acts for: the token in the Authorization header (or, as some programs send it, Auth-Token)."""

from flask import current_app, g, request

from webapp.accounts import sessions, tokens
from webapp.core.actor import Actor, Scope
from webapp.core.errors import SignInError
from webapp.models import LoginSession


def sent() -> str | None:
    """Return the token that the request carries; None for none, and where none counts."""
    if getattr(current_app.view_functions.get(request.endpoint or ""), "ignores_token", False):
        return None
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("Auth-Token", "").strip() or None


def challenge() -> str:
    """Return how one comes in here, for a refusal with 401 (RFC 6750, section 3)."""
    return 'Bearer realm="api"' + (', error="invalid_token"' if sent() is not None else "")


def required() -> str:
    """Return the token that the request carries; raises SignInError where it carries none."""
    token = sent()
    if token is None:
        raise SignInError
    return token


def require_ours() -> None:
    """Raise SignInError where the request carries no token, TokenRefusedError for one that we did not make."""
    tokens.read(required())


def _used() -> str | None:
    """Return the scope that this request needs."""
    needed = getattr(current_app.view_functions.get(request.endpoint or ""), "access", None)
    return needed.value if isinstance(needed, Scope) else None


def acting(opened: tokens.Opened, scope: str | None) -> Actor:
    """Return who acts with a token that is `opened`, when it is used under `scope`."""
    session = opened.session
    return Actor(
        user_id=session.user_id,
        session_id=session.id,
        scopes=opened.scopes,
        scope=scope,
        company_id=opened.company_id,
        fresh_at=session.fresh_at,
    )


def load() -> LoginSession | None:
    """Remember who acts in this request; return the token's session, None where no token was sent.

    Raises TokenRefusedError, TokenTooOldError: a token that is not good is never passed over in silence.
    """
    token = sent()
    if token is None:
        return None
    opened = tokens.find(token)
    g.login_session = session = opened.session
    g.actor = acting(opened, _used())
    g.touch_due, g.login_remember = sessions.is_due(session), False
    return session
