"""Apps: registered programs."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.database import Base, WithCreated, WithId
from webapp.models.account import User
from webapp.models.company import Company


class App(WithId, WithCreated, Base):
    """A registered program of a company. Its id is the App-Id; the App-Key is shown once and kept as its SHA-256."""

    __tablename__ = "apps"
    __table_args__ = (Index(None, "company_id", "id"), Index(None, "created_by"))

    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    name: Mapped[str] = mapped_column(String(120))
    scopes: Mapped[list[str]] = mapped_column(default=list)
    """Values of `core.actor.Scope`, sorted."""
    key_hash: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    """Who answers for it: made it, or took it over."""
    rotated_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    company: Mapped[Company] = relationship(lazy="raise")
    creator: Mapped[User] = relationship(foreign_keys=[created_by], lazy="raise")
