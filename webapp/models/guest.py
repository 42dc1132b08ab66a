"""Guests: one row a person and event, for everything that happens to them."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core import clock
from webapp.core.database import Base, WithId
from webapp.models.account import User
from webapp.models.event import Event
from webapp.models.mail import OutboxMail


class Guest(WithId, Base):
    """One person on one event's guest list, by e-mail, by account, or (walk-in) by name alone.

    Removed guests and those who left stay as rows: their places are free, a ballot of theirs stands.
    """

    __tablename__ = "guests"
    __table_args__ = (
        UniqueConstraint("event_id", "email_key"),
        UniqueConstraint("event_id", "user_id"),
        CheckConstraint("reply IN ('yes', 'no') OR reply IS NULL", name="reply"),
        CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name="reply_has_time"),
        CheckConstraint("places >= 0", name="places"),
        CheckConstraint("places = 0 OR (reply = 'yes' AND removed_at IS NULL)", name="places_only_with_yes"),
        CheckConstraint("party_size >= 1", name="party_size"),
        CheckConstraint("source IN ('listed', 'link', 'joined', 'walk-in', 'import')", name="source"),
        CheckConstraint("email_key IS NOT NULL OR user_id IS NOT NULL OR name <> ''", name="somebody"),
        Index(None, "event_id", "id"),
        # The list, and that of each status, in its order. PostgreSQL orders by no column that is only said to be NULL,
        # so all are partial; of those that serve alike SQLite takes the last one, so the whole list comes first.
        Index(
            "ix_guests_list",
            "event_id",
            "name_key",
            "id",
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(
            "ix_guests_reply",
            "event_id",
            "reply",
            "name_key",
            "id",
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(
            "ix_guests_not_invited",
            "event_id",
            "name_key",
            "id",
            sqlite_where=text("removed_at IS NULL AND invited_at IS NULL AND reply IS NULL"),
            postgresql_where=text("removed_at IS NULL AND invited_at IS NULL AND reply IS NULL"),
        ),
        Index(
            "ix_guests_waiting",
            "event_id",
            "name_key",
            "id",
            sqlite_where=text("removed_at IS NULL AND waiting_since IS NOT NULL"),
            postgresql_where=text("removed_at IS NULL AND waiting_since IS NOT NULL"),
        ),
        Index(
            "ix_guests_in",
            "event_id",
            "name_key",
            "id",
            sqlite_where=text("removed_at IS NULL AND checked_in_at IS NOT NULL"),
            postgresql_where=text("removed_at IS NULL AND checked_in_at IS NOT NULL"),
        ),
        Index(None, "user_id"),
        Index(None, "email_key"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    email: Mapped[str | None] = mapped_column(String(190))
    email_key: Mapped[str | None] = mapped_column(String(190))
    name: Mapped[str] = mapped_column(String(255), default="")
    name_key: Mapped[str] = mapped_column(String(460), default="")
    """Name and address as they are searched and ordered: `core.text.fold`."""
    source: Mapped[str] = mapped_column(String(10), default="listed")
    nonce: Mapped[str] = mapped_column(String(43))
    """In the personal link; a new one ends the link."""

    listed_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    listed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    invited_at: Mapped[dt.datetime | None]
    reminded_at: Mapped[dt.datetime | None]
    opened_at: Mapped[dt.datetime | None]
    replied_at: Mapped[dt.datetime | None]
    joined_at: Mapped[dt.datetime | None]
    waiting_since: Mapped[dt.datetime | None]
    offered_until: Mapped[dt.datetime | None]
    checked_in_at: Mapped[dt.datetime | None]
    checked_in_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    left_at: Mapped[dt.datetime | None]
    removed_at: Mapped[dt.datetime | None]
    removed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    reply: Mapped[str | None] = mapped_column(String(3))
    party_size: Mapped[int] = mapped_column(default=1)
    """The guest and companions."""
    companions: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    places: Mapped[int] = mapped_column(default=0)
    """Places this guest takes now: `party_size` with a yes that has a place, else 0."""
    on_roll: Mapped[bool] = mapped_column(default=False)
    has_voted: Mapped[bool] = mapped_column(default=False)
    """That a ballot was cast, never when."""
    unconfirmed_until: Mapped[dt.datetime | None]
    """Set for a guest who came by a shared link and has not yet confirmed the address from the mail."""
    unsubscribed_at: Mapped[dt.datetime | None]
    reward: Mapped[int] = mapped_column(default=0)
    reputation: Mapped[int] = mapped_column(default=0)
    """What the vote's close gave to this guest: points, and -1, 0 or +1."""
    last_mail_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("outbox_mails.id"))

    event: Mapped[Event] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(foreign_keys=[user_id], lazy="raise")
    last_mail: Mapped[OutboxMail | None] = relationship(foreign_keys=[last_mail_id], lazy="raise")

    @property
    def standing(self) -> bool:
        """Tell whether this guest is on the list."""
        return self.removed_at is None

    @property
    def shown_name(self) -> str:
        """Return what to call this guest: the name, else the address."""
        return self.name or self.email or ""
