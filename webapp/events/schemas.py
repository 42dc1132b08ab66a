"""What may come in about an event."""

import datetime as dt
import uuid
from typing import Annotated, Any, Final, Literal, Self

from flask_babel import lazy_gettext as _l
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

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
    no_text,
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
Roll = Literal["open", "frozen"]
DecideBy = Literal["question", "ballot"]
DecideWhen = Literal["at close", "at once"]
Secrecy = Literal["secret", "open"]
Results = Literal["live", "after voting", "after close"]


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


def _lines(value: Any, info: ValidationInfo) -> Any:
    """Take answers one a line, as a page sends them."""
    if isinstance(value, str):
        no_text(info, _l("Please give a list."))
        return [line for line in value.splitlines() if line.strip()]
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
# A moment, or (without an offset) wall time in the zone that goes with it.
_FORMATS = [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time-local"}]
When = Annotated[Moment, BeforeValidator(_moment), Says(anyOf=_FORMATS, type=None, format=None)]
ShareText = Annotated[str, Field(max_length=100), AfterValidator(_share)]
AnswerText = Annotated[Line, Field(min_length=1, max_length=300)]
MinVotes = Annotated[Whole, Field(ge=1, le=MOST_BALLOTS)]


def _id_or_email(value: Any, email: ValidatorFunctionWrapHandler) -> Any:
    """Take an id for what it is, and judge all else as an address."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        return email(value)


# Somebody's account, by its address or its id.
Somebody = Annotated[
    Email,
    WrapValidator(_id_or_email),
    Says(format=None, pattern=None, anyOf=[{"format": "email"}, {"format": "uuid"}]),
]
CoHosts = Annotated[tuple[Somebody, ...], Field(max_length=MOST_CO_HOSTS)]


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
    roll: Roll = "open"
    min_votes: MinVotes = 1
    min_turnout: ShareText = "0"
    min_agreement: ShareText = ">1/2"
    decide_by: DecideBy = "question"
    decide_when: DecideWhen = "at close"
    secrecy: Secrecy = "secret"
    results: Results = "after voting"

    @field_validator("reward", "min_votes", "min_turnout", "min_agreement", mode="before")
    @classmethod
    def _usual(cls, value: Any, info: ValidationInfo) -> Any:
        """Read an empty field of a page as the usual value."""
        if isinstance(value, str) and not value.strip() and info.field_name:
            no_text(info, _l("Please fill this in."))
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


class RulePatch(Patch):
    """What is to change of the rule of the vote, as an event shows it; what is left out stays."""

    roll: Roll
    min_votes: MinVotes
    min_turnout: ShareText
    min_agreement: ShareText
    decide_by: DecideBy
    decide_when: DecideWhen
    secrecy: Secrecy
    results: Results


class KeptAnswerInput(Schema):
    """One of the choices, as an event shows it; with its `id` it is the same one still."""

    text: AnswerText
    id: uuid.UUID | None = None


class _OrText:
    """Says that an answer may also be its text alone."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        said = handler(core)
        return {"anyOf": [handler.resolve_ref_schema(said)["properties"]["text"], said]}


def _from_text(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


KeptAnswer = Annotated[KeptAnswerInput, BeforeValidator(_from_text), _OrText()]


class KeptQuestionInput(Schema):
    """One question, as an event shows it; with its `id` it is the same one still, wherever it stands."""

    text: Annotated[Line, Field(min_length=1, max_length=500)]
    answers: Annotated[list[KeptAnswer], BeforeValidator(_lines), Says(minItems=2, maxItems=MOST_ANSWERS)]
    kind: Kind = "single"
    id: uuid.UUID | None = None

    def plain(self) -> dict[str, Any]:
        """Return what a QuestionInput says of it."""
        return {"text": self.text, "kind": self.kind, "answers": [answer.text for answer in self.answers]}


class EventPatch(Patch, EventInput):
    """What is to change of an event; what is left out stays. Null is taken where it means something, and says what.

    What an event shows can be sent back: `rule` says the same as the names in it do by themselves, `project_id` the
    same as `project`. Questions and answers that are sent with an id stay themselves wherever they stand now, those
    without one are new; where none has an id, they are told by their places. Moments without an offset are wall time
    in the event's `timezone`, the new one where it changes too. A vote whose close is said to be the event's end
    closes with it, wherever it moves.
    """

    project: uuid.UUID
    project_id: uuid.UUID
    questions: Annotated[tuple[KeptQuestionInput, ...], Field(max_length=MOST_QUESTIONS)]  # type: ignore[assignment]
    rule: RulePatch
    co_hosts: CoHosts

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        # the rest only the whole event tells
        flat, inside = super().named(), self.rule.named() if "rule" in self.model_fields_set else {}
        agree = _l("This stands here twice, and not alike.")
        found: dict[str, Text] = {
            f"rule-{name}": agree for name in inside if flat.get(name, inside[name]) != inside[name]
        }
        if len({flat[name] for name in ("project", "project_id") if name in flat}) > 1:
            found["project_id"] = agree
        if found:
            raise InputError(fields=found)
        return self

    def named(self) -> dict[str, Any]:
        """Return what was said, by the names of an EventInput, and `co_hosts`."""
        found = super().named()
        if "rule" in found:
            found |= found.pop("rule").named()
        if "project_id" in found:
            found["project"] = found.pop("project_id")
        if "questions" in found:
            found["questions"] = [question.plain() for question in self.questions]
        return found

    @property
    def kept(self) -> list[tuple[uuid.UUID | None, list[uuid.UUID | None]]] | None:
        """Return the ids of the questions that are sent, each with those of its answers; None where none are sent."""
        if "questions" not in self.model_fields_set:
            return None
        return [(question.id, [answer.id for answer in question.answers]) for question in self.questions]


class CoHostsInput(Schema):
    """Who else may do for an event what its host may: addresses of accounts, one a line."""

    co_hosts: Annotated[tuple[Email, ...], BeforeValidator(_lines), Field(max_length=MOST_CO_HOSTS)] = ()
