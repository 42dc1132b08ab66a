"""The outbox: e-mails written in the transaction of what they speak of, and sent after it."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.database import Base, WithCreated, WithId


class OutboxMail(WithId, WithCreated, Base):
    """One e-mail to one address: its template and ids. Links in it are made at sending."""

    __tablename__ = "outbox_mails"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sending', 'sent', 'failed', 'dropped')", name="state"),
        Index(
            "ix_outbox_mails_due",
            "next_attempt_at",
            sqlite_where=text("state IN ('queued', 'sending')"),
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(None, "company_id", "id"),
        Index(
            "ix_outbox_mails_failed",
            "company_id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
        Index(None, "guest_id"),
        Index(None, "to_key", "template", "created_at"),
    )

    template: Mapped[str] = mapped_column(String(60))
    """The folder below templates/email/."""
    to_email: Mapped[str] = mapped_column(String(190))
    to_key: Mapped[str] = mapped_column(String(190))
    to_name: Mapped[str] = mapped_column(String(255), default="")
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Ids and plain words for the template's context function; never a link or a secret."""
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    guest_id: Mapped[uuid.UUID | None]
    event_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("events.id"), index=True)
    company_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("companies.id"))

    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime]
    claimed_until: Mapped[dt.datetime | None]
    """While it is being sent: until when nobody else may take it."""
    sent_at: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    """What went wrong last, in words."""
    message_id: Mapped[str] = mapped_column(String(120))
