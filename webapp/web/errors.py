"""How a refusal is shown: as a page, or as JSON to a program. The one place that decides."""

import logging
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from webapp.core.errors import AppError, BusyError, SignInError, StaleError
from webapp.core.operation import end_read
from webapp.extensions import login_manager
from webapp.web import bearer
from webapp.web.faces import is_api

log = logging.getLogger(__name__)


def _titles() -> dict[int, str]:
    return {
        400: _("That could not be read"),
        401: _("Please sign in first"),
        403: _("That is not for you to do"),
        404: _("There is nothing here"),
        405: _("That does not work this way"),
        409: _("Not as things stand now"),
        410: _("This has expired"),
        413: _("That is too much at once"),
        415: _("That could not be read"),
        422: _("Something is missing"),
        429: _("One moment, please"),
        500: _("Something went wrong here"),
        503: _("One moment, please"),
    }


def _sentences() -> dict[int, str]:
    return {
        400: _("Your browser sent something we could not read. Please go back and try again."),
        404: _("There is nothing here, or it is not for you to see. Perhaps a part of the address is missing."),
        405: _("This address cannot be used in this way."),
        413: _("That is more than fits. Please make it smaller and try again."),
        500: _("This is our mistake, not yours. Nothing you sent before is lost; please try again."),
    }


def answer(status: int, error_id: str, sentence: str, fields: dict[str, str] | None = None) -> Response:
    """Return the refusal in the face this request asks for; where its page needs a database that is away, say that."""
    try:
        end_read()
        return _face(status, error_id, sentence, fields)
    except DBAPIError as error:
        log.warning("the database did not answer while a refusal was shown: %s", error.orig)
        _do_without_database()
        return _face(BusyError.status, BusyError.id, str(BusyError.message), None)


def _do_without_database() -> None:
    """Let the page that comes now ask the database for nothing: not who is signed in, nor what the site is called."""
    g.database_away = True
    g._login_user = login_manager.anonymous_user()  # noqa: SLF001 where Flask-Login keeps it


def _face(status: int, error_id: str, sentence: str, fields: dict[str, str] | None) -> Response:
    if is_api():
        body = {"id": error_id, "message": sentence, "code": status, "fields": fields or {}}
        response = jsonify({"error": body})
        if status == SignInError.status:
            response.headers["WWW-Authenticate"] = bearer.challenge()
    else:
        page = render_template(
            "errors/page.html", status=status, title=_titles().get(status, _titles()[400]), sentence=sentence
        )
        response = make_response(page)
    response.status_code = status
    return response


def _page_before() -> str:
    """Return the path of the page that is open: this one, or the one whose form was sent."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    before = urlsplit(request.referrer or "")
    return urlunsplit(("", "", before.path, before.query, ""))


def _app_error(error: AppError) -> Response:
    if error.retry_after is not None:
        g.retry_after = error.retry_after
    if isinstance(error, SignInError) and not is_api():
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.login", next=back), 303)
    if isinstance(error, StaleError) and not is_api():
        return redirect(url_for("accounts.confirm_password", next=_page_before()), 303)
    return answer(error.status, error.id, str(error), {k: str(v) for k, v in error.fields.items()})


def _http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    sentence = _sentences().get(status, _sentences()[400])
    response = answer(status, error.name.lower().replace(" ", "_"), sentence)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _csrf_error(_error: CSRFError) -> Response:
    return answer(
        400, "csrf", _("This page was open for too long, or in two places. Please go back, reload, and send it again.")
    )


def _database_error(error: DBAPIError) -> Response:
    if isinstance(error, OperationalError):
        log.warning("the database did not answer: %s", error.orig)
        return _app_error(BusyError())
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    original = error.original_exception if isinstance(error, InternalServerError) else error
    log.error("unexpected error at %s %s", request.method, request.endpoint, exc_info=original)
    return answer(500, "internal_error", _sentences()[500])


def init_errors(app: Flask) -> None:
    """Show every refusal in the face that was asked for."""
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(InternalServerError, _unexpected)
