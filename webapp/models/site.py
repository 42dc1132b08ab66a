"""The installation itself: one row."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.database import Base


class Site(Base):
    """What the whole installation is called and allows. The row exists from the first migration on."""

    __tablename__ = "sites"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint("registration IN ('open', 'invitation') OR registration IS NULL", name="registration"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    name: Mapped[str] = mapped_column(String(100), default="Folkmoot")
    footer: Mapped[str] = mapped_column(String(500), default="")
    registration: Mapped[str | None] = mapped_column(String(20))
    """None: as the setting REGISTRATION says."""
    allowed_domains: Mapped[str] = mapped_column(Text, default="")
    """Mail domains that may register, one a line; none: all."""
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Limits that differ from the environment's: {setting: "30/minute;200/hour"}."""
    privacy_url: Mapped[str] = mapped_column(String(500), default="")
    terms_url: Mapped[str] = mapped_column(String(500), default="")
    imprint_url: Mapped[str] = mapped_column(String(500), default="")
    """Where the legal texts stand; empty: not linked."""
    set_up_at: Mapped[dt.datetime | None]
