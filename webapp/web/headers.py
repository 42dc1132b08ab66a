"""Headers that every answer carries: a strict Content-Security-Policy and what else keeps a page to itself."""

from flask import Flask, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webapp.core.errors import AppError
from webapp.web.faces import is_api

_SOURCES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)
POLICY = "; ".join(_SOURCES)


class NotMatchingError(AppError):
    """What is asked for is another state of it than the one there is (If-Match)."""

    id = "precondition_failed"
    status = 412
    message = _l("This has changed since: its ETag is another one.")


def conditional(response: Response) -> Response:
    """Return what is read, whose ETag is set, or 304 where it is there already; raises NotMatchingError."""
    tag = response.get_etag()[0] or ""
    # by hand: werkzeug knows no `If-Match: *`, and says 412 with the body of a success
    if request.if_match and not request.if_match.contains_weak(tag):
        raise NotMatchingError
    if request.if_none_match and request.if_none_match.contains_weak(tag):
        response.status_code = 304
    return response


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=()")
    secret_path = bool(request.view_args and {"token", "invite"} & set(request.view_args))
    headers.setdefault("Referrer-Policy", "same-origin" if secret_path else "strict-origin-when-cross-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    if is_api() and (response.status_code == 204 or request.method == "OPTIONS"):
        # nothing is said, so it is of no type
        headers.pop("Content-Type", None)
    return response


def init_headers(app: Flask) -> None:
    """Put the headers on every answer."""
    app.after_request(_headers)
