"""Programs sign people in under their own name: App-Id and App-Key, and how far the tokens reach then."""

import datetime as dt
import uuid

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.browsers import Browser
from tests.programs import Program, refused
from webapp.companies import operations
from webapp.core import clock
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.models import App, Company, JournalEntry, LoginSession, Membership, User

SOME = [Scope.ACCOUNT, Scope.EVENTS_READ]
LOGINS = ("/api/auth/authenticate", "/api/login", "/api/auth/login")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Zadruga")


@pytest.fixture
def keys(ana: User, company: Company) -> dict[str, str]:
    """The headers of an app of the company that may see events and accounts."""
    return an_app(ana, company, *SOME)


def an_app(ana: User, company: Company, *scopes: Scope) -> dict[str, str]:
    made, key = operations.create_app(factories.acting(ana), company, name="Kiosk", scopes=scopes)
    return {"App-Id": str(made.id), "App-Key": key}


def the_app(keys: dict[str, str]) -> App:
    return db.session.get_one(App, uuid.UUID(keys["App-Id"]), populate_existing=True)


def sign_in(program: Program, user: User, keys: dict[str, str], path: str = "/api/login", **asked: object) -> None:
    """Let the program go on with the tokens that this app gets for the user."""
    sent = {"email": user.email, "password": factories.PASSWORD, **asked}
    answer = program.post(path, sent, headers=keys)
    assert answer.status_code == 200, answer.text
    program.token = answer.json["data"]["user_token"]


def scopes_of(program: Program) -> list[str]:
    scopes: list[str] = program.get("/api/boot").json["data"]["scopes"]
    return scopes


@operation
def now_may(app: App, *scopes: Scope) -> None:
    db.session.execute(update(App).where(App.id == app.id).values(scopes=[scope.value for scope in scopes]))


@pytest.mark.both_databases
@pytest.mark.parametrize("path", [*LOGINS, "/api/login/{company}", "/api/login/admin/{company}"])
def test_tokens_issued_to_an_app_do_no_more_than_it_may(program: Program, ana: User, company: Company, keys, path: str):
    sign_in(program, ana, keys, path.format(company=company.id))
    assert scopes_of(program) == ["account", "events:read"]
    assert program.get("/api/users/me").status_code == 200
    refused(program.get("/api/companies"), 403, "forbidden")
    (session,) = db.session.query(LoginSession).all()
    assert str(session.app_id) == keys["App-Id"]


def test_a_program_may_be_content_with_less_and_never_gets_more(program: Program, ana: User, keys):
    sign_in(program, ana, keys, scopes=["events:read", "voting"])
    assert scopes_of(program) == ["events:read"]
    refused(program.get("/api/users/me"), 403, "forbidden")


def test_without_app_headers_the_tokens_belong_to_no_app(program: Program, ana: User, company: Company):
    sign_in(program, ana, {})
    assert len(scopes_of(program)) == len(Scope)
    assert db.session.query(LoginSession).one().app_id is None


WRONG = [
    pytest.param({"App-Key": None}, id="no key"),
    pytest.param({"App-Id": None}, id="no id"),
    pytest.param({"App-Key": "x" * 43}, id="another key"),
    pytest.param({"App-Key": ""}, id="an empty key"),
    pytest.param({"App-Id": "0189c9a8-0000-7000-8000-000000000000"}, id="an app that is not there"),
    pytest.param({"App-Id": "seven"}, id="an id that is none"),
    pytest.param({"App-Key": "x" * 5000}, id="a long key"),
]


@pytest.mark.parametrize("path", LOGINS)
@pytest.mark.parametrize("changed", WRONG)
def test_a_wrong_or_half_pair_gives_no_token(program: Program, ana: User, keys, changed: dict[str, str | None], path):
    headers = {name: value for name, value in {**keys, **changed}.items() if value is not None}
    sent = {"email": ana.email, "password": factories.PASSWORD}
    refused(program.post(path, sent, headers=headers), 401, "auth_invalid")
    # nor does it say whether the password was right
    refused(program.post(path, {**sent, "password": "wrong"}, headers=headers), 401, "auth_invalid")
    assert db.session.query(LoginSession).all() == []
    assert the_app(keys).last_used_at is None


def test_a_revoked_app_signs_nobody_in_and_its_tokens_are_dead(program, other_program, ana: User, keys):
    sign_in(program, ana, keys)
    other_program.authenticate(ana)
    operations.revoke_app(factories.acting(ana), the_app(keys))
    refused(program.get("/api/users/me"), 401, "auth_invalid")
    refused(program.get("/api/refresh"), 401, "auth_invalid")
    program.token = None
    sent = {"email": ana.email, "password": factories.PASSWORD}
    refused(program.post("/api/login", sent, headers=keys), 401, "auth_invalid")
    assert other_program.get("/api/users/me").status_code == 200


@pytest.mark.both_databases
def test_a_token_issued_while_its_app_was_being_revoked_opens_nothing(program: Program, ana: User, keys):
    app = the_app(keys)
    operations.revoke_app(factories.acting(ana), app)
    program.act_for(ana, app_id=uuid.UUID(keys["App-Id"]))
    refused(program.get("/api/users/me"), 401, "auth_invalid")
    refused(program.get("/api/refresh"), 401, "auth_invalid")


@pytest.mark.both_databases
def test_a_token_dies_with_the_company_it_acts_for_or_whose_app_it_is(program: Program, ana: User, keys):
    beside = factories.a_company(ana)
    acts_for = Program(program.app).act_for(ana, company_id=beside.id)
    sign_in(program, ana, keys)
    tokens = db.session.query(LoginSession)

    @operation
    def close() -> None:
        # as if each token was issued while the company was being deleted
        db.session.execute(update(Company).values(deleted_at=clock.now()))

    assert (program.get("/api/users/me").status_code, acts_for.get("/api/boot").status_code) == (200, 200)
    close()
    refused(program.get("/api/users/me"), 401, "auth_invalid")
    refused(acts_for.get("/api/boot"), 401, "auth_invalid")
    assert [token.revoked_at for token in tokens] == [None, None]


def test_a_new_key_signs_nobody_out(program: Program, ana: User, keys):
    sign_in(program, ana, keys)
    key = operations.rotate_app(factories.acting(ana), the_app(keys))
    assert program.get("/api/users/me").status_code == 200
    program.token = program.get("/api/refresh").json["data"]["user_token"]
    assert program.get("/api/users/me").status_code == 200
    program.token = None
    sent = {"email": ana.email, "password": factories.PASSWORD}
    refused(program.post("/api/login", sent, headers=keys), 401, "auth_invalid")
    assert program.post("/api/login", sent, headers={**keys, "App-Key": key}).status_code == 200


@pytest.mark.both_databases
def test_what_an_app_may_no_more_its_tokens_may_no_more(program: Program, ana: User, keys):
    sign_in(program, ana, keys)
    app = the_app(keys)
    now_may(app, Scope.EVENTS_READ)
    assert scopes_of(program) == ["events:read"]
    refused(program.get("/api/users/me"), 403, "forbidden")
    now_may(app, *Scope)
    assert scopes_of(program) == ["account", "events:read"]


def test_the_use_of_a_key_is_noted_at_most_every_quarter_of_an_hour(program: Program, ana: User, keys):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        sign_in(program, ana, keys)
    with time_machine.travel(begun + dt.timedelta(minutes=14), tick=False):
        sign_in(program, ana, keys)
        assert the_app(keys).last_used_at == begun
    with time_machine.travel(begun + dt.timedelta(minutes=16), tick=False):
        sign_in(program, ana, keys)
        assert the_app(keys).last_used_at == begun + dt.timedelta(minutes=16)


@pytest.mark.both_databases
def test_an_app_asks_whether_an_address_has_an_account(program: Program, ana: User, company: Company):
    keys = an_app(ana, company, Scope.EXIST_EMAIL)
    factories.an_account(email="fresh@example.org", verified=False)
    for address, exists in (("ANA@example.org", True), ("nobody@example.org", False), ("fresh@example.org", False)):
        answer = program.get(f"/api/exist-email/{address}", headers=keys)
        assert (answer.status_code, answer.json["data"]) == (200, {"exists": exists})
    assert refused(program.get("/api/exist-email/ana", headers=keys), 422, "json_error").keys() == {"email"}
    assert the_app(keys).last_used_at is not None


def test_only_an_app_with_that_scope_may_ask(program: Program, ana: User, company: Company, keys):
    path = "/api/exist-email/ana@example.org"
    refused(program.get(path), 401, "auth_invalid")
    refused(program.get(path, headers=keys), 403, "forbidden")
    refused(program.get(path, headers={"App-Id": keys["App-Id"]}), 401, "auth_invalid")
    # nobody's token does in its place
    program.act_for(ana)
    refused(program.get(path), 401, "auth_invalid")
    revoked = an_app(ana, company, Scope.EXIST_EMAIL)
    operations.revoke_app(factories.acting(ana), the_app(revoked))
    refused(program.get(path, headers=revoked), 401, "auth_invalid")


def test_an_app_asks_for_addresses_as_often_as_somebody_not_signed_in(app: Flask, ana: User, company: Company):
    app.config.update(LIMITS=True, LIMIT_ANONYMOUS="3/minute")
    keys = an_app(ana, company, Scope.EXIST_EMAIL)
    # from many places, with and without a token
    programs = [Program(app, f"192.0.2.{number}") for number in range(1, 5)]
    programs[0].act_for(ana)
    got = [one.get("/api/exist-email/ana@example.org", headers=keys).status_code for one in programs]
    assert got == [200, 200, 200, 429]


def test_a_program_makes_no_app_that_may_do_more_than_itself(program: Program, ana: User, company: Company):
    path = f"/api/companies/{company.id}/apps"
    all_of_it = program.act_for(ana).post(path, {"name": "All", "scopes": [scope.value for scope in Scope]})
    assert all_of_it.status_code == 201
    program.act_for(ana, scopes=["companies:write", "events:read"])
    refused(program.post(path, {"name": "More", "scopes": ["exist-email"]}), 403, "forbidden")
    refused(program.post(f"{path}/{all_of_it.json['data']['id']}/rotate"), 403, "forbidden")
    made = program.post(path, {"name": "Less", "scopes": ["events:read"]})
    assert made.status_code == 201
    assert program.post(f"{path}/{made.json['data']['id']}/rotate").status_code == 200
    assert db.session.query(JournalEntry).filter_by(action="app.created").count() == 2


# ---------------------------------------------------------------- what a membership leaves to tokens


def limited(program: Program, company: Company, user: User, scopes: list[str] | None) -> None:
    answer = program.patch(f"/api/companies/{company.id}/administrators/{user.id}", {"scopes": scopes})
    assert answer.status_code == 200, answer.text
    assert answer.json["data"]["scopes"] == (sorted(scopes) if scopes is not None else None)


@pytest.mark.both_databases
def test_tokens_use_what_the_membership_leaves_them(program, other_program, ana: User, company: Company):
    iva = factories.an_account("Iva")
    factories.a_membership(iva, company, Role.ADMINISTRATOR)
    event = factories.an_event(company, ana, visibility="invited")
    program.act_for(ana)
    for held in ({}, {"company_id": company.id}):
        other_program.act_for(iva, **held)
        assert other_program.get(f"/api/guests/{event.id}").status_code == 200
        limited(program, company, iva, ["companies:read", "events:read"])
        # at once, and with a token that is there already
        assert other_program.get(f"/api/companies/{company.id}").status_code == 200
        assert other_program.get(f"/api/events/{event.id}").status_code == 200
        assert other_program.get(f"/api/guests/{event.id}").status_code in {403, 404}
        assert other_program.patch(f"/api/companies/{company.id}", {"name": "Mine"}).status_code in {403, 404}
        limited(program, company, iva, ["companies:read"])
        assert other_program.get(f"/api/events/{event.id}").status_code == 404
        assert [one["id"] for one in other_program.get("/api/events").json["data"]] == []
        limited(program, company, iva, None)
        assert other_program.get(f"/api/events/{event.id}").status_code == 200


def test_a_company_token_says_what_its_membership_leaves_it(program, other_program, ana: User, company: Company):
    iva = factories.an_account("Iva")
    factories.a_membership(iva, company, Role.ORGANISER)
    limited(program.act_for(ana), company, iva, ["events:read"])
    other_program.act_for(iva, company_id=company.id)
    assert scopes_of(other_program) == ["events:read"]
    refused(other_program.get("/api/companies"), 403, "forbidden")
    # the account is its own
    other_program.act_for(iva)
    assert other_program.get("/api/users/me").status_code == 200


def test_another_role_elsewhere_gives_its_own_scopes_there_alone(program, other_program, ana: User, company: Company):
    iva = factories.an_account("Iva")
    factories.a_membership(iva, company, Role.ORGANISER)
    below = factories.a_company(parent=company)
    factories.a_membership(iva, below, Role.DOORKEEPER)
    limited(program.act_for(ana), company, iva, ["companies:read"])
    here, there = (factories.an_event(one, ana, visibility="invited") for one in (company, below))
    other_program.act_for(iva)
    assert other_program.get(f"/api/events/{here.id}").status_code == 404
    assert other_program.get(f"/api/events/{there.id}").status_code == 200


@pytest.mark.both_databases
def test_a_membership_is_never_overwritten_and_keeps_its_limits_with_another_role(
    program: Program, ana: User, company: Company
):
    iva = factories.an_account("Iva")
    first = factories.a_membership(iva, company, Role.ORGANISER)
    path = f"/api/companies/{company.id}/administrators/{iva.id}"
    limited(program.act_for(ana), company, iva, ["events:read"])
    answer = program.patch(path, {"role": "administrator"}).json["data"]
    assert (answer["role"], answer["scopes"]) == ("administrator", ["events:read"])
    answer = program.patch(path, {"role": "doorkeeper", "scopes": None}).json["data"]
    assert (answer["role"], answer["scopes"]) == ("doorkeeper", None)
    rows = [row for row in company_rows(company) if row.user_id == iva.id]
    assert [(row.role, row.scopes, row.revoked_at is None) for row in rows] == [
        ("organiser", None, False),
        ("organiser", ["events:read"], False),
        ("administrator", ["events:read"], False),
        ("doorkeeper", ["events:read"], False),
        ("doorkeeper", None, True),
    ]
    assert rows[0].id == first.id
    assert {row.granted_by for row in rows[1:]} == {row.revoked_by for row in rows[:-1]} == {ana.id}
    lines = db.session.query(JournalEntry).filter_by(action="membership.granted").order_by(JournalEntry.id).all()
    assert lines[0].details["scopes"] == ["events:read"]


def company_rows(company: Company) -> list[Membership]:
    return db.session.query(Membership).filter_by(company_id=company.id).order_by(Membership.id).all()


def test_no_token_widens_the_own_limits_but_its_owner_does_on_the_page(
    program: Program, browser: Browser, ana: User, company: Company
):
    path = f"/api/companies/{company.id}/administrators/{ana.id}"
    limited(program.act_for(ana), company, ana, ["companies:read", "companies:write"])
    program.act_for(ana)
    refused(program.patch(path, {"scopes": None}), 403, "forbidden")
    limited(program, company, ana, ["companies:write"])
    membership = db.session.query(Membership).filter_by(user_id=ana.id, company_id=company.id, revoked_at=None).one()
    browser.sign_in(ana)
    everything = [scope.value for scope in Scope]
    answer = browser.submit(f"/companies/{company.slug}/people/{membership.id}/programs", {"scopes": everything})
    assert answer.status_code == 303
    limited(program.act_for(ana), company, ana, ["events:read"])


def test_a_program_gives_no_scopes_that_it_does_not_have(program: Program, ana: User, company: Company):
    iva = factories.an_account("Iva")
    factories.a_membership(iva, company, Role.ORGANISER)
    limited(program.act_for(ana), company, iva, ["events:read"])
    path = f"/api/companies/{company.id}/administrators/{iva.id}"
    program.act_for(ana, scopes=["companies:read", "companies:write"])
    refused(program.patch(path, {"scopes": ["guests:read"]}), 403, "forbidden")
    limited(program, company, iva, ["companies:write", "events:read"])
