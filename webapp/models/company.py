"""Companies, who is what in them, and their projects."""

import datetime as dt
import uuid

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.database import Base, WithCreated, WithId
from webapp.models.account import User


class Company(WithId, WithCreated, Base):
    """The team that owns things. Rights flow down from a parent to all below it."""

    __tablename__ = "companies"
    __table_args__ = (CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),)

    slug: Mapped[str] = mapped_column(String(70), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("companies.id"), index=True)
    deleted_at: Mapped[dt.datetime | None]

    parent: Mapped["Company | None"] = relationship(remote_side="Company.id", lazy="raise")


class CompanyAncestor(Base):
    """The tree, closed: a row for each company and each of its ancestors, itself included with depth 0.

    So one join answers "may I here" and "everything below".
    """

    __tablename__ = "company_ancestors"
    _shown = "company_id"

    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    ancestor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True, index=True)
    depth: Mapped[int]


class Membership(WithId, Base):
    """What an account is in a company: granted and revoked with who and when, never overwritten."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'administrator', 'organiser', 'doorkeeper')", name="role"),
        Index(
            "uq_memberships_standing",
            "company_id",
            "user_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(None, "user_id"),
    )

    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(20))
    granted_at: Mapped[dt.datetime]
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[dt.datetime | None]
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Scopes that tokens may use in this company, where they are fewer than the role gives; None: all of them."""

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise")
    company: Mapped[Company] = relationship(lazy="raise")


class Project(WithId, WithCreated, Base):
    """A named group of a company's events. Every company has a default one."""

    __tablename__ = "projects"
    __table_args__ = (
        Index(
            "uq_projects_default",
            "company_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    is_default: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[dt.datetime | None]
    calendar_nonce: Mapped[str | None] = mapped_column(String(43))
    """What the secret link of its calendar feed is derived from; None: there is no feed."""

    company: Mapped[Company] = relationship(lazy="raise")
