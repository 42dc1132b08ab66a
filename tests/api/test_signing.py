"""Programs sign in, refresh, and sign out."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import time_machine
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.mails import Outbox
from tests.programs import Program, refused
from webapp.accounts import links, sessions, tokens
from webapp.core import clock
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
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


REFRESHES = ("GET", "POST")


def test_only_administrators_sign_in_as_such(program: Program, ana: User):
    company = factories.a_company(factories.an_account())
    factories.a_membership(ana, company, Role.ORGANISER)
    sent = {"email": ana.email, "password": factories.PASSWORD}
    refused(program.post(f"/api/login/admin/{company.id}", sent), 403, "forbidden")
    beside = factories.a_company(factories.an_account())
    refused(program.post(f"/api/login/admin/{beside.id}", sent), 404, "not_found")
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


def test_a_token_that_is_longer_than_any_of_ours_is_not_read(program: Program, ana: User):
    program.authenticate(ana)
    claims = jwt.decode(program.token, options={"verify_signature": False})
    good, long = (jwt.encode({**claims, "more": "x" * size}, tokens._keys()[0], "HS256") for size in (1, 2000))
    program.token = good
    assert program.get("/api/users/me").status_code == 200
    program.token = long
    refused(program.get("/api/users/me"), 401, "auth_invalid")


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


@pytest.mark.parametrize("named", ["company_id", "id"])
def test_a_company_that_is_named_otherwise_than_in_the_path_is_told(program: Program, ana: User, named: str):
    here, there = factories.a_company(ana), factories.a_company(ana)
    sent = {"email": ana.email, "password": factories.PASSWORD, named: str(there.id)}
    for path in (f"/api/login/{here.id}", f"/api/login/admin/{here.id}"):
        assert refused(program.post(path, sent), 422, "json_error").keys() == {named}
        assert program.post(path, {**sent, named: str(here.id)}).status_code == 200
    both = {**sent, "company_id": str(here.id), "id": str(there.id)}
    assert refused(program.post("/api/login", both), 422, "json_error").keys() == {"id"}


# ---------------------------------------------------------------- two tokens of one session


@pytest.fixture
def minutes() -> Iterator[Callable[[float], None]]:
    """Lets minutes go by."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield lambda number: traveller.shift(dt.timedelta(minutes=number))


def refreshed(program: Program, token: str) -> dict[str, Any]:
    """What a token is refreshed to."""
    program.token = token
    answer = program.post("/api/refresh")
    assert answer.status_code == 200, answer.text
    given: dict[str, Any] = answer.json["data"]
    return given


def works(program: Program, token: str) -> bool:
    """Whether a token opens something."""
    program.token = token
    answer = program.get("/api/boot")
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["user_token", "company_token"])
def test_the_token_before_works_half_a_minute_more(program: Program, ana: User, minutes, kind: str):
    factories.a_company(ana)
    old = program.authenticate(ana)[kind]
    refreshed(program, old)
    minutes(0.49)
    assert works(program, old)
    assert refreshed(program, old)[kind] is not None
    minutes(0.02)
    assert not works(program, old)


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["user_token", "company_token"])
def test_whoever_does_nothing_but_refresh_is_not_idle(program: Program, ana: User, minutes, kind: str):
    factories.a_company(ana)
    token = program.authenticate(ana)[kind]
    for _ in range(3):
        minutes(6 * 24 * 60)
        token = refreshed(program, token)[kind]
    assert works(program, token)


@pytest.mark.both_databases
def test_a_session_that_ends_while_it_is_refreshed_stays_ended(
    program: Program, ana: User, monkeypatch: pytest.MonkeyPatch
):
    given, judge = program.authenticate(ana), tokens._session

    def ended_behind_it(found: Any) -> LoginSession:
        session = judge(found)
        sessions.end(session.id)
        return session

    with monkeypatch.context() as patched:
        patched.setattr(tokens, "_session", ended_behind_it)
        refused(program.post("/api/refresh"), 401, "auth_invalid")
    assert not works(program, given["user_token"])
    (row,) = rows(ana)
    assert (row.serial, row.revoked_at is not None) == (0, True)


@pytest.mark.both_databases
def test_a_company_token_that_is_refreshed_leaves_the_user_token_good(program: Program, ana: User, minutes):
    factories.a_company(ana)
    given = program.authenticate(ana)
    first = refreshed(program, given["company_token"])
    assert first["user_token"] is None
    minutes(1)
    assert works(program, given["user_token"])
    assert works(program, first["company_token"])
    assert not works(program, given["company_token"])
    second = refreshed(program, first["company_token"])
    minutes(14.5)
    again = refreshed(program, given["user_token"])
    assert works(program, again["user_token"])
    # it renews both
    assert works(program, again["company_token"])
    minutes(0.6)
    assert not works(program, second["company_token"])
    third = refreshed(program, again["company_token"])
    minutes(1)
    assert works(program, again["user_token"])
    assert works(program, third["company_token"])


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["user_token", "company_token"])
def test_an_old_token_of_either_kind_ends_the_session_when_it_is_played_again(
    program: Program, ana: User, minutes, kind: str
):
    factories.a_company(ana)
    given = program.authenticate(ana)
    latest = {**given, **{name: token for name, token in refreshed(program, given[kind]).items() if token is not None}}
    # within half a minute it is a request that was under way
    assert refreshed(program, given[kind])[kind] is not None
    minutes(1)
    program.token = given[kind]
    refused(program.post("/api/refresh"), 401, "auth_invalid")
    for name in ("user_token", "company_token"):
        assert not works(program, latest[name])


def test_the_other_kinds_serial_opens_nothing(program: Program, ana: User, minutes):
    factories.a_company(ana)
    given = program.authenticate(ana)
    for _ in range(3):
        given["company_token"] = refreshed(program, given["company_token"])["company_token"]
    claims = jwt.decode(given["user_token"], options={"verify_signature": False})
    assert claims["n"] == 0
    claims = jwt.decode(given["company_token"], options={"verify_signature": False})
    assert claims["n"] == 3


# ---------------------------------------------------------------- what a refresh says


@pytest.mark.parametrize("method", REFRESHES)
def test_a_refresh_says_no_more_than_the_token_may_read(program: Program, ana: User, method: str):
    company = factories.a_company(ana, name="Zadruga")
    said = {}
    for scopes in (["voting"], ["account"], ["companies:read"], None):
        program.authenticate(ana, scopes=scopes, company_id=str(company.id))
        given = program.send(method, "/api/refresh").json["data"]
        said[tuple(scopes or ())] = [bool(given[name]) for name in ("account", "companies", "administrators")]
    assert said == {
        ("voting",): [False, False, False],
        ("account",): [True, False, False],
        ("companies:read",): [False, True, True],
        (): [True, True, True],
    }


def test_a_company_token_that_is_refreshed_says_nothing_above_or_beside_its_company(program: Program, ana: User):
    above = factories.a_company(ana, name="Above")
    here = factories.a_company(name="Here", parent=above)
    below = factories.a_company(name="Below", parent=here)
    factories.a_company(name="Beside", parent=above)
    program.authenticate(ana, company=True, company_id=str(here.id))
    answer = program.get("/api/refresh")
    given = answer.json["data"]
    assert [(company["name"], company["parent_id"]) for company in given["companies"]] == [
        ("Below", str(here.id)),
        ("Here", None),
    ]
    assert given["account"] is None
    assert str(above.id) not in answer.text
    assert "Beside" not in answer.text
    assert str(below.id) in answer.text


def test_a_role_that_gives_no_such_scope_is_not_told_of(program: Program, ana: User):
    company = factories.a_company(factories.an_account(), name="Zadruga")
    factories.a_membership(ana, company, Role.ADMINISTRATOR, scopes=["events:read"])
    program.authenticate(ana)
    given = program.get("/api/refresh").json["data"]
    assert (given["companies"], given["administrators"]) == ([], [])


# ---------------------------------------------------------------- what is kept nowhere


def test_tokens_are_kept_by_no_cache_and_given_to_no_head(program: Program, ana: User, minutes):
    given = program.authenticate(ana)
    minutes(1)
    answer = program.send("HEAD", "/api/refresh")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, OPTIONS, POST")
    minutes(1)
    # so nothing was refreshed
    answer = program.get("/api/refresh", headers={"If-None-Match": "*"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    program.token = given["user_token"]
    sent = {"email": ana.email, "password": factories.PASSWORD}
    assert program.post("/api/login", sent).headers["Cache-Control"] == "no-store"


def test_a_link_is_not_used_up_by_a_head(program: Program, app: Flask):
    fresh = factories.an_account(verified=False)
    token = links.token_of(links.issue(fresh, Purpose.VERIFY))
    path = f"/api/verify-email/{token}"
    accept = {"Accept": "application/json"}
    assert program.send("HEAD", path, headers=accept).status_code == 405
    assert links.find(Purpose.VERIFY, token)
    sent = program.post(path, {"password": factories.PASSWORD})
    assert sent.status_code == 200
    assert sent.headers["Cache-Control"] == "no-store"


# ---------------------------------------------------------------- signing out, and stale tokens


@pytest.mark.both_databases
@pytest.mark.parametrize("end", [("DELETE", "/api/login"), ("POST", "/api/auth/logout")])
def test_an_expired_token_still_signs_out(program: Program, ana: User, minutes, end):
    program.authenticate(ana)
    minutes(16)
    assert program.send(*end).status_code == 204
    refused(program.post("/api/refresh"), 401, "auth_invalid")
    refused(program.send(*end), 401, "auth_invalid")


def test_a_copy_from_before_a_refresh_signs_nobody_out(program: Program, ana: User, minutes):
    old = program.authenticate(ana)["user_token"]
    new = refreshed(program, old)["user_token"]
    minutes(1)
    program.token = old
    refused(program.delete("/api/login"), 401, "auth_expired")
    assert works(program, new)
    program.token = None
    refused(program.delete("/api/login"), 401, "auth_not_found")


def test_the_door_looks_at_no_token(program: Program, ana: User, outbox: Outbox):
    program.token = "stale and not one of ours"
    sent = {"email": ana.email, "password": factories.PASSWORD}
    assert program.post("/api/login", sent).status_code == 200
    new = {"email": "new@example.org", "password": factories.PASSWORD}
    assert program.post("/api/register", new).status_code == 201
    assert program.post("/api/forgot-password", {"email": ana.email}).status_code == 200
    assert program.get("/api/resend-email-verification").status_code == 200
    refused(program.post("/api/confirm_otk", {"otk": "x"}), 404, "otk_not_found_error")
    refused(
        program.post("/api/reset-password", {"token": "x", "password": "a long evening"}), 404, "otk_not_found_error"
    )
    refused(program.post("/api/setup", {}), 409, "set_up_before")
    refused(program.get("/api/events"), 401, "auth_invalid")


def test_a_site_that_is_set_up_says_so_whatever_is_sent(program: Program):
    for sent in ({}, {"code": 1}, {"nonsense": True}):
        refused(program.post("/api/setup", sent), 409, "set_up_before")
    refused(program.send("POST", "/api/setup", data="no JSON", content_type="application/json"), 409, "set_up_before")


def test_every_401_says_how_one_comes_in(program: Program, ana: User, minutes):
    assert program.get("/api/users/me").headers["WWW-Authenticate"] == 'Bearer realm="api"'
    wrong = program.post("/api/login", {"email": ana.email, "password": "wrong"})
    assert (wrong.status_code, wrong.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    program.authenticate(ana)
    minutes(16)
    for answer in (program.get("/api/users/me"), program.get("/api/events")):
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
            401,
            'Bearer realm="api", error="invalid_token"',
        )
    assert "WWW-Authenticate" not in Browser(program.app).get("/account").headers


def test_two_new_passwords_that_differ_are_told(program: Program, ana: User):
    token = links.token_of(links.issue(ana, Purpose.RESET))
    sent = {"token": token, "password": "an even longer evening", "newPassword": "another long evening"}
    assert refused(program.post("/api/reset-password", sent), 422, "json_error").keys() == {"newPassword"}
    assert program.post("/api/reset-password", {**sent, "newPassword": sent["password"]}).status_code == 200
