"""The page for programmers, as a browser gets it."""

import re

import pytest
from flask import Flask

from tests import factories
from tests.api import reader
from tests.browsers import Browser
from webapp import APIS
from webapp.api import samples
from webapp.api.reference import chapters


@pytest.fixture
def page(app: Flask, browser: Browser) -> str:
    return browser.get("/api/docs").text


def test_it_is_read_once_and_then_unchanged(app: Flask, browser: Browser):
    first = browser.get("/api/docs")
    assert first.status_code == 200
    again = browser.get("/api/docs", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_it_prints_the_configured_address_and_no_other(app: Flask, browser: Browser):
    page = browser.get("/api/docs", headers={"Host": "elsewhere.example.net"}).text
    assert "elsewhere" not in page
    assert f'curl "{app.config["BASE_URL"]}/api/events"' in reader.reference(page)["list-events"].replace(
        "?search=Taco%20Party", ""
    )


def test_each_footer_leads_there(browser: Browser):
    assert 'href="/api/docs"' in browser.get("/events").text


def test_an_endpoint_says_scope_aliases_fields_and_refusals(page: str):
    part = page[page.index('id="authenticate"') : page.index('id="log-out"')]
    for word in ("<code>/api/login</code>", "<code>/api/auth/login</code>", "wrong_credentials", "email_unverified"):
        assert word in part
    part = page[page.index('id="add-guest"') :].partition("</article>")[0]
    for word in ("<code>guests:write</code>", "Idempotency-Key", "False sends no e-mail.", "409 duplicate"):
        assert word in part


def test_a_read_that_answers_json_says_that_it_takes_fields_and_nothing_else_does(page: str):
    articles = {
        found[1]: found[0] for found in re.finditer(r'<article[^>]* id="([^"]+)".*?</article>', page, re.DOTALL)
    }
    takes = {endpoint.name.replace("_", "-") for api in APIS for endpoint in api.endpoints if endpoint.sparse}
    assert {name for name, said in articles.items() if 'href="#fields"' in said} == takes


def test_each_field_of_a_request_says_what_it_means(app: Flask):
    document = app.test_client().get("/api/openapi.json").json
    silent = {
        (entry.path, field.name)
        for chapter in chapters(document)
        for entry in chapter.entries
        for field in entry.fields
        if not field.about
    }
    assert silent == set()


def test_an_example_names_what_is_there_alone(app: Flask):
    document = app.test_client().get("/api/openapi.json").json
    names = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}
    spoken_of = {*samples.BODIES, *samples.PATHS, *samples.QUERIES, *samples.APP_KEY, *samples.WITH_TOKEN}
    assert spoken_of <= names


def test_an_account_signed_in_sees_itself_on_it(app: Flask, browser: Browser):
    ana = factories.an_account("Ana Novak")
    response = browser.sign_in(ana).get("/api/docs")
    assert "Ana Novak" in response.text
    assert response.headers["Cache-Control"] == "no-store"
