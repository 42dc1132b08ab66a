"""Programs find, create, change and cancel events."""

import datetime as dt
import uuid

import pytest

from tests import factories
from tests.programs import Program, refused
from webapp.core import clock
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import Event, User

NEW = {
    "title": "Taco Party 2090",
    "timezone": "Europe/Ljubljana",
    "starts_at": "2090-05-01T18:00",
    "ends_at": "2090-05-01T20:00:00Z",
    "visibility": "public",
    "questions": [{"text": "Which salsa?", "answers": ["Verde", "Roja"]}],
}


@pytest.fixture
def organiser(program: Program, ana: User) -> Program:
    factories.a_company(ana, name="Zadruga")
    return program.act_for(ana)


def test_without_a_token_public_events_are_listed(program: Program, ana: User):
    company = factories.a_company(ana)
    for visibility in ("public", "unlisted", "invited"):
        factories.an_event(company, ana, title=f"The {visibility} one", visibility=visibility)
    answer = program.get("/api/events")
    assert [event["title"] for event in answer.json["data"]] == ["The public one"]
    assert answer.json["meta"] == {
        "id": "events_info",
        "message": "Events info successfully retrieved",
        "code": 200,
        "count": 1,
        "next": None,
    }


def test_an_event_is_created_found_and_read(organiser: Program, ana: User):
    made = organiser.post("/api/events", {**NEW, "publish": True})
    assert made.status_code == 201
    event = made.json["data"]
    assert (event["state"], event["host_id"], event["starts_at"]) == ("published", str(ana.id), "2090-05-01T16:00:00Z")
    assert event["start_time"] == int(dt.datetime(2090, 5, 1, 16, tzinfo=dt.UTC).timestamp())
    assert event["time_to_join"] == event["end_time"] == event["start_time"] + 4 * 3600
    assert (event["end_flag"], event["question"], event["event_id"]) == (0, "Which salsa?", event["id"])
    assert [answer["text"] for answer in event["answers"][0]] == ["Verde", "Roja"]
    assert event["guests"]["listed"] == 0
    found = organiser.get("/api/events?search=taco%20party")
    assert [one["id"] for one in found.json["data"]] == [event["id"]]
    organiser.token = None
    assert organiser.get(f"/api/events/{event['id']}").json["data"]["guests"] is None
    assert organiser.get("/api/events?search=burrito").json["data"] == []


def test_what_is_left_out_of_a_change_stays(organiser: Program):
    made = organiser.post("/api/events", {**NEW, "capacity": 20}).json["data"]
    path = f"/api/events/{made['id']}"
    changed = organiser.patch(path, {"title": "Taco night", "place": "The yard"}).json["data"]
    assert {k for k in made if made[k] != changed[k]} == {"title", "place", "updated_at"}
    assert organiser.patch(path, {"capacity": None}).json["data"]["capacity"] is None
    assert refused(organiser.patch(path, {"ends_at": "2090-04-01T20:00:00Z"}), 422, "json_error").keys() == {"ends_at"}


def test_an_event_is_erased_before_and_cancelled_after_somebody_was_asked(organiser: Program):
    for asked, erased in ((False, True), (True, False)):
        made = organiser.post("/api/events", {**NEW, "publish": True}).json["data"]
        if asked:
            factories.a_guest(db.session.get_one(Event, uuid.UUID(made["id"])))
        answer = organiser.delete(f"/api/events/{made['id']}")
        assert answer.json["data"] == {"id": made["id"], "erased": erased}
        after = organiser.get(f"/api/events/{made['id']}")
        assert after.status_code == (404 if erased else 200)
        if not erased:
            assert (after.json["data"]["state"], after.json["data"]["end_flag"]) == ("cancelled", 1)
            refused(organiser.delete(f"/api/events/{made['id']}"), 409, "event_error")


def test_pages_follow_each_other_by_cursor(program: Program, ana: User):
    company = factories.a_company(ana)
    start = clock.now() + dt.timedelta(days=1)
    for number in range(7):
        starts = start + dt.timedelta(hours=number // 2)
        ends = starts + dt.timedelta(hours=1)
        factories.an_event(company, ana, title=f"E{number}", visibility="public", starts_at=starts, ends_at=ends)
    seen, cursor = [], ""
    while cursor is not None:
        page = program.get("/api/events", query_string={"limit": "3", **({"cursor": cursor} if cursor else {})}).json
        assert page["meta"]["count"] == 7
        seen += [event["title"] for event in page["data"]]
        cursor = page["meta"]["next"]
    assert sorted(seen) == [f"E{number}" for number in range(7)]
    assert len(seen) == 7
    assert refused(program.get("/api/events?cursor=xyz"), 422, "json_error").keys() == {"cursor"}
    assert refused(program.get("/api/events?limit=0"), 422, "json_error").keys() == {"limit"}
    assert refused(program.get("/api/events?limt=1"), 422, "json_error").keys() == {"limt"}


def test_what_has_not_changed_is_not_sent_again(program: Program, ana: User):
    event = factories.an_event(factories.a_company(ana), ana, visibility="public")
    first = program.get(f"/api/events/{event.id}")
    again = program.get(f"/api/events/{event.id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_token_without_the_scope_sees_what_everybody_does_and_changes_nothing(program: Program, ana: User):
    event = factories.an_event(factories.a_company(ana), ana, visibility="invited")
    program.act_for(ana, scopes=["account"])
    refused(program.get(f"/api/events/{event.id}"), 404, "not_found")
    refused(program.patch(f"/api/events/{event.id}", {"title": "x"}), 403, "forbidden")
    program.act_for(ana, scopes=["events:read"])
    assert program.get(f"/api/events/{event.id}").status_code == 200
    refused(program.patch(f"/api/events/{event.id}", {"title": "x"}), 403, "forbidden")


def test_a_company_token_reaches_its_company_and_all_below(program: Program, ana: User):
    above = factories.a_company(ana)
    company = factories.a_company(parent=above)
    below = factories.a_company(parent=company)
    events = {
        c.id: factories.an_event(c, factories.an_account(), visibility="invited") for c in (above, company, below)
    }
    program.act_for(ana, company_id=company.id)
    reached = {c: program.get(f"/api/events/{event.id}").status_code for c, event in events.items()}
    assert reached == {above.id: 404, company.id: 200, below.id: 200}
    listed = {event["company_id"] for event in program.get("/api/events").json["data"]}
    assert listed == {str(company.id), str(below.id)}


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_organise_create_events(program: Program, ana: User, role: Role):
    company = factories.a_company(factories.an_account())
    factories.a_membership(ana, company, role)
    answer = program.act_for(ana).post("/api/events", NEW)
    assert answer.status_code == (403 if role is Role.DOORKEEPER else 201)


@pytest.mark.both_databases
def test_a_repeated_key_is_answered_as_the_first_time(organiser: Program, other_program: Program, ana: User):
    key = {"Idempotency-Key": "a-1"}
    first = organiser.post("/api/events", NEW, headers=key)
    again = organiser.post("/api/events", NEW, headers=key)
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert organiser.get("/api/events?when=all").json["meta"]["count"] == 1
    refused(organiser.post("/api/events", {**NEW, "title": "x"}, headers=key), 409, "idempotency_key_taken")
    refused(organiser.post("/api/events", NEW, headers={"Idempotency-Key": "a b"}), 422, "json_error")
    other = factories.an_account()
    factories.a_company(other)
    assert other_program.act_for(other).post("/api/events", NEW, headers=key).json != first.json


@pytest.mark.both_databases
def test_a_refused_request_leaves_its_key_free(organiser: Program):
    key = {"Idempotency-Key": "b-1"}
    gone = f"/api/events/{uuid.uuid4()}/publish"
    refused(organiser.post(gone, headers=key), 404, "not_found")
    assert organiser.post("/api/events", NEW, headers=key).status_code == 201
