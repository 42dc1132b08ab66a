"""Page and endpoint refuse the same for the same reasons in the same words."""

import dataclasses
import datetime as dt
import html
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.api.furnished import Furnished, furnish
from tests.browsers import Browser, words
from tests.programs import Program
from tests.voting import votes
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.guests.links import personal_token
from webapp.models import Guest, Question

LONG = "x" * 5000
EVENT = {
    "title": "Taco Party",
    "timezone": "Europe/Ljubljana",
    "starts_at": "2090-05-01T18:00",
    "ends_at": "2090-05-01T20:00",
}


@dataclasses.dataclass(frozen=True)
class Twin:
    """A form and the endpoint that does the same; in the paths, names of what tests/api/furnished.py made."""

    page: str
    endpoint: str
    good: dict[str, Any]
    """What would be taken, were it not for what is changed below."""
    bad: tuple[dict[str, Any], ...]
    person: str | None = "ana"
    renamed: dict[str, str] = dataclasses.field(default_factory=dict)
    """How the form calls what the endpoint calls otherwise."""
    beside: dict[str, str] = dataclasses.field(default_factory=dict)
    """What the form sends besides; in it, names of what tests/api/furnished.py made."""
    says: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the endpoint takes besides, likewise."""
    by_link: bool = False
    """Whether the page is that of the guest's personal link, which asks nobody to sign in."""
    event: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What is another way about the event first."""
    guest: dict[str, Any] = dataclasses.field(default_factory=dict)
    """And about the row of the person "guest"."""


NAMES = ({"name": ""}, {"name": "  "}, {"name": LONG}, {"name": "a\u202eb"}, {"name": "bell\x07"})
EMAILS = ({"email": ""}, {"email": "ana"}, {"email": "a" * 190 + "@example.org"}, {"email": "a b@example.org"})
PASSWORDS = ({"password": ""}, {"password": "short"}, {"password": "password"}, {"password": "x" * 129})
REGISTER = {"name": "New", "email": "new@example.org", "password": factories.PASSWORD}
NOW = clock.now()
OVER = votes.an_event_over()
CANCELLED = {"state": "cancelled", "cancelled_at": NOW}
FULL = {"taken": 50}
TOO_LATE = {"join_by": NOW - dt.timedelta(minutes=1)}
COMING = {"reply": "yes", "replied_at": NOW, "joined_at": NOW, "places": 1, "on_roll": True}
EVENT_ID = {"event_id": "{event_id}"}
PARTY = {"party_size": "2", "companions": "Iva", "note": ""}
MESSAGE = {"subject": "Bring a plate", "body": "We have none."}


def reply(*bad: dict[str, Any], **first: Any) -> Twin:
    """The answer of a guest: by the own page, and by the account's program."""
    good = {"reply": "yes", **PARTY}
    return Twin("/rsvp/{rsvp}", "POST /reply", good, bad or ({},), "guest", says=EVENT_ID, by_link=True, **first)


def join(person: str = "guest", **first: Any) -> Twin:
    """Joining by a press, and by the account's program."""
    return Twin("/events/{event_id}/join", "POST /join", {}, ({},), person, says=EVENT_ID, **first)


def leave(person: str = "guest", **first: Any) -> Twin:
    """Leaving by a press, and by the account's program."""
    return Twin("/events/{event_id}/leave", "POST /leave", {}, ({},), person, says=EVENT_ID, **first)


def vote(person: str = "guest", *, empty: bool = False, **first: Any) -> Twin:
    """The one ballot, on paper as it were, and by the account's program."""
    ballot = {} if empty else {"question-{question_id}": "{answer_id}"}
    says = {**EVENT_ID, "answer_ids": [] if empty else ["{answer_id}"]}
    return Twin("/events/{event_id}/vote", "POST /vote", {}, ({},), person, beside=ballot, says=says, **first)


def message(*bad: dict[str, Any], person: str = "ana", **first: Any) -> Twin:
    """A message to all guests."""
    page, endpoint = "/events/{event_id}/guests/message", "POST /guests/{event_id}/message"
    return Twin(page, endpoint, MESSAGE, bad or ({},), person, **first)


TWINS = {
    "register": Twin("/register", "POST /register", REGISTER, (*NAMES[2:], *EMAILS, *PASSWORDS), None),
    "sign in": Twin(
        "/login",
        "POST /login",
        {"email": "ana@example.org", "password": factories.PASSWORD},
        ({"email": ""}, {"email": LONG}, {"password": ""}, {"password": "another"}, {"email": "who@example.org"}),
        None,
    ),
    "an unconfirmed address": Twin(
        "/login",
        "POST /login",
        {"email": "fresh@example.org", "password": factories.PASSWORD},
        ({}, {"password": "another"}),
        None,
    ),
    "forgot": Twin("/forgot-password", "POST /forgot-password", {"email": "ana@example.org"}, EMAILS, None),
    "reset": Twin(
        "/reset-password/{reset}", "POST /reset-password", {"password": factories.PASSWORD}, PASSWORDS[1:], None
    ),
    "profile": Twin(
        "/account",
        "PUT /users/me",
        {"name": "Ana", "surname": "", "timezone": ""},
        ({"name": LONG}, {"surname": LONG}, {"eth_address": "0x1"}, {"timezone": "Nowhere/At all"}),
    ),
    "password": Twin(
        "/account/password",
        "POST /password",
        {"current_password": factories.PASSWORD, "password": "another quiet evening"},
        (*PASSWORDS, {"current_password": "another"}, {"current_password": ""}),
    ),
    "another address": Twin(
        "/account/email",
        "POST /email",
        {"current_password": factories.PASSWORD, "email": "new@example.org"},
        (*EMAILS, {"email": "ANA@example.org"}, {"current_password": "another"}, {"current_password": ""}),
    ),
    "an address that is to be confirmed": Twin(
        "/email-change/{email_change}",
        "POST /email-change/{email_change}",
        {"password": factories.PASSWORD},
        ({"password": ""}, {"password": "another"}),
        None,
    ),
    "the end of an account": Twin(
        "/account/delete",
        "DELETE /users/me",
        {"password": factories.PASSWORD},
        ({"password": ""}, {"password": "another"}),
        renamed={"password": "current_password"},
    ),
    "the end of the last owner": Twin(
        "/account/delete",
        "DELETE /users/me",
        {"password": factories.PASSWORD},
        ({},),
        "stranger",
        renamed={"password": "current_password"},
    ),
    **{
        f"trying all e-mails again, {person}": Twin(
            "/companies/{slug}/mail/retry", "POST /companies/{company_id}/mail/retry", {"search": ""}, ({},), person
        )
        for person in ("doorkeeper", "stranger")
    },
    "many links to an event": Twin(
        "/events/{event_id}/invitations",
        "POST /invites",
        {"count": "3"},
        ({"count": "0"}, {"count": "201"}, {"expires_in": "0"}, {"expires_in": "2161"}),
        says=EVENT_ID,
    ),
    "a new event": Twin(
        "/events/new",
        "POST /events",
        EVENT,
        (
            {"title": ""},
            {"title": LONG},
            {"place": LONG},
            {"timezone": "Nowhere"},
            {"starts_at": "soon"},
            {"starts_at": "1990-05-01T18:00"},
            {"ends_at": "2090-05-01T17:00"},
            {"ends_at": "2092-05-01T17:00"},
            {"join_by": "2090-05-01T21:00"},
            {"capacity": "0"},
            {"visibility": "nobody"},
            {"min_turnout": "a lot"},
            {"min_agreement": "101 %"},
            {"decide_when": "at once"},
            {"co_hosts": "who@example.org"},
        ),
    ),
    "an event's edit": Twin(
        "/events/{event_id}/edit",
        "PATCH /events/{event_id}",
        EVENT,
        ({"title": ""}, {"ends_at": "2090-05-01T17:00"}, {"join_by": "2090-05-01T21:00"}, {"timezone": "Nowhere"}),
    ),
    "a guest": Twin(
        "/events/{event_id}/guests",
        "POST /guest/{event_id}",
        {"email": "new@example.org", "name": "New"},
        (*EMAILS, {"name": LONG}, {"name": "bell\x07"}, {"email": "guest@example.org"}),
    ),
    "a guest's edit": Twin(
        "/events/{event_id}/guests/{guest_id}/edit",
        "PATCH /guests/{event_id}/{guest_id}",
        {"email": "other@example.org", "name": "Other"},
        (*EMAILS[1:], {"name": LONG}, {"email": "guest@example.org"}),
    ),
    "a walk-in": Twin(
        "/events/{event_id}/guests/walk-in",
        "POST /guests/{event_id}/check-in",
        {"name": "Somebody"},
        NAMES,
        "doorkeeper",
        renamed={"name": "walk_in"},
    ),
    "a company": Twin("/companies/new", "POST /companies", {"name": "Mine"}, NAMES),
    "a company's name": Twin("/companies/{slug}/settings", "PATCH /companies/{company_id}", {"name": "Mine"}, NAMES),
    "a project": Twin("/companies/{slug}/projects", "POST /companies/{company_id}/projects", {"name": "Mine"}, NAMES),
    "a project's name": Twin(
        "/companies/{slug}/projects/{project_id}/rename",
        "PATCH /companies/{company_id}/projects/{project_id}",
        {"name": "Mine"},
        NAMES,
    ),
    "an app": Twin(
        "/companies/{slug}/apps",
        "POST /companies/{company_id}/apps",
        {"name": "Mine", "scopes": ["events:read"]},
        (*NAMES, {"scopes": []}),
    ),
    "foreign people": Twin(
        "/events/{event_id}/guests", "POST /guest/{event_id}", {"email": "new@example.org"}, ({},), "stranger"
    ),
    "the door": Twin(
        "/events/{event_id}/guests", "POST /guest/{event_id}", {"email": "new@example.org"}, ({},), "doorkeeper"
    ),
    "a doorkeeper's project": Twin(
        "/companies/{slug}/projects", "POST /companies/{company_id}/projects", {"name": "Mine"}, ({},), "doorkeeper"
    ),
    "a doorkeeper's app": Twin(
        "/companies/{slug}/apps",
        "POST /companies/{company_id}/apps",
        {"name": "Mine", "scopes": ["events:read"]},
        ({},),
        "doorkeeper",
    ),
    "a reply": reply(
        {"reply": "maybe"},
        {"reply": ""},
        {"party_size": "0"},
        {"party_size": "21"},
        {"party_size": "many"},
        {"companions": "Iva\nJan"},
        {"companions": LONG},
        {"companions": "\n".join(["Iva"] * 20)},
        {"companions": "bell\x07"},
        {"note": LONG},
        {"note": "bell\x07"},
    ),
    "a reply where all is full": reply(event=FULL),
    "a reply that comes too late": reply(event=TOO_LATE),
    "a reply to what is over": reply(event=OVER),
    "a reply to what is cancelled": reply(event=CANCELLED),
    "more companions than there are places": reply({"party_size": "4"}, event={"taken": 47}),
    "joining where all is full": join(event=FULL),
    "joining too late": join(event=TOO_LATE),
    "joining what is over": join(event=OVER),
    "joining what is cancelled": join(event=CANCELLED),
    "joining twice": join(guest=COMING),
    "joining what one does not see": join("stranger"),
    "leaving what one has not joined": leave("ana"),
    "leaving what is over": leave(event=OVER),
    "leaving what one does not see": leave("stranger"),
    "a vote off the roll": vote(),
    "a vote off the list": vote("ana"),
    "a vote on what one does not see": vote("stranger"),
    "a vote that is not open": vote(guest=COMING, event={"voting_opens_at": NOW + dt.timedelta(days=1)}),
    "a vote that is over": vote(guest=COMING, event={"voting_closes_at": NOW - dt.timedelta(minutes=1)}),
    "a vote on what is cancelled": vote(guest=COMING, event=CANCELLED),
    "a second vote": vote(guest={**COMING, "has_voted": True}),
    "an empty ballot": vote(empty=True, guest=COMING),
    "a message": message(
        {"subject": ""},
        {"subject": LONG},
        {"subject": "bell\x07"},
        {"body": " "},
        {"body": 3 * LONG},
        {"body": "\u202e"},
    ),
    "a message about a draft": message(event={"state": "draft", "published_at": None}),
    "a message about what is cancelled": message(event=CANCELLED),
    "a message from the door": message(person="doorkeeper"),
    "a message of a stranger": message(person="stranger"),
    "inviting from what is over": Twin(
        "/events/{event_id}/guests/invite", "POST /guests/{event_id}/invite", {}, ({},), event=OVER
    ),
    "reminding of what is over": Twin(
        "/events/{event_id}/guests/remind", "POST /guests/{event_id}/remind", {}, ({},), event=OVER
    ),
    **{
        f"{act} as a {person}": Twin(
            f"/events/{{event_id}}/guests/{{guest_id}}/{act}",
            "POST /guests/{event_id}/check-in",
            {},
            ({},),
            person,
            says={"guest_id": "{guest_id}"},
        )
        for act in ("check-in", "undo-check-in")
        for person in ("guest", "stranger")
    },
    "a walk-in where all is full": Twin(
        "/events/{event_id}/guests/walk-in",
        "POST /guests/{event_id}/check-in",
        {"name": "Somebody"},
        ({},),
        "doorkeeper",
        renamed={"name": "walk_in"},
        event=FULL,
    ),
    **{
        f"taking guests off as a {person}": Twin(
            "/events/{event_id}/guests/remove",
            "POST /guests/{event_id}/remove",
            {},
            ({},),
            person,
            beside={"guest": "{guest_id}"},
            says={"guest_ids": ["{guest_id}"]},
        )
        for person in ("doorkeeper", "stranger")
    },
    **{
        f"a new personal link as a {person}": Twin(
            "/events/{event_id}/guests/{guest_id}/renew",
            "POST /guests/{event_id}/{guest_id}/renew",
            {},
            ({},),
            person,
        )
        for person in ("doorkeeper", "stranger")
    },
    "a link to an event": Twin(
        "/events/{event_id}/invitations",
        "POST /invite",
        {"expires_in": "24"},
        ({"expires_in": "0"}, {"expires_in": "2161"}, {"expires_in": "soon"}, {"max_uses": "1000001"}),
        says=EVENT_ID,
    ),
    **{
        f"a link to an event {why}": Twin(
            "/events/{event_id}/invitations",
            "POST /invite",
            {"expires_in": "24"},
            ({},),
            person,
            says=EVENT_ID,
            event=event,
        )
        for why, person, event in (
            ("that is over", "ana", OVER),
            ("that is cancelled", "ana", CANCELLED),
            ("from the door", "doorkeeper", {}),
            ("that one does not see", "stranger", {}),
        )
    },
    "an invitation to a company": Twin(
        "/companies/{slug}/people",
        "POST /companies/{company_id}/administrators",
        {"email": "new@example.org", "role": "organiser"},
        (*EMAILS[1:], {"role": ""}, {"role": "king"}, {"role": "Owner"}),
    ),
    "a link to a company": Twin(
        "/companies/{slug}/people",
        "POST /invite",
        {"role": "organiser", "expires_in": "24"},
        ({"expires_in": "169"}, {"role": "owner", "expires_in": "25"}, {"expires_in": "0"}, {"role": "king"}),
        beside={"link": "yes"},
        says={"company_id": "{company_id}"},
    ),
    **{
        f"an invitation to a company by a {person}": Twin(
            "/companies/{slug}/people",
            "POST /companies/{company_id}/administrators",
            {"email": "new@example.org", "role": "organiser"},
            ({},),
            person,
        )
        for person in ("doorkeeper", "stranger")
    },
    "a stranger's company": Twin(
        "/companies/{slug}/settings", "PATCH /companies/{company_id}", {"name": "Mine"}, ({},), "stranger"
    ),
}
CASES = [
    pytest.param(twin, bad, id=f"{name}: {' '.join(f'{k} {str(v)[:20]!r}' for k, v in bad.items())}")
    for name, twin in TWINS.items()
    for bad in twin.bad
]
# An endpoint says a wrong password with 401 (RFC 9110), where a form is shown again.
STATUSES = {422: {422, 401, 403, 409}, 403: {403}, 404: {404}, 409: {409}}


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


NUMBERS = {"capacity", "count", "party_size", "expires_in", "max_uses"}
LISTS = {"co_hosts", "companions"}


def sent_by_program(twin: Twin, said: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    sent = {twin.renamed.get(name, name): value for name, value in said.items()}
    for name, value in sent.items():
        if name in NUMBERS and value.isdigit():
            sent[name] = int(value)
        if name in LISTS:
            sent[name] = value.splitlines()
    for name, value in twin.says.items():
        sent[name] = [one.format(**values) for one in value] if isinstance(value, list) else value.format(**values)
    return sent | ({"token": values["reset"]} if "/reset-password" in twin.endpoint else {})


def known(furnished: Furnished) -> dict[str, str]:
    """What stands for each name in a path or a form."""
    asked = db.session.query(Question).filter_by(event_id=furnished.event.id).one()
    more = {"question_id": str(asked.id), "rsvp": personal_token(own_row(furnished)), "slug": furnished.slug}
    return {**furnished.values, **more}


def own_row(furnished: Furnished) -> Guest:
    return db.session.query(Guest).filter_by(event_id=furnished.event.id, user_id=furnished.users["guest"].id).one()


@operation
def put(row: Any, values: dict[str, Any]) -> None:
    """Change columns of a row as they stand in the database."""
    db.session.execute(sa.update(type(row)).where(type(row).id == row.id).values(**values))


@pytest.mark.parametrize(("twin", "bad"), CASES)
def test_page_and_endpoint_refuse_alike(furnished: Furnished, twin: Twin, bad: dict[str, Any]):
    values = known(furnished)
    if twin.event:
        put(furnished.event, twin.event)
    if twin.guest:
        put(own_row(furnished), twin.guest)
    said = {**twin.good, **bad}
    browser = Browser(furnished.app)
    program = Program(furnished.app)
    if twin.person is not None:
        if not twin.by_link:
            browser.sign_in(furnished.users[twin.person])
        program = furnished.program(twin.person)
    beside = {name.format(**values): text.format(**values) for name, text in twin.beside.items()}
    page = browser.submit(twin.page.format(**values), {**said, **beside})
    method, path = twin.endpoint.split()
    asked = f"/api{path.format(**values)}"
    answer = program.send(method, asked, json=sent_by_program(twin, said, values))
    assert answer.status_code >= 400, "the endpoint takes it"
    assert answer.status_code in STATUSES[page.status_code], (page.status_code, answer.text)
    shown = html.unescape(words(page))
    error = answer.json["error"]
    for sentence in error["fields"].values() or ([error["message"]] if answer.status_code != 403 else []):
        assert sentence in shown, (sentence, shown)
