"""Programs put many on a list at once: each line is judged by itself."""

from typing import Any

import pytest

from tests import factories
from tests.mails import Outbox
from tests.programs import Program, refused
from webapp.core.database import db
from webapp.models import Event, Guest, User

pytestmark = pytest.mark.both_databases


@pytest.fixture
def event(ana: User) -> Event:
    return factories.an_event(factories.a_company(ana), ana)


@pytest.fixture
def organiser(program: Program, ana: User) -> Program:
    return program.act_for(ana)


def put(organiser: Program, event: Event, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    answer = organiser.post(f"/api/guests/{event.id}/import", {"guests": list(lines), "invite": False})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["data"]["results"]
    return found


WRONG = [
    pytest.param({"email": "not one"}, "not an address", id="no address"),
    pytest.param({"email": None, "name": "Iva"}, "not an address", id="null for one"),
    pytest.param({"name": "Iva"}, "not an address", id="none at all"),
    pytest.param({"email": "a" * 2000 + "@example.org"}, "not an address", id="a very long address"),
    pytest.param({"email": "iva@example.org", "name": "I" * 256}, "not a name", id="a long name"),
    pytest.param({"email": "iva@example.org", "name": "I" * 5000}, "not a name", id="a very long name"),
    pytest.param({"email": "iva@example.org", "name": "I\x00va"}, "not a name", id="a name with NUL"),
    pytest.param({"email": "iva@", "name": "I\x00va"}, "not an address", id="neither"),
]


@pytest.mark.parametrize(("wrong", "outcome"), WRONG)
def test_a_line_that_does_not_fit_says_why_and_keeps_no_other_away(
    organiser: Program, event: Event, wrong: dict[str, Any], outcome: str
):
    good = {"email": "maja@example.org", "name": "Maja"}
    refused_line, added = put(organiser, event, wrong, good)
    assert refused_line == {"email": wrong.get("email") or "", "outcome": outcome, "guest_id": None}
    assert (added["email"], added["outcome"]) == ("maja@example.org", "added")
    assert organiser.get(f"/api/guests/{event.id}").json["meta"]["count"] == 1


@pytest.mark.parametrize("wrong", [{"email": 7}, {"email": "a@example.org", "phone": "1"}, "a@example.org", None])
def test_a_line_that_is_none_refuses_the_call_and_nothing_is_done(organiser: Program, event: Event, wrong: Any):
    lines = [{"email": "maja@example.org"}, wrong]
    answer = organiser.post(f"/api/guests/{event.id}/import", {"guests": lines})
    assert all(field.startswith("guests-1") for field in refused(answer, 422, "json_error"))
    assert organiser.get(f"/api/guests/{event.id}").json["meta"]["count"] == 0


def test_who_was_there_already_is_named(organiser: Program, event: Event):
    maja = factories.a_guest(event, name="Maja", email="maja@example.org")
    ben = factories.an_account("Ben", email="ben@example.org")
    # listed under another address: which account it has is Ben's to tell
    other = factories.a_guest(event, name="B", email="b@example.org")
    other.user_id = ben.id
    db.session.commit()
    results = put(
        organiser,
        event,
        {"email": "MAJA@example.org"},
        {"email": "new@example.org"},
        {"email": "New@example.org"},
        {"email": "ben@example.org"},
    )
    assert [one["outcome"] for one in results] == ["there already", "added", "there already", "there already"]
    new = results[1]["guest_id"]
    assert [one["guest_id"] for one in results] == [str(maja.id), new, new, None]


def test_a_thousand_are_put_on_the_list_in_one_call_and_not_one_more(organiser: Program, event: Event):
    lines = [{"email": f"guest{number}@example.org"} for number in range(1001)]
    path = f"/api/guests/{event.id}/import"
    answer = organiser.post(path, {"guests": lines, "invite": False})
    assert refused(answer, 422, "json_error").keys() == {"guests"}
    assert db.session.query(Guest).count() == 0
    assert {row["outcome"] for row in put(organiser, event, *lines[:1000])} == {"added"}
    assert db.session.query(Guest).count() == 1000


def test_who_is_put_on_the_list_is_invited_unless_that_is_declined(organiser: Program, event: Event, outbox: Outbox):
    path = f"/api/guests/{event.id}/import"
    for number, said in enumerate(({}, {"invite": True}, {"invite": False})):
        sent = {"guests": [{"email": f"guest{number}@example.org"}], **said}
        assert organiser.post(path, sent).json["data"]["added"] == 1
    assert [mail.to_email for mail in outbox("guest-invited")] == ["guest0@example.org", "guest1@example.org"]
    assert [bool(guest.invited_at) for guest in db.session.query(Guest).order_by(Guest.name_key)] == [True, True, False]
