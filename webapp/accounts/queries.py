"""Reads of accounts."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from flask import current_app
from limits import RateLimitItem, parse_many
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from webapp.accounts import sessions
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError, SignInError
from webapp.core.hooks import AccountChange, account_exported
from webapp.models import Company, Event, Guest, LoginSession, OneTimeLink, OutboxMail, Site, User


def by_email(email: str) -> User | None:
    """Return the account with this address, proven or not."""
    return db.session.scalar(select(User).where(User.email_key == text.fold(email)))


def account_of(actor: Actor) -> User:
    """Return the actor's own account. Raises SignInError where nobody is signed in, NotFoundError where it is gone."""
    user = db.session.get(User, actor.account())
    if user is None or user.deleted_at is not None:
        raise NotFoundError
    return user


def held_account(actor: Actor) -> User:
    """Return the actor's own account under a lock that lasts until the end of the operation.

    Raises SignInError where it may not be signed in any more, or the session ended while the lock was waited for: who
    was disabled or signed out everywhere a moment ago does nothing more.
    """
    user = db.session.get(User, actor.account(), populate_existing=True, with_for_update=True)
    if user is None or not user.is_active:
        raise SignInError
    ended = select(LoginSession.id).where(LoginSession.id == actor.session_id, LoginSession.revoked_at.is_not(None))
    if actor.session_id is not None and db.session.scalar(ended) is not None:
        raise SignInError
    return user


def sessions_of(actor: Actor) -> Sequence[LoginSession]:
    """Return the actor's living sessions, the one used last first."""
    statement = (
        select(LoginSession)
        .where(LoginSession.user_id == actor.account(), sessions.living())
        .order_by(LoginSession.last_used_at.desc(), LoginSession.id.desc())
    )
    return db.session.scalars(statement).all()


_SOON = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True)
class TokenRow:
    """A token made by hand as its owner's list shows it, with the name of the company it is limited to."""

    session: LoginSession
    company: str | None

    @property
    def used(self) -> bool:
        """Tell whether it was ever used."""
        return self.session.last_used_at > self.session.created_at

    @property
    def ends_soon(self) -> bool:
        """Tell whether it works for less than a week more."""
        return self.session.expires_at is not None and self.session.expires_at < clock.now() + _SOON


def tokens_of(actor: Actor) -> list[TokenRow]:
    """Return the actor's living tokens that were made by hand, with the names of their companies, newest first."""
    statement = (
        select(LoginSession, Company.name)
        .outerjoin(Company, Company.id == LoginSession.company_id)
        .where(LoginSession.user_id == actor.account(), LoginSession.expires_at.is_not(None), sessions.living())
        .order_by(LoginSession.id.desc())
    )
    return [TokenRow(session, company) for session, company in db.session.execute(statement)]


def mails_since(email: str, templates: Sequence[str], seconds: int) -> int:
    """Return how many e-mails of `templates` were written to an address in the last `seconds`."""
    since = clock.now() - dt.timedelta(seconds=seconds)
    statement = select(func.count()).where(
        OutboxMail.to_key == text.fold(email), OutboxMail.template.in_(templates), OutboxMail.created_at > since
    )
    return db.session.scalar(statement) or 0


def mail_limits() -> list[RateLimitItem]:
    """Return how many e-mails one recipient may be sent by whoever asks: the site's own word, else LIMIT_MAILS."""
    said = db.session.scalar(select(Site.limits)) or {}
    return parse_many(said.get("LIMIT_MAILS") or current_app.config["LIMIT_MAILS"])


def where_to(user_id: uuid.UUID) -> str | None:
    """Return where the account was heading when it was last sent a link."""
    statement = select(OneTimeLink.next_url).where(OneTimeLink.user_id == user_id).order_by(OneTimeLink.id.desc())
    return db.session.scalar(statement.limit(1))


def allowed_domains() -> frozenset[str]:
    """Return the mail domains that may register; none: all may."""
    said = db.session.scalar(select(Site.allowed_domains)) or ""
    return frozenset(text.fold(line).lstrip("@") for line in said.splitlines() if line.strip())


def export(actor: Actor) -> dict[str, Any]:
    """Return everything that is kept of the actor's own account, as plain data; times are ISO 8601 in UTC."""
    user = account_of(actor)
    own: dict[str, Any] = {
        "account": {
            "id": str(user.id),
            "email": user.email,
            "name": user.name,
            "surname": user.surname,
            "eth_address": user.eth_address,
            "timezone": user.timezone,
            "reputation": user.reputation,
            "created_at": user.created_at.isoformat(),
            "verified_at": user.verified_at.isoformat() if user.verified_at else None,
        },
        "sessions": [_session(session) for session in sessions_of(actor)],
    }
    for part in account_exported.fire(AccountChange(user.id, user.email_key)):
        own.update(part or {})
    return own


def _session(session: LoginSession) -> dict[str, Any]:
    return {
        "id": str(session.id),
        "kind": session.kind,
        "name": session.name,
        "device": session.device,
        "created_at": session.created_at.isoformat(),
        "last_used_at": session.last_used_at.isoformat(),
    }


def own_session(actor: Actor, session_id: uuid.UUID) -> LoginSession:
    """Return one of the actor's living sessions; raises NotFoundError for one that has ended or is somebody else's."""
    own = (LoginSession.id == session_id, LoginSession.user_id == actor.account(), sessions.living())
    session = db.session.scalar(select(LoginSession).where(*own))
    if session is None:
        raise NotFoundError
    return session


def votes_of(actor: Actor) -> Sequence[Guest]:
    """Return the actor's guest rows that voted, their events loaded, the latest event first: at most 50."""
    statement = (
        select(Guest)
        .join(Guest.event)
        .options(contains_eager(Guest.event))
        .where(Guest.user_id == actor.account(), Guest.has_voted)
        .order_by(Event.starts_at.desc(), Guest.id.desc())
        .limit(50)
    )
    return db.session.scalars(statement).all()
