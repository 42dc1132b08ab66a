"""Sessions: begun by a password, known by a secret, ended on the server.

The secret goes to the browser in the identity cookie; the row keeps its SHA-256 only.
"""

import datetime as dt
import hashlib
import uuid

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import contains_eager

from webapp.core import clock, text
from webapp.core.database import db
from webapp.core.operation import count, operation
from webapp.models import LoginSession, User

IDLE = dt.timedelta(days=7)
TOUCH_EVERY = dt.timedelta(minutes=15)


def digest(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


_FIND = (
    select(LoginSession)
    .join(LoginSession.user)
    .options(contains_eager(LoginSession.user))
    .where(LoginSession.revoked_at.is_(None))
)


def find(secret: str) -> LoginSession | None:
    """Return the browser session that `secret` opens, with its account loaded; None where there is none any more."""
    session = db.session.scalar(_FIND.where(LoginSession.secret_hash == digest(secret), LoginSession.kind == "browser"))
    if session is None or clock.now() - session.last_used_at > IDLE or not session.user.is_active:
        return None
    return session


@operation
def start(user: User, *, remember: bool, device: str = "", instead_of: uuid.UUID | None = None) -> str:
    """Begin a browser session of `user`, who has just given the password; return its secret.

    `instead_of`: the session this browser had until now; it ends.
    """
    if instead_of is not None:
        end(instead_of)
    secret = text.secret()
    moment = clock.now()
    db.session.add(
        LoginSession(
            user_id=user.id,
            secret_hash=digest(secret),
            remember=remember,
            device=device[:120],
            last_used_at=moment,
            fresh_at=moment,
        )
    )
    return secret


# A token made by hand that was never used: its first use is written at once.
_UNUSED = and_(LoginSession.expires_at.is_not(None), LoginSession.last_used_at == LoginSession.created_at)


def living() -> ColumnElement[bool]:
    """Return the condition of sessions and tokens that open something: neither ended nor run out nor idle too long."""
    moment = clock.now()
    standing = or_(
        and_(LoginSession.expires_at.is_(None), LoginSession.last_used_at > moment - IDLE),
        LoginSession.expires_at > moment,
    )
    return and_(LoginSession.revoked_at.is_(None), standing)


@operation
def touch(session_id: uuid.UUID) -> bool:
    """Write that the session is used, at first and then at most every 15 minutes; tell whether this call wrote it."""
    moment = clock.now()
    return bool(
        count(
            update(LoginSession)
            .where(LoginSession.id == session_id, or_(LoginSession.last_used_at < moment - TOUCH_EVERY, _UNUSED))
            .values(last_used_at=moment)
        )
    )


@operation
def refresh(session_id: uuid.UUID) -> None:
    """Write that the password was typed again in this session."""
    count(update(LoginSession).where(LoginSession.id == session_id).values(fresh_at=clock.now()))


@operation
def end(session_id: uuid.UUID) -> None:
    """Revoke one session: it authenticates nothing from now on."""
    count(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


@operation
def end_all(user_id: uuid.UUID, *, but: uuid.UUID | None = None) -> int:
    """Revoke all sessions and tokens of an account, except `but`; return how many there were."""
    statement = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(LoginSession.id != but)
    return count(statement.values(revoked_at=clock.now()))


@operation
def end_those(*which: ColumnElement[bool]) -> int:
    """Revoke the standing sessions and tokens that meet all of `which`; return how many there were."""
    return count(update(LoginSession).where(LoginSession.revoked_at.is_(None), *which).values(revoked_at=clock.now()))


def is_due(session: LoginSession) -> bool:
    """Tell whether the session's last use was written more than 15 minutes ago, or never."""
    if session.expires_at is not None and session.last_used_at == session.created_at:
        return True
    return clock.now() - session.last_used_at > TOUCH_EVERY
