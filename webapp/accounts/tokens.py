"""API tokens: JWTs (RFC 7519) that expire and name a session's row, so that they can be revoked.

A token carries the session's secret, of which the row keeps the SHA-256 only, and a serial number: the row has one for
the account's token and one for the company's. Refreshing raises the serial: the tokens made before work half a minute
more, for requests that are under way; whoever refreshes with one of them later holds a copy, and the whole session
ends. Refreshing a company's token leaves the account's as it is, for another program may hold that; the account's
renews both.
"""

import contextlib
import dataclasses
import datetime as dt
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import jwt
from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.orm import aliased, contains_eager

from webapp.accounts import queries, sessions
from webapp.accounts.errors import BeyondTokenError
from webapp.config import signing_keys
from webapp.core import clock, text
from webapp.core.actor import Actor, Scope
from webapp.core.database import db, new_id
from webapp.core.errors import AppError, DuplicateError
from webapp.core.operation import added, count, operation
from webapp.journal.writing import record
from webapp.models import App, Company, CompanyAncestor, LoginSession, Membership, User

GOOD_FOR = dt.timedelta(minutes=15)
"""How long a token of a login works before it is refreshed."""
GRACE = dt.timedelta(seconds=30)
"""How long the token before works after a refresh."""
ALL = frozenset(scope.value for scope in Scope)
_ALGORITHM = "HS256"
_AUDIENCE = "folkmoot-api"
_LONGEST = 2000


class TokenRefusedError(AppError):
    """The token is not one of ours, or its session has ended."""

    id = "auth_invalid"
    status = 401
    message = _l("This token is not valid any more. Please authenticate again.")


class TokenTooOldError(AppError):
    """The token was good and has expired."""

    id = "auth_expired"
    status = 401
    message = _l("This token has expired. Please refresh it, or authenticate again.")


class TokenEndedError(TokenTooOldError):
    """The token was made by hand, and its time is over."""

    message = _l("This token has ended. Please make another one.")


@dataclasses.dataclass(frozen=True)
class Claims:
    """What a token says: the session's secret and serial, the company it acts for, and whether it has expired."""

    secret: str
    serial: int
    company_id: uuid.UUID | None
    expired: bool


@dataclasses.dataclass(frozen=True)
class Opened:
    """What a token opens: its session (account loaded), the company it is limited to, and the scopes it has now."""

    session: LoginSession
    company_id: uuid.UUID | None
    scopes: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Pair:
    """The tokens of one session: for the account's own doing, and for one company and all below it; until when (UTC).

    `company_token` is None where the session was begun for no company, `user_token` where a company's token was
    refreshed: whoever holds that alone gets no further with it.
    """

    session_id: uuid.UUID
    user_id: uuid.UUID
    user_token: str | None
    company_token: str | None
    company_id: uuid.UUID | None
    expires_at: dt.datetime


def _keys() -> list[bytes]:
    """Return the key that signs tokens, then those whose signatures still count."""
    keys = signing_keys(current_app.config)
    return [hmac.new(key.encode(), b"folkmoot:api-token", hashlib.sha256).digest() for key in keys]


def _encode(secret: str, serial: int, company_id: uuid.UUID | None, expires_at: dt.datetime) -> str:
    claims: dict[str, object] = {"aud": _AUDIENCE, "key": secret, "n": serial, "exp": int(expires_at.timestamp())}
    if company_id is not None:
        claims["company"] = str(company_id)
    return jwt.encode(claims, _keys()[0], _ALGORITHM)


def read(token: str) -> Claims:
    """Return what `token` says; raises TokenRefusedError for one that is not ours. An expired one is read too."""
    if len(token) > _LONGEST:
        raise TokenRefusedError
    try:
        said = _decode(token)
        company = said.get("company")
        return Claims(
            secret=str(said["key"]),
            serial=int(said["n"]),
            company_id=uuid.UUID(company) if company is not None else None,
            expired=int(said["exp"]) <= clock.now().timestamp(),
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, UnicodeError) as error:
        raise TokenRefusedError from error


def _decode(token: str) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "require": ["aud", "exp", "key", "n"]}
    for key in _keys():
        with contextlib.suppress(jwt.InvalidSignatureError):
            return jwt.decode(token, key, [_ALGORITHM], audience=_AUDIENCE, options=options)
    raise TokenRefusedError


# A session, its app's scopes, and one of the memberships that give it its company, with the scopes that this leaves.
Found = Row[LoginSession, list[str] | None, uuid.UUID | None, list[str] | None]
_ITS_COMPANY = aliased(Company)
_ABOVE = (
    select(CompanyAncestor.ancestor_id)
    .where(CompanyAncestor.company_id == LoginSession.company_id)
    .correlate(LoginSession)
    .scalar_subquery()
)
# What a token leads to, asked anew with every use: the app it was issued to and the company it acts for must stand.
_FIND = (
    select(LoginSession, App.scopes, Membership.id, Membership.scopes)
    .join(LoginSession.user)
    .options(contains_eager(LoginSession.user))
    .outerjoin(App, App.id == LoginSession.app_id)
    .outerjoin(_ITS_COMPANY, _ITS_COMPANY.id == App.company_id)
    .outerjoin(Company, Company.id == LoginSession.company_id)
    .outerjoin(
        Membership,
        and_(
            Membership.user_id == LoginSession.user_id,
            Membership.revoked_at.is_(None),
            Membership.company_id.in_(_ABOVE),
        ),
    )
    .where(
        LoginSession.kind == "token",
        LoginSession.revoked_at.is_(None),
        or_(LoginSession.app_id.is_(None), and_(App.revoked_at.is_(None), _ITS_COMPANY.deleted_at.is_(None))),
        or_(LoginSession.company_id.is_(None), Company.deleted_at.is_(None)),
    )
)


def _rows(claims: Claims) -> Sequence[Found]:
    """Return the token's session with its app's scopes, once for each membership that gives it its company."""
    return db.session.execute(_FIND.where(LoginSession.secret_hash == sessions.digest(claims.secret))).all()


def _session(rows: Sequence[Found]) -> LoginSession:
    session: LoginSession | None = rows[0][0] if rows else None
    if session is None or not session.user.is_active:
        raise TokenRefusedError
    moment = clock.now()
    if session.expires_at is not None and session.expires_at <= moment:
        raise TokenEndedError
    if session.expires_at is None and moment - session.last_used_at > sessions.IDLE:
        raise TokenTooOldError
    return session


def _counts(session: LoginSession, claims: Claims) -> bool:
    """Tell whether the token is the latest of its kind, or the one before it, less than half a minute after it."""
    serial, rotated_at = session.serial, session.rotated_at
    if claims.company_id is not None:
        serial, rotated_at = session.company_serial, session.company_rotated_at
    if claims.serial == serial:
        return True
    return claims.serial == serial - 1 and rotated_at is not None and clock.now() - rotated_at <= GRACE


def find(token: str) -> Opened:
    """Return what `token` opens, as things stand now.

    Raises TokenRefusedError (also where its app is revoked, or its app's or its own company deleted),
    TokenTooOldError, TokenEndedError for one made by hand.
    """
    claims = read(token)
    rows = _rows(claims)
    session = _session(rows)
    if claims.expired or not _counts(session, claims):
        raise TokenTooOldError
    # a token made by hand is one token: it acts for the company it was made for, if it was made for one
    company_id = claims.company_id or (session.company_id if session.expires_at is not None else None)
    return Opened(session, company_id, _scopes(rows, limited=company_id is not None))


def _scopes(rows: Sequence[Found], *, limited: bool) -> frozenset[str]:
    """Return what the session's scopes leave of its app's and, where it acts for one company, of its memberships'."""
    session, of_app = rows[0][0], rows[0][1]
    scopes = frozenset(session.scopes if session.scopes is not None else ALL)
    if of_app is not None:
        scopes &= frozenset(of_app)
    given = [row[3] for row in rows if row[2] is not None]
    held = [frozenset(one) for one in given if one is not None]
    if limited and held and len(held) == len(given):
        scopes &= frozenset[str]().union(*held)
    return scopes


def _pair(session: LoginSession, secret: str, *, whole: bool = True) -> Pair:
    expires_at = session.expires_at or clock.now() + GOOD_FOR
    company_token = None
    if session.company_id is not None:
        company_token = _encode(secret, session.company_serial, session.company_id, expires_at)
        # a token made by hand is one token
        whole = whole and session.expires_at is None
    return Pair(
        session_id=session.id,
        user_id=session.user_id,
        user_token=_encode(secret, session.serial, None, expires_at) if whole else None,
        company_token=company_token,
        company_id=session.company_id,
        expires_at=expires_at,
    )


def _begun(user: User, secret: str, moment: dt.datetime, **values: Any) -> LoginSession:
    """Return the row of a program's session that begins at `moment`, and counts as used then."""
    hashed = sessions.digest(secret)
    return LoginSession(
        user_id=user.id, kind="token", secret_hash=hashed, created_at=moment, last_used_at=moment, **values
    )


@operation
def start(
    user: User,
    *,
    company_id: uuid.UUID | None = None,
    app_id: uuid.UUID | None = None,
    scopes: Iterable[str] | None = None,
    device: str = "",
) -> Pair:
    """Begin a program's session of `user`, who has just given the password; return its tokens.

    `scopes`: what the session may do, None for everything that the account may.
    """
    secret, moment = text.secret(), clock.now()
    session = _begun(
        user,
        secret,
        moment,
        device=device[:120],
        company_id=company_id,
        app_id=app_id,
        scopes=sorted(set(scopes)) if scopes is not None else None,
        fresh_at=moment,
    )
    db.session.add(session)
    db.session.flush()
    return _pair(session, secret)


@operation
def start_again(user: User, old: LoginSession, *, whole: bool, device: str = "") -> Pair:
    """Begin a session in place of `old`, which a new password has ended; return its tokens.

    It is of the same kind and reaches no further: a token made by hand is one again, until the same end. `whole`: that
    the account's own token was used, and not the company's.
    """
    secret, moment = text.secret(), clock.now()
    by_hand = old.expires_at is not None
    session = _begun(
        user,
        secret,
        moment,
        device=device[:120],
        **{name: getattr(old, name) for name in ("name", "company_id", "app_id", "scopes", "expires_at")},
        fresh_at=None if by_hand else moment,
    )
    db.session.add(session)
    db.session.flush()
    return _pair(session, secret, whole=whole)


@operation
def issue(
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[str],
    good_for: dt.timedelta,
    company_id: uuid.UUID | None = None,
    token_id: uuid.UUID | None = None,
) -> tuple[LoginSession, str]:
    """Make a token of the actor's own account with a name, scopes and an end; return its row and the token.

    The token is shown once and is not refreshed. Made with a token of an app it is that app's too: it does no more, and
    dies with it. `company_id`: the company it is limited to, in which the account has a role. `token_id`: chosen when
    the form was shown, so that a form sent twice makes one token. Raises StaleError unless the password was typed
    lately, BeyondTokenError for scopes that the actor does not have itself, DuplicateError where that id is taken.
    """
    user = queries.held_account(actor)
    actor.require_fresh()
    granted = sorted({str(scope) for scope in scopes})
    if actor.scopes is not None and not actor.scopes.issuperset(granted):
        raise BeyondTokenError
    maker = db.session.get(LoginSession, actor.session_id) if actor.session_id is not None else None
    secret, moment = text.secret(), clock.now()
    session = _begun(
        user,
        secret,
        moment,
        id=token_id or new_id(),
        name=name,
        company_id=company_id,
        app_id=maker.app_id if maker is not None else None,
        scopes=granted,
        expires_at=moment + good_for,
    )
    if not added(session):
        raise DuplicateError(
            _l("This token is made already, and was shown then. If you do not have it, revoke it and make another.")
        )
    record(actor, "account.token_made", session, scopes=granted)
    return session, _encode(secret, session.serial, company_id, moment + good_for)


def refresh(token: str) -> Pair:
    """Return new tokens for `token`, which may have expired, until seven days without use.

    The one before the last refresh gives the same tokens once more for half a minute. After that its replay ends the
    session: somebody holds a copy. Raises TokenRefusedError, TokenTooOldError.
    """
    claims = read(token)
    pair = _refresh(claims)
    if pair is None:
        raise TokenRefusedError
    return pair


@operation
def _refresh(claims: Claims) -> Pair | None:
    session = _session(_rows(claims))
    if session.expires_at is not None:
        raise TokenRefusedError(_l("A token made by hand is not refreshed: it works until its end."))
    moment = clock.now()
    renewed: dict[str, Any] = {
        "last_used_at": moment,
        "company_serial": LoginSession.company_serial + 1,
        "company_rotated_at": moment,
    }
    whole, serial = claims.company_id is None, LoginSession.company_serial
    if whole:
        serial = LoginSession.serial
        renewed |= {"serial": LoginSession.serial + 1, "rotated_at": moment}
    turned = count(
        update(LoginSession)
        .where(LoginSession.id == session.id, serial == claims.serial, LoginSession.revoked_at.is_(None))
        .values(renewed)
    )
    if turned or _counts(session, claims):
        return _pair(session, claims.secret, whole=whole)
    # What is remembered here must outlive the refusal, so None goes out and the caller raises.
    sessions.end(session.id)
    return None


@operation
def sign_out(token: str) -> None:
    """End the session of `token`, which may have expired. Raises TokenRefusedError, TokenTooOldError."""
    claims = read(token)
    session = _session(_rows(claims))
    if not _counts(session, claims):
        raise TokenTooOldError
    sessions.end(session.id)
