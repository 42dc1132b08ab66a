"""Accounts, their sessions, and the links that work once."""

import datetime as dt
import uuid

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.database import Base, WithCreated, WithId


class User(WithId, WithCreated, Base):
    """An account: a person who can sign in once the e-mail is verified."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
        CheckConstraint("email IS NOT NULL OR deleted_at IS NOT NULL", name="email_unless_deleted"),
    )

    email: Mapped[str | None] = mapped_column(String(190))
    email_key: Mapped[str | None] = mapped_column(String(190), unique=True)
    """The address as it is compared: `core.text.fold`."""
    password_hash: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    surname: Mapped[str] = mapped_column(String(255), default="")
    eth_address: Mapped[str | None] = mapped_column(String(42))
    timezone: Mapped[str | None] = mapped_column(String(64))
    reputation: Mapped[int] = mapped_column(default=0)
    verified_at: Mapped[dt.datetime | None]
    registered_by: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the secret in the browser that registered; another browser chooses the password anew."""
    site_administrator: Mapped[bool] = mapped_column(default=False)
    calendar_nonce: Mapped[str | None] = mapped_column(String(43))
    disabled_at: Mapped[dt.datetime | None]
    deleted_at: Mapped[dt.datetime | None]

    sessions: Mapped[list["LoginSession"]] = relationship(back_populates="user", viewonly=True)

    @property
    def full_name(self) -> str:
        """Return name and surname as they are shown."""
        return f"{self.name} {self.surname}".strip()

    @property
    def is_active(self) -> bool:
        """Tell whether this account may be signed in (asked by Flask-Login)."""
        return self.verified_at is not None and self.disabled_at is None and self.deleted_at is None

    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return the id as Flask-Login wants it."""
        return str(self.id)


class LoginSession(WithId, WithCreated, Base):
    """One signed-in browser or one issued API token."""

    __tablename__ = "login_sessions"
    __table_args__ = (
        CheckConstraint("kind IN ('browser', 'token')", name="kind"),
        Index(None, "user_id", "revoked_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(10), default="browser")
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the secret in the cookie, in hexadecimal."""
    remember: Mapped[bool] = mapped_column(default=False)
    device: Mapped[str] = mapped_column(String(120), default="")
    last_used_at: Mapped[dt.datetime]
    fresh_at: Mapped[dt.datetime | None]
    """When the password was last typed in this session."""
    revoked_at: Mapped[dt.datetime | None]
    company_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("companies.id"), index=True)
    """A token's: the company it acts for, with all below it; None: the whole account."""
    app_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("apps.id"), index=True)
    """A token's: the app it was issued to."""
    name: Mapped[str] = mapped_column(String(120), default="")
    """A token's that was made by hand: what its owner calls it."""
    scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """A token's: what it may do (values of `core.actor.Scope`); None: all that its account may."""
    expires_at: Mapped[dt.datetime | None]
    """A token's that was made by hand: its end."""
    serial: Mapped[int] = mapped_column(default=0)
    """A token's: how often it was refreshed, for the account itself."""
    rotated_at: Mapped[dt.datetime | None]
    """A token's: when it was refreshed last, for the account itself."""
    company_serial: Mapped[int] = mapped_column(default=0)
    """A token's: how often it was refreshed for its company."""
    company_rotated_at: Mapped[dt.datetime | None]
    """A token's: when it was refreshed last for its company."""

    user: Mapped[User] = relationship(back_populates="sessions", lazy="raise")


class OneTimeLink(WithId, WithCreated, Base):
    """A mailed link that works once: dead after use, a newer one, a password change, or expiry."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        CheckConstraint("purpose IN ('verify', 'reset', 'email-change')", name="purpose"),
        Index(None, "user_id", "purpose"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[str] = mapped_column(String(43))
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    """When it was used, or overtaken by a newer one."""
    email: Mapped[str | None] = mapped_column(String(190))
    """The new address of an e-mail change."""
    next_url: Mapped[str | None] = mapped_column(Text)
    """Where to lead the person afterwards: a path of this site, or an allowed address of a program's."""

    user: Mapped[User] = relationship(lazy="raise")
