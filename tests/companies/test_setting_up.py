"""The first run."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.browsers import Browser, words
from webapp import config
from webapp.companies.setting_up import SetUpBeforeError, set_up_site
from webapp.core.database import db
from webapp.models import Company, Membership, Project, Site, User


@pytest.fixture
def code(app: Flask) -> str:
    factories.set_up_site(set_up_at=None)
    app.extensions.pop("site_view", None)
    return config.setup_code(app.config["SECRET_KEY"])


def fields(code: str) -> dict[str, str]:
    return {
        "code": code,
        "name": "Neža",
        "email": "neza@example.org",
        "password": "lipa pred hišo",
        "company": "Zadruga Pod lipo",
    }


@pytest.mark.parametrize(
    "path", ["/", "/login", "/register", "/events", "/companies/x", "/no-such-page", "/admin/mail"]
)
def test_until_then_every_page_leads_to_the_set_up(app: Flask, browser: Browser, code: str, path: str):
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup")


def test_until_then_the_api_answers_503(app: Flask, browser: Browser, code: str):
    answer = browser.get("/api/events")
    assert answer.status_code == 503
    assert answer.json["error"]["id"] == "setup_needed"


@pytest.mark.parametrize("path", ["/healthz", "/static/css/app.css", "/setup"])
def test_health_and_looks_are_there_before(app: Flask, browser: Browser, code: str, path: str):
    assert browser.get(path).status_code == 200


def test_the_first_account_owns_the_first_company_and_looks_after_the_site(app: Flask, browser: Browser, code: str):
    assert f'value="{code}"' in browser.get(f"/setup?code={code}").text
    assert browser.submit("/setup", fields(code)).status_code == 303
    user = db.session.scalars(select(User)).one()
    assert user.site_administrator
    assert user.is_active
    company = db.session.scalars(select(Company)).one()
    assert (company.name, company.slug) == ("Zadruga Pod lipo", "zadruga-pod-lipo")
    assert db.session.scalars(select(Membership)).one().role == "owner"
    assert db.session.scalars(select(Project)).one().is_default
    assert browser.get("/account").status_code == 200
    assert browser.get("/setup").status_code == 404
    assert browser.submit("/setup", fields(code)).status_code == 404


@pytest.mark.parametrize("wrong", ["", "wrong", "é", "{code}x"])
def test_without_the_code_nobody_sets_up(app: Flask, browser: Browser, code: str, wrong: str):
    answer = browser.submit("/setup", fields(wrong.format(code=code)))
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text
    assert db.session.scalar(select(Site.set_up_at)) is None
    assert db.session.scalars(select(User)).all() == []


@pytest.mark.parametrize("field", ["name", "email", "password", "company"])
@pytest.mark.parametrize("value", ["", "x\x00y", "x" * 1_000_000])
def test_a_wrong_field_is_named(app: Flask, browser: Browser, code: str, field: str, value: str):
    if (field, value) == ("password", "x\x00y"):
        value = "x"
    answer = browser.submit("/setup", {**fields(code), field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(Site.set_up_at)) is None


def test_the_page_says_where_mails_go(app: Flask, browser: Browser, code: str):
    assert "No mail server is set" in words(browser.get("/setup"))
    app.config["MAIL_SERVER"] = "mail.example.org"
    assert "mail.example.org" in words(browser.get("/setup"))


@pytest.mark.both_databases
def test_of_many_one_sets_up(app: Flask, code: str):
    said = {"name": "A", "password_hash": "x", "company": "C"}
    set_up_site(email="a@example.org", **said)
    with pytest.raises(SetUpBeforeError):
        set_up_site(email="b@example.org", **said)
    assert db.session.scalars(select(User.email)).all() == ["a@example.org"]
