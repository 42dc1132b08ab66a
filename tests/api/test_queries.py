"""How many statements each endpoint sends to the database, whatever the length of its list."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.api.furnished import Furnished, endpoints, furnish, named
from webapp.companies import operations as companies
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.web.endpoints import Endpoint

MANY = 40
APART = {
    "get_ballots": "the file of a vote that has closed, read whole",
    "verify_email_by_get": "uses its link up: a write that reads no list",
    "exist_email": "asked by an app, about one address",
}
"""Reads that are not counted, and why."""
READS = [
    found
    for found in endpoints()
    if found[0].method == "GET" and found[0].paths[0] == found[1] and found[0].name not in APART
]


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent meanwhile, but for those that begin and end transactions and savepoints."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def statements(furnished: Furnished, found: tuple[Endpoint, str]) -> list[str]:
    """What is sent for one request with a token that has just been used."""
    endpoint, path = found
    program = furnished.program()
    program.get("/api/boot")
    own = {"user_id": "me"} if endpoint.name == "get_user" else {}
    address = furnished.address(path, **own)
    with counted() as done:
        answer = program.get(address)
    assert answer.status_code < 400, answer.text
    return done


NUMBERS: dict[str, int] = {
    "GET /refresh": 6,
    "GET /boot": 3,
    "GET /sessions": 2,
    "GET /sessions/<uuid:session_id>": 2,
    "GET /resend-email-verification": 1,
    "GET /companies/<uuid:company_id>/apps": 5,
    "GET /companies/<uuid:company_id>/apps/<uuid:app_id>": 4,
    "GET /companies/<uuid:company_id>/administrators": 5,
    "GET /companies/<uuid:company_id>/administrators/<uuid:user_id>": 5,
    "GET /companies/<uuid:company_id>/projects": 4,
    "GET /companies/<uuid:company_id>/projects/<uuid:project_id>": 5,
    "GET /companies/<uuid:company_id>/journal": 6,
    "GET /companies/<uuid:company_id>/mail": 6,
    "GET /companies/<uuid:company_id>/mail/<uuid:mail_id>": 5,
    "GET /companies": 4,
    "GET /companies/<uuid:company_id>": 3,
    "GET /companies/<uuid:company_id>/companies": 4,
    "GET /events": 8,
    "GET /events/<uuid:event_id>": 8,
    "GET /guests/<uuid:event_id>": 10,
    "GET /guests/<uuid:event_id>/<uuid:guest_id>": 10,
    "GET /invites": 5,
    "GET /invite/<invite>": 10,
    "GET /events/<uuid:event_id>/results": 14,
    "GET /users/<user_id>": 3,
}


def fill(furnished: Furnished) -> None:
    """Make every list long."""
    ana, company = furnished.users["ana"], furnished.company
    actor = factories.acting(ana)
    for number in range(MANY):
        event = factories.an_event(company, ana, questions={"Which?": ["This", "That"]})
        person = factories.an_account()
        factories.a_membership(person, company, Role.ORGANISER)
        factories.a_membership(ana, factories.a_company(parent=company), Role.OWNER)
        factories.a_guest(furnished.event, user=person, reply="yes")
        factories.a_guest(event, user=ana, reply="yes")
        companies.create_project(actor, company, name=f"Project {number}")
        companies.create_app(actor, company, name=f"App {number}", scopes=[Scope.EVENTS_READ])
        furnished.program()


@pytest.mark.parametrize("found", READS, ids=named)
def test_a_read_asks_as_often_for_many_rows_as_for_few(furnished: Furnished, found: tuple[Endpoint, str]):
    few = statements(furnished, found)
    fill(furnished)
    many = statements(furnished, found)
    assert (len(few), len(many)) == (NUMBERS[named(found)], NUMBERS[named(found)]), "\n".join(many)


def test_every_read_has_its_number():
    assert {named(found) for found in READS} == set(NUMBERS)
