"""Who a program acts for: the token in the Authorization header (or, as some programs send it, Auth-Token)."""

from flask import g, request

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


def load() -> LoginSession | None:
    """Remember who acts in this request; return the token's session, None where no token was sent.

    Raises TokenRefusedError, TokenTooOldError: a token that is not good is never passed over in silence.
    """
    token = sent()
    if token is None:
        return None
    session, claims = tokens.find(token)
    g.login_session = session
    g.actor = Actor(
        user_id=session.user_id,
        session_id=session.id,
        scopes=frozenset(session.scopes if session.scopes is not None else map(str, Scope)),
        company_id=claims.company_id or (session.company_id if session.expires_at is not None else None),
        fresh_at=session.fresh_at,
    )
    g.touch_due, g.login_remember = sessions.is_due(session), False
    return session
