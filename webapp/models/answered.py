"""What was answered to a program, so that asking twice does nothing twice."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core import clock
from webapp.core.database import Base


class Answered(Base):
    """The answer to a POST that carried an Idempotency-Key, written in the transaction of what it did."""

    __tablename__ = "answered"
    __table_args__ = (Index(None, "created_at"),)
    _shown = "key"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 over method, path, reach of the token and body: the same key with another request is refused."""
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
