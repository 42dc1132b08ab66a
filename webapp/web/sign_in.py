"""Who is signed in: the identity cookie of a browser, read anew with every request."""

from flask import Flask, current_app, g, request
from flask.wrappers import Request
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.accounts import sessions
from webapp.core.actor import NOBODY, Actor
from webapp.extensions import login_manager
from webapp.models import LoginSession, User
from webapp.web import bearer
from webapp.web.faces import is_api

COOKIE_AGE = int(sessions.IDLE.total_seconds())
REGISTERING_AGE = 24 * 60 * 60


def _load(request: Request) -> User | None:
    """Return the account of the identity cookie, or of a program's token. A cookie never authenticates the API."""
    if is_api():
        session = bearer.load()
        return session.user if session is not None else None
    secret = request.cookies.get(current_app.config["IDENTITY_COOKIE"], "")
    session = sessions.find(secret) if 0 < len(secret) <= 128 else None
    if session is None:
        return None
    g.login_session = session
    g.login_secret = secret
    g.actor = _actor(session)
    return session.user


def _actor(session: LoginSession) -> Actor:
    return Actor(
        user_id=session.user_id,
        session_id=session.id,
        site_administrator=session.user.site_administrator,
        fresh_at=session.fresh_at,
    )


def current_actor() -> Actor:
    """Return who acts in this request; NOBODY where nobody is signed in."""
    if current_user.is_authenticated and "actor" in g:
        actor: Actor = g.actor
        return actor
    return NOBODY


def device() -> str:
    """Return what this browser says it is, shortened to a few words."""
    agent = request.user_agent.string
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"))
    more = (("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    system = next((name for mark, name in systems + more if mark in agent), "")
    browser = next((name for mark, name in browsers if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)


def set_cookie(response: Response, secret: str, *, remember: bool) -> None:
    """Give the browser the identity cookie: it dies with the browser, or after seven days without use."""
    response.set_cookie(
        current_app.config["IDENTITY_COOKIE"],
        secret,
        max_age=COOKIE_AGE if remember else None,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def clear_cookie(response: Response) -> None:
    """Take the identity cookie away."""
    response.delete_cookie(
        current_app.config["IDENTITY_COOKIE"],
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def registering_cookie() -> str:
    """Return the name of the cookie that tells the browser which registered from all others."""
    return str(current_app.config["IDENTITY_COOKIE"]).replace("identity", "registering")


def set_registering(response: Response, secret: str) -> None:
    """Let this browser prove later that it was the one that registered: for as long as the mailed link is good."""
    response.set_cookie(
        registering_cookie(),
        secret,
        max_age=REGISTERING_AGE,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def clear_registering(response: Response) -> None:
    """Take that cookie away: the address is proven."""
    response.delete_cookie(
        registering_cookie(),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def _touch(response: Response) -> Response:
    """After a request: write the session's last use, at most every 15 minutes, and prolong its cookie."""
    session: LoginSession | None = g.get("login_session")
    due = g.get("touch_due", False)
    if session is not None and due and response.status_code < 500:
        remember = g.login_remember
        name = current_app.config["IDENTITY_COOKIE"]
        answered = any(cookie.startswith(f"{name}=") for cookie in response.headers.getlist("Set-Cookie"))
        # a view that signs in or out has said itself what becomes of the cookie
        if sessions.touch(g.actor.session_id) and remember and not answered:
            set_cookie(response, g.login_secret, remember=True)
    return response


def _note_use() -> None:
    """Before a request: see whether the session's last use is to be written (the row may be gone afterwards)."""
    if request.endpoint in {None, "static"} or is_api():
        return
    if current_user.is_authenticated:
        session: LoginSession = g.login_session
        g.touch_due = sessions.is_due(session)
        g.login_remember = session.remember


def init_sign_in(app: Flask) -> None:
    """Let Flask-Login read the cookie, and keep the sessions' last use."""
    login_manager.init_app(app)
    login_manager.session_protection = None
    login_manager.request_loader(_load)
    app.before_request(_note_use)
    app.after_request(_touch)
