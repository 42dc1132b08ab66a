"""Every route says who may use it. A route that says nothing is refused at start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webapp.core.actor import Scope
from webapp.core.errors import AppError, ReachError, SignInError
from webapp.core.permissions import require_scope
from webapp.web import bearer
from webapp.web.faces import is_api
from webapp.web.sign_in import current_actor

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
SIGNED_IN = "signed in"


class NotYoursError(AppError):
    """The token is of another account."""

    id = "auth_invalid"
    status = 403
    message = _l("This token is not valid for that account.")


def public(view: View) -> View:
    """Let anybody use this route; the operation behind it judges the rest."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Let those who are signed in use this route; a page leads others to sign in first."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]
    return view


def scope(needed: Scope) -> Callable[[View], View]:
    """Let tokens that carry `needed` use this route."""

    def mark(view: View) -> View:
        view.access = needed  # type: ignore[attr-defined]
        return view

    return mark


def linked(view: View) -> View:
    """Count this public route under the limits of personal and invitation links."""
    view.linked = True  # type: ignore[attr-defined]
    return public(view)


def access_of(endpoint: str | None) -> str | Scope | None:
    """Return what the endpoint says of itself: "public", "signed in", a scope, or None."""
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, "access", None)


def _ways(endpoint: str | None) -> tuple[tuple[Scope, ...], ...]:
    """Return in which ways scopes open the endpoint: all of one of these; nothing where none is asked for."""
    view, needed = current_app.view_functions.get(endpoint or ""), access_of(endpoint)
    declared = getattr(view, "endpoint", None)
    if declared is not None:
        found: tuple[tuple[Scope, ...], ...] = declared.scopes
        return found
    return ((needed,),) if isinstance(needed, Scope) else ()


def is_linked(endpoint: str | None) -> bool:
    """Tell whether the endpoint is opened by a personal or invitation link."""
    return bool(getattr(current_app.view_functions.get(endpoint or ""), "linked", False))


def judge() -> Response | None:
    """Before each request: refuse or lead away whoever may not use the route."""
    needed, program = access_of(request.endpoint), is_api()
    judges_token = getattr(current_app.view_functions.get(request.endpoint or ""), "judges_token", False)
    if judges_token:
        bearer.require_ours()
    if request.endpoint is None or judges_token or (needed == PUBLIC and not program):
        return None
    # a token that is not good is refused even where none is needed
    actor = current_actor()
    if needed == PUBLIC:
        return None
    if actor.user_id is None:
        if program:
            raise SignInError
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.login", next=back), 303)
    ways = _ways(request.endpoint)
    if ways and not any(all(actor.has_scope(one) for one in way) for way in ways):
        if needed is Scope.ACCOUNT and actor.company_id is not None:
            raise ReachError(
                _l("This token acts for one company, not for the account: it never has the scope account.")
            )
        for one in ways[0]:
            require_scope(actor, one)
    return None


def init_access(app: Flask) -> None:
    """Let `judge` stand before every route, once all are known to declare themselves."""
    vars(app.view_functions["static"])["access"] = PUBLIC
    silent = [name for name, view in app.view_functions.items() if getattr(view, "access", None) is None]
    if silent:
        message = f"these routes do not say who may use them: {', '.join(sorted(silent))}"
        raise RuntimeError(message)
    app.before_request(judge)
