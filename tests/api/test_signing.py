"""Programs sign in, refresh, and sign out."""

import datetime as dt
import json

import jwt
import pytest
import time_machine
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.programs import Program, refused
from webapp.accounts import sessions, tokens
from webapp.core import clock
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import LoginSession, User

LOGINS = ("/api/auth/authenticate", "/api/login", "/api/auth/login")


def rows(user: User) -> list[LoginSession]:
    return db.session.query(LoginSession).filter_by(user_id=user.id).all()


@pytest.mark.parametrize("path", LOGINS)
@pytest.mark.parametrize("wrapped", [False, True])
def test_address_and_password_give_tokens(program: Program, ana: User, path: str, wrapped: bool):
    company = factories.a_company(ana, name="Zadruga")
    sent = {"email": "ana@example.org", "password": factories.PASSWORD}
    answer = program.post(path, {"data": sent} if wrapped else sent)
    assert answer.status_code == 200
    assert answer.json["meta"] == {"id": "user_logged_in", "message": "User successfully logged in", "code": 200}
    given = answer.json["data"]
    assert given["user_id"] == str(ana.id)
    assert given["account"]["email"] == "ana@example.org"
    assert [(c["id"], c["role"]) for c in given["companies"]] == [(str(company.id), "owner")]
    assert [(a["email"], a["role"], a["company_name"]) for a in given["administrators"]] == [
        ("ana@example.org", "owner", "Zadruga")
    ]
    assert given["company_id"] == str(company.id)
    for token in (given["user_token"], given["company_token"]):
        program.token = token
        assert program.get("/api/boot").json["data"]["account"]["email"] == "ana@example.org"


def test_the_row_keeps_no_token(program: Program, ana: User):
    given = program.authenticate(ana)
    (row,) = rows(ana)
    assert row.kind == "token"
    claims = jwt.decode(given["user_token"], options={"verify_signature": False})
    assert row.secret_hash == sessions.digest(claims["key"])
    kept = json.dumps({c.name: str(getattr(row, c.name)) for c in LoginSession.__table__.columns})
    assert claims["key"] not in kept


def test_a_token_opens_no_page_and_a_cookie_no_endpoint(app: Flask, program: Program, ana: User):
    browser = Browser(app).sign_in(ana)
    assert browser.get("/account").status_code == 200
    refused(browser.get("/api/users/me"), 401, "auth_not_found")
    program.authenticate(ana)
    assert program.get("/account").status_code == 303
    given = jwt.decode(program.token, options={"verify_signature": False})
    program.token = None
    program.client.set_cookie("identity", given["key"])
    assert program.get("/account").status_code == 303


def test_the_header_auth_token_counts_too(program: Program, ana: User):
    token = program.authenticate(ana)["company_token"] or program.token
    program.token = None
    assert program.get("/api/users/me", headers={"Auth-Token": token}).status_code == 200
    assert program.delete("/api/login", headers={"Auth-Token": token}).status_code == 204
    refused(program.get("/api/users/me", headers={"Auth-Token": token}), 401, "auth_invalid")


WRONG = [
    pytest.param({"password": "something else"}, 401, "wrong_credentials", id="another password"),
    pytest.param({"email": "nobody@example.org"}, 401, "wrong_credentials", id="an unknown address"),
    pytest.param({"email": 7}, 422, "json_error", id="a number for an address"),
    pytest.param({"more": "x"}, 422, "json_error", id="an unknown name"),
    pytest.param({"password": None}, 422, "json_error", id="no password"),
    pytest.param({"company_id": "x"}, 422, "json_error", id="a company that is no id"),
    pytest.param({"scopes": ["everything"]}, 422, "json_error", id="a scope there is not"),
]


@pytest.mark.parametrize(("changed", "status", "error"), WRONG)
def test_what_does_not_fit_gives_no_token(program: Program, ana: User, changed, status: int, error: str):
    sent = {"email": ana.email, "password": factories.PASSWORD, **changed}
    refused(program.post("/api/login", sent), status, error)
    assert rows(ana) == []


def test_an_unconfirmed_address_is_told_so_after_the_right_password_alone(program: Program, app: Flask):
    fresh = factories.an_account(verified=False)
    sent = {"email": fresh.email, "password": factories.PASSWORD}
    refused(program.post("/api/login", sent), 403, "email_unverified")
    refused(program.post("/api/login", {**sent, "password": "wrong"}), 401, "wrong_credentials")


def test_the_company_of_the_path_is_acted_for(program: Program, ana: User):
    factories.a_company(ana)
    second = factories.a_company(ana)
    below = factories.a_company(parent=second)
    sent = {"email": ana.email, "password": factories.PASSWORD}
    for path in (f"/api/login/{second.id}", f"/api/login/admin/{below.id}"):
        given = program.post(path, sent).json["data"]
        assert given["company_id"] == path.rpartition("/")[2]
    assert program.post("/api/login", {**sent, "id": str(below.id)}).json["data"]["company_id"] == str(below.id)
    elsewhere = factories.a_company(factories.an_account())
    for path in (f"/api/login/{elsewhere.id}", f"/api/login/admin/{elsewhere.id}"):
        refused(program.post(path, sent), 404, "not_found")


def test_only_administrators_sign_in_as_such(program: Program, ana: User):
    company = factories.a_company(factories.an_account())
    factories.a_membership(ana, company, Role.ORGANISER)
    sent = {"email": ana.email, "password": factories.PASSWORD}
    refused(program.post(f"/api/login/admin/{company.id}", sent), 404, "not_found")
    given = program.post(f"/api/login/{company.id}", sent).json["data"]
    assert given["administrators"] == []


def test_a_token_works_for_fifteen_minutes(program: Program, ana: User):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        given = program.authenticate(ana)
    until = dt.datetime.fromisoformat(given["expires_at"])
    assert until - begun == dt.timedelta(minutes=15)
    with time_machine.travel(until - dt.timedelta(seconds=1), tick=False):
        assert program.get("/api/users/me").status_code == 200
    with time_machine.travel(until, tick=False):
        refused(program.get("/api/users/me"), 401, "auth_expired")


@pytest.mark.both_databases
def test_an_expired_token_is_refreshed_until_seven_idle_days(program: Program, ana: User):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        program.authenticate(ana)
    with time_machine.travel(begun + dt.timedelta(days=6), tick=False):
        answer = program.post("/api/refresh")
        assert answer.status_code == 200
        program.token = answer.json["data"]["user_token"]
        assert program.get("/api/users/me").status_code == 200
    with time_machine.travel(begun + dt.timedelta(days=13, seconds=1), tick=False):
        refused(program.get("/api/refresh"), 401, "auth_expired")


@pytest.mark.both_databases
def test_a_copied_token_ends_the_session_when_it_is_played_again(program: Program, ana: User):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        old = program.authenticate(ana)["user_token"]
        program.token = new = program.get("/api/refresh").json["data"]["user_token"]
        # a request that was under way, and an answer that got lost
        for token in (old, new):
            program.token = token
            assert program.get("/api/users/me").status_code == 200
        program.token = old
        again = program.get("/api/refresh").json["data"]["user_token"]
        assert jwt.decode(again, options={"verify_signature": False})["n"] == 1
    with time_machine.travel(begun + dt.timedelta(seconds=31), tick=False):
        program.token = old
        refused(program.get("/api/users/me"), 401, "auth_expired")
        program.token = new
        assert program.get("/api/users/me").status_code == 200
        program.token = old
        refused(program.get("/api/refresh"), 401, "auth_invalid")
        program.token = new
        refused(program.get("/api/users/me"), 401, "auth_invalid")


@pytest.mark.parametrize("end", [("DELETE", "/api/login"), ("POST", "/api/auth/logout")])
def test_signing_out_kills_all_tokens_of_the_session_and_no_other(program, other_program, ana: User, end):
    factories.a_company(ana)
    given = program.authenticate(ana)
    other_program.authenticate(ana)
    answer = program.send(end[0], end[1])
    assert (answer.status_code, answer.data) == (204, b"")
    for token in (given["user_token"], given["company_token"]):
        program.token = token
        refused(program.get("/api/users/me"), 401, "auth_invalid")
        refused(program.get("/api/refresh"), 401, "auth_invalid")
    assert other_program.get("/api/users/me").status_code == 200


def test_a_token_of_another_key_audience_or_algorithm_is_none(app: Flask, program: Program, ana: User):
    program.authenticate(ana)
    claims = jwt.decode(program.token, options={"verify_signature": False})
    forged = [
        jwt.encode(claims, "another key that is long enough for it", "HS256"),
        jwt.encode({**claims, "aud": "elsewhere"}, tokens._keys()[0], "HS256"),
        jwt.encode(claims, "", "none"),
        jwt.encode({**claims, "key": "unknown"}, tokens._keys()[0], "HS256"),
        jwt.encode({**claims, "n": "x"}, tokens._keys()[0], "HS256"),
        jwt.encode({**claims, "n": 5}, tokens._keys()[0], "HS256"),
        "x.y.z",
        "x" * 5000,
    ]
    for token in forged:
        program.token = token
        answer = program.get("/api/users/me")
        assert answer.status_code == 401, token
        assert answer.json["error"]["id"] in {"auth_invalid", "auth_expired"}
        # nor does it pass where no token is needed
        assert program.get("/api/boot").status_code == 401


def test_a_new_password_ends_every_token_and_gives_new_ones(program: Program, other_program: Program, ana: User):
    program.authenticate(ana)
    other_program.authenticate(ana)
    sent = {"current_password": factories.PASSWORD, "password": "an even longer evening"}
    answer = program.post("/api/password", sent)
    assert answer.status_code == 200
    refused(program.get("/api/users/me"), 401, "auth_invalid")
    refused(other_program.get("/api/users/me"), 401, "auth_invalid")
    program.token = answer.json["data"]["user_token"]
    assert program.get("/api/users/me").status_code == 200


def test_scopes_bound_what_a_token_may(program: Program, ana: User):
    program.authenticate(ana, scopes=["events:read"])
    refused(program.get("/api/users/me"), 403, "forbidden")
    assert program.get("/api/boot").json["data"]["scopes"] == ["events:read"]
    program.authenticate(ana, scopes=["account"])
    assert program.get("/api/users/me").status_code == 200


def test_a_company_token_is_refreshed_to_one_that_reaches_no_further(program: Program, ana: User):
    factories.a_company(ana)
    program.authenticate(ana, company=True)
    given = program.get("/api/refresh").json["data"]
    assert given["user_token"] is None
    program.token = given["company_token"]
    assert program.get("/api/boot").json["data"]["company_id"] == given["company_id"]
