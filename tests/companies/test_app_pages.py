"""The pages of apps: a key is shown once, and a page that is sent again does nothing twice."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories
from tests.browsers import Browser, words
from webapp.companies import operations, queries
from webapp.companies.operations.apps import note_use
from webapp.companies.scopes import GROUPS
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import App, Company, User

SCOPES = ["events:read", "guests:read"]


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana Kos")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Pod lipo")


@pytest.fixture
def page(browser: Browser, ana: User) -> Browser:
    """A browser in which the owner is signed in."""
    return browser.sign_in(ana)


def path(company: Company) -> str:
    return f"/companies/{company.slug}/apps"


def an_app(ana: User, company: Company, name: str = "Ticket printer") -> tuple[App, str]:
    return operations.create_app(factories.acting(ana), company, name=name, scopes=[Scope.EVENTS_READ])


def hidden(response: TestResponse, name: str) -> str:
    """What a hidden field of the page's form holds."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', response.text)
    assert found, response.text
    return found[1]


def shown_key(response: TestResponse) -> str:
    found = re.search(r'id="app-key"\s+value="([^"]+)"', response.text)
    assert found, response.text
    return found[1]


def test_an_app_is_registered_and_its_key_shown_once(page: Browser, company: Company):
    first = page.get(path(company))
    assert "No app yet" in words(first)
    answer = page.submit(path(company), name="Ticket printer", scopes=SCOPES, once=hidden(first, "once"))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    made = db.session.scalars(select(App)).one()
    key = shown_key(answer)
    assert queries.find_app(str(made.id), key) is not None
    assert str(made.id) in answer.text
    assert str(made.id) == hidden(first, "once")
    assert key not in repr(answer.headers)
    for later in (page.get(path(company)), page.get(f"{path(company)}/{made.id}")):
        assert "Ticket printer" in words(later)
        assert "Ana Kos" in words(later)
        assert "See events" in words(later)
        assert "See guest lists" in words(later)
        assert str(made.id) in later.text
        assert key not in later.text
        assert made.key_hash not in later.text


def test_a_form_that_is_sent_again_makes_no_second_app_and_shows_no_key(page: Browser, company: Company):
    sent = {"name": "Ticket printer", "scopes": SCOPES, "once": hidden(page.get(path(company)), "once")}
    key = shown_key(page.submit(path(company), sent))
    again = page.submit(path(company), sent)
    assert again.status_code == 422
    assert "This app is made already" in words(again)
    assert key not in again.text
    assert hidden(again, "once") != sent["once"]
    assert len(db.session.scalars(select(App)).all()) == 1
    assert page.submit(path(company), {**sent, "once": hidden(again, "once")}).status_code == 200


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "", "scopes": SCOPES}, "Please fill this in."),
        ({"name": "Printer"}, "Please tick what it may do."),
        ({"name": "Printer", "scopes": ["everything"]}, "Please choose one of what is offered."),
        ({"name": "Printer", "scopes": SCOPES, "once": "x"}, "This does not fit here."),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    page: Browser, company: Company, sent: dict[str, str], said: str
):
    answer = page.submit(path(company), sent)
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{sent["name"]}"' in answer.text
    if "guests:read" in sent.get("scopes", ()):
        assert re.search(r'value="guests:read"[^>]* checked', answer.text)
    assert not re.search(r'value="voting"[^>]* checked', answer.text)
    assert db.session.scalars(select(App)).all() == []
    again = {"name": "Printer", "scopes": SCOPES, "once": hidden(answer, "once")}
    assert page.submit(path(company), again).status_code == 200


def test_a_key_is_changed_and_shown_once(page: Browser, ana: User, company: Company):
    made, key = an_app(ana, company)
    one = f"{path(company)}/{made.id}"
    mark = hidden(page.get(one), "mark")
    answer = page.submit(f"{one}/rotate", mark=mark)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    other = shown_key(answer)
    assert queries.find_app(str(made.id), other) is not None
    assert queries.find_app(str(made.id), key) is None
    again = page.submit(f"{one}/rotate", mark=mark)
    assert again.status_code == 409
    assert "This key was changed" in words(again)
    assert queries.find_app(str(made.id), other) is not None
    assert page.submit(f"{one}/rotate").status_code == 409


def test_an_app_is_revoked(page: Browser, ana: User, company: Company):
    made, key = an_app(ana, company)
    one = f"{path(company)}/{made.id}"
    answer = page.submit(f"{one}/revoke")
    assert "Ticket printer is revoked" in words(page.follow(answer))
    assert queries.find_app(str(made.id), key) is None
    shown = words(page.get(one))
    assert "Revoked" in shown
    assert "Change the key" not in shown
    assert "Revoked" in words(page.get(path(company)))
    assert page.submit(f"{one}/revoke").status_code == 303
    refused = page.submit(f"{one}/rotate", mark=queries.key_mark(db.session.get_one(App, made.id)))
    assert refused.status_code == 409
    assert "This app is revoked" in words(refused)


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 404), (Role.DOORKEEPER, 403), (Role.ORGANISER, 403), (Role.ADMINISTRATOR, 200), (Role.OWNER, 200)],
)
def test_administrators_and_owners_look_after_apps(browser: Browser, ana: User, role: Role | None, status: int):
    boss = factories.an_account()
    company = factories.a_company(boss)
    made, _key = an_app(boss, company)
    if role:
        factories.a_membership(ana, company, role)
    browser.sign_in(ana)
    one = f"{path(company)}/{made.id}"
    assert browser.get(path(company)).status_code == status
    assert browser.get(one).status_code == status
    assert browser.submit(path(company), name="P", scopes=SCOPES).status_code == status
    rotated = browser.submit(f"{one}/rotate", mark=queries.key_mark(made)).status_code
    assert rotated == status
    assert browser.submit(f"{one}/revoke").status_code == (303 if status == 200 else status)


def test_the_app_of_another_company_is_not_there(page: Browser, ana: User, company: Company):
    below = factories.a_company(parent=company)
    foreign = factories.a_company(factories.an_account())
    for other in (below, foreign):
        made, _key = an_app(db.session.get_one(User, ana.id), other) if other is below else stranger_app(other)
        one = f"{path(company)}/{made.id}"
        assert page.get(one).status_code == 404
        assert page.submit(f"{one}/rotate", mark="x").status_code == 404
        assert page.submit(f"{one}/revoke").status_code == 404
        assert made.revoked_at is None
    assert "Ticket printer" not in words(page.get(path(company)))


def stranger_app(company: Company) -> tuple[App, str]:
    boss = factories.an_account()
    factories.a_membership(boss, company, Role.OWNER)
    return an_app(boss, company)


def test_last_use_and_standing_tokens_are_shown(page: Browser, ana: User, company: Company):
    made, _key = an_app(ana, company)
    assert "Never used" in words(page.get(path(company)))
    note_use(made.id)
    for shown in (page.get(path(company)), page.get(f"{path(company)}/{made.id}")):
        assert "Never used" not in words(shown)
        assert "No token" in words(shown)


def test_many_apps_come_in_pages(page: Browser, ana: User, company: Company):
    for number in range(30):
        an_app(ana, company, f"App number {number}.")
    first = page.get(path(company))
    link = re.search(r'href="([^"]*page=[^"]*)"[^>]*rel="next"', first.text)
    assert link
    second = page.get(link[1].replace("&amp;", "&"))
    assert "App number 29." in words(first)
    assert "App number 0." not in words(first)
    assert "App number 0." in words(second)


def test_every_scope_is_offered_once_and_in_words():
    offered = [one.scope for group in GROUPS for one in group.scopes]
    assert sorted(offered) == sorted(Scope)
    assert len({str(one.label) for group in GROUPS for one in group.scopes}) == len(Scope)


def test_what_people_wrote_runs_nothing(page: Browser, ana: User, company: Company):
    made, _key = an_app(ana, company, "<script>alert(1)</script>{{7*7}}")
    for shown in (page.get(path(company)), page.get(f"{path(company)}/{made.id}")):
        assert "<script>alert" not in shown.text
        assert "{{7*7}}" in shown.text
