"""Mailed links that work once: dead after use, a newer one, a password change, or expiry."""

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from webapp.core import clock, text, tokens
from webapp.core.database import db
from webapp.core.operation import count, operation
from webapp.core.tokens import Purpose, TokenExpiredError, TokenMissingError
from webapp.models import OneTimeLink, User

GOOD_FOR = {
    Purpose.VERIFY: dt.timedelta(hours=24),
    # an SMTP server may be away for an hour, and somebody may be on the way home
    Purpose.RESET: dt.timedelta(hours=4),
    Purpose.EMAIL_CHANGE: dt.timedelta(hours=24),
}


@operation
def issue(user: User, purpose: Purpose, *, email: str | None = None, next_url: str | None = None) -> OneTimeLink:
    """Make a link of `user` for `purpose`; those made before for the same end."""
    end(user.id, purpose)
    link = OneTimeLink(
        user_id=user.id,
        purpose=purpose.value,
        nonce=text.secret(128),
        expires_at=clock.now() + GOOD_FOR[purpose],
        email=email,
        next_url=next_url,
    )
    db.session.add(link)
    db.session.flush()
    return link


@operation
def end(user_id: uuid.UUID, *purposes: Purpose) -> None:
    """End the account's links for `purposes`; all of them where none is named."""
    wanted = [purpose.value for purpose in purposes or GOOD_FOR]
    count(
        update(OneTimeLink)
        .where(OneTimeLink.user_id == user_id, OneTimeLink.purpose.in_(wanted), OneTimeLink.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def find(purpose: Purpose, token: str) -> OneTimeLink:
    """Return the living link of `token` with its account loaded.

    Raises TokenMissingError (404) for one that is not ours, TokenExpiredError (410) for one that is not good any more.
    """
    said = tokens.read(purpose, token)
    link = db.session.scalar(
        select(OneTimeLink)
        .join(OneTimeLink.user)
        .options(contains_eager(OneTimeLink.user))
        .where(OneTimeLink.id == said.row, OneTimeLink.purpose == purpose.value, OneTimeLink.nonce == said.nonce)
    )
    if link is None:
        raise TokenMissingError
    gone = link.user.deleted_at is not None or link.user.disabled_at is not None
    if gone or link.ended_at is not None or link.expires_at <= clock.now():
        raise TokenExpiredError
    return link


@operation
def consume(purpose: Purpose, token: str) -> OneTimeLink:
    """Use the link of `token` up and return it, its account loaded; of many at once one succeeds. Raises as `find`."""
    link = find(purpose, token)
    moment = clock.now()
    used = count(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.ended_at.is_(None), OneTimeLink.expires_at > moment)
        .values(ended_at=moment)
    )
    if not used:
        raise TokenExpiredError
    db.session.refresh(link, ["user"])
    return link


def token_of(link: OneTimeLink) -> str:
    """Return the token of `link`, for the e-mail that carries it."""
    return tokens.make(Purpose(link.purpose), link.id, link.nonce)


def is_good(link: OneTimeLink | None) -> bool:
    """Tell whether `link` could still be used."""
    return link is not None and link.ended_at is None and link.expires_at > clock.now()
