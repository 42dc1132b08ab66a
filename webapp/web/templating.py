"""What every template may use."""

from typing import Any

from flask import Flask, g, has_request_context, request, url_for
from flask_babel import get_translations
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core import clock
from webapp.web import dates
from webapp.web.look import init_look
from webapp.web.sign_in import current_actor
from webapp.web.site import current_site


def viewer_zone() -> str | None:
    """Return the viewer's own time zone, if the account says one."""
    return current_user.timezone if has_request_context() and current_user.is_authenticated else None


def _nav() -> list[tuple[str, str, bool]]:
    """Return where a signed-in person can go: (label, address, whether this is it)."""
    path = request.path
    return [
        (_("For you"), url_for("home.index"), path == "/"),
        (_("Events"), url_for("events.index"), path.startswith("/events")),
        (_("Companies"), url_for("companies.index"), path.startswith("/companies")),
    ]


def _context() -> dict[str, Any]:
    # Mails are rendered by jobs: there is no request, and nobody is signed in.
    signed_in = has_request_context() and current_user.is_authenticated
    return {"site": current_site(), "nav": _nav() if signed_in else []}


def _translations() -> Any:
    """Return the texts of the page's language, looked up once a page: a long list asks for hundreds of them."""
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations


def init_templates(app: Flask) -> None:
    """Give the templates their helpers."""
    init_look(app)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # the i18n extension's
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, number: _translations().ungettext(one, many, number),
        newstyle=True,
        pgettext=lambda context, text: _translations().upgettext(context, text),
        npgettext=lambda context, one, many, number: _translations().unpgettext(context, one, many, number),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        viewer_zone=viewer_zone,
        now=clock.now,
        actor=current_actor,
    )
    app.jinja_env.filters.update(
        when=dates.when,
        span=dates.span,
        short=dates.short,
        zone_name=dates.zone_name,
    )
    app.context_processor(_context)
