"""Ballots and how they stand. Nothing here carries a time of casting."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.database import Base, random_id
from webapp.models.event import Event
from webapp.models.guest import Guest


class Tally(Base):
    """How an event's vote stands: one row from the moment voting opens, which also freezes the rule."""

    __tablename__ = "tallies"
    __table_args__ = (
        CheckConstraint("ballots >= 0", name="ballots"),
        CheckConstraint("outcome IN ('consensus', 'no consensus', 'cancelled') OR outcome IS NULL", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="outcome_at_close"),
    )
    _shown = "event_id"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    opened_at: Mapped[dt.datetime]
    rule: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The rule as it was frozen."""
    roll_size: Mapped[int] = mapped_column(default=0)
    """The size of a frozen roll at opening, and of any roll at close; while an open roll's vote runs, the event's own
    counter `guests_on_roll` says it."""
    ballots: Mapped[int] = mapped_column(default=0)
    ballots_shown: Mapped[int] = mapped_column(default=0)
    ballots_held: Mapped[int] = mapped_column(default=0)
    """What live results of a secret vote show, and will show next: see `Answer.votes_shown`."""
    reached_at: Mapped[dt.datetime | None]
    """When the consensus was latched."""
    reached_with: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """{question id: answer id} of the consensus."""
    reached_ballots: Mapped[int | None]
    reached_roll: Mapped[int | None]
    """How many ballots and how large a roll there were when it was latched: a recount needs them."""
    closed_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))

    event: Mapped[Event] = relationship(lazy="raise")

    def roll_of(self, on_roll: int) -> int:
        """Return the size of the roll: as counted when it was frozen or voting closed, else as the event has it now.

        `on_roll`: the event's counter. A guest whose ballot stands counts, even where the row has gone from the list.
        """
        settled = self.closed_at is not None or self.rule["roll"] == "frozen"
        return max(self.roll_size if settled else on_roll, self.ballots, self.reached_roll or 0)


class AnswerSet(Base):
    """How many ballots chose exactly this set of answers (for votes decided by ballot)."""

    __tablename__ = "answer_sets"
    __table_args__ = (CheckConstraint("votes >= 0", name="votes"),)
    _shown = "key"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 over the sorted answer ids."""
    answers: Mapped[list[str]] = mapped_column(default=list)
    votes: Mapped[int] = mapped_column(default=0)
    votes_shown: Mapped[int] = mapped_column(default=0)
    votes_held: Mapped[int] = mapped_column(default=0)


class Ballot(Base):
    """One guest's answers to all questions of an event, cast once."""

    __tablename__ = "ballots"
    __table_args__ = (
        UniqueConstraint("event_id", "position"),
        UniqueConstraint("event_id", "receipt"),
        Index(None, "event_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=random_id)
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("events.id"))
    guest_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("guests.id"), unique=True)
    position: Mapped[int]
    """The how-many-eth ballot it is, for the remainder of a reward; shown to nobody."""
    receipt: Mapped[str] = mapped_column(String(19))

    guest: Mapped[Guest] = relationship(lazy="raise")
    answers: Mapped[list["BallotAnswer"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class BallotAnswer(Base):
    """The answer a ballot gives to one question."""

    __tablename__ = "ballot_answers"
    _shown = "ballot_id"

    ballot_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ballots.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id"))
