"""Programs make tokens, too: never for more than they may themselves."""

import datetime as dt
import uuid

import pytest
import time_machine

from tests import factories
from tests.programs import Program, refused
from webapp.core import clock
from webapp.core.database import db
from webapp.models import LoginSession, User

SENT = {"name": "Nightly", "scopes": ["account"], "expires_in": 7}


def made(program: Program, **changed: object) -> dict[str, str]:
    answer = program.post("/api/tokens", {**SENT, **changed})
    assert answer.status_code == 201, answer.text
    given: dict[str, str] = answer.json["data"]
    return given


@pytest.mark.both_databases
def test_a_token_is_made_listed_and_revoked(program: Program, other_program: Program, ana: User):
    given = made(program.act_for(ana))
    assert (given["name"], given["scopes"], given["company_id"], given["kind"]) == (
        "Nightly",
        ["account"],
        None,
        "token",
    )
    lasts = dt.datetime.fromisoformat(given["expires_at"]) - dt.datetime.fromisoformat(given["created_at"])
    assert lasts == dt.timedelta(days=7)
    other_program.token = given["token"]
    assert other_program.get("/api/users/me").json["data"]["user_email"] == ana.email
    listed = {one["id"]: one for one in program.get("/api/sessions").json["data"]}
    assert listed[given["id"]]["name"] == "Nightly"
    assert given["token"] not in program.get("/api/sessions").text
    assert program.delete(f"/api/sessions/{given['id']}").status_code == 204
    refused(other_program.get("/api/users/me"), 401, "auth_invalid")


def test_it_may_not_do_more_than_the_one_that_makes_it(program: Program, ana: User):
    program.act_for(ana, scopes=["account", "events:read"])
    refused(program.post("/api/tokens", {**SENT, "scopes": ["account", "guests:read"]}), 403, "forbidden")
    assert made(program, scopes=["account", "events:read"])["scopes"] == ["account", "events:read"]
    program.act_for(ana, scopes=["events:read"])
    refused(program.post("/api/tokens", {**SENT, "scopes": ["events:read"]}), 403, "forbidden")


def test_a_token_for_one_company_makes_none_that_reaches_beyond_it(program: Program, ana: User):
    company, beside = factories.a_company(ana), factories.a_company(ana)
    below = factories.a_company(parent=company)
    program.act_for(ana, company_id=company.id)
    assert made(program)["company_id"] == str(company.id)
    assert made(program, company_id=str(below.id))["company_id"] == str(below.id)
    for other in (beside.id, uuid.uuid4()):
        refused(program.post("/api/tokens", {**SENT, "company_id": str(other)}), 404, "not_found")


def test_a_token_made_by_hand_makes_no_other(program: Program, ana: User):
    program.token = made(program.act_for(ana))["token"]
    refused(program.post("/api/tokens", SENT), 403, "password_needed")


def test_only_who_has_just_authenticated_makes_one(program: Program, ana: User):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        program.authenticate(ana)
    with time_machine.travel(begun + dt.timedelta(minutes=16), tick=False):
        program.token = program.get("/api/refresh").json["data"]["user_token"]
        refused(program.post("/api/tokens", SENT), 403, "password_needed")
        program.authenticate(ana)
        made(program)


@pytest.mark.both_databases
def test_one_id_makes_one_token(program: Program, ana: User):
    once = str(uuid.uuid4())
    assert made(program.act_for(ana), once=once)["id"] == once
    refused(program.post("/api/tokens", {**SENT, "once": once}), 409, "duplicate")
    assert db.session.query(LoginSession).filter(LoginSession.name == "Nightly").count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"name": ""}, "name"), ({"scopes": []}, "scopes"), ({"expires_in": 366}, "expires_in"), ({"x": 1}, "x")],
)
def test_what_does_not_fit_makes_none(program: Program, ana: User, changed: dict[str, object], field: str):
    assert refused(program.act_for(ana).post("/api/tokens", {**SENT, **changed}), 422, "json_error").keys() == {field}
    assert db.session.query(LoginSession).filter(LoginSession.name != "").count() == 0
