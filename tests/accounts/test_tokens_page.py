"""The page of tokens: made with a fresh password, shown once, listed with their last use, revoked."""

import datetime as dt
import re
import uuid

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.browsers import Browser, words
from tests.programs import Program, refused
from webapp.core import clock
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import Company, JournalEntry, LoginSession, User

PATH = "/account/tokens"
SENT = {"name": "Newsletter", "scopes": ["account", "events:read"], "expires_in": "30"}


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana Kos")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Pod lipo")


@pytest.fixture
def page(browser: Browser, ana: User) -> Browser:
    return browser.sign_in(ana)


@pytest.fixture
def program(app: Flask) -> Program:
    return Program(app)


def hidden(response: TestResponse, name: str) -> str:
    """What a hidden field of the page's form holds."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', response.text)
    assert found, response.text
    return found[1]


def shown_token(response: TestResponse) -> str:
    assert response.status_code == 200, response.text
    found = re.search(r'id="token"\s+value="([^"]+)"', response.text)
    assert found, response.text
    return found[1]


def rows() -> list[LoginSession]:
    return db.session.query(LoginSession).filter_by(kind="token").order_by(LoginSession.id).all()


@pytest.mark.both_databases
def test_a_token_is_made_shown_once_and_works(page: Browser, program: Program, ana: User):
    first = page.get(PATH)
    assert "No token yet" in words(first)
    answer = page.submit(PATH, {**SENT, "once": hidden(first, "once")})
    program.token = token = shown_token(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert token not in repr(answer.headers)
    assert program.get("/api/users/me").json["data"]["user_email"] == ana.email
    refused(program.get("/api/companies"), 403, "forbidden")
    later = page.get(PATH)
    for said in ("Newsletter", "See events", "Your account", "Everywhere you have a role"):
        assert said in words(later)
    assert token not in later.text
    assert token not in page.get("/account/sessions").text
    assert "Newsletter" in words(page.get("/account/sessions"))


def test_neither_row_nor_journal_keeps_the_token(page: Browser):
    token = shown_token(page.submit(PATH, SENT))
    (row,) = rows()
    assert (row.name, row.scopes, row.company_id) == ("Newsletter", ["account", "events:read"], None)
    kept = repr({column.name: getattr(row, column.name) for column in LoginSession.__table__.columns})
    line = db.session.query(JournalEntry).filter_by(action="account.token_made").one()
    assert (line.thing_id, line.details) == (row.id, {"scopes": ["account", "events:read"]})
    assert not any(part in kept + repr(line.details) for part in token.split("."))


@pytest.mark.both_databases
def test_a_form_that_is_sent_again_makes_no_second_token_and_shows_none(page: Browser):
    sent = {**SENT, "once": hidden(page.get(PATH), "once")}
    token = shown_token(page.submit(PATH, sent))
    again = page.submit(PATH, sent)
    assert again.status_code == 422
    assert "This token is made already" in words(again)
    assert token not in again.text
    assert hidden(again, "once") != sent["once"]
    assert len(rows()) == 1
    shown_token(page.submit(PATH, {**sent, "once": hidden(again, "once")}))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "x" * 121}, "At most 120 characters, please."),
        ({"scopes": []}, "Please tick what it may do."),
        ({"scopes": ["everything"]}, "Please choose one of what is offered."),
        ({"expires_in": "366"}, "At most 365, please."),
        ({"expires_in": "0"}, "At least 1, please."),
        ({"expires_in": "soon"}, "Please give a whole number."),
        ({"company_id": "x"}, "This does not fit here."),
        ({"scopes": ["voting"], "company_id": str(uuid.uuid4())}, "Please choose one of what is offered."),
        ({"once": "x"}, "This does not fit here."),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(page: Browser, changed: dict[str, object], said: str):
    answer = page.submit(PATH, {**SENT, **changed})
    assert answer.status_code == 422
    assert said in words(answer)
    if "name" not in changed:
        assert 'value="Newsletter"' in answer.text
    if "scopes" not in changed:
        assert re.search(r'value="events:read"[^>]* checked', answer.text)
        assert not re.search(r'value="voting"[^>]* checked', answer.text)
    assert rows() == []


def test_a_token_for_one_company_reaches_it_and_all_below(page: Browser, program: Program, ana: User, company: Company):
    beside, below = factories.a_company(ana), factories.a_company(parent=company)
    scopes = ["companies:read"]
    program.token = shown_token(page.submit(PATH, {**SENT, "scopes": scopes, "company_id": str(company.id)}))
    got = [program.get(f"/api/companies/{one.id}").status_code for one in (company, below, beside)]
    assert got == [200, 200, 404]
    assert "For Pod lipo and all below it" in words(page.get(PATH))


def test_a_token_for_one_company_is_none_for_the_account(page: Browser, company: Company):
    assert "and nothing else: not your account." in words(page.get(PATH))
    answer = page.submit(PATH, {**SENT, "company_id": str(company.id)})
    assert (answer.status_code, rows()) == (422, [])
    assert "Your account is no company's" in words(answer)


def test_a_company_in_which_one_has_no_role_is_none_to_choose(page: Browser, ana: User):
    foreign = factories.a_company(factories.an_account(), name="Elsewhere")
    assert "Elsewhere" not in words(page.get(PATH))
    answer = page.submit(PATH, {**SENT, "scopes": ["events:read"], "company_id": str(foreign.id)})
    assert (answer.status_code, rows()) == (422, [])


def test_without_a_fresh_password_none_is_made(page: Browser):
    begun = clock.now()
    with time_machine.travel(begun + dt.timedelta(minutes=16), tick=False):
        shown = page.get(PATH)
        assert "please type your password again" in words(shown)
        assert 'name="scopes"' not in shown.text
        answer = page.submit(PATH, SENT)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/account/confirm")
        assert rows() == []
        page.submit(answer.headers["Location"], password=factories.PASSWORD)
        shown_token(page.submit(PATH, SENT))


@pytest.mark.both_databases
def test_a_token_works_until_its_end_however_long_it_rests(page: Browser, program: Program):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        program.token = shown_token(page.submit(PATH, {**SENT, "expires_in": "90"}))
    with time_machine.travel(begun + dt.timedelta(days=90, seconds=-1), tick=False):
        assert program.get("/api/users/me").status_code == 200
        refused(program.get("/api/refresh"), 401, "auth_invalid")
        assert [one["name"] for one in program.get("/api/sessions").json["data"]] == ["Newsletter"]
    with time_machine.travel(begun + dt.timedelta(days=90), tick=False):
        refused(program.get("/api/users/me"), 401, "auth_expired")


def test_its_first_and_its_last_use_are_listed(page: Browser, program: Program):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        program.token = shown_token(page.submit(PATH, SENT))
        assert "Never used." in words(page.get(PATH))
    for minutes, noted in ((1, 1), (10, 1), (17, 17)):
        moment = begun + dt.timedelta(minutes=minutes)
        with time_machine.travel(moment, tick=False):
            assert program.get("/api/users/me").status_code == 200
            assert rows()[0].last_used_at == begun + dt.timedelta(minutes=noted)
            assert "Last used" in words(page.get(PATH))


def test_a_token_that_rests_for_a_week_is_still_listed_and_one_that_ran_out_is_not(page: Browser, ana: User):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        shown_token(page.submit(PATH, {**SENT, "name": "Short", "expires_in": "7"}))
        shown_token(page.submit(PATH, {**SENT, "name": "Long", "expires_in": "30"}))
    with time_machine.travel(begun + dt.timedelta(days=8), tick=False):
        listed = words(page.sign_in(ana).get(PATH))
        assert ("Long" in listed, "Short" in listed) == (True, False)


def test_a_revoked_token_opens_nothing(page: Browser, other_browser: Browser, program: Program):
    program.token = shown_token(page.submit(PATH, SENT))
    (row,) = rows()
    stranger = other_browser.sign_in(factories.an_account())
    assert stranger.submit(f"{PATH}/{row.id}/revoke").status_code == 404
    assert program.get("/api/users/me").status_code == 200
    assert page.submit(f"{PATH}/{row.id}/revoke").status_code == 303
    refused(program.get("/api/users/me"), 401, "auth_invalid")
    assert "No token yet" in words(page.get(PATH))
    assert db.session.query(JournalEntry).filter_by(action="account.session_revoked").count() == 1


def test_a_new_password_ends_every_token(page: Browser, program: Program):
    program.token = shown_token(page.submit(PATH, SENT))
    sent = {"current_password": factories.PASSWORD, "password": "an even longer evening"}
    assert page.submit("/account/password", sent).status_code == 303
    refused(program.get("/api/users/me"), 401, "auth_invalid")


def test_who_loses_the_role_has_a_token_that_opens_nothing_there(page: Browser, program: Program, company: Company):
    iva = factories.an_account("Iva")
    membership = factories.a_membership(iva, company, Role.ORGANISER)
    sent = {**SENT, "scopes": ["companies:read"], "company_id": str(company.id)}
    program.token = shown_token(page.sign_in(iva).submit(PATH, sent))
    assert program.get(f"/api/companies/{company.id}").status_code == 200
    page.submit(f"/companies/{company.slug}/people/{membership.id}/revoke")
    assert program.get(f"/api/companies/{company.id}").status_code in {401, 404}
