"""Long lists that change while they are read: each row comes once, and a cursor tells nothing."""

import base64
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.programs import Program, refused
from tests.voting import votes
from webapp.companies import operations as companies
from webapp.core import clock
from webapp.core.actor import Scope
from webapp.core.permissions import Role
from webapp.guests.queries import STATUSES
from webapp.models import Company, Event, User

pytestmark = pytest.mark.both_databases


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana)


@pytest.fixture
def event(company: Company, ana: User) -> Event:
    """An event with thirty guests."""
    event = factories.an_event(company, ana)
    for number in range(30):
        factories.a_guest(event, name=f"Guest {number:02}", email=f"guest{number:02}@example.net")
    return event


@pytest.fixture
def door(app: Flask, company: Company) -> Program:
    """A program of somebody who keeps the door."""
    keeper = factories.an_account("Door")
    factories.a_membership(keeper, company, Role.DOORKEEPER)
    return Program(app).act_for(keeper)


def walk(
    program: Program, path: str, *, limit: int, between: Callable[[list[Any]], object] = lambda _rows: None
) -> list[Any]:
    """All rows, page by page; `between` is done after each with its rows."""
    rows: list[Any] = []
    cursor = None
    while True:
        page = program.get(path, query_string={"limit": limit, **({"cursor": cursor} if cursor else {})})
        assert page.status_code == 200, page.text
        rows += page.json["data"]
        cursor = page.json["meta"]["next"]
        if cursor is None:
            return rows
        assert len(rows) < 200, "the list goes round"
        between(page.json["data"])


def ids(rows: list[Any]) -> list[str]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize("name", ["Aa first", "Zz last"])
def test_a_guest_who_is_renamed_meanwhile_takes_nobody_along(program: Program, ana: User, event: Event, name: str):
    program.act_for(ana)
    path = f"/api/guests/{event.id}"
    before = ids(walk(program, path, limit=200))
    renamed = []

    def rename(rows: list[Any]) -> None:
        if not renamed:
            renamed.append(rows[-1]["id"])
            assert program.patch(f"{path}/{rows[-1]['id']}", {"name": name}).status_code == 200

    found = ids(walk(program, path, limit=7, between=rename))
    others = [one for one in found if one not in renamed]
    assert others == [one for one in before if one not in renamed]


def test_guests_who_are_taken_off_meanwhile_take_nobody_along(program: Program, ana: User, event: Event):
    program.act_for(ana)
    path = f"/api/guests/{event.id}"
    before = ids(walk(program, path, limit=200))

    def remove(rows: list[Any]) -> None:
        assert program.delete(f"{path}/{rows[-1]['id']}").status_code == 204

    assert ids(walk(program, path, limit=4, between=remove)) == before


def test_the_door_reads_no_address_out_of_a_cursor(door: Program, event: Event):
    page = door.get(f"/api/guests/{event.id}?limit=3")
    cursor = page.json["meta"]["next"]
    assert page.json["data"][-1]["email"] is None
    plain = base64.urlsafe_b64decode(cursor + "==").decode("latin-1")
    assert "guest" not in plain.casefold()
    assert "example.net" not in plain
    assert len(walk(door, f"/api/guests/{event.id}", limit=3)) == 30


def test_how_long_an_address_is_shows_nowhere(door: Program, company: Company, ana: User):
    lengths = set()
    for email in ("a@example.net", "somebody.with.a.rather.long.name@example.net"):
        event = factories.an_event(company, ana)
        factories.a_guest(event, name="A", email=email)
        factories.a_guest(event, name="B")
        lengths.add(len(door.get(f"/api/guests/{event.id}?limit=1").json["meta"]["next"]))
    assert len(lengths) == 1


def test_the_same_page_has_the_same_cursor_and_need_not_be_sent_again(door: Program, event: Event):
    first = door.get(f"/api/guests/{event.id}?limit=3")
    again = door.get(f"/api/guests/{event.id}?limit=3", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_cursor_of_guests_is_good_for_its_list_alone_and_made_by_nobody(
    program: Program, ana: User, company: Company, event: Event
):
    program.act_for(ana)
    other = factories.an_event(company, ana)
    cursor = program.get(f"/api/guests/{event.id}?limit=3").json["meta"]["next"]
    changed = ("A" if cursor[30] != "A" else "B").join((cursor[:30], cursor[31:]))
    made_up = [[False, "guest 05", {"u": "0" * 32}], [False, {"u": uuid.uuid4().hex}]]
    plain = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in made_up]
    for wrong in (changed, cursor[:40], "x", "é", *plain):
        answer = program.get(f"/api/guests/{event.id}", query_string={"cursor": wrong})
        assert refused(answer, 422, "json_error").keys() == {"cursor"}
    refused(program.get(f"/api/guests/{other.id}?cursor={cursor}"), 422, "json_error")


def test_a_cursor_outlives_the_key_it_was_sealed_with(
    app: Flask, program: Program, ana: User, event: Event, monkeypatch: pytest.MonkeyPatch
):
    program.act_for(ana)
    cursor = program.get(f"/api/guests/{event.id}?limit=3").json["meta"]["next"]
    before = app.config["SECRET_KEY"]
    monkeypatch.setitem(app.config, "SECRET_KEY", "another one")
    program.act_for(ana)
    refused(program.get(f"/api/guests/{event.id}?cursor={cursor}"), 422, "json_error")
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [before])
    assert len(program.get(f"/api/guests/{event.id}?cursor={cursor}").json["data"]) == 27


def test_the_longest_names_have_cursors_that_fit(program: Program, ana: User, company: Company):
    event = factories.an_event(company, ana)
    for number in range(3):
        factories.a_guest(event, name="\N{CAT FACE}" * 255, email=f"{number}{'x' * 60}@example.net")
    rows = walk(program.act_for(ana), f"/api/guests/{event.id}", limit=1)
    assert len(set(ids(rows))) == 3


def test_people_whose_role_changes_meanwhile_are_listed_once(program: Program, ana: User, company: Company):
    for _ in range(7):
        factories.a_membership(factories.an_account(), company, Role.ORGANISER)
    program.act_for(ana)
    path = f"/api/companies/{company.id}/administrators"
    everybody = sorted(ids(walk(program, path, limit=200)))

    def change(rows: list[Any]) -> None:
        for row in rows:
            if row["role"] == "organiser":
                assert program.patch(f"{path}/{row['id']}", {"role": "doorkeeper"}).status_code == 200

    assert sorted(ids(walk(program, path, limit=2, between=change))) == everybody


def test_each_way_a_guest_stands_lists_and_counts_those_alone(program: Program, ana: User, company: Company):
    event, now = factories.an_event(company, ana), clock.now()
    ways: dict[str, dict[str, Any]] = {
        "listed": {},
        "invited": {"invited_at": now},
        "joined": {"reply": "yes"},
        "said yes": {"reply": "yes", "invited_at": now},
        "said no": {"reply": "no", "invited_at": now},
        "declined": {"reply": "no"},
        "waits": {"invited_at": now, "waiting_since": now},
        "came": {"reply": "yes", "invited_at": now, "checked_in_at": now},
    }
    for name, values in ways.items():
        factories.a_guest(event, name=name, **values)
    votes.move(event, guests_waiting=1, guests_checked_in=1)
    gone = factories.a_guest(event, name="gone", reply="no")
    assert program.act_for(ana).delete(f"/api/guests/{event.id}/{gone.id}").status_code == 204
    expected = {
        "all": set(ways),
        "yes": {"joined", "said yes", "came"},
        "no": {"said no", "declined"},
        "none": {"listed", "invited", "waits"},
        "listed": {"listed"},
        "waiting": {"waits"},
        "in": {"came"},
        "trouble": set(),
    }
    assert expected.keys() == set(STATUSES)
    for status, names in expected.items():
        found = program.get(f"/api/guests/{event.id}?status={status}").json
        assert {guest["name"] for guest in found["data"]} == names, status
        assert found["meta"]["count"] == len(names), status


def test_a_page_has_fifty_rows_if_nothing_is_said_and_two_hundred_at_most(program: Program, ana: User, event: Event):
    for number in range(180):
        factories.a_guest(event, name=f"Late {number:03}")
    program.act_for(ana)
    path = f"/api/guests/{event.id}"
    assert len(program.get(path).json["data"]) == 50
    assert len(program.get(f"{path}?limit=200").json["data"]) == 200
    for wrong in (201, 0, -1):
        assert refused(program.get(f"{path}?limit={wrong}"), 422, "json_error").keys() == {"limit"}


def test_apps_are_listed_newest_first_page_by_page(program: Program, ana: User, company: Company):
    names = [f"App {number}" for number in range(5)]
    for name in names:
        companies.create_app(factories.acting(ana), company, name=name, scopes=[Scope.EVENTS_READ])
    rows = walk(program.act_for(ana), f"/api/companies/{company.id}/apps", limit=2)
    assert [row["name"] for row in rows] == names[::-1]
