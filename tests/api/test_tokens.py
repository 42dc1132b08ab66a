"""Programs make tokens, too: never for more than they may themselves."""

import datetime as dt
import uuid

import pytest
import time_machine
from flask import Flask

from tests import factories
from tests.programs import Program, refused
from webapp.accounts import tokens
from webapp.companies import operations as companies
from webapp.core import clock
from webapp.core.actor import Scope
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


def test_a_token_for_one_company_reaches_that_and_all_below_it(program: Program, ana: User):
    company, elsewhere = factories.a_company(ana), factories.a_company(factories.an_account())
    below = factories.a_company(parent=company)
    program.act_for(ana)
    few = {"scopes": ["events:read"]}
    for one in (company, below):
        assert made(program, company_id=str(one.id), **few)["company_id"] == str(one.id)
    for other in (elsewhere.id, uuid.uuid4()):
        refused(program.post("/api/tokens", {**SENT, **few, "company_id": str(other)}), 404, "not_found")
    # one that acts for a company is not the account's, and makes none
    refused(program.act_for(ana, company_id=company.id).post("/api/tokens", {**SENT, **few}), 403, "forbidden")


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


def test_a_token_made_by_hand_for_an_app_dies_with_the_app(app: Flask, program: Program, ana: User):
    company = factories.a_company(ana)
    acting = factories.acting(ana)
    registered, key = companies.create_app(acting, company, name="Kiosk", scopes=[Scope.ACCOUNT, Scope.EVENTS_READ])
    sent = {"email": ana.email, "password": factories.PASSWORD}
    answer = program.post("/api/login", sent, headers={"App-Id": str(registered.id), "App-Key": key})
    program.token = answer.json["data"]["user_token"]
    given = made(program, scopes=["account"])
    assert given["app_id"] == str(registered.id)
    program.token = given["token"]
    assert program.get("/api/users/me").status_code == 200
    companies.revoke_app(acting, registered)
    refused(program.get("/api/boot"), 401, "auth_invalid")


@pytest.mark.both_databases
@pytest.mark.parametrize("for_app", [True, False])
def test_a_new_password_gives_a_token_made_by_hand_one_that_reaches_no_further(
    app: Flask, program: Program, ana: User, for_app: bool
):
    asked = {}
    if for_app:
        made_app, _key = companies.create_app(
            factories.acting(ana), factories.a_company(ana), name="Kiosk", scopes=[Scope.ACCOUNT]
        )
        asked["app_id"] = made_app.id
    program.act_for(ana, scopes=["account"], **asked)
    given = made(program)
    program.token = given["token"]
    changed = {"current_password": factories.PASSWORD, "password": "an even longer evening"}
    answer = program.post("/api/password", changed)
    assert answer.status_code == 200, answer.text
    new = answer.json["data"]
    assert new["company_token"] is None
    assert new["companies"] == [], "it never could read them"
    assert new["expires_at"] == given["expires_at"]
    refused(program.get("/api/users/me"), 401, "auth_invalid")
    program.token = new["user_token"]
    (row,) = program.get("/api/sessions").json["data"]
    for name in ("name", "scopes", "company_id", "app_id", "expires_at", "kind"):
        assert row[name] == given[name], name
    refused(program.post("/api/refresh"), 401, "auth_invalid")
    refused(program.post("/api/tokens", SENT), 403, "password_needed")


def test_a_new_password_gives_a_token_for_one_company_that_one_alone_again(app: Flask, program: Program, ana: User):
    company = factories.a_company(ana)
    given = made(program.act_for(ana), company_id=str(company.id), scopes=["events:read"])
    with app.app_context():
        opened = tokens.find(given["token"])
        assert opened.company_id == company.id
        pair = tokens.start_again(db.session.get_one(User, ana.id), opened.session, whole=True)
    assert (pair.user_token, pair.company_id) == (None, company.id)
    program.token = pair.company_token
    assert program.get("/api/boot").json["data"]["company_id"] == str(company.id)


def test_a_token_made_by_hand_says_that_it_has_ended(program: Program, ana: User):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        program.token = made(program.act_for(ana))["token"]
    with time_machine.travel(begun + dt.timedelta(days=7), tick=False):
        for answer in (program.get("/api/users/me"), program.post("/api/refresh")):
            refused(answer, 401, "auth_expired")
            assert "ended" in answer.json["error"]["message"]
            assert "refresh" not in answer.json["error"]["message"]


def test_a_session_that_has_ended_is_not_there(program: Program, ana: User):
    given = made(program.act_for(ana))
    path = f"/api/sessions/{given['id']}"
    assert program.get(path).status_code == 200
    assert program.delete(path).status_code == 204
    refused(program.get(path), 404, "not_found")
    refused(program.delete(path), 404, "not_found")


def test_a_wrong_current_password_is_told_beside_the_field(program: Program, ana: User):
    # a 401 would let programs refresh and try again
    program.act_for(ana)
    wrong = {"current_password": "not hers", "password": "an even longer evening"}
    assert refused(program.post("/api/password", wrong), 422, "json_error").keys() == {"current_password"}
    sent = {"current_password": "not hers", "email": "other@example.org"}
    assert refused(program.post("/api/email", sent), 422, "json_error").keys() == {"current_password"}
    answer = program.send("DELETE", "/api/users/me", json={"current_password": "not hers"})
    assert refused(answer, 422, "json_error").keys() == {"current_password"}
