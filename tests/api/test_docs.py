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
from webapp.core.actor import Scope


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


def test_it_begins_with_what_a_reader_needs_first(page: str):
    first = re.search(r'<article class="endpoint[^"]*" id="([^"]+)"', page)
    assert first is not None
    assert first[1] == "authenticate"


def test_each_scope_says_what_it_opens(page: str):
    part = page[page.index('id="scopes"') :].partition("</section>")[0]
    for scope in Scope:
        assert f"<code>{scope.value}</code>" in part
    assert 'href="#check-in"' in part
    assert 'href="#list-events"' in part, "public, and tells more to whoever may read"


def test_the_fields_of_an_answer_are_shown_with_their_words(page: str):
    part = page[page.index('id="add-guest"') :].partition("</article>")[0]
    assert '<a href="#guestout"><code>GuestOut</code></a>' in part
    part = page[page.index('id="guestout"') :].partition("</article>")[0]
    assert "<code>checked_in_at</code>" in part
    assert "When the guest was checked in at the door." in part
    assert "&#34;yes&#34; | &#34;no&#34; | null" in part


def test_what_is_usual_and_what_stands_in_a_list_is_said(page: str):
    part = page[page.index('id="create-event"') :].partition("</article>")[0]
    assert "usually &#34;invited&#34;" in part
    assert 'list of <a href="#questioninput">QuestionInput</a>' in part
    assert "wall time" in part


@pytest.mark.parametrize("name", ["ETag", "If-None-Match", "Auth-Token", "App-Key", "Idempotency-Key", "Retry-After"])
def test_it_speaks_of_each_header(page: str, name: str):
    assert name in page[page.index('id="good-to-know"') : page.index('id="scopes"')]


def test_each_guide_is_there_and_leads_on(browser: Browser, page: str):
    for address in re.findall(r'href="(/api/docs/[^"]+)"', page):
        assert browser.get(address).status_code == 200, address
    guide = browser.get("/api/docs/api.md").text
    assert "<h1>" in guide
    for address in set(re.findall(r'href="((?:examples/)?[a-z_-]+\.(?:md|py))"', guide)):
        assert browser.get(f"/api/docs/{address}").status_code == 200, address
    mapped = browser.get("/api/docs/api-map.md").text
    assert set(re.findall(r'href="#([^"]+)"', mapped)) <= set(re.findall(r'id="([^"]+)"', mapped)) | {"main"}
    program = browser.get("/api/docs/examples/folkmoot.py")
    assert program.mimetype == "text/plain"


@pytest.mark.parametrize(
    "name", ["nothing.md", "../README.md", "examples/../api.md", "%2e%2e/pyproject.toml", "dashboard.png", "examples"]
)
def test_nothing_else_is_given(browser: Browser, name: str):
    assert browser.get(f"/api/docs/{name}").status_code == 404


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
