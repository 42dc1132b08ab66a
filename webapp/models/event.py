"""Events with their questions and answers."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core import clock
from webapp.core.database import Base, WithCreated, WithId, random_id
from webapp.models.account import User
from webapp.models.company import Company, Project


class Event(WithCreated, Base):
    """What people are invited to. Its id is random, for whoever has it may open an unlisted event."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'cancelled')", name="state"),
        CheckConstraint("visibility IN ('public', 'unlisted', 'invited')", name="visibility"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("join_by <= ends_at", name="join_by_before_end"),
        CheckConstraint("capacity IS NULL OR capacity >= 1", name="capacity"),
        CheckConstraint("taken >= 0 AND (capacity IS NULL OR taken + offered <= capacity)", name="places"),
        CheckConstraint("offered >= 0", name="offered"),
        CheckConstraint("reward >= 0", name="reward"),
        CheckConstraint("roll IN ('open', 'frozen')", name="roll"),
        CheckConstraint("decide_by IN ('question', 'ballot')", name="decide_by"),
        CheckConstraint("decide_when IN ('at close', 'at once')", name="decide_when"),
        CheckConstraint("secrecy IN ('secret', 'open')", name="secrecy"),
        CheckConstraint("results IN ('live', 'after voting', 'after close')", name="results"),
        CheckConstraint("min_votes >= 1", name="min_votes"),
        CheckConstraint("voting_closes_at > voting_opens_at", name="voting_closes_after_opening"),
        Index(None, "company_id", "starts_at", "id"),
        Index(None, "company_id", "ends_at"),
        Index(None, "project_id", "starts_at", "id"),
        Index(None, "host_id", "starts_at", "id"),
        Index(None, "starts_at", "id"),
        Index(
            "ix_events_public",
            "starts_at",
            "id",
            # so that what is over is passed by without looking at its row
            "ends_at",
            sqlite_where=text("state = 'published' AND visibility = 'public'"),
            postgresql_where=text("state = 'published' AND visibility = 'public'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=random_id)
    company_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("companies.id"))
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("projects.id"))
    host_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))

    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(255), default="")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    join_by: Mapped[dt.datetime | None]
    """Until when one may join; None: until the end."""
    capacity: Mapped[int | None]
    """Places; None: as many as come."""
    visibility: Mapped[str] = mapped_column(String(20), default="invited")
    reward: Mapped[int] = mapped_column(default=0)
    search_key: Mapped[str] = mapped_column(Text, default="")
    """Title and place as mails are searched by them: `core.text.fold`. Events are found by their words."""

    state: Mapped[str] = mapped_column(String(20), default="draft")
    published_at: Mapped[dt.datetime | None]
    cancelled_at: Mapped[dt.datetime | None]
    updated_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    sequence: Mapped[int] = mapped_column(default=0)
    """How often what stands in a calendar was changed (RFC 5545 SEQUENCE)."""

    # Kept by guests/places.py alone, by conditional updates
    taken: Mapped[int] = mapped_column(default=0)
    """Places taken: guests with yes, and their companions."""
    offered: Mapped[int] = mapped_column(default=0)
    """Places held for those asked from the waiting list."""

    # Kept by guests/counters.py, so that no page counts all guests
    guests_listed: Mapped[int] = mapped_column(default=0)
    guests_invited: Mapped[int] = mapped_column(default=0)
    guests_opened: Mapped[int] = mapped_column(default=0)
    guests_yes: Mapped[int] = mapped_column(default=0)
    guests_no: Mapped[int] = mapped_column(default=0)
    guests_waiting: Mapped[int] = mapped_column(default=0)
    guests_checked_in: Mapped[int] = mapped_column(default=0)
    guests_on_roll: Mapped[int] = mapped_column(default=0)

    # The rule of the vote, frozen when voting opens
    voting_opens_at: Mapped[dt.datetime | None]
    """None: when the event is published."""
    voting_closes_at: Mapped[dt.datetime | None]
    """None: at the end."""
    roll: Mapped[str] = mapped_column(String(10), default="open")
    min_votes: Mapped[int] = mapped_column(default=1)
    min_turnout: Mapped[str] = mapped_column(String(30), default="0")
    """A share of the roll as `voting.rule.Share` prints it, e.g. "1/2"."""
    min_agreement: Mapped[str] = mapped_column(String(30), default=">1/2")
    decide_by: Mapped[str] = mapped_column(String(10), default="question")
    decide_when: Mapped[str] = mapped_column(String(10), default="at close")
    secrecy: Mapped[str] = mapped_column(String(10), default="secret")
    results: Mapped[str] = mapped_column(String(20), default="after voting")

    company: Mapped[Company] = relationship(lazy="raise")
    project: Mapped[Project] = relationship(lazy="raise")
    host: Mapped[User] = relationship(lazy="raise")
    co_hosts: Mapped[list["CoHost"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    questions: Mapped[list["Question"]] = relationship(
        lazy="raise", order_by="Question.position", cascade="all, delete-orphan", back_populates="event"
    )

    @property
    def joins_until(self) -> dt.datetime:
        """Return until when one may join (UTC): join-by, or the end."""
        return self.join_by or self.ends_at

    @property
    def votes_from(self) -> dt.datetime | None:
        """Return from when one may vote (UTC); None before publication of an event that says nothing of it."""
        return self.voting_opens_at or self.published_at

    @property
    def votes_until(self) -> dt.datetime:
        """Return until when one may vote (UTC): the close of voting, or the end."""
        return self.voting_closes_at or self.ends_at

    @property
    def places_left(self) -> int | None:
        """Return how many places are free; None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.taken - self.offered)

    @property
    def over(self) -> bool:
        """Tell whether it has ended, or never will take place."""
        return self.state == "cancelled" or self.ends_at <= clock.now()

    @property
    def published(self) -> bool:
        """Tell whether guests can see and answer it."""
        return self.state == "published"


class EventWord(Base):
    """A word of an event's title or place, by which it is found. Kept by events/words.py alone."""

    __tablename__ = "event_words"
    __table_args__ = (Index(None, "word", "starts_at", "event_id"), {"sqlite_with_rowid": False})
    _shown = "event_id"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    # compared byte by byte, so that all that begins alike stands together
    word: Mapped[str] = mapped_column(String(40).with_variant(String(40, "C"), "postgresql"), primary_key=True)
    starts_at: Mapped[dt.datetime]
    """The event's: what is found stands in its order."""


class EventDay(Base):
    """What happened to an event's guest list on one day (UTC).

    Kept by guests/counters.py, so that no chart counts guests.
    Each number only grows: an answer that is changed counts anew on the day it is changed.
    """

    __tablename__ = "event_days"
    _shown = "event_id"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    invited: Mapped[int] = mapped_column(default=0)
    opened: Mapped[int] = mapped_column(default=0)
    yes: Mapped[int] = mapped_column(default=0)
    no: Mapped[int] = mapped_column(default=0)
    checked_in: Mapped[int] = mapped_column(default=0)


class CoHost(Base):
    """An account that may do for one event what its host may."""

    __tablename__ = "co_hosts"
    _shown = "event_id"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)

    user: Mapped[User] = relationship(lazy="raise")


class Question(WithId, Base):
    """What an event asks."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("event_id", "position"),
        CheckConstraint("kind IN ('single')", name="kind"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(500))
    kind: Mapped[str] = mapped_column(String(20), default="single")

    event: Mapped[Event] = relationship(lazy="raise", back_populates="questions")
    answers: Mapped[list["Answer"]] = relationship(
        lazy="raise", order_by="Answer.position", cascade="all, delete-orphan", back_populates="question"
    )


class Answer(WithId, Base):
    """One of the choices of a question."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("question_id", "position"), CheckConstraint("votes >= 0", name="votes"))

    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))
    votes: Mapped[int] = mapped_column(default=0)
    """Ballots that chose it: counted with each ballot, in its transaction."""
    votes_shown: Mapped[int] = mapped_column(default=0)
    """What live results show of a secret vote: moves in steps of five ballots, one step behind (`voting.count`)."""
    votes_held: Mapped[int] = mapped_column(default=0)
    """What they will show next."""

    question: Mapped[Question] = relationship(lazy="raise", back_populates="answers")
