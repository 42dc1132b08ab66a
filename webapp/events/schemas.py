"""What may come in about an event."""

import datetime as dt
import uuid
from typing import Annotated, Any, Final, Literal, Self

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from webapp.core import text
from webapp.core.errors import InputError, Text
from webapp.core.schema import (
    Blank,
    Email,
    Line,
    Moment,
    Paragraphs,
    Patch,
    Says,
    Schema,
    TimeZone,
    local_to_utc,
    refuse,
)
from webapp.core.shares import Share, ShareError

MOST_PLACES: Final = 1_000_000
MOST_POINTS: Final = 1_000_000_000
MOST_BALLOTS: Final = 1_000_000
MOST_QUESTIONS: Final = 20
MOST_ANSWERS: Final = 50
MOST_CO_HOSTS: Final = 20
LONGEST: Final = dt.timedelta(days=366)

Visibility = Literal["public", "unlisted", "invited"]
Kind = Literal["single"]


def _whole(value: Any) -> Any:
    """Refuse what is no whole number of itself: true, false and fractions."""
    if isinstance(value, bool | float):
        raise refuse(_l("Please give a whole number."))
    return value


def _moment(value: Any) -> Any:
    """Refuse bare numbers for a moment: nobody means seconds since 1970 in a field for a day and a time."""
    if isinstance(value, bool | int | float) or (isinstance(value, str) and value.strip().replace(".", "").isdigit()):
        raise refuse(_l("Please give a day and a time, such as 2026-11-21 18:00."))
    return value


def _share(value: str) -> str:
    """Read a share as people write it; keep its canonical text."""
    try:
        return Share.parse(value[:100]).text
    except ShareError as error:
        raise refuse(error.text) from error


def _lines(value: Any) -> Any:
    """Take answers one a line, as a page sends them."""
    if isinstance(value, str):
        return [line for line in value.splitlines() if line.strip()]
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
# A moment, or (without an offset) wall time in the zone that goes with it.
_FORMATS = [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time-local"}]
When = Annotated[Moment, BeforeValidator(_moment), Says(anyOf=_FORMATS, type=None, format=None)]
ShareText = Annotated[str, Field(max_length=100), AfterValidator(_share)]
AnswerText = Annotated[Line, Field(min_length=1, max_length=300)]


class QuestionInput(Schema):
    """One question with its answers."""

    text: Annotated[Line, Field(min_length=1, max_length=500)]
    answers: Annotated[list[AnswerText], BeforeValidator(_lines), Says(minItems=2, maxItems=MOST_ANSWERS)]
    kind: Kind = "single"

    @field_validator("answers")
    @classmethod
    def _a_choice(cls, answers: list[str]) -> list[str]:
        if len(answers) < 2:
            raise refuse(_l("A question needs at least two answers, one a line."))
        if len(answers) > MOST_ANSWERS:
            raise refuse(_l("A question has at most 50 answers."))
        seen: set[str] = set()
        for answer in answers:
            if text.fold(answer) in seen:
                raise refuse(_l("The same answer stands there twice."))
            seen.add(text.fold(answer))
        return answers


class EventInput(Schema):
    """A whole event as it is created or edited.

    Moments without an offset are wall time in `timezone`; once judged all are UTC.
    """

    title: Annotated[Line, Field(min_length=1, max_length=200)]
    description: Annotated[Paragraphs, Field(max_length=50_000)] = ""
    place: Annotated[Line, Field(max_length=255)] = ""
    timezone: TimeZone
    starts_at: When
    ends_at: When
    join_by: Annotated[When | None, Blank] = Field(None, description="Null: until the end.")
    capacity: Annotated[Annotated[Whole, Field(ge=1, le=MOST_PLACES)] | None, Blank] = Field(
        None, description="Null: no limit."
    )
    visibility: Visibility = "invited"
    reward: Annotated[Whole, Field(ge=0, le=MOST_POINTS)] = 0
    project: Annotated[uuid.UUID | None, Blank] = None
    """None: the default project of the company one organises for."""
    questions: Annotated[tuple[QuestionInput, ...], Field(max_length=MOST_QUESTIONS)] = ()

    voting_opens_at: Annotated[When | None, Blank] = Field(None, description="Null: when the event is published.")
    voting_closes_at: Annotated[When | None, Blank] = Field(None, description="Null: at the end.")
    roll: Literal["open", "frozen"] = "open"
    min_votes: Annotated[Whole, Field(ge=1, le=MOST_BALLOTS)] = 1
    min_turnout: ShareText = "0"
    min_agreement: ShareText = ">1/2"
    decide_by: Literal["question", "ballot"] = "question"
    decide_when: Literal["at close", "at once"] = "at close"
    secrecy: Literal["secret", "open"] = "secret"
    results: Literal["live", "after voting", "after close"] = "after voting"

    @field_validator("reward", "min_votes", "min_turnout", "min_agreement", mode="before")
    @classmethod
    def _usual(cls, value: Any, info: Any) -> Any:
        """Read an empty field of a page as the usual value."""
        if isinstance(value, str) and not value.strip():
            return EventInput.model_fields[info.field_name].default
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name in ("starts_at", "ends_at", "join_by", "voting_opens_at", "voting_closes_at"):
            value: dt.datetime | None = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, local_to_utc(value, self.timezone).replace(microsecond=0))
        found = dict(self._wrong_times())
        if self.decide_when == "at once" and self.min_votes == 1 and Share.stored(self.min_turnout).num == 0:
            found["min_votes"] = _l(
                "Deciding at once, the very first ballot would settle the vote: "
                "ask for at least two ballots, or for a turnout."
            )
        if found:
            raise InputError(fields=found)
        return self

    def _wrong_times(self) -> dict[str, Text]:
        """Return what is wrong with how the moments follow each other, by field."""
        found: dict[str, Text] = {}
        if self.ends_at <= self.starts_at:
            found["ends_at"] = _l("The end comes after the start. Please choose a later time.")
        elif self.ends_at - self.starts_at > LONGEST:
            found["ends_at"] = _l("An event lasts at most a year.")
        if self.join_by is not None and self.join_by > self.ends_at:
            found["join_by"] = _l("Joining is possible until the end at the latest.")
        closes = self.voting_closes_at or self.ends_at
        if self.voting_opens_at is not None and self.voting_opens_at >= closes:
            name = "voting_closes_at" if self.voting_closes_at else "voting_opens_at"
            found[name] = _l("Voting closes after it opens. Please look at both times again.")
        return found


class EventPatch(Patch, EventInput):
    """What is to change of an event; what is left out stays. Null is taken where it means something, and says what.

    Moments without an offset are wall time in the event's `timezone`, the new one where it changes too.
    """

    project: uuid.UUID
    co_hosts: Annotated[tuple[Email, ...], Field(max_length=MOST_CO_HOSTS)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        # only the whole event tells
        return self


class CoHostsInput(Schema):
    """Who else may do for an event what its host may: addresses of accounts, one a line."""

    co_hosts: Annotated[tuple[Email, ...], BeforeValidator(_lines), Field(max_length=MOST_CO_HOSTS)] = ()
