"""Until the site is set up, every page leads to the set-up, and the API says that there is nothing yet."""

from flask import Flask, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webapp.companies.setting_up import SetUpBeforeError
from webapp.core.errors import AppError
from webapp.web.faces import is_api
from webapp.web.site import current_site

SET_UP = "accounts_api.set_up"
OPEN_ENDPOINTS = {
    "setup.setup",
    "health.healthz",
    "health.readyz",
    "static",
    SET_UP,
    "accounts_api.boot",
}


class NotSetUpError(AppError):
    """Nobody has set this site up yet."""

    id = "setup_needed"
    status = 503
    message = _l("This site is not set up yet.")


def judge() -> Response | None:
    """Before each request: lead to the set-up until it is done, and let no program do it again."""
    if request.endpoint == SET_UP and current_site().set_up:
        raise SetUpBeforeError
    if request.endpoint in OPEN_ENDPOINTS or current_site().set_up:
        return None
    if is_api():
        raise NotSetUpError
    return redirect(url_for("setup.setup"), 303)


def init_setup_gate(app: Flask) -> None:
    """Let `judge` stand before every route."""
    app.before_request(judge)
