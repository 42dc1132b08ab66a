"""Whatever is typed: a clear error beside the field, or kept and shown harmlessly; never trouble on our side."""

import html

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser

NASTY = {
    "empty": "",
    "blank": "   ",
    "long": "x" * 1_000_000,
    "nul": "a\x00b",
    "emoji": "🎉🧑‍🤝‍🧑",
    "right to left": "\u202eevil\u202c شجرة",
    "script": "<script>alert(1)</script>",
    "template": "{{7*7}}",
    "sql": "'; DROP TABLE users; --",
    "percent": "%(name)s %s {0}",
    "line feeds": "a\r\nSet-Cookie: x=1",
}
GOOD = {"email": "good@example.org", "password": "lipa pred hišo", "name": "Neža"}
FORMS = [
    ("/register", False, ("name", "email", "password", "next")),
    ("/login", False, ("email", "password", "remember", "next")),
    ("/forgot-password", False, ("email",)),
    ("/verify/resend", False, ("email", "altcha", "question", "answer")),
    ("/account", True, ("name", "surname", "eth_address", "timezone")),
    ("/account/password", True, ("current_password", "password")),
    ("/account/email", True, ("current_password", "email")),
    ("/account/delete", True, ("password",)),
    ("/account/confirm", True, ("password", "next")),
    ("/companies/new", True, ("name", "parent")),
]
CASES = [(path, own, field) for path, own, fields in FORMS for field in fields]


@pytest.mark.parametrize(("path", "own", "field"), CASES, ids=[f"{path} {field}" for path, _, field in CASES])
def test_nothing_typed_makes_trouble(app: Flask, browser: Browser, path: str, own: bool, field: str):
    if own:
        browser.sign_in(factories.an_account())
    for what, value in NASTY.items():
        fields = {**GOOD, "current_password": factories.PASSWORD, field: value}
        answer = browser.submit(path, fields)
        assert answer.status_code in {303, 422}, what
        assert "<script>alert" not in answer.text, what
        assert "Set-Cookie: x" not in str(answer.headers), what
        if answer.status_code == 303:
            assert answer.headers["Location"].startswith("/"), what
            assert not answer.headers["Location"].startswith("//"), what


@pytest.mark.parametrize("path", [path for path, _, _ in FORMS])
def test_an_empty_form_says_what_is_missing(app: Flask, browser: Browser, path: str):
    browser.sign_in(factories.an_account())
    answer = browser.submit(path)
    assert answer.status_code == 422
    assert "Please fill this in." in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("what", ["script", "template", "sql", "emoji", "percent"])
def test_what_was_typed_is_kept_and_shown_harmlessly(app: Flask, browser: Browser, what: str):
    browser.sign_in(factories.an_account())
    assert browser.submit("/account", {"name": NASTY[what]}).status_code == 303
    page = browser.get("/account").text
    assert html.escape(NASTY[what], quote=False).split("'")[-1] in page.replace("&#39;", "'")
    assert "<script>alert" not in page
    answer = browser.submit("/companies/new", {"name": NASTY[what]})
    assert browser.follow(answer).status_code == 200
    assert browser.get("/companies").status_code == 200
    assert browser.get("/account/export").status_code == 200


def test_what_was_typed_stays_in_a_refused_form_but_passwords_do_not(app: Flask, browser: Browser):
    answer = browser.submit("/register", name="Neža", email="no address", password="kept by nobody")
    assert answer.status_code == 422
    assert 'value="Neža"' in answer.text
    assert 'value="no address"' in answer.text
    assert "kept by nobody" not in answer.text


@pytest.mark.parametrize("slug", ["%00", "%ff", "x" * 3000, "..%2f", "'--", "{{7*7}}", "%F0%9F%8E%89"])
def test_a_made_up_company_is_not_there(app: Flask, browser: Browser, slug: str):
    browser.sign_in(factories.an_account())
    assert browser.get(f"/companies/{slug}").status_code == 404


@pytest.mark.parametrize("path", ["/verify/", "/reset-password/", "/email-change/"])
@pytest.mark.parametrize("token", ["x", "%00", "a.b", "a.b.c", "%ff%fe", "y" * 3000, "'--", "🎉"])
def test_a_made_up_link_leads_nowhere(app: Flask, browser: Browser, path: str, token: str):
    assert browser.get(path + token).status_code == 404
    assert browser.submit(path + token, password="lipa pred hišo").status_code == 404
