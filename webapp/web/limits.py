"""How often one may ask (DESIGN section 4, Limits): moving windows, kept in memory or in Redis."""

import dataclasses
import datetime as dt
import functools
import hashlib
import logging
import math
import time
import uuid
from collections.abc import Sequence

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import lazy_gettext as _l
from limits import RateLimitItem, RateLimitItemPerSecond, WindowStats, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from werkzeug.wrappers import Response

from webapp.core import text
from webapp.core.errors import AppError
from webapp.extensions import limiter
from webapp.web.access import is_linked
from webapp.web.faces import is_api
from webapp.web.sign_in import current_actor
from webapp.web.site import current_site

log = logging.getLogger(__name__)
SAFE = {"GET", "HEAD", "OPTIONS"}
# The API's document is read like a page, often by what has no token
SHOWN_ENDPOINTS = {"api.openapi"}
OPEN_ENDPOINTS = {"static", "assets.bundle", "health.healthz", "health.readyz"}
LOGIN_ENDPOINTS = {"accounts.login", "accounts.register"}
# Where somebody types the password again: guessing it there is bounded as at the door
PASSWORD_ENDPOINTS = {
    "accounts.change_password",
    "accounts.change_email",
    "accounts.confirm_password",
    "accounts.delete",
    "accounts.email_change",
}
API_LOGIN_PREFIXES = ("/api/login", "/api/auth/login", "/api/auth/authenticate", "/api/register", "/api/users")


class TooOftenError(AppError):
    """One of the limits is used up; `retry_after` says for how many seconds."""

    id = "too_many_requests"
    status = 429
    message = _l("That was too often. Please wait a moment and try again.")


def _share(limit: RateLimitItem, processes: int) -> RateLimitItem:
    """Return what one of several processes may allow when they cannot count together."""
    return type(limit)(max(1, limit.amount // processes), limit.multiples)


_parsed = functools.lru_cache(maxsize=64)(parse_many)


def bounds(setting: str) -> list[RateLimitItem]:
    """Return the limits that hold for `setting`: those of the site's settings page, else the environment's."""
    said = current_site().limits.get(setting)
    if said:
        try:
            return _parsed(said)
        except ValueError:  # the settings page stores no such thing; whoever else did locks nobody out with it
            log.warning("limits: %r is no limit; the environment's %s holds", said, setting)
    return _parsed(current_app.config[setting])


@dataclasses.dataclass(frozen=True)
class Standing:
    """How a limit stands: how many in its window, how many are left, and in how many seconds the oldest use ends."""

    limit: int
    left: int
    seconds: int


def hit(setting: str, *key: str) -> None:
    """Count one use of the limit `setting` under `key`; raises TooOftenError where it is used up."""
    if not current_app.config["LIMITS"]:
        return
    for limit in bounds(setting):
        try:
            allowed, stats = _count(limiter.limiter, limit, setting, *key)
        except Exception:  # noqa: BLE001 whatever Redis or its driver raises: limits stay on, each process alone
            log.warning("limits: the shared store does not answer; this process enforces its share")
            alone: MovingWindowRateLimiter = current_app.extensions["limits_alone"]
            limit = _share(limit, current_app.config["WORKERS"])  # noqa: PLW2901 this one holds now
            allowed, stats = _count(alone, limit, setting, *key)
        if stats is not None:
            # at the very moment the window ends it still counts
            seconds = max(1, math.floor(stats.reset_time - time.time()) + 1)
            _remember(Standing(limit.amount, stats.remaining, seconds))
            if not allowed:
                raise TooOftenError(retry_after=seconds)


def _count(strategy: RateLimiter, limit: RateLimitItem, setting: str, *key: str) -> tuple[bool, WindowStats | None]:
    """Count one use; programs are told how the limit stands, and pages only once it is used up."""
    allowed = strategy.hit(limit, setting, *key)
    told = not allowed or (has_request_context() and is_api())
    return allowed, strategy.get_window_stats(limit, setting, *key) if told else None


def _remember(standing: Standing) -> None:
    """Keep, of all limits that this request counts under, the one that is nearest to its end."""
    before: Standing | None = g.get("rate_standing")
    if before is None or standing.left < before.left:
        g.rate_standing = standing


def once(use: str, key: str, good_for: dt.timedelta) -> bool:
    """Take `key` for `use`; tell False where it was taken within `good_for` before. Holds with limits switched off."""
    single = RateLimitItemPerSecond(1, max(1, math.ceil(good_for.total_seconds())))
    try:
        return limiter.limiter.hit(single, "once", use, key)
    except Exception:  # noqa: BLE001 as in `hit`
        log.warning("limits: the shared store does not answer; this process remembers alone what was used")
        alone: MovingWindowRateLimiter = current_app.extensions["limits_alone"]
        return alone.hit(single, "once", use, key)


def _address() -> str:
    return request.remote_addr or "unknown"


def _login_key() -> str:
    # outer space does not make another account of it, however much of it there is
    return text.fold(request.form.get("email", "").strip()[:400])


def _short(key: str) -> str:
    """Return a key of bounded length for whatever a stranger puts into a path."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _account() -> uuid.UUID | None:
    """Return who is signed in; whoever sends a token that is not good counts as nobody."""
    try:
        return current_actor().user_id
    except AppError:
        return None


def _at_the_api_door() -> bool:
    return request.method == "POST" and request.path.startswith(API_LOGIN_PREFIXES)


def hit_password(account: uuid.UUID) -> None:
    """Count one typing of the account's password by a program, as pages do; raises TooOftenError."""
    hit("LIMIT_LOGIN_BOTH", str(account), _address())
    hit("LIMIT_LOGIN_ACCOUNT", str(account))


def _buckets() -> Sequence[tuple[str, ...]]:
    """Return which limits this request counts under, with their keys."""
    address = _address()
    api = is_api() and request.endpoint not in SHOWN_ENDPOINTS
    if request.endpoint in LOGIN_ENDPOINTS and request.method not in SAFE:
        account = _login_key()
        return (
            ("LIMIT_LOGIN_ADDRESS", address),
            ("LIMIT_LOGIN_BOTH", _short(account), address),
            ("LIMIT_LOGIN_ACCOUNT", _short(account)),
        )
    if is_linked(request.endpoint):
        link = next((str(v) for k, v in (request.view_args or {}).items() if k in {"token", "invite"}), request.path)
        linked = (("LIMIT_LINK", _short(link)), ("LIMIT_LINK_ADDRESS", address))
        if request.endpoint in PASSWORD_ENDPOINTS and request.method not in SAFE:
            return (*linked, ("LIMIT_LOGIN_BOTH", _short(link), address), ("LIMIT_LOGIN_ACCOUNT", _short(link)))
        return linked
    user_id = _account()
    if user_id is not None:
        signed_in = ("LIMIT_SIGNED_IN", str(user_id))
        if request.endpoint in PASSWORD_ENDPOINTS and request.method not in SAFE:
            return (signed_in, ("LIMIT_LOGIN_BOTH", str(user_id), address), ("LIMIT_LOGIN_ACCOUNT", str(user_id)))
        # whoever holds some token guesses no quicker at the door
        return (signed_in, ("LIMIT_API_LOGIN", address)) if _at_the_api_door() else (signed_in,)
    if _at_the_api_door():
        return (("LIMIT_ANONYMOUS", address), ("LIMIT_API_LOGIN", address))
    if api or request.method not in SAFE:
        return (("LIMIT_ANONYMOUS", address),)
    return (("LIMIT_PAGES", address),)


def judge() -> None:
    """Before each request: count it, and refuse it where a limit is used up."""
    if request.endpoint in OPEN_ENDPOINTS or not current_app.config["LIMITS"]:
        return
    for setting, *key in _buckets():
        hit(setting, *key)


def _headers(response: Response) -> Response:
    retry = g.get("retry_after")
    if retry is not None:
        response.headers["Retry-After"] = str(retry)
    standing: Standing | None = g.get("rate_standing")
    if standing is not None and is_api():
        response.headers["X-RateLimit-Limit"] = str(standing.limit)
        response.headers["X-RateLimit-Remaining"] = str(standing.left)
        response.headers["X-RateLimit-Reset"] = str(standing.seconds)
    return response


def init_limits(app: Flask) -> None:
    """Bind the limiter to its store and let `judge` stand before every route."""
    app.config.setdefault("RATELIMIT_STORAGE_URI", app.config["REDIS_URL"] or "memory://")
    app.config.setdefault("RATELIMIT_STRATEGY", "moving-window")
    app.config.setdefault("RATELIMIT_HEADERS_ENABLED", False)
    limiter.init_app(app)
    app.extensions["limits_alone"] = MovingWindowRateLimiter(MemoryStorage())
    app.before_request(judge)
    app.after_request(_headers)
