"""The journal: who did what, naming people by id only."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core import clock
from webapp.core.database import Base


class JournalEntry(Base):
    """One line of the journal. The database refuses to change or delete it; it is sealed into a chain of hashes."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        Index(None, "company_id", "id"),
        Index(None, "thing_type", "thing_id"),
        Index(None, "actor_id", "id"),
        Index(None, "event_id", "id"),
        Index(None, "at"),
        Index(
            "ix_journal_entries_unsealed",
            "id",
            sqlite_where=text("seal IS NULL"),
            postgresql_where=text("seal IS NULL"),
        ),
        CheckConstraint("(seal IS NULL) = (position IS NULL)", name="seal_with_position"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[uuid.UUID | None]
    action: Mapped[str] = mapped_column(String(60))
    thing_type: Mapped[str] = mapped_column(String(30))
    thing_id: Mapped[uuid.UUID | None]
    company_id: Mapped[uuid.UUID | None]
    event_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Ids, counts and words of the vocabulary; no names, addresses or free text."""
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """Where it stands in the chain: 1, 2, 3 …; None until it is sealed."""
    seal: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 over this entry and the seal before it, in hexadecimal: written once, by `journal.sealing`."""
