"""The JSON face of events."""

import datetime as dt
import uuid
from typing import Any, Literal

from flask import current_app
from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.core.actor import NOBODY, Actor, Scope
from webapp.core.errors import InputError
from webapp.events import listed, operations, policy, queries
from webapp.events.calendar import MEDIA_TYPE, event_calendar
from webapp.events.errors import CapacityError, EventInUseError, EventStateError, FrozenError
from webapp.events.schemas import CoHosts, EventInput, EventPatch
from webapp.models import Event
from webapp.web.endpoints import PUBLIC, Api, Listing, Out, Said, Unix
from webapp.web.lists import SearchQuery, listing
from webapp.web.sign_in import current_actor

api = Api("events", _l("Events"))


class AnswerOut(Out):
    """One of the choices of a question."""

    id: uuid.UUID
    text: str


class QuestionOut(Out):
    """What an event asks."""

    id: uuid.UUID
    text: str
    kind: str
    answers: list[AnswerOut]


class RuleOut(Out):
    """The rule of the vote."""

    roll: str
    min_votes: int
    min_turnout: str
    min_agreement: str
    decide_by: str
    decide_when: str
    secrecy: str
    results: str


class GuestsOut(Out):
    """How many guests there are, for those who run the event."""

    listed: int
    invited: int
    opened: int
    yes: int
    no: int
    waiting: int
    checked_in: int
    on_roll: int


class EventOut(Out):
    """An event.

    `event_id`, `start_time`, `end_time`, `time_to_join`, `end_flag`, `question` and `answers` say the same as our own
    names do: times as UNIX seconds, the text of the first question, the answers of each with their ids.
    """

    id: uuid.UUID
    event_id: uuid.UUID
    title: str
    description: str
    place: str
    timezone: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    join_by: dt.datetime | None
    start_time: Unix
    end_time: Unix
    time_to_join: Unix
    end_flag: int = Field(description="1 once the event is over or cancelled.")
    state: str
    visibility: str
    capacity: int | None
    taken: int = Field(description="How many places are taken: guests who come, and their companions.")
    places_left: int | None
    reward: int
    host: str
    host_id: uuid.UUID
    company_id: uuid.UUID
    company: str
    project_id: uuid.UUID
    voting_opens_at: dt.datetime | None
    voting_closes_at: dt.datetime
    rule: RuleOut
    question: str | None
    questions: list[QuestionOut]
    answers: list[list[AnswerOut]]
    guests: GuestsOut | None = Field(description="For those who run the event; null for others.")
    co_hosts: list[uuid.UUID] | None = Field(description="For those who run the event; null for others.")
    co_host_emails: list[str] | None = Field(description="As co_hosts takes them; null for those who do not run it.")
    co_host_names: list[str]
    created_at: dt.datetime
    published_at: dt.datetime | None
    cancelled_at: dt.datetime | None
    updated_at: dt.datetime
    url: str


def shown(event: Event, *, manages: bool) -> EventOut:
    """Return what goes out of `event`, loaded whole."""
    questions = [QuestionOut.model_validate(question) for question in event.questions]
    values: dict[str, Any] = {
        name: getattr(event, name)
        for name in (
            "id", "title", "description", "place", "timezone", "starts_at", "ends_at", "join_by", "state", "visibility",
            "capacity", "taken", "places_left", "reward", "host_id", "company_id", "project_id", "created_at",
            "published_at", "cancelled_at", "updated_at", "voting_opens_at",
        )
    }  # fmt: skip
    return EventOut(
        **values,
        event_id=event.id,
        start_time=event.starts_at,
        end_time=event.ends_at,
        time_to_join=event.joins_until,
        end_flag=int(event.over),
        host=event.host.full_name,
        company=event.company.name,
        voting_closes_at=event.votes_until,
        rule=RuleOut.model_validate(event),
        question=questions[0].text if questions else None,
        questions=questions,
        answers=[question.answers for question in questions],
        guests=GuestsOut(**{n: getattr(event, f"guests_{n}") for n in GuestsOut.model_fields}) if manages else None,
        co_hosts=[row.user_id for row in event.co_hosts] if manages else None,
        co_host_emails=[row.user.email for row in event.co_hosts if row.user.email] if manages else None,
        co_host_names=[row.user.full_name for row in event.co_hosts if row.user.full_name],
        url=f"{current_app.config['BASE_URL']}/events/{event.id}",
    )


def _reader() -> Actor:
    """Return who reads: a token without the scope for events reads what everybody may."""
    actor = current_actor()
    return actor.under(Scope.EVENTS_READ) if actor.has_scope(Scope.EVENTS_READ) else NOBODY


class CalledOffOut(Out):
    """What became of an event: erased, or cancelled and kept."""

    id: uuid.UUID
    erased: bool


class EventsQuery(SearchQuery):
    """Which events."""

    when: Literal["upcoming", "past", "mine", "all"] = "all"
    project: uuid.UUID | None = None
    company: uuid.UUID | None = None


@api.on(
    "GET",
    "/events",
    access=PUBLIC,
    asks=EventsQuery,
    gives=EventOut,
    listed=True,
    id="events_info",
    message=_l("Events info successfully retrieved"),
)
def list_events(query: EventsQuery) -> Listing:
    """List events by their start: without a token the public ones, with one also those of the account.

    A token without the scope `events:read` sees what anybody sees.

    `search`: how words of title or place begin; "taco" finds "Tacos", "aco" does not. Accents and case do not matter.
    `count` counts up to 10,000, and of what is looked for up to 1,000: these say that there are so many or more.
    """
    actor = _reader()
    found = listed.events_listed(
        actor, when=query.when, search=query.search, project=query.project, company=query.company
    )
    return listing(
        found.page,
        (Event.starts_at, Event.id),
        query,
        key=lambda row: (row[0].starts_at, row[0].id),
        types=(dt.datetime, uuid.UUID),
        show=lambda row: shown(row[0], manages=row[1]),
        fetch=lambda asked: queries.list_whole(actor, asked),
        count=found.count(),
    )


class NewEventInput(EventInput):
    """A new event. Moments without an offset are wall time in `timezone`."""

    publish: bool = False
    co_hosts: CoHosts = ()


def _out(event_id: uuid.UUID) -> EventOut:
    actor = current_actor()
    event = queries.get_event(actor, event_id)
    return shown(event, manages=policy.can_manage(actor, event))


@api.on(
    "POST",
    "/events",
    access=Scope.EVENTS_WRITE,
    takes=NewEventInput,
    gives=EventOut,
    status=201,
    message=_l("The event is created."),
)
def create_event(data: NewEventInput) -> EventOut:
    """Create an event with the account as its host: a draft, or published at once with `publish`.

    Without `project` it goes into the default project of the company that the token acts for; a `user_token` takes the
    company that the account has had a role in the longest.
    """
    actor = current_actor()
    event = operations.create_event(actor, data, publish=data.publish, co_hosts=data.co_hosts)
    return _out(event.id)


@api.on("GET", "/events/<uuid:event_id>", access=PUBLIC, gives=EventOut)
def get_event(event_id: uuid.UUID) -> EventOut:
    """Return an event: a public or unlisted one to everybody, others to their guests and organisers."""
    actor = _reader()
    event = queries.get_event(actor, event_id)
    return shown(event, manages=policy.can_manage(actor, event))


@api.on("GET", "/events/<uuid:event_id>/calendar", access=PUBLIC, media=MEDIA_TYPE.partition(";")[0])
def get_calendar(event_id: uuid.UUID) -> bytes:
    """Return an event as a calendar file (RFC 5545), to those who may see it."""
    event = queries.get_event(_reader(), event_id)
    return event_calendar(event, url=f"{current_app.config['BASE_URL']}/events/{event.id}")


@api.on(
    "PATCH",
    "/events/<uuid:event_id>",
    access=Scope.EVENTS_WRITE,
    takes=EventPatch,
    gives=EventOut,
    message=_l("The event is changed."),
    refusals=(CapacityError, FrozenError, EventStateError),
)
def edit_event(event_id: uuid.UUID, data: EventPatch) -> EventOut:
    """Change what is named of an event; guests are told of a new time or place."""
    actor = current_actor()
    event = queries.get_event(actor, event_id)
    operations.edit_event(actor, event, data, co_hosts=data.named().get("co_hosts"))
    return _out(event_id)


@api.on(
    "DELETE",
    "/events/<uuid:event_id>",
    access=Scope.EVENTS_WRITE,
    gives=CalledOffOut,
    message=_l("The event is cancelled."),
    refusals=(EventStateError,),
)
def delete_event(event_id: uuid.UUID) -> Said:
    """Cancel an event and tell its guests; one that nobody was ever asked to is erased instead."""
    actor = current_actor()
    event = queries.get_event(actor, event_id)
    policy.require_manage(actor, event)
    try:
        operations.delete_event(actor, event)
    except EventInUseError:
        operations.cancel_event(actor, queries.get_event(actor, event_id))
        return Said(CalledOffOut(id=event_id, erased=False))
    return Said(CalledOffOut(id=event_id, erased=True), message=_l("The event is erased."))


@api.on(
    "POST",
    "/events/<uuid:event_id>/publish",
    access=Scope.EVENTS_WRITE,
    gives=EventOut,
    message=_l("The event is published."),
    refusals=(EventStateError, InputError),
)
def publish_event(event_id: uuid.UUID) -> EventOut:
    """Publish a draft: its guests see it and can answer."""
    actor = current_actor()
    operations.publish_event(actor, queries.get_event(actor, event_id))
    return _out(event_id)


@api.on(
    "POST",
    "/events/<uuid:event_id>/cancel",
    access=Scope.EVENTS_WRITE,
    gives=EventOut,
    message=_l("The event is cancelled."),
    refusals=(EventStateError,),
)
def cancel_event(event_id: uuid.UUID) -> EventOut:
    """Call an event off: its vote ends without consensus, and its guests are told."""
    actor = current_actor()
    operations.cancel_event(actor, queries.get_event(actor, event_id))
    return _out(event_id)


@api.on(
    "POST",
    "/events/<uuid:event_id>/duplicate",
    access=Scope.EVENTS_WRITE,
    gives=EventOut,
    status=201,
    message=_l("The copy is a draft."),
)
def duplicate_event(event_id: uuid.UUID) -> EventOut:
    """Make a draft like an event, with the same questions and no guests, some weeks later."""
    actor = current_actor()
    copy = operations.duplicate_event(actor, queries.get_event(actor, event_id))
    return _out(copy.id)
