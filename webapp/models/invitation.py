"""Invitations: links that let their bearer in."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.database import Base, WithCreated, WithId
from webapp.models.account import User
from webapp.models.company import Company
from webapp.models.event import Event


class Invitation(WithId, WithCreated, Base):
    """A link to the site, to a company with a role, or to an event; derived from id and nonce, never stored."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("kind IN ('site', 'company', 'event')", name="kind"),
        CheckConstraint("(kind = 'company') = (role IS NOT NULL)", name="role_for_company"),
        CheckConstraint("kind <> 'company' OR company_id IS NOT NULL", name="company"),
        CheckConstraint("(kind = 'event') = (event_id IS NOT NULL)", name="event"),
        CheckConstraint("uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)", name="uses"),
        CheckConstraint("role IN ('owner', 'administrator', 'organiser', 'doorkeeper') OR role IS NULL", name="role"),
        Index(None, "event_id", "id"),
        Index(None, "company_id", "id"),
        Index(None, "issuer_id", "id"),
    )

    kind: Mapped[str] = mapped_column(String(10))
    issuer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    company_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("companies.id"))
    event_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("events.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(190))
    """Mailed to this address and bound to it; None: whoever has the link."""
    email_key: Mapped[str | None] = mapped_column(String(190))
    nonce: Mapped[str] = mapped_column(String(43))
    max_uses: Mapped[int | None] = mapped_column(default=1)
    """None: as many as come."""
    uses: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    issuer: Mapped[User] = relationship(foreign_keys=[issuer_id], lazy="raise")
    company: Mapped[Company | None] = relationship(lazy="raise")
    event: Mapped[Event | None] = relationship(lazy="raise")
    taken: Mapped[list["InvitationUse"]] = relationship(lazy="raise", back_populates="invitation")


class InvitationUse(WithId, WithCreated, Base):
    """Who used an invitation. A use is held until the address of the login it made is proven."""

    __tablename__ = "invitation_uses"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'granted', 'released')", name="state"),
        CheckConstraint("(state = 'held') = (held_until IS NOT NULL)", name="held_has_end"),
        Index(None, "invitation_id", "state"),
        Index(None, "user_id"),
        Index(None, "guest_id"),
    )

    invitation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("invitations.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    guest_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("guests.id"))
    state: Mapped[str] = mapped_column(String(10), default="granted")
    held_until: Mapped[dt.datetime | None]

    invitation: Mapped[Invitation] = relationship(lazy="raise", back_populates="taken")
    user: Mapped[User | None] = relationship(lazy="raise")
