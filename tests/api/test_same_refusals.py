"""Page and endpoint refuse the same for the same reasons in the same words."""

import dataclasses
import html
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.api.furnished import Furnished, furnish
from tests.browsers import Browser, words
from tests.programs import Program

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
    beside: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the form sends besides."""


NAMES = ({"name": ""}, {"name": "  "}, {"name": LONG}, {"name": "a\u202eb"}, {"name": "bell\x07"})
EMAILS = ({"email": ""}, {"email": "ana"}, {"email": "a" * 190 + "@example.org"}, {"email": "a b@example.org"})
PASSWORDS = ({"password": ""}, {"password": "short"}, {"password": "password"}, {"password": "x" * 129})
REGISTER = {"name": "New", "email": "new@example.org", "password": factories.PASSWORD}
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


def sent_by_program(twin: Twin, said: dict[str, Any], furnished: Furnished) -> dict[str, Any]:
    sent = {twin.renamed.get(name, name): value for name, value in said.items()}
    if "capacity" in sent:
        sent["capacity"] = int(sent["capacity"])
    if "co_hosts" in sent:
        sent["co_hosts"] = sent["co_hosts"].splitlines()
    return sent | ({"token": furnished.values["reset"]} if "/reset-password" in twin.endpoint else {})


@pytest.mark.parametrize(("twin", "bad"), CASES)
def test_page_and_endpoint_refuse_alike(furnished: Furnished, twin: Twin, bad: dict[str, Any]):
    values = furnished.values | {"slug": furnished.slug}
    said = {**twin.good, **bad}
    browser = Browser(furnished.app)
    program = Program(furnished.app)
    if twin.person is not None:
        browser.sign_in(furnished.users[twin.person])
        program = furnished.program(twin.person)
    page = browser.submit(twin.page.format(**values), {**said, **twin.beside})
    method, path = twin.endpoint.split()
    asked = f"/api{path.format(**values)}"
    answer = program.send(method, asked, json=sent_by_program(twin, said, furnished))
    assert answer.status_code >= 400, "the endpoint takes it"
    assert answer.status_code in STATUSES[page.status_code], (page.status_code, answer.text)
    shown = html.unescape(words(page))
    error = answer.json["error"]
    for sentence in error["fields"].values() or ([error["message"]] if answer.status_code != 403 else []):
        assert sentence in shown, (sentence, shown)
